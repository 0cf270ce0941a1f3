package custom

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// Classes of errors.
const (
	classRetryable = "retryable"
	classThrottled = "throttled"
	classAuth      = "auth"
	classBlocked   = "blocked"
	classWindow    = "window"
	classInvalid   = "invalid"
	classPermanent = "permanent"
	classGone      = "gone"
	classUnclear   = "unclear"
)

// Pauses.
const (
	defaultPause = 5 * time.Second // throttled without a word about how long
	longestPause = 24 * time.Hour
)

// errorRule is a compiled errorDef.
type errorRule struct {
	when          *expression.Program
	class         string
	message, code *expression.Program
	retryAfter    *source
	peerOnly      bool
}

func (c *compiler) errorRule(path string, d errorDef) errorRule {
	if d.When == "" {
		c.fault(path+".when", `say which answers the rule is for, for example "resp.status == 429"`)
	}
	c.oneOf(path+".class", d.Class, classRetryable, classThrottled, classAuth, classBlocked, classWindow, classInvalid, classPermanent, classGone, classUnclear)
	r := errorRule{
		class: d.Class, peerOnly: d.PeerOnly, when: c.optional(scopeAnswer, path+".when", d.When, truth),
		message: c.optional(scopeAnswer, path+".message", d.Message, scalar), code: c.optional(scopeAnswer, path+".code", d.Code, scalar),
	}
	if d.RetryAfter != nil {
		s := c.source(scopeAnswer, path+".retry_after", *d.RetryAfter, scalar)
		r.retryAfter = &s
	}
	return r
}

// answer is what a call was answered, as expressions see it.
type answer struct {
	resp  *connectors.Response
	stage stage
}

func newAnswer(resp *connectors.Response, budget *expression.Budget) *answer {
	headers := make(map[string]any, len(resp.Header))
	for name, values := range resp.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	text := strings.ToValidUTF8(string(resp.Body[:min(len(resp.Body), expression.MaxText)]), "\uFFFD")
	return &answer{resp: resp, stage: stage{budget, map[string]any{varResp: map[string]any{
		"status": int64(resp.Status), "headers": headers, "text": text, "body": readAnswer(resp, text),
	}}}}
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 1 << 20

// readAnswer reads JSON and XML; anything else is text.
func readAnswer(resp *connectors.Response, text string) any {
	if len(resp.Body) > maxAnswer || !utf8.Valid(resp.Body) {
		return text
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "xml") {
		if doc, err := decodeXML(resp.Body); err == nil {
			return doc
		}
	}
	if doc, err := expression.DecodeJSON(resp.Body); err == nil {
		return doc
	}
	return text
}

// holds tells whether a condition holds; one about something that the answer
// does not have does not.
func (a *answer) holds(p *expression.Program) (is, ok bool) {
	v, err := p.Eval(a.stage.budget, a.stage.values)
	if err != nil {
		return false, false
	}
	is, ok = v.True()
	return is, ok
}

func (a *answer) text(p *expression.Program) string {
	if p == nil {
		return ""
	}
	v, err := p.Eval(a.stage.budget, a.stage.values)
	if err != nil {
		return ""
	}
	text, err := v.Text()
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func (a *answer) good() bool { return a.resp.Status >= 200 && a.resp.Status <= 299 }

// Classify reads the answer to a call: the definition's rules first, then
// whether it is a success, then its status.
func (ch *channel) Classify(made *connectors.Call, resp *connectors.Response) connectors.Outcome {
	k := ch.def.calls[made.Name]
	if k == nil {
		k = &call{}
	}
	if k.file && resp.Status >= 200 && resp.Status <= 299 {
		return connectors.Outcome{Verdict: connectors.Done}
	}
	budget := expression.NewBudget()
	a := newAnswer(resp, budget)
	for i := range ch.def.outbound.errors {
		r := &ch.def.outbound.errors[i]
		if r.when == nil {
			continue
		}
		if is, _ := a.holds(r.when); is {
			return ch.ruled(k, r, a)
		}
	}
	when := k.successWhen
	if when == nil {
		when = ch.def.outbound.successWhen
	}
	is, ok := a.good(), true
	if when != nil && a.good() {
		is, ok = a.holds(when)
	}
	switch {
	case is:
		return ch.succeeded(k, a)
	case a.good() && !ok:
		return ch.failed(connectors.Unclear, normalize.ReasonUnknown, "", "the platform's answer makes no sense")
	case a.good():
		return ch.failed(connectors.Refuse, normalize.ReasonUnknown, "", "the platform says that it did not take the message, and not why")
	}
	return ch.byStatus(k, a)
}

// succeeded takes out of a good answer what is to be kept.
func (ch *channel) succeeded(k *call, a *answer) connectors.Outcome {
	out := connectors.Outcome{Verdict: connectors.Done}
	id := k.externalID
	if id == nil && k.content {
		id = ch.def.outbound.externalID
	}
	if id != nil {
		if out.IDs = a.ids(id); len(out.IDs) == 0 {
			return ch.failed(connectors.Unclear, normalize.ReasonUnknown, "", "the platform's answer does not name the message")
		}
	}
	for name, p := range k.save {
		text := a.text(p)
		if text == "" {
			return ch.failed(connectors.Refuse, normalize.ReasonUnknown, "", "the platform's answer does not hold "+name)
		}
		if out.Data == nil {
			out.Data = map[string]string{}
		}
		out.Data[name] = text
	}
	return out
}

// ids reads the platform's ids of what was sent: one, or a list.
func (a *answer) ids(p *expression.Program) []normalize.PlatformID {
	v, err := p.Eval(a.stage.budget, a.stage.values)
	if err != nil || v.Missing() {
		return nil
	}
	plain, err := v.Plain()
	if err != nil {
		return nil
	}
	all, ok := plain.([]any)
	if !ok {
		all = []any{plain}
	}
	var ids []normalize.PlatformID
	for _, each := range all {
		text, err := scalarText(each)
		if err != nil || text == "" {
			return nil
		}
		ids = append(ids, normalize.PlatformID(text))
	}
	return ids
}

// ruled is what a rule of the definition says.
func (ch *channel) ruled(k *call, r *errorRule, a *answer) connectors.Outcome {
	code, message := a.text(r.code), a.text(r.message)
	if message == "" {
		message = fmt.Sprintf("the platform answered with status %d", a.resp.Status)
	}
	if code == "" {
		code = strconv.Itoa(a.resp.Status)
	}
	fail := func(v connectors.Verdict, reason normalize.Reason) connectors.Outcome {
		return ch.failed(v, reason, code, message)
	}
	switch r.class {
	case classRetryable:
		o := fail(connectors.Retry, normalize.ReasonUnavailable)
		o.After = a.pause(r.retryAfter)
		return o
	case classThrottled:
		o := fail(connectors.Wait, normalize.ReasonThrottled)
		o.After, o.PeerOnly = a.pause(r.retryAfter), r.peerOnly
		if o.After == 0 {
			o.After = defaultPause
		}
		return o
	case classAuth:
		if ch.def.token != nil && k.name != opToken {
			o := fail(connectors.Retry, normalize.ReasonAuth)
			o.StaleToken = true
			return o
		}
		return fail(connectors.Suspend, normalize.ReasonAuth)
	case classBlocked:
		return fail(connectors.Refuse, normalize.ReasonBlocked)
	case classWindow:
		return fail(connectors.Refuse, normalize.ReasonWindow)
	case classInvalid:
		return fail(connectors.Refuse, normalize.ReasonContent)
	case classGone:
		return fail(connectors.Refuse, normalize.ReasonGone)
	case classUnclear:
		return fail(connectors.Unclear, normalize.ReasonUnknown)
	}
	return fail(connectors.Refuse, normalize.ReasonUnknown)
}

// byStatus reads an answer that no rule is for.
func (ch *channel) byStatus(k *call, a *answer) connectors.Outcome {
	status := a.resp.Status
	fail := func(v connectors.Verdict, reason normalize.Reason) connectors.Outcome {
		return ch.failed(v, reason, strconv.Itoa(status), fmt.Sprintf("the platform answered with status %d", status))
	}
	switch {
	case status == http.StatusTooManyRequests:
		o := fail(connectors.Wait, normalize.ReasonThrottled)
		if o.After = a.pause(nil); o.After == 0 {
			o.After = defaultPause
		}
		return o
	case k.name == opToken && a.deniesToken():
		return fail(connectors.Suspend, normalize.ReasonAuth)
	case status == http.StatusUnauthorized && ch.def.token != nil:
		o := fail(connectors.Retry, normalize.ReasonAuth)
		o.StaleToken = true
		return o
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && (k.name == opCheck || k.name == opSubscribe):
		return fail(connectors.Suspend, normalize.ReasonAuth)
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500 && status <= 599, status >= 300 && status <= 399:
		o := fail(connectors.Retry, normalize.ReasonUnavailable)
		o.After = a.pause(nil)
		return o
	case status >= 400 && status <= 499:
		return fail(connectors.Refuse, reasonOf(status))
	}
	return fail(connectors.Unclear, normalize.ReasonUnavailable)
}

// deniesToken tells whether the answer to the call for a token says that the
// credentials are dead: by its status, or in the words of OAuth 2.0.
func (a *answer) deniesToken() bool {
	switch a.resp.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	case http.StatusBadRequest:
		var told struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(a.resp.Body, &told) != nil {
			return false
		}
		return slices.Contains([]string{"invalid_client", "invalid_grant", "unauthorized_client"}, told.Error)
	}
	return false
}

func reasonOf(status int) normalize.Reason {
	switch status {
	case http.StatusUnauthorized:
		return normalize.ReasonAuth
	case http.StatusNotFound, http.StatusGone:
		return normalize.ReasonGone
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return normalize.ReasonContent
	}
	return normalize.ReasonUnknown
}

// pause is how long the platform asks to wait, at most a day: by the rule's
// expression, or by Retry-After. A date counts from the answer's own.
func (a *answer) pause(s *source) time.Duration {
	text, unit := a.resp.Header.Get("Retry-After"), "s"
	if s != nil {
		text = a.text(s.program)
		if s.unit != "" {
			unit = s.unit
		}
	}
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		per := map[string]float64{"ms": 1e6, "us": 1e3, "ns": 1}[unit]
		if per == 0 {
			per = 1e9
		}
		if n <= 0 || math.IsNaN(n) {
			return 0
		}
		return time.Duration(min(n*per, float64(longestPause)))
	}
	until, err1 := http.ParseTime(text)
	from, err2 := http.ParseTime(a.resp.Header.Get("Date"))
	if err1 != nil || err2 != nil {
		return 0
	}
	return min(max(until.Sub(from), 0), longestPause)
}

func (ch *channel) failed(v connectors.Verdict, r normalize.Reason, code, message string) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{
		Reason: r, Code: shortened(ch.scrub(code)), Message: cut(ch.scrub(message)), Retryable: v == connectors.Retry || v == connectors.Wait,
	}}
}
