package discord

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Pauses where Discord names none, and the longest that is taken from it.
const (
	pauseThrottled = 5 * time.Second
	pauseBanned    = 10 * time.Minute // by Cloudflare, after too many invalid calls
	longestPause   = 24 * time.Hour
)

// answer is everything an answer of the REST API can hold.
type answer struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	VerifyKey string `json:"verify_key"`

	Code       json.Number     `json:"code"`
	Message    string          `json:"message"`
	RetryAfter float64         `json:"retry_after"` // s
	Global     bool            `json:"global"`
	Errors     json.RawMessage `json:"errors"`
}

// Classify reads the answer to a call (platforms/discord: Rate limit & errors).
//
// A refused interaction token is Done, with word of the refusal for Next:
// nothing was sent, and the message goes out as a direct message.
func (a *account) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	var ans answer
	// What cannot be read is an answer without a word.
	readable := json.Unmarshal(resp.Body, &ans) == nil
	code, _ := ans.Code.Int64()
	if resp.Status >= 200 && resp.Status < 300 {
		return a.accepted(call, &ans)
	}
	if call.Name == opFollowUp && tokenGone(code) {
		return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{dataToken: tokenRefused}}
	}
	o := refused(call, resp, &ans, code, readable)
	o.Failure.Code = ans.Code.String()
	if code == 0 {
		o.Failure.Code = strconv.Itoa(resp.Status)
	}
	o.Failure.Message = a.words(resp, &ans, code)
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

func (a *account) accepted(call *connectors.Call, ans *answer) connectors.Outcome {
	switch call.Name {
	case opMessage, opFollowUp:
		if !snowflake(ans.ID) {
			return nonsense()
		}
		return connectors.Outcome{Verdict: connectors.Done, IDs: []normalize.PlatformID{normalize.PlatformID(ans.ID)}}
	case opOpen:
		if !snowflake(ans.ID) {
			return nonsense()
		}
		return connectors.Outcome{
			Verdict: connectors.Done, Alias: normalize.PeerID(aliasPrefix + ans.ID), Data: map[string]string{dataChannel: ans.ID},
		}
	case opGateway:
		if ans.URL == "" {
			return nonsense()
		}
	case opCheck:
		return a.checked(ans)
	}
	return connectors.Outcome{Verdict: connectors.Done}
}

// checked compares the application of the token with what was entered.
func (a *account) checked(ans *answer) connectors.Outcome {
	wrong := ""
	switch {
	case !snowflake(ans.ID):
		return nonsense()
	case ans.VerifyKey != "" && !a.publicKey.Equal(ans.VerifyKey) && !strings.EqualFold(ans.VerifyKey, a.publicKey.Reveal()):
		wrong = "the public key is not that of the token's application: copy it again from General Information"
	case a.application != "" && a.application != ans.ID:
		wrong = "the application ID is not that of the token's application: copy it again from General Information"
	default:
		return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{"application_id": ans.ID}}
	}
	o := outcome(connectors.Refuse, normalize.ReasonAuth)
	o.Failure.Message = wrong
	return o
}

func outcome(v connectors.Verdict, r normalize.Reason) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r}}
}

// nonsense is a good status without the answer that goes with it.
func nonsense() connectors.Outcome {
	o := outcome(connectors.Unclear, normalize.ReasonUnknown)
	o.Failure.Message = "Discord's answer makes no sense"
	return o
}

// tokenGone tells that an interaction can no longer be answered by its token:
// it ended, or was not acknowledged in time.
func tokenGone(code int64) bool { return code == 10015 || code == 10062 || code == 50027 }

// refused reads an answer that is no success: by its code, which says most, or
// else by its status.
func refused(call *connectors.Call, resp *connectors.Response, ans *answer, code int64, readable bool) connectors.Outcome {
	if resp.Status == http.StatusTooManyRequests {
		return throttled(call, resp, ans, code, readable)
	}
	if o, ok := byCode(call, resp, ans, code, readable); ok {
		return o
	}
	switch status := resp.Status; {
	case status == http.StatusUnauthorized:
		return outcome(connectors.Suspend, normalize.ReasonAuth)
	case status == http.StatusForbidden:
		return outcome(connectors.Refuse, normalize.ReasonBlocked)
	case status == http.StatusNotFound || status == http.StatusGone:
		return outcome(connectors.Refuse, normalize.ReasonGone)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnsupportedMediaType:
		return outcome(connectors.Refuse, normalize.ReasonContent)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return outcome(connectors.Refuse, normalize.ReasonUnknown)
	case call.Visible && !call.Idempotent:
		return outcome(connectors.Unclear, normalize.ReasonUnavailable)
	}
	return later(resp, ans)
}

// byCode reads Discord's own code. ok is false for one that is not known.
func byCode(call *connectors.Call, resp *connectors.Response, ans *answer, code int64, readable bool) (o connectors.Outcome, ok bool) {
	switch code {
	case 40003, 20016, 20022, 20028, 40062:
		return throttled(call, resp, ans, code, readable), true
	case 130000, 110000: // overloaded, not found for now: it was not carried out
		return later(resp, ans), true
	case 40001, 50014, 40333:
		return outcome(connectors.Suspend, normalize.ReasonAuth), true
	case 50007, 50278, 50001, 50013:
		return outcome(connectors.Refuse, normalize.ReasonBlocked), true
	case 10003, 10008, 10013, 10015:
		return outcome(connectors.Refuse, normalize.ReasonGone), true
	case 50006, 50035, 50109, 40005, 40060, 50027:
		return outcome(connectors.Refuse, normalize.ReasonContent), true
	}
	return o, false
}

func later(resp *connectors.Response, ans *answer) connectors.Outcome {
	o := outcome(connectors.Retry, normalize.ReasonUnavailable)
	o.After = pause(resp, ans)
	return o
}

// throttled reads how long to wait, and whether all calls of the bot have to or
// only those to this channel: limits are by channel, save the global one and
// that on opening channels.
func throttled(call *connectors.Call, resp *connectors.Response, ans *answer, code int64, readable bool) connectors.Outcome {
	o := outcome(connectors.Wait, normalize.ReasonThrottled)
	if o.After = pause(resp, ans); o.After == 0 {
		o.After = pauseThrottled
		if strings.Contains(resp.Header.Get("Content-Type"), "html") {
			o.After = pauseBanned // Cloudflare's page, not Discord's answer
		}
	}
	global := ans.Global || strings.EqualFold(resp.Header.Get("X-RateLimit-Global"), "true") ||
		strings.EqualFold(resp.Header.Get("X-RateLimit-Scope"), "global") || code == 40062
	switch call.Name {
	case opMessage, opTyping, opReact: // in the way of one person
		o.PeerOnly = readable && !global
	}
	return o
}

// pause is what Discord asks for, or zero: in the body or a header, with
// fractions of a second.
func pause(resp *connectors.Response, ans *answer) time.Duration {
	seconds := ans.RetryAfter
	for _, name := range []string{"Retry-After", "X-RateLimit-Reset-After"} {
		if seconds > 0 {
			break
		}
		if v, err := strconv.ParseFloat(resp.Header.Get(name), 64); err == nil {
			seconds = v
		}
	}
	if !(seconds > 0) {
		return 0
	}
	seconds = min(seconds, longestPause.Seconds())
	return time.Duration(math.Ceil(seconds*1000)) * time.Millisecond
}

// longestWords bounds what is kept of Discord's words, in UTF-16 units.
const longestWords = 500

// words is what Discord says, without our secrets, or what to do about it.
func (a *account) words(resp *connectors.Response, ans *answer, code int64) string {
	text := ans.Message
	switch {
	case code == 40333:
		text = "Cloudflare refuses the calls of this hub (40333): look whether a proxy changes their User-Agent"
	case resp.Status == http.StatusUnauthorized, code == 50014, code == 40001:
		text = "Discord refuses the bot token: reset it on the page Bot of the application and enter the new one"
	case code == 50007 || code == 50278:
		text = "Discord cannot deliver to this person, who does not take direct messages from the bot or shares no server with it: " + text
	case text == "":
		text = "Discord answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	if len(ans.Errors) > 0 && string(ans.Errors) != "null" {
		text += "; " + string(ans.Errors)
	}
	for _, s := range []connectors.Secret{a.token, a.publicKey} {
		text = strings.ReplaceAll(text, s.Reveal(), s.String())
	}
	return cut(text, longestWords)
}
