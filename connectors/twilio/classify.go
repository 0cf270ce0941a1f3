package twilio

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

// answer is everything an answer of Twilio's can hold.
type answer struct {
	SID       string      `json:"sid"`
	Status    any         `json:"status"` // a word of a resource, a number of an error
	Name      string      `json:"friendly_name"`
	ErrorCode json.Number `json:"error_code"`
	ErrorText string      `json:"error_message"`
	Code      json.Number `json:"code"`
	Message   string      `json:"message"`
	Success   bool        `json:"success"`
}

// Classify reads an answer by its error code, whatever the words. Where there
// is none, 401 and 403 mean dead credentials (403 with a code is about what was
// asked for), and a 5xx to a message leaves open
// whether it went out: Twilio takes no idempotency key.
func (c *connector) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status <= 299
	if call.Name == opMedia {
		return c.fetched(resp, good)
	}
	var a answer
	readable := json.Unmarshal(resp.Body, &a) == nil && bytes.HasPrefix(bytes.TrimSpace(resp.Body), []byte("{"))
	switch {
	case good && readable:
		return c.carried(call, &a)
	case good:
		return nonsense()
	case readable && a.Code != "":
		if o, ok := c.coded(a.Code.String(), a.Message, resp); ok {
			return o
		}
	}
	return c.uncoded(call, resp, &a)
}

// carried reads a good answer.
func (c *connector) carried(call *connectors.Call, a *answer) connectors.Outcome {
	switch call.Name {
	case opTyping:
		if !a.Success {
			return nonsense()
		}
		return connectors.Outcome{Verdict: connectors.Done}
	case opCheck:
		return c.standing(a)
	}
	if a.SID == "" {
		return nonsense()
	}
	if a.Status == "failed" || a.Status == "undelivered" || a.Status == "canceled" {
		if o, ok := c.coded(a.ErrorCode.String(), a.ErrorText, &connectors.Response{}); ok {
			return o
		}
		return failed(connectors.Refuse, normalize.ReasonUnknown, a.ErrorCode.String(), c.scrub(a.ErrorText))
	}
	o := connectors.Outcome{Verdict: connectors.Done}
	if call.Name == opSend {
		o.IDs = []normalize.PlatformID{normalize.PlatformID(a.SID)}
	}
	return o
}

// standing reads the state of the account.
func (c *connector) standing(a *answer) connectors.Outcome {
	switch a.Status {
	case "active":
		return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{"friendly_name": a.Name}}
	case "suspended", "closed":
		return failed(connectors.Suspend, normalize.ReasonAuth, "20005", "The Twilio account is not active")
	}
	return nonsense()
}

// coded reads an answer with a known error code.
func (c *connector) coded(code, text string, resp *connectors.Response) (connectors.Outcome, bool) {
	class := classOf(code)
	if class.verdict == "" {
		return connectors.Outcome{}, false
	}
	words := text
	if words == "" || class.verdict == connectors.Suspend {
		words = class.words
	}
	o := failed(class.verdict, class.reason, code, c.scrub(words))
	if class.retryable() {
		o.After = class.after
		if hint := retryAfter(resp); hint > 0 {
			o.After = hint
		}
	}
	return o, true
}

// uncoded reads an answer by its status.
func (c *connector) uncoded(call *connectors.Call, resp *connectors.Response, a *answer) connectors.Outcome {
	code, words := strconv.Itoa(resp.Status), "Twilio answered with HTTP status "+strconv.Itoa(resp.Status)
	if a.Code != "" {
		code = a.Code.String()
	}
	if a.Message != "" {
		words = c.scrub(a.Message)
	}
	switch status := resp.Status; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden && a.Code == "":
		return failed(connectors.Suspend, normalize.ReasonAuth, code, "Twilio does not accept the credentials")
	case status == http.StatusTooManyRequests:
		o := failed(connectors.Wait, normalize.ReasonThrottled, code, words)
		if o.After = retryAfter(resp); o.After == 0 {
			o.After = shortPause
		}
		return o
	case status >= 400 && status <= 499 && status != http.StatusRequestTimeout:
		return failed(connectors.Refuse, normalize.ReasonUnknown, code, words)
	case !call.Visible || call.Idempotent || status == http.StatusServiceUnavailable || status/100 == 3:
		o := failed(connectors.Retry, normalize.ReasonUnavailable, code, words)
		o.After = retryAfter(resp)
		return o
	}
	return failed(connectors.Unclear, normalize.ReasonUnavailable, code, words)
}

// fetched reads the answer to fetching a file, whose body is the file.
func (c *connector) fetched(resp *connectors.Response, good bool) connectors.Outcome {
	code, words := strconv.Itoa(resp.Status), "The file could not be fetched from Twilio"
	switch {
	case good:
		return connectors.Outcome{Verdict: connectors.Done}
	case resp.Status == http.StatusTooManyRequests:
		o := failed(connectors.Wait, normalize.ReasonThrottled, code, words)
		if o.After = retryAfter(resp); o.After == 0 {
			o.After = shortPause
		}
		return o
	case resp.Status == http.StatusUnauthorized:
		return failed(connectors.Suspend, normalize.ReasonAuth, code, words)
	case resp.Status >= 400 && resp.Status <= 499 && resp.Status != http.StatusRequestTimeout:
		return failed(connectors.Refuse, normalize.ReasonGone, code, words)
	}
	return failed(connectors.Retry, normalize.ReasonUnavailable, code, words)
}

func failed(v connectors.Verdict, r normalize.Reason, code, message string) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{
		Reason: r, Code: code, Message: message, Retryable: v == connectors.Retry || v == connectors.Wait,
	}}
}

// nonsense is a good status without the answer that goes with it.
func nonsense() connectors.Outcome {
	return failed(connectors.Unclear, normalize.ReasonUnknown, "", "Twilio answered something that makes no sense")
}

// retryAfter is the pause that a header asks for, a day at most, or zero.
func retryAfter(resp *connectors.Response) time.Duration {
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int64(dailyPause/time.Second))) * time.Second
}

// scrub takes credentials out of what Twilio said.
func (c *connector) scrub(text string) string {
	secrets := append([]connectors.Secret{c.account, c.user, c.pass}, c.tokens...)
	for _, s := range secrets {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	return text
}
