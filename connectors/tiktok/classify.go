package tiktok

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
	Code      *json.Number `json:"code"`
	Message   string       `json:"message"`
	RequestID string       `json:"request_id"`
	Data      struct {
		MessageID string `json:"message_id"`
		Message   struct {
			ID string `json:"message_id"`
		} `json:"message"`
		MediaID     string `json:"media_id"`
		DownloadURL string `json:"download_url"`
		Username    string `json:"username"`
		DisplayName string `json:"display_name"`
	} `json:"data"`
}

// Classify reads an answer by the code in its body: the HTTP status is 200 for
// refusals too (platforms/tiktok: limits, window, errors).
func (a *account) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status < 300
	if call.Name == opDownload && good {
		return connectors.Outcome{Verdict: connectors.Done}
	}
	var ans answer
	// A member of another type than expected leaves the rest readable, the code
	// above all; what is no JSON at all leaves an answer without a word.
	_ = json.Unmarshal(resp.Body, &ans)
	code, told := ans.code()
	var o connectors.Outcome
	switch {
	case told && code != 0 && resp.Status != http.StatusTooManyRequests:
		m := meaningOf(code, ans.Message)
		if call.Name == opToken {
			m = tokenMeaning(code, ans.Message)
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
		o.Failure.Message = "TikTok answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

// code is the answer's, told whether it has one.
func (ans *answer) code() (code int, told bool) {
	if ans.Code == nil {
		return 0, false
	}
	code, err := strconv.Atoi(ans.Code.String())
	return code, err == nil
}

// accepted reads an answer without an error.
func accepted(call *connectors.Call, ans *answer, told bool) connectors.Outcome {
	o := connectors.Outcome{Verdict: connectors.Done}
	d, known := &ans.Data, told
	switch call.Name {
	case opSend:
		id := d.Message.ID
		if id == "" {
			id = d.MessageID
		}
		known = told && id != ""
		o.IDs = []normalize.PlatformID{normalize.PlatformID(id)}
	case opUpload:
		known, o.Data = d.MediaID != "", map[string]string{dataMedia: d.MediaID}
	case opLink:
		known = d.DownloadURL != ""
	case opCheck:
		o.Data = map[string]string{"username": d.Username, "display_name": d.DisplayName}
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
	o.Failure.Message = "TikTok's answer makes no sense"
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
	case call.Name == opDownload && (status == http.StatusNotFound || status == http.StatusGone):
		return outcome(connectors.Refuse, normalize.ReasonGone)
	case status == http.StatusRequestEntityTooLarge:
		return outcome(connectors.Refuse, normalize.ReasonContent)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && call.Name != opToken:
		return outcome(connectors.Refuse, normalize.ReasonUnknown)
	case call.Visible:
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

// longestWords bounds what is kept of TikTok's words, in runes.
const longestWords = 300

// words says what a code means and what to do, with TikTok's own words and its
// name of the request, and without our secrets.
func (a *account) words(meaning string, ans *answer) string {
	said := ans.Message
	if ans.RequestID != "" {
		said = strings.TrimSpace(said + " [request " + ans.RequestID + "]")
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
		return "TikTok gives no reason"
	case meaning == "":
		return said
	case said == "":
		return meaning
	}
	return meaning + " (" + said + ")"
}
