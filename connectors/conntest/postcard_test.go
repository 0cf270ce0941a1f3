package conntest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// postcard is a small invented platform. It keeps the contract, unless it is
// told to break it in one of the ways that the suite must notice.
type postcard struct {
	key     string
	refresh string
	flaw    string
	calls   atomic.Int64
}

const (
	postcardKey     = "postcard-key-of-this-test"
	postcardRefresh = "postcard-refresh-of-this-test"
	postcardWords   = "X-Postcard-Proof"
)

func postcardKind(flaw string) connectors.Kind {
	k := connectors.Kind{
		Name: "postcard", Title: "Postcard", Setup: "1. Buy stamps.",
		Credentials: json.RawMessage(`{"type":"object","required":["key"],"additionalProperties":false,"properties":{"key":{"type":"string","title":"Key","description":"The key."},"refresh":{"type":"string","title":"Refresh token","description":"Good once."}}}`),
		Settings:    json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{}}`),
		Headers:     []string{"X-Lang"},
		Caps:        normalize.Capabilities{Text: normalize.TextLimit{Max: 100}, ReplyTo: true, Media: map[normalize.MessageType]normalize.MediaSpec{normalize.TypeFile: {}}},
		New: func(c connectors.Config) (connectors.Connector, error) {
			if c.Credentials["key"].Empty() && flaw != "opens without credentials" {
				return nil, errors.New("key is missing")
			}
			if len(c.Settings) > 0 && !json.Valid(c.Settings) {
				return nil, errors.New("settings are not JSON")
			}
			return &postcard{key: c.Credentials["key"].Reveal(), refresh: c.Credentials["refresh"].Reveal(), flaw: flaw}, nil
		},
	}
	spoil(&k, flaw)
	return k
}

// spoil breaks what the kind says of itself.
func spoil(k *connectors.Kind, flaw string) {
	switch flaw {
	case "no setup":
		k.Setup = ""
	case "schema that is none":
		k.Credentials = json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"key":{"type":"strin","title":"Key","description":"The key."}}}`)
	case "schema that is open":
		k.Settings = json.RawMessage(`{"type":"object"}`)
	case "says it can type":
		k.Caps.Typing = true
	case "says it hears of deletions":
		k.Caps.Inbound = []normalize.EventType{normalize.EventDeletion}
	case "says it sends pictures":
		k.Caps.Media = map[normalize.MessageType]normalize.MediaSpec{normalize.TypeImage: {}}
	case "says it cannot quote":
		k.Caps.ReplyTo = false
	case "keeps no header":
		k.Headers = nil
	}
}

func postcardSign(req *connectors.Request, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set(postcardWords, stamp+"."+proof(postcardKey, stamp, req.Body))
}

func proof(key, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%s.%s", stamp, body)
	return hex.EncodeToString(mac.Sum(nil))
}

func (p *postcard) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte(req.Query.Get("word"))}, req.Method == http.MethodGet
}

func (p *postcard) Verify(req *connectors.Request, now time.Time) error {
	body, refusal := req.Body, connectors.ErrSignature
	switch p.flaw {
	case "verifies nothing":
		return nil
	case "signs no body":
		body = nil
		if len(req.Header.Values(postcardWords)) == 1 && len(req.Header.Get(postcardWords)) > 60 {
			return nil
		}
	case "refuses with another error":
		refusal = errors.New("no")
	case "tells the key":
		refusal = fmt.Errorf("%w: not %s", connectors.ErrSignature, p.key)
	}
	if streamed(req) && p.flaw != "takes streams as webhooks" {
		return refusal
	}
	values := req.Header.Values(postcardWords)
	if len(values) != 1 {
		return refusal
	}
	stamp, given, _ := strings.Cut(values[0], ".")
	if !hmac.Equal([]byte(given), []byte(proof(p.key, stamp, body))) {
		return refusal
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > time.Minute && p.flaw != "takes old webhooks" {
		return refusal
	}
	return nil
}

func (p *postcard) Parse(req *connectors.Request) ([]normalize.Event, error) {
	var body struct {
		Cards []json.RawMessage `json:"cards"`
	}
	if p.flaw == "panics on garbage" && len(req.Body) == 0 {
		panic("empty")
	}
	err := json.Unmarshal(req.Body, &body)
	switch {
	case (err != nil || len(body.Cards) == 0) && p.flaw == "drops garbage":
		return nil, nil
	case err != nil && p.flaw == "fails in its own way":
		return nil, err
	case err != nil || len(body.Cards) == 0:
		return nil, connectors.ErrMalformed
	}
	var events []normalize.Event
	for i, raw := range body.Cards {
		events = append(events, p.card(req, i, raw)...)
	}
	if p.flaw == "one poison card spoils all" {
		for _, ev := range events {
			if ev.Type == normalize.EventUnknown {
				return []normalize.Event{ev}, nil
			}
		}
	}
	return events, nil
}

func (p *postcard) card(req *connectors.Request, i int, raw json.RawMessage) []normalize.Event {
	var card struct{ ID, From, Text string }
	if err := json.Unmarshal(raw, &card); err != nil || card.ID == "" || card.From == "" || card.Text == "" {
		if p.flaw == "drops what it does not know" {
			return nil
		}
		return []normalize.Event{{
			Key: "unknown:" + strconv.Itoa(i) + ":" + proof("", "", raw)[:16], Type: normalize.EventUnknown,
			Unknown: &normalize.Unknown{Kind: "card"},
		}}
	}
	ev := normalize.Event{
		Key: "msg:" + card.ID, Type: normalize.EventMessage, Peer: normalize.Peer{ID: normalize.PeerID(card.From), Locale: req.Header.Get("X-Lang")},
		At:      time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Message: &normalize.Message{ID: normalize.PlatformID(card.ID), Type: normalize.TypeText, Text: card.Text},
	}
	switch p.flaw {
	case "counts":
		ev.Key += ":" + strconv.FormatInt(p.calls.Add(1), 10)
	case "no key":
		ev.Key = ""
	case "sets two pointers":
		ev.Deletion = &normalize.Deletion{Target: "c1"}
	case "local time":
		ev.At = ev.At.In(time.FixedZone("", 3600))
	case "changes the body":
		req.Body[0] = ' '
	case "tells the key in events":
		ev.Message.Text += p.key
	case "one key for two events":
		other := ev
		other.Peer.Name = "somebody else"
		return []normalize.Event{ev, other}
	}
	return []normalize.Event{ev}
}

func (p *postcard) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	n := len(done)
	if p.flaw == "remembers what it sent" {
		n = int(p.calls.Add(1)-1) % len(out.Parts)
	}
	if n >= len(out.Parts) {
		return nil, nil
	}
	part := out.Parts[n]
	if part.Type == normalize.TypeFile {
		return p.parcel(out, n), nil
	}
	if part.Type != normalize.TypeText {
		return nil, fmt.Errorf("a card cannot hold %q", part.Type)
	}
	body := string(out.To.ID) + ": " + part.Text
	if part.ReplyTo != nil {
		body += " (re " + string(part.ReplyTo.ID) + ")"
	}
	call := &connectors.Call{
		Name: "send", Method: http.MethodPost, URL: "https://postcard.example/send?key=" + p.key,
		Body: []byte(body), Part: n, Visible: true,
	}
	switch p.flaw {
	case "changes the message":
		out.Parts[0].Text += "!"
	case "half an address":
		call.URL = "/send"
	case "tells the key in names":
		call.Name += p.key
	}
	return call, nil
}

func (p *postcard) Check() *connectors.Call {
	return &connectors.Call{Name: "check", Method: http.MethodGet, URL: "https://postcard.example/"}
}

func (p *postcard) Classify(_ *connectors.Call, resp *connectors.Response) connectors.Outcome {
	var a struct{ Sent, Why string }
	_ = json.Unmarshal(resp.Body, &a)
	fail := func(v connectors.Verdict, r normalize.Reason) connectors.Outcome {
		why := strings.ReplaceAll(strings.ReplaceAll(a.Why, p.key, "…"), p.refresh, "…")
		if p.flaw == "repeats what it is told" {
			why = a.Why
		}
		return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r, Message: why}}
	}
	switch {
	case resp.Status == http.StatusUnauthorized:
		o := fail(connectors.Retry, normalize.ReasonAuth)
		o.StaleToken = true
		if p.flaw == "calls a refusal a stale token" {
			o.Verdict = connectors.Refuse
		}
		return o
	case p.flaw == "panics on answers" && string(resp.Body) == "null":
		panic("null")
	case p.flaw == "gives no failure":
		return connectors.Outcome{Verdict: connectors.Refuse}
	case p.flaw == "gives its own reason" && resp.Status == 400:
		return fail(connectors.Refuse, "stamps")
	case resp.Status == http.StatusTooManyRequests:
		return fail(connectors.Wait, normalize.ReasonThrottled)
	case resp.Status == 200 && (a.Sent != "" || p.flaw == "takes any 200"):
		return connectors.Outcome{Verdict: connectors.Done, IDs: []normalize.PlatformID{normalize.PlatformID(a.Sent)}}
	case resp.Status >= 400 && resp.Status < 500:
		return fail(connectors.Refuse, normalize.ReasonContent)
	}
	return fail(connectors.Unclear, normalize.ReasonUnknown)
}
