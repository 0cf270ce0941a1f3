package meta

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// OpDownload names the calls that fetch a file from a media host of Meta's.
const OpDownload = "media_download"

// CodeToken is the error code of a token that is not valid any more.
const CodeToken = 190

// Error is an error as webhooks and answers carry it (Graph API, handling
// errors).
type Error struct {
	Code    Flex   `json:"code"`
	Subcode Flex   `json:"error_subcode"`
	Title   string `json:"title"`
	Message string `json:"message"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

// Text is the most telling of an error's texts.
func (e *Error) Text() string {
	for _, s := range []string{e.Data.Details, e.Message, e.Title} {
		if s == "" {
			continue
		}
		if _, words, found := strings.Cut(s, ") "); found && strings.HasPrefix(s, "(#") {
			s = words // "(#131047) Re-engagement message": the code stands beside it
		}
		return bounded(s)
	}
	return ""
}

// Class is what an error code means for the call it answers: a row of a
// platform's error table. Its Verdict is empty for a code that is not there.
type Class struct {
	Verdict  connectors.Verdict
	Reason   normalize.Reason
	After    time.Duration // the shortest pause that makes sense
	PeerOnly bool          // throttled towards this person alone
}

// Pause is how long to wait where an answer that throttles names no time.
const Pause = time.Minute

// Judge reads the answers of one channel.
type Judge struct {
	// Platform is its name for people.
	Platform string
	// Secrets are struck out of the platform's texts, which can repeat what
	// they were sent ("Malformed access token EAA…").
	Secrets []connectors.Secret
}

// Nonsense reads a good status without the answer that goes with it: it leaves
// open whether the call was carried out.
func (j Judge) Nonsense() connectors.Outcome {
	return connectors.Outcome{Verdict: connectors.Unclear, Failure: &normalize.Failure{
		Reason: normalize.ReasonUnknown, Message: j.Platform + " answered something that makes no sense",
	}}
}

// Failed reads an answer with an error whose class is known.
func (j Judge) Failed(resp *connectors.Response, e *Error, class Class) connectors.Outcome {
	out := connectors.Outcome{
		Verdict: class.Verdict, PeerOnly: class.PeerOnly, After: class.After,
		Failure: &normalize.Failure{Reason: class.Reason},
	}
	if class.Verdict == connectors.Retry || class.Verdict == connectors.Wait {
		out.Failure.Retryable = true
		if hint := hinted(resp); hint > 0 {
			out.After = hint
		}
	}
	return j.Described(out, e)
}

// Described adds what Meta says about an error to its outcome.
func (j Judge) Described(out connectors.Outcome, e *Error) connectors.Outcome {
	text := e.Text()
	for _, s := range j.Secrets {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), "[secret]")
		}
	}
	if e.Code.Int() == CodeToken {
		text = "The access token is not valid any more"
	}
	out.Failure.Code = string(e.Code)
	if text != "" {
		out.Failure.Message = text
	}
	return out
}

// Unlisted reads an answer with an error that the platform's table does not
// have. Where it has a code of its own, 401 and 403 say nothing of the token:
// it may be about this one message, and the next would stop the channel again.
func (j Judge) Unlisted(call *connectors.Call, resp *connectors.Response, e *Error) connectors.Outcome {
	out := j.WithoutCode(call, resp)
	if out.Verdict == connectors.Suspend && e.Code.Int() != 0 {
		out.Verdict, out.Failure.Reason = connectors.Refuse, normalize.ReasonUnknown
	}
	return j.Described(out, e)
}

// WithoutCode reads an answer that is no error of the API's by its status:
//
//   - a 5xx to a visible call leaves the outcome open, since it comes from
//     something before or behind the API;
//   - 401 and 403 mean that the token does not work.
func (j Judge) WithoutCode(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	out := connectors.Outcome{Verdict: connectors.Refuse, Failure: &normalize.Failure{
		Reason: normalize.ReasonUnknown, Message: j.Platform + " answered with HTTP status " + strconv.Itoa(resp.Status),
	}}
	switch status := resp.Status; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		out.Verdict, out.Failure.Reason = connectors.Suspend, normalize.ReasonAuth
	case status == http.StatusTooManyRequests:
		out.Verdict, out.Failure.Reason, out.Failure.Retryable = connectors.Wait, normalize.ReasonThrottled, true
		if out.After = hinted(resp); out.After == 0 {
			out.After = Pause
		}
	case status == http.StatusRequestEntityTooLarge:
		out.Failure.Reason = normalize.ReasonContent
	case status == http.StatusNotFound && call.Name == OpDownload:
		// The address has expired: it can be asked for again.
		out.Verdict, out.Failure.Reason, out.Failure.Retryable = connectors.Retry, normalize.ReasonUnavailable, true
	case status >= 500 && call.Visible && !call.Idempotent:
		out.Verdict, out.Failure.Reason = connectors.Unclear, normalize.ReasonUnavailable
	case status >= 500, status == http.StatusRequestTimeout:
		out.Verdict, out.Failure.Reason, out.Failure.Retryable = connectors.Retry, normalize.ReasonUnavailable, true
		out.After = hinted(resp)
	}
	return out
}

// Bounds of what is believed of a platform's hints and texts.
const (
	longestHint = 24 * time.Hour
	longestText = 500 // runes
)

// hinted is how long the answer asks to wait: the usual header, or the minutes
// of X-Business-Use-Case-Usage (rate limits), of which the longest.
func hinted(resp *connectors.Response) time.Duration {
	var wait time.Duration
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		wait = time.Duration(min(s, int(longestHint/time.Second))) * time.Second
	}
	var usage map[string][]struct {
		Minutes int `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(resp.Header.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return wait
	}
	for _, cases := range usage {
		for _, u := range cases {
			minutes := min(max(u.Minutes, 0), int(longestHint/time.Minute))
			wait = max(wait, time.Duration(minutes)*time.Minute)
		}
	}
	return wait
}

// bounded cuts a text that is longer than anybody reads.
func bounded(s string) string {
	runes := 0
	for i := range s {
		if runes == longestText {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}
