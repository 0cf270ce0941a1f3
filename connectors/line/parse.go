package line

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads every event of a webhook. One without events is what LINE sends
// when an admin verifies the address (platforms/line: section 1).
func (a *account) Parse(req *connectors.Request) ([]normalize.Event, error) {
	if events, ok := atOnce(req.Body); ok {
		return events, nil
	}
	env, err := readEnvelope(req.Body)
	if err != nil {
		return nil, err
	}
	p := parser{events: make([]normalize.Event, 0, max(len(env.Events), 1))}
	for _, raw := range env.Events {
		p.read(raw)
	}
	if len(env.Events) == 0 {
		p.raw = req.Body
		p.notice("webhook_verified", "LINE verified the webhook's address", nil)
	}
	return p.events, nil
}

// atOnce reads a webhook in one go, which is twice as fast. It leaves those to
// Parse in which anything is out of the ordinary.
func atOnce(body []byte) ([]normalize.Event, bool) {
	var w struct {
		Events []event `json:"events"`
	}
	if json.Unmarshal(body, &w) != nil || len(w.Events) == 0 {
		return nil, false
	}
	for i := range w.Events {
		if w.Events[i].ID == "" {
			return nil, false
		}
	}
	p := parser{events: make([]normalize.Event, 0, len(w.Events))}
	for i := range w.Events {
		p.event = w.Events[i]
		p.sort()
	}
	return p.events, true
}

// Skim reads the outside of a webhook. A channel is a single account.
func (a *account) Skim(req *connectors.Request) ([]string, error) {
	_, err := readEnvelope(req.Body)
	return nil, err
}

func readEnvelope(body []byte) (env envelope, err error) {
	if err := json.Unmarshal(body, &env); err != nil {
		return env, fmt.Errorf("line: parse webhook: %w: %s", connectors.ErrMalformed, fault(err))
	}
	if env.Events == nil {
		return env, fmt.Errorf("line: parse webhook: %w: no events", connectors.ErrMalformed)
	}
	return env, nil
}

// parser collects the events of one webhook. event and raw are the element it
// is at.
type parser struct {
	events []normalize.Event
	event  event
	raw    []byte
}

// read reads one element, or keeps it as Unknown: LINE may add types and
// members at any time.
func (p *parser) read(raw json.RawMessage) {
	p.event, p.raw = event{}, raw
	// What comes after a value of the wrong type is decoded all the same, so
	// that the element's id and type are known.
	if err := json.Unmarshal(raw, &p.event); err != nil {
		p.unknown(fault(err))
		return
	}
	p.sort()
}

// sort hands the event to what reads its type.
func (p *parser) sort() {
	known := true
	switch p.event.Type {
	case "message", "postback":
		p.said()
	case "messageEdited":
		p.edited()
	case "unsend":
		p.unsent()
	case "follow", "unfollow":
		p.consent()
	default:
		known = p.happened()
	}
	if !known {
		p.unknown("")
	}
}

// add completes an event and keeps it.
func (p *parser) add(e normalize.Event) {
	e.At = clock(p.event.Timestamp)
	p.events = append(p.events, e)
}

func (p *parser) unknown(reason string) {
	kind := p.event.Type
	if kind == "" {
		kind = "event"
	}
	p.add(normalize.Event{
		Key: p.key("unk"), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(kind), Reason: reason},
	})
}

// key names the element: by LINE's id of it, which a redelivery repeats
// (platforms/line: section 2), or else by its bytes.
func (p *parser) key(prefix string) string { return prefix + ":" + p.id() }

func (p *parser) id() string {
	if p.event.ID != "" {
		return p.event.ID
	}
	sum := sha256.Sum256(p.raw)
	return hex.EncodeToString(sum[:12])
}

// shortened bounds a name that the platform (or a forger) chose.
func shortened(name string) string {
	const most = 64
	for i := range name {
		if i >= most {
			return name[:i]
		}
	}
	return name
}

// fault says what is wrong with a body without repeating what it holds.
func fault(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return "it is not of the expected type"
	case errors.As(err, &wrongType):
		return strconv.Quote(wrongType.Field) + " is not of the expected type"
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON at byte %d", syntax.Offset)
	}
	return "cannot be read"
}
