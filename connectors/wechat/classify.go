package wechat

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// pauseThrottled is for a gateway that asks for patience without saying how long.
const (
	pauseThrottled = 10 * time.Second
	longestPause   = 24 * time.Hour
)

// answer is everything an answer of the API can hold.
type answer struct {
	Code    *json.Number `json:"errcode"`
	Message string       `json:"errmsg"`

	MediaID string      `json:"media_id"`
	ThumbID string      `json:"thumb_media_id"`
	MsgID   json.Number `json:"msgid"`
	Video   string      `json:"video_url"`
	OpenID  string      `json:"openid"`
	IPs     []string    `json:"ip_list"`
}

// Classify reads an answer by the errcode in its body: the HTTP status is 200
// for refusals too (platforms/wechat: error classification).
func (a *account) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status < 300
	var ans answer
	if body := bytes.TrimSpace(resp.Body); len(body) > 0 && body[0] == '{' {
		// A member of another type than expected leaves the rest readable, the
		// code above all; what is no JSON at all leaves an answer without a word.
		_ = json.Unmarshal(body, &ans)
	}
	code := ""
	if ans.Code != nil {
		code = ans.Code.String()
	}
	var o connectors.Outcome
	switch {
	case code != "" && code != "0":
		o = a.refused(call, code)
		m := meaningOf(code)
		if call.Name == opToken && m.stale {
			m = meaningOf(codeSecret)
		}
		o.Failure.Code, o.Failure.Message = code, a.words(m.words, ans.Message)
	case good:
		return accepted(call, resp, &ans, code)
	default:
		o = withoutCode(call, resp)
		o.Failure.Code = strconv.Itoa(resp.Status)
		o.Failure.Message = "WeChat answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

func accepted(call *connectors.Call, resp *connectors.Response, ans *answer, code string) connectors.Outcome {
	o := connectors.Outcome{Verdict: connectors.Done}
	known := true
	switch call.Name {
	case opSend:
		known = code == "0"
		o.IDs = []normalize.PlatformID{normalize.PlatformID(outPrefix + call.Header.Get(requestHeader))}
	case opTemplate, opNotice:
		known = code == "0"
		id := ans.MsgID.String()
		if id == "" { // bizsend does not always tell it
			id = outPrefix + call.Header.Get(requestHeader)
		}
		o.IDs = []normalize.PlatformID{normalize.PlatformID(id)}
	case opUpload:
		id := ans.MediaID
		if id == "" {
			id = ans.ThumbID
		}
		known, o.Data = id != "", map[string]string{dataMediaID: id}
	case opTyping:
		known = code == "0"
	case opProfile:
		known = ans.OpenID != ""
	case opCheck:
		known = len(ans.IPs) > 0
	case opMedia:
		// A file, or the address of a video; an error in JSON has a code.
		known = ans.Video != "" || !strings.Contains(resp.Header.Get("Content-Type"), "json")
	case opToken:
		known = false // ReadToken found none
	}
	if !known {
		return nonsense(call)
	}
	return o
}

func outcome(v connectors.Verdict, r normalize.Reason) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r}}
}

// codeSecret says that the AppSecret is not right. To the call for a token, codes
// of a stale token say the same.
const codeSecret = "40125"

// nonsense is a good status without the answer that goes with it.
func nonsense(call *connectors.Call) connectors.Outcome {
	o := outcome(connectors.Unclear, normalize.ReasonUnknown)
	if !call.Visible {
		o = outcome(connectors.Retry, normalize.ReasonUnavailable)
		o.Failure.Retryable = true
	}
	o.Failure.Message = "WeChat's answer makes no sense"
	return o
}

// refused reads an errcode. What an account may not do suspends the channel only
// where it can then neither send nor get a token.
func (a *account) refused(call *connectors.Call, code string) connectors.Outcome {
	m := meaningOf(code)
	o := outcome(m.verdict, m.reason)
	o.After, o.StaleToken = m.after, m.stale
	switch {
	case m.stale && call.Name == opToken:
		// See codeSecret.
		o.Verdict, o.StaleToken = connectors.Suspend, false
	case m.verdict == connectors.Suspend && strings.HasPrefix(code, "48") && call.Name != opSend && call.Name != opToken:
		o.Verdict = connectors.Refuse
	case m.verdict == connectors.Wait && (call.Name == opProfile || call.Name == opTyping):
		// The quota is that of this call alone, and the call is not worth a wait.
		o.Verdict, o.After = connectors.Refuse, 0
	}
	return o
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
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
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

// longestWords bounds what is kept of WeChat's words, in runes.
const longestWords = 300

// words says what a code means and what to do, with WeChat's own words, and
// without our secrets.
func (a *account) words(meaning, said string) string {
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
		return "WeChat gives no reason"
	case meaning == "":
		return said
	case said == "":
		return meaning
	}
	return meaning + " (" + said + ")"
}
