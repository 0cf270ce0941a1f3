package channels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

// Trial is a channel's settings to try, on a webhook, a message or both.
type Trial struct {
	Kind        string
	Channel     threads.ChannelID // of which settings and credentials are taken that are not given
	Settings    json.RawMessage
	Credentials map[string]string
	// Request is the webhook; nil when none is tried.
	Request *connectors.Request
	At      time.Time
	// Message is what would be sent to the contact To, or to the first one that
	// the webhook names.
	Message *normalize.Message
	To      normalize.PeerID
}

// TrialResult is what would happen. It holds no credential.
type TrialResult struct {
	Verified       bool
	Verification   string // for people; empty when no webhook was tried
	Handshake      *connectors.Reply
	Acknowledgment *connectors.Reply
	Events         []normalize.Event
	Problems       []FieldError
	Calls          []*connectors.Call
	Losses         []string
	Caps           normalize.Capabilities
	Warnings       []string
}

// Try tells what a channel with these settings would make of a webhook, and
// which calls a message would take. Nothing is stored or sent. Settings that
// could not be saved are answered by field (*InvalidError). Calls hold {name} in
// place of each credential.
func (r *Registry) Try(ctx context.Context, t Trial) (TrialResult, error) {
	if err := r.complete(ctx, &t); err != nil {
		return TrialResult{}, err
	}
	kind, ok := r.Kinds.Lookup(t.Kind)
	if !ok {
		return TrialResult{}, directory.Invalid("kind", fmt.Sprintf("unknown connector %q: use one of %s", t.Kind, r.kindNames()))
	}
	out := &trying{kind: kind, trial: t}
	out.missing(kind)
	var err error
	if out.result.Warnings, err = r.validate(kind, "trial", out.trial.Credentials, t.Settings); err != nil {
		return TrialResult{}, err
	}
	if err := out.open(r.PublicURL); err != nil {
		return TrialResult{}, err
	}
	if t.Request != nil {
		out.receive()
	}
	if t.Message != nil {
		out.send()
	}
	return out.result, nil
}

// complete takes what is not given from the channel named.
func (r *Registry) complete(ctx context.Context, t *Trial) error {
	if t.Channel != "" {
		item, err := r.records.Get(ctx, string(t.Channel))
		if err != nil {
			return err
		}
		t.Kind = item.Value.Kind
		if len(t.Settings) == 0 {
			t.Settings = item.Value.Settings
		}
		stored, err := r.unseal(item.ID, item.Value.Credentials)
		if err != nil {
			return err
		}
		given := t.Credentials
		t.Credentials = map[string]string{}
		for name, s := range stored {
			t.Credentials[name] = s.Reveal()
		}
		maps.Copy(t.Credentials, given)
	}
	if len(t.Settings) == 0 {
		t.Settings = json.RawMessage("{}")
	}
	return nil
}

// trying is one trial.
type trying struct {
	kind     connectors.Kind
	trial    Trial
	conn     connectors.Connector // with the credentials
	dummy    connectors.Connector // with placeholders, for calls
	redactor *egress.Redactor
	result   TrialResult
}

func placeholder(name string) string { return "{" + name + "}" }

// missing puts placeholders in place of credentials that only the settings ask
// for: a webhook cannot be verified without them, everything else can be tried.
func (t *trying) missing(kind connectors.Kind) {
	given := t.trial.Credentials
	t.trial.Credentials = maps.Clone(given)
	if t.trial.Credentials == nil {
		t.trial.Credentials = map[string]string{}
	}
	_, err := kind.New(connectors.Config{Credentials: secrets(given), Settings: t.trial.Settings})
	var told *connectors.ConfigError
	if !errors.As(err, &told) {
		return
	}
	for _, f := range told.Faults {
		if f.Credential != "" {
			t.trial.Credentials[f.Credential] = placeholder(f.Credential)
			t.problem("credentials."+f.Credential, "it is not given: what it proves cannot be verified")
		}
	}
}

func (t *trying) problem(field, message string) {
	t.result.Problems = append(t.result.Problems, FieldError{Field: field, Message: t.redactor.String(message)})
}

func (t *trying) open(publicURL string) error {
	credentials := secrets(t.trial.Credentials)
	t.redactor = egress.NewRedactor(credentials)
	cfg := connectors.Config{Credentials: credentials, Settings: t.trial.Settings, WebhookURL: publicURL + "/webhooks/ch_trial"}
	var err error
	if t.conn, err = t.kind.New(cfg); err != nil {
		return &InvalidError{Fields: configErrors(err)}
	}
	cfg.Credentials = map[string]connectors.Secret{}
	for name := range credentials {
		cfg.Credentials[name] = connectors.NewSecret(placeholder(name))
	}
	if t.dummy, err = t.kind.New(cfg); err != nil {
		t.dummy = t.conn // its credentials have a form: what they are put into is masked
	}
	t.result.Caps = t.kind.Caps
	if c, ok := t.conn.(connectors.Capable); ok {
		t.result.Caps = c.Capabilities()
	}
	return nil
}

// receive tries the webhook.
func (t *trying) receive() {
	req := t.trial.Request
	if h, ok := t.conn.(connectors.Handshaker); ok {
		if reply, ok := h.Handshake(req); ok {
			t.result.Handshake = t.masked(reply)
			return
		}
	}
	err := t.conn.Verify(req, t.trial.At)
	t.result.Verified, t.result.Verification = err == nil, "the webhook is verified"
	if err != nil {
		t.result.Verification = t.redactor.String(err.Error())
	}
	events, err := t.conn.Parse(t.kept(req))
	if err != nil {
		t.problem("payload", err.Error())
		return
	}
	t.result.Events = events
	for i, ev := range events {
		if ev.Type == normalize.EventUnknown {
			field, message := fmt.Sprintf("events.%d", i), ev.Unknown.Reason
			if at, why, ok := strings.Cut(message, ": "); ok && strings.HasPrefix(at, "inbound.") {
				field, message = "settings."+at, why
			}
			t.problem(field, message)
		}
	}
	if a, ok := t.conn.(connectors.Acknowledger); ok {
		t.result.Acknowledgment = t.masked(a.Acknowledge(req))
	}
}

// kept is the webhook as the journal keeps it, which is what is parsed.
func (t *trying) kept(req *connectors.Request) *connectors.Request {
	headers := t.kind.Headers
	if h, ok := t.conn.(connectors.HeaderReader); ok {
		headers = h.ReadHeaders()
	}
	out := *req
	out.Header = map[string][]string{}
	for _, name := range headers {
		if v := req.Header.Get(name); v != "" {
			out.Header.Set(name, v)
		}
	}
	return &out
}

func (t *trying) masked(r connectors.Reply) *connectors.Reply {
	r.Body = []byte(t.redactor.String(string(r.Body)))
	return &r
}

// send tries the message: each call is taken for done, with ids of no platform.
func (t *trying) send() {
	parts, losses, err := normalize.Fit(*t.trial.Message, t.result.Caps)
	if err != nil {
		t.problem("message", err.Error())
		return
	}
	for _, l := range losses {
		t.result.Losses = append(t.result.Losses, l.Field+": "+l.Detail)
	}
	out := &normalize.Outbound{ID: "msg_trial", To: normalize.Peer{ID: t.trial.To}, Parts: parts, Now: t.trial.At}
	t.address(out)
	var done []normalize.Exchange
	for len(t.result.Calls) < maxTrialCalls {
		call, err := t.dummy.Next(out, done)
		if err != nil {
			t.problem("message", err.Error())
			return
		}
		if call == nil {
			return
		}
		t.result.Calls = append(t.result.Calls, t.maskedCall(call))
		n := len(done) + 1
		done = append(done, normalize.Exchange{
			Name: call.Name, Part: call.Part, IDs: []normalize.PlatformID{normalize.PlatformID(fmt.Sprintf("trial-%d", n))},
			Data: savedData(t.dummy, call),
		})
	}
}

// maxTrialCalls bounds the calls of a message that is tried.
const maxTrialCalls = 30

// savedData is what a call's answer might have held for the next one.
func savedData(c connectors.Connector, call *connectors.Call) map[string]string {
	if s, ok := c.(connectors.Rehearser); ok {
		return s.Rehearse(call)
	}
	return nil
}

// address fills in whom the message goes to, from the first message of the
// webhook.
func (t *trying) address(out *normalize.Outbound) {
	i := slices.IndexFunc(t.result.Events, func(ev normalize.Event) bool { return ev.Type == normalize.EventMessage })
	switch {
	case i >= 0 && (out.To.ID == "" || out.To.ID == t.result.Events[i].Peer.ID):
		ev := t.result.Events[i]
		out.To, out.Context, out.LastInbound = ev.Peer, ev.Message.Context, ev.Message.ID
	case out.To.ID == "":
		out.To.ID = "contact-1"
	}
}

// maskedCall takes credentials out of a call that was made with them.
func (t *trying) maskedCall(call *connectors.Call) *connectors.Call {
	out := *call
	var escaped []string // placeholders as addresses and forms write them
	for name := range t.trial.Credentials {
		escaped = append(escaped, url.QueryEscape(placeholder(name)), placeholder(name))
	}
	plain := strings.NewReplacer(escaped...)
	out.URL, out.Body = plain.Replace(t.redactor.String(call.URL)), []byte(plain.Replace(t.redactor.String(string(call.Body))))
	out.Header = map[string][]string{}
	for name, values := range call.Header {
		out.Header.Set(name, t.redactor.String(strings.Join(values, ", ")))
	}
	return &out
}
