package viber

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads the one event of a webhook.
func (b *bot) Parse(req *connectors.Request) ([]normalize.Event, error) {
	var c callback
	err := json.Unmarshal(req.Body, &c)
	var wrongType *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &wrongType) {
		return nil, malformed("not JSON")
	}
	if c.Event == "" {
		return nil, malformed("no event")
	}
	p := parser{callback: c, body: req.Body}
	if err != nil {
		// What comes after the value was decoded all the same.
		p.unknown(strconv.Quote(wrongType.Field) + " is not of the expected type")
		return p.events, nil
	}
	p.read()
	return p.events, nil
}

// Skim reads whether the webhook is one of Viber's. It names no account.
func (b *bot) Skim(req *connectors.Request) ([]string, error) {
	var c struct {
		Event string `json:"event"`
	}
	err := json.Unmarshal(req.Body, &c)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err != nil && !errors.As(err, &wrongType):
		return nil, malformed("not JSON")
	case c.Event == "":
		return nil, malformed("no event")
	}
	return nil, nil
}

func malformed(why string) error {
	return fmt.Errorf("viber: parse webhook: %w: %s", connectors.ErrMalformed, why)
}

// parser makes the events of one webhook.
type parser struct {
	callback
	body   []byte
	events []normalize.Event
}

func (p *parser) add(e normalize.Event) {
	e.At = p.Timestamp.Time
	p.events = append(p.events, e)
}

// key names the event by Viber's token and kind of it, which a repetition
// shares (platforms/viber: section 2), or else by its bytes.
func (p *parser) key(prefix string) string {
	id := string(p.Token)
	if id == "" {
		sum := sha256.Sum256(p.body)
		id = hex.EncodeToString(sum[:12])
	}
	return prefix + ":" + id + ":" + shortened(p.Event)
}

func (p *parser) unknown(reason string) {
	p.add(normalize.Event{
		Key: p.key("unk"), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(p.Event), Reason: reason},
	})
}

func (p *parser) read() {
	switch p.Event {
	case "message":
		p.said()
	case "delivered":
		p.receipt(normalize.StatusDelivered)
	case "seen":
		p.receipt(normalize.StatusRead)
	case "failed":
		p.receipt(normalize.StatusFailed)
	case "subscribed":
		p.consent(p.User.peer(), normalize.ConsentOptedIn)
	case "unsubscribed":
		p.consent(normalize.Peer{ID: normalize.PeerID(p.UserID)}, normalize.ConsentOptedOut)
	case "conversation_started":
		p.started()
	case "webhook":
		p.add(normalize.Event{
			Key: p.key("news"), Type: normalize.EventChannel,
			Notice: &normalize.Notice{Kind: "webhook_set", Text: "Viber tried the webhook's address"},
		})
	default:
		p.unknown("")
	}
}

func (p *parser) said() {
	peer := p.Sender.peer()
	switch {
	case peer.ID == "":
		p.unknown("it names nobody")
		return
	case p.Token == "" || p.Message == nil:
		p.unknown("a message without its token or content")
		return
	}
	out := p.Message.content()
	out.ID = normalize.PlatformID(p.Token)
	p.add(normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: peer, Message: out})
	// No consent comes with it, though Viber takes it for one: a message would
	// undo that somebody was opted out by hand. Answers within the talk go anyway.
}

// receipt reads the fate of something we sent. Each of a person's devices may
// report, and so they do for what the person wrote.
func (p *parser) receipt(status normalize.Status) {
	if p.Token == "" {
		p.unknown("it names no message")
		return
	}
	r := &normalize.Receipt{Target: normalize.PlatformID(p.Token), Status: status}
	if status == normalize.StatusFailed {
		r.Failure = &normalize.Failure{Reason: failureOf(p.Desc), Message: shortened(p.Desc)}
	}
	p.add(normalize.Event{
		Key: p.key("rct") + ":" + p.UserID, Type: normalize.EventReceipt,
		Peer: normalize.Peer{ID: normalize.PeerID(p.UserID)}, Receipt: r,
	})
}

// failureOf reads the words of a failed message, which are not documented: it
// comes when a client cannot show the message or Viber cannot fetch its media.
func failureOf(words string) normalize.Reason {
	words = strings.ToLower(words)
	for _, part := range []string{"subscribed", "blocked"} {
		if strings.Contains(words, part) {
			return normalize.ReasonBlocked
		}
	}
	for _, part := range []string{"keyboard", "media", "url", "file", "size", "download"} {
		if strings.Contains(words, part) {
			return normalize.ReasonContent
		}
	}
	return normalize.ReasonUnknown
}

func (p *parser) consent(peer normalize.Peer, status normalize.ConsentStatus) {
	if peer.ID == "" {
		p.unknown("it names nobody")
		return
	}
	p.add(normalize.Event{Key: p.key("cns"), Type: normalize.EventConsent, Peer: peer, Consent: &normalize.Consent{Status: status}})
}

// started reads that somebody opened the chat. They have said nothing yet, and
// unless they are subscribed nothing can be sent to them but the answer to this
// very call (see Acknowledge), so that no conversation begins.
func (p *parser) started() {
	peer := p.User.peer()
	if peer.ID == "" {
		p.unknown("it names nobody")
		return
	}
	data := map[string]string{"subscribed": strconv.FormatBool(p.Subscribed)}
	if p.Context != "" {
		data["context"] = p.Context
	}
	if p.Type != "" {
		data["type"] = p.Type
	}
	p.add(normalize.Event{
		Key: p.key("news"), Type: normalize.EventChannel, Peer: peer,
		Notice: &normalize.Notice{Kind: "conversation_started", Text: "Somebody opened the chat", Data: data},
	})
	if p.Subscribed {
		p.consent(peer, normalize.ConsentOptedIn)
	}
}

// startedMark is looked for before a body is decoded.
var startedMark = []byte(`"conversation_started"`)

// Acknowledge answers somebody's opening the chat with the welcome, if there is
// one and they are not known yet: nothing else can be sent to them (platforms/
// viber: section 3). The link's code goes along and comes back with their first
// message.
func (b *bot) Acknowledge(req *connectors.Request) connectors.Reply {
	empty := connectors.Reply{Status: 200}
	var c callback
	if b.welcome == "" || !bytes.Contains(req.Body, startedMark) || json.Unmarshal(req.Body, &c) != nil {
		return empty
	}
	if c.Event != "conversation_started" || c.Subscribed {
		return empty
	}
	m := outgoing{Sender: b.sender, MinAPIVersion: 1, Type: "text", Text: b.welcome}
	if c.Context != "" {
		// A code that is too long to be carried is left out, not the welcome.
		m.TrackingData, _ = tracking{Referral: c.Context}.encode()
	}
	body, err := encode(m)
	if err != nil {
		return empty
	}
	return connectors.Reply{Status: 200, ContentType: "application/json", Body: body}
}

// shortened bounds words that the platform (or a forger) chose.
func shortened(words string) string {
	const most = 200
	for i := range words {
		if i >= most {
			return words[:i]
		}
	}
	return words
}
