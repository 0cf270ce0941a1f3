package rcs

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

const (
	pauseThrottled = 5 * time.Second
	longestPause   = time.Hour
)

// answer is everything an answer of the API can hold. That of the place where
// tokens are got has a word for an error, and another for its description.
type answer struct {
	Name  string `json:"name"`
	Fault struct {
		Status  string `json:"status"`
		Message string `json:"message"`
		Details []struct {
			Delay string `json:"retryDelay"`
		} `json:"details"`
	} `json:"-"`
	Word string `json:"-"`
	Why  string `json:"error_description"`

	Error json.RawMessage `json:"error"`
}

func readAnswer(body []byte) *answer {
	ans := new(answer)
	// What cannot be read is an answer without a word.
	_ = json.Unmarshal(body, ans)
	if json.Unmarshal(ans.Error, &ans.Word) != nil {
		_ = json.Unmarshal(ans.Error, &ans.Fault)
	}
	return ans
}

// Classify reads the answer to a call (platforms/rcs: Errors). A message that
// Google has already is Done: it was sent by a call whose answer was lost.
func (a *agent) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	ans := readAnswer(resp.Body)
	good := resp.Status >= 200 && resp.Status < 300
	switch {
	case good && call.Name == opSend:
		return accepted(ans)
	case good:
		return connectors.Outcome{Verdict: connectors.Done}
	case resp.Status == http.StatusConflict && ans.Fault.Status == "ALREADY_EXISTS":
		return connectors.Outcome{Verdict: connectors.Done, IDs: chosen(call)}
	case resp.Status == http.StatusNotFound && call.Name == opCheck && ans.Fault.Status == "NOT_FOUND":
		return connectors.Outcome{Verdict: connectors.Done}
	}
	o := refused(call, resp, ans)
	o.Failure.Code = strconv.Itoa(resp.Status)
	if code := cmp.Or(ans.Word, ans.Fault.Status); code != "" {
		o.Failure.Code = shortened(a.hide(code))
	}
	o.Failure.Message = a.words(call.Name, o.Failure.Reason, resp, ans)
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

// accepted is the good end of a send: the message's name ends in its id.
func accepted(ans *answer) connectors.Outcome {
	_, id, ok := strings.Cut(ans.Name, "/agentMessages/")
	if !ok || id == "" {
		o := outcome(connectors.Unclear, normalize.ReasonUnknown)
		o.Failure.Message = "Google's answer makes no sense"
		return o
	}
	return connectors.Outcome{Verdict: connectors.Done, IDs: []normalize.PlatformID{normalize.PlatformID(id)}}
}

// chosen is the id that we gave to what the call sends.
func chosen(call *connectors.Call) []normalize.PlatformID {
	u, err := url.Parse(call.URL)
	if err != nil || call.Name != opSend {
		return nil
	}
	return []normalize.PlatformID{normalize.PlatformID(u.Query().Get("messageId"))}
}

func outcome(v connectors.Verdict, r normalize.Reason) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r}}
}

// refused reads an answer that is no success.
func refused(call *connectors.Call, resp *connectors.Response, ans *answer) connectors.Outcome {
	switch status := resp.Status; {
	case status == http.StatusTooManyRequests:
		o := outcome(connectors.Wait, normalize.ReasonThrottled)
		if o.After = pause(resp, ans); o.After == 0 {
			o.After = pauseThrottled
		}
		return o
	case call.Name == opToken && (status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden):
		return outcome(connectors.Suspend, normalize.ReasonAuth)
	case status == http.StatusUnauthorized:
		o := outcome(connectors.Retry, normalize.ReasonAuth)
		o.StaleToken = true
		return o
	case status == http.StatusForbidden:
		return forbidden(call, ans)
	case status == http.StatusNotFound:
		return outcome(connectors.Refuse, normalize.ReasonGone)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge:
		return outcome(connectors.Refuse, normalize.ReasonContent)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusConflict:
		return outcome(connectors.Refuse, normalize.ReasonUnknown)
	}
	// A message may be sent again under its id.
	o := outcome(connectors.Retry, normalize.ReasonUnavailable)
	o.After = pause(resp, ans)
	return o
}

// forbidden is said of a person who opted out, of a phone that is no tester's
// and of an agent that the key is not for. Only when the connection is checked
// does it speak of the channel for certain.
func forbidden(call *connectors.Call, ans *answer) connectors.Outcome {
	words := strings.ToUpper(ans.Fault.Message + " " + ans.Fault.Status)
	switch {
	case strings.Contains(words, "UNSUBSCRIBED"), strings.Contains(words, "OPTED OUT"):
		return outcome(connectors.Refuse, normalize.ReasonBlocked)
	case call.Name == opCheck:
		return outcome(connectors.Suspend, normalize.ReasonAuth)
	}
	return outcome(connectors.Refuse, normalize.ReasonAuth)
}

// pause is what Google asks for, or zero.
func pause(resp *connectors.Response, ans *answer) time.Duration {
	var after time.Duration
	if seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64); err == nil {
		after = time.Duration(min(max(seconds, 0), int64(longestPause/time.Second))) * time.Second
	}
	for _, d := range ans.Fault.Details {
		if delay, err := time.ParseDuration(d.Delay); err == nil {
			after = max(after, delay)
		}
	}
	return min(after, longestPause)
}

// longestWords bounds what is kept of Google's words, in UTF-16 units.
const longestWords = 500

// words is what Google says, without our secrets, after what it means for
// whoever wrote the message.
func (a *agent) words(op string, reason normalize.Reason, resp *connectors.Response, ans *answer) string {
	said := ans.Fault.Message
	if ans.Word != "" {
		said = ans.Word
		if ans.Why != "" {
			said += ": " + ans.Why
		}
	}
	if said == "" {
		said = "Google answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	switch {
	case op == opToken && reason == normalize.ReasonAuth:
		said = "Google refuses the service account's key, enter a new one: " + said
	case op == opCheck && reason == normalize.ReasonGone:
		said = "there is no RCS API at the address: " + said
	case reason == normalize.ReasonGone:
		said = "the number cannot be reached over RCS, send by SMS: " + said
	case reason == normalize.ReasonAuth && resp.Status == http.StatusForbidden:
		said = "the key may not use this agent, or the phone is not invited as a tester: " + said
	}
	return cut(a.hide(said), longestWords)
}

// hide takes our secrets out of a text.
func (a *agent) hide(text string) string {
	for _, s := range append([]connectors.Secret{a.raw}, a.tokens...) {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	for _, s := range a.Redactions() {
		text = strings.ReplaceAll(text, s, a.raw.String())
	}
	return text
}
