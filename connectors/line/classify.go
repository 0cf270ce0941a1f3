package line

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Pauses, since LINE names none: it says "later" and "exponentially".
const (
	pauseThrottled = 5 * time.Second
	pausePeer      = time.Minute     // too many messages to one user
	pausePreparing = 5 * time.Second // content that is not ready yet
	longestPause   = 24 * time.Hour
)

// answer is everything an answer of the Messaging API can hold.
type answer struct {
	Sent []struct {
		ID string `json:"id"`
	} `json:"sentMessages"`
	UserID  string `json:"userId"`
	Name    string `json:"displayName"`
	BasicID string `json:"basicId"`

	Message string `json:"message"`
	Details []struct {
		Message  string `json:"message"`
		Property string `json:"property"`
	} `json:"details"`
}

// Classify reads the answer to a call (platforms/line: section 5).
//
// A refused reply token is Done, with word of the refusal for Next: nothing was
// sent, and the messages go out by push. A repeated push that LINE had accepted
// before is Done as well, with the same ids.
func (a *account) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status < 300
	var ans answer
	if call.Name != opContent || !good {
		// What cannot be read is an answer without a word.
		_ = json.Unmarshal(resp.Body, &ans)
	}
	switch {
	case good:
		return accepted(call, resp, &ans)
	case resp.Status == http.StatusConflict && call.Name == opPush && repeated(resp, &ans):
		return sent(resp, &ans)
	case resp.Status == http.StatusBadRequest && call.Name == opReply && strings.Contains(strings.ToLower(ans.Message), "reply token"):
		o := connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{dataReply: replyRefused}}
		return requested(o, resp)
	}
	o := refused(call, resp, &ans)
	o.Failure.Code = strconv.Itoa(resp.Status)
	o.Failure.Message = a.words(resp, &ans)
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

// repeated tells that LINE had carried the call out before.
func repeated(resp *connectors.Response, ans *answer) bool {
	return resp.Header.Get("X-Line-Accepted-Request-Id") != "" || len(ans.ids()) > 0
}

func accepted(call *connectors.Call, resp *connectors.Response, ans *answer) connectors.Outcome {
	switch call.Name {
	case opReply, opPush:
		if len(ans.ids()) == 0 {
			return nonsense()
		}
		return sent(resp, ans)
	case opCheck:
		if ans.UserID == "" {
			return nonsense()
		}
		return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{
			"display_name": ans.Name, "basic_id": ans.BasicID, "user_id": ans.UserID,
		}}
	case opContent:
		if resp.Status == http.StatusAccepted {
			o := outcome(connectors.Retry, normalize.ReasonUnavailable)
			o.After, o.Failure.Retryable = pausePreparing, true
			o.Failure.Code, o.Failure.Message = "202", "LINE is still preparing the file"
			return o
		}
	}
	return connectors.Outcome{Verdict: connectors.Done}
}

// sent is the good end of a send.
func sent(resp *connectors.Response, ans *answer) connectors.Outcome {
	return requested(connectors.Outcome{Verdict: connectors.Done, IDs: ans.ids()}, resp)
}

// requested keeps LINE's name of the request, which its support asks for.
func requested(o connectors.Outcome, resp *connectors.Response) connectors.Outcome {
	if id := resp.Header.Get("X-Line-Request-Id"); id != "" {
		if o.Data == nil {
			o.Data = map[string]string{}
		}
		o.Data["request_id"] = id
	}
	return o
}

func (ans *answer) ids() (ids []normalize.PlatformID) {
	for _, m := range ans.Sent {
		if m.ID != "" {
			ids = append(ids, normalize.PlatformID(m.ID))
		}
	}
	return ids
}

func outcome(v connectors.Verdict, r normalize.Reason) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r}}
}

// nonsense is a good status without the answer that goes with it.
func nonsense() connectors.Outcome {
	o := outcome(connectors.Unclear, normalize.ReasonUnknown)
	o.Failure.Message = "LINE's answer makes no sense"
	return o
}

// refused reads an answer that is no success, by its status and, where one has
// several meanings, its words.
func refused(call *connectors.Call, resp *connectors.Response, ans *answer) connectors.Outcome {
	switch status := resp.Status; {
	case status == http.StatusUnauthorized:
		return outcome(connectors.Suspend, normalize.ReasonAuth)
	case status == http.StatusForbidden:
		// The account's plan or permissions do not allow this call; others may.
		return outcome(connectors.Refuse, normalize.ReasonAuth)
	case status == http.StatusTooManyRequests:
		return throttled(resp, ans)
	case status == http.StatusBadRequest && ans.noRecipient(), (call.Name == opContent || call.Name == opProfile) && gone(status):
		return outcome(connectors.Refuse, normalize.ReasonGone)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnsupportedMediaType:
		return outcome(connectors.Refuse, normalize.ReasonContent)
	case status == http.StatusConflict:
		// About a retry key, but without the word that it was accepted.
		return outcome(connectors.Unclear, normalize.ReasonUnknown)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return outcome(connectors.Refuse, normalize.ReasonUnknown)
	case call.Visible && !call.Idempotent:
		return outcome(connectors.Unclear, normalize.ReasonUnavailable)
	}
	o := outcome(connectors.Retry, normalize.ReasonUnavailable)
	o.After = retryAfter(resp)
	return o
}

// gone tells that content has expired or was taken back, or that a person
// blocked the account or never agreed to be known.
func gone(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

// throttled reads a 429, which stands for three things. The month's quota is
// not worth waiting for.
func throttled(resp *connectors.Response, ans *answer) connectors.Outcome {
	words := strings.ToLower(ans.Message)
	if strings.Contains(words, "monthly limit") {
		return outcome(connectors.Refuse, normalize.ReasonThrottled)
	}
	o := outcome(connectors.Wait, normalize.ReasonThrottled)
	o.After = pauseThrottled
	if strings.Contains(words, "same user") {
		o.PeerOnly, o.After = true, pausePeer
	}
	if after := retryAfter(resp); after > 0 {
		o.After = after
	}
	return o
}

// noRecipient tells that the message cannot go to whom it is for.
func (ans *answer) noRecipient() bool {
	if strings.Contains(strings.ToLower(ans.Message), "failed to send messages") {
		return true
	}
	for _, d := range ans.Details {
		if d.Property == "to" {
			return true
		}
	}
	return strings.Contains(ans.Message, "'to'")
}

// retryAfter is what a gateway in front of the API asks for, or zero.
func retryAfter(resp *connectors.Response) time.Duration {
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int64(longestPause/time.Second))) * time.Second
}

// longestWords bounds what is kept of LINE's words, in UTF-16 units.
const longestWords = 500

// words is what LINE says, with the member it means and its name of the
// request, and without our secrets.
func (a *account) words(resp *connectors.Response, ans *answer) string {
	text := ans.Message
	if text == "" {
		text = "LINE answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	for _, d := range ans.Details {
		text += "; " + strings.TrimPrefix(d.Property+": ", ": ") + d.Message
	}
	for _, s := range append([]connectors.Secret{a.token}, a.secrets...) {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	text = cut(text, longestWords)
	if id := resp.Header.Get("X-Line-Request-Id"); id != "" {
		text += " (request " + id + ")"
	}
	return text
}
