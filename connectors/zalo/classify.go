package zalo

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

const longestPause = 24 * time.Hour

// answer is everything an answer of the API can hold.
type answer struct {
	Error   *text `json:"error"`
	Message text  `json:"message"`
	// Of the call for a token.
	Name        text `json:"error_name"`
	Description text `json:"error_description"`

	Data struct {
		MessageID    text `json:"message_id"`
		AttachmentID text `json:"attachment_id"`
		Token        text `json:"token"`
		UserID       text `json:"user_id"`
		OAID         text `json:"oa_id"`
		Title        text `json:"name"`
	} `json:"data"`
}

// Classify reads an answer by the error in its body: the HTTP status is 200 for
// refusals too (platforms/zalo: rate limit and errors).
func (a *account) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status < 300
	var ans answer
	// A member of another type than expected leaves the rest readable, the code
	// above all; what is no JSON at all leaves an answer without a word.
	_ = json.Unmarshal(resp.Body, &ans)
	code, told := number(ans.Error)
	var o connectors.Outcome
	switch {
	case told && code != 0 && resp.Status != http.StatusTooManyRequests:
		m := meaningOf(code)
		if call.Name == opToken {
			m = tokenMeaning(code)
		}
		o = outcome(m.verdict, m.reason)
		o.After, o.StaleToken = m.after, m.stale
		if m.verdict == connectors.Wait && retryAfter(resp) > 0 {
			o.After = retryAfter(resp)
		}
		o.Failure.Code, o.Failure.Message = strconv.Itoa(code), a.words(m.words, &ans)
	case good:
		return accepted(call, &ans, told)
	default:
		o = withoutCode(call, resp)
		o.Failure.Code = strconv.Itoa(resp.Status)
		o.Failure.Message = "Zalo answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

// accepted reads an answer without an error.
func accepted(call *connectors.Call, ans *answer, told bool) connectors.Outcome {
	o := connectors.Outcome{Verdict: connectors.Done}
	d, known := &ans.Data, told
	switch call.Name {
	case opSend:
		known = told && d.MessageID != ""
		o.IDs = []normalize.PlatformID{normalize.PlatformID(d.MessageID)}
	case opUpload:
		id := d.AttachmentID
		if id == "" {
			id = d.Token
		}
		known, o.Data = id != "", map[string]string{dataUpload: string(id)}
	case opProfile:
		known = d.UserID != ""
	case opCheck:
		known, o.Data = d.OAID != "", map[string]string{"oa_id": string(d.OAID), "name": string(d.Title)}
	case opToken:
		known = false // ReadToken found none
	}
	if known {
		return o
	}
	if call.Visible {
		o = outcome(connectors.Unclear, normalize.ReasonUnknown)
	} else {
		o = outcome(connectors.Retry, normalize.ReasonUnavailable)
		o.Failure.Retryable = true
	}
	o.Failure.Message = "Zalo's answer makes no sense"
	return o
}

func outcome(v connectors.Verdict, r normalize.Reason) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r}}
}

// withoutCode reads an answer that is none of the API's.
func withoutCode(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	switch status := resp.Status; {
	case status == http.StatusTooManyRequests:
		o := outcome(connectors.Wait, normalize.ReasonThrottled)
		if o.After = retryAfter(resp); o.After == 0 {
			o.After = pauseThrottled
		}
		return o
	case status == http.StatusRequestEntityTooLarge:
		return outcome(connectors.Refuse, normalize.ReasonContent)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && call.Name != opToken:
		return outcome(connectors.Refuse, normalize.ReasonUnknown)
	case call.Visible && !call.Idempotent:
		return outcome(connectors.Unclear, normalize.ReasonUnavailable)
	}
	o := outcome(connectors.Retry, normalize.ReasonUnavailable)
	o.After = retryAfter(resp)
	return o
}

// retryAfter is what a gateway in front of the API asks for, or zero.
func retryAfter(resp *connectors.Response) time.Duration {
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int64(longestPause/time.Second))) * time.Second
}

// longestWords bounds what is kept of Zalo's words, in runes.
const longestWords = 300

// words says what an error means and what to do, with Zalo's own words, and
// without our secrets.
func (a *account) words(meaning string, ans *answer) string {
	var said string
	for _, w := range []text{ans.Message, ans.Description, ans.Name} {
		if said == "" {
			said = string(w)
		}
	}
	for _, s := range a.secrets {
		if !s.Empty() {
			said = strings.ReplaceAll(said, s.Reveal(), s.String())
		}
	}
	if r := []rune(said); len(r) > longestWords {
		said = string(r[:longestWords]) + "…"
	}
	switch {
	case meaning == "" && said == "":
		return "Zalo gives no reason"
	case meaning == "":
		return said
	case said == "":
		return meaning
	}
	return meaning + " (" + said + ")"
}
