package x

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

const (
	pauseThrottled = time.Minute
	longestPause   = 24 * time.Hour
)

// reset is how long until the limit that was met begins anew: the one for 24
// hours where that is used up, else the one for 15 minutes. It is told as a
// time of day, to be held against X's own clock.
func reset(resp *connectors.Response) time.Duration {
	now, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return pauseThrottled
	}
	var after time.Duration
	for _, limit := range []string{"x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"} {
		at, err := strconv.ParseInt(resp.Header.Get(limit+"-reset"), 10, 64)
		left := resp.Header.Get(limit + "-remaining")
		if err != nil || left != "" && left != "0" {
			continue
		}
		const most = int64(longestPause / time.Second)
		after = max(after, time.Duration(min(max(at-now.Unix(), 0), most))*time.Second)
	}
	if after == 0 {
		return pauseThrottled
	}
	return after
}

// has tells whether the answer holds one of the codes of the retired API.
func (ans *answer) has(codes ...string) bool {
	for _, e := range ans.Errors {
		if slices.Contains(codes, e.Code.String()) {
			return true
		}
	}
	return false
}

// problems begins the names of problems.
const problems = "/2/problems/"

// code is X's name for a problem, its old number, or the status.
func (ans *answer) code(resp *connectors.Response) string {
	for _, e := range ans.Errors {
		if e.Code != "" && digits(e.Code.String()) {
			return e.Code.String()
		}
	}
	if _, name, ok := strings.Cut(ans.Type, problems); ok && problem(name) {
		return name
	}
	return strconv.Itoa(resp.Status)
}

// problem tells a name from anything else that an answer may hold.
func problem(name string) bool {
	const most = 40
	return name != "" && len(name) <= most && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// longestWords bounds what is kept of X's words, in UTF-16 units.
const longestWords = 500

// words is what X says, without our secrets.
func (a *account) words(resp *connectors.Response, ans *answer) string {
	text := ans.Title
	if ans.Detail != "" {
		text = ans.Detail
	}
	for _, e := range ans.Errors {
		for _, said := range []string{e.Message, e.Detail} {
			if said != "" && !strings.Contains(text, said) {
				text = strings.TrimPrefix(text+"; "+said, "; ")
			}
		}
	}
	if text == "" {
		text = "X answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	for _, s := range slices.Concat([]connectors.Secret{a.consumerKey, a.token, a.tokenSecret, a.bearer}, a.consumers, a.clients) {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	units := 0
	for i, r := range text {
		if units += normalize.UTF16.Len(string(r)); units > longestWords {
			return text[:i] + "…"
		}
	}
	return text
}
