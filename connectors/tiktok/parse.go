package tiktok

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

// Events of a conversation.
const (
	eventReceived = "im_receive_msg"
	eventSent     = "im_send_msg"
	eventRead     = "im_mark_read_msg"
	eventWithheld = "im_receive_msg_eu"
)

// Parse reads the one event of a webhook.
func (a *account) Parse(req *connectors.Request) ([]normalize.Event, error) {
	var e envelope
	fault, err := read(req.Body, &e)
	if err != nil {
		return nil, err
	}
	p := parser{envelope: e, body: req.Body}
	if fault != "" {
		p.unknown(fault)
		return p.events, nil
	}
	p.read()
	return p.events, nil
}

// read decodes a webhook. fault says which value of an event that can be named is
// of another type than expected.
func read(body []byte, e *envelope) (fault string, err error) {
	problem := json.Unmarshal(body, e)
	var wrongType *json.UnmarshalTypeError
	switch {
	case problem == nil && e.Event != "":
		return "", nil
	case problem != nil && !errors.As(problem, &wrongType):
		return "", malformed("not JSON")
	case e.Event == "":
		return "", malformed("no event")
	}
	return expected(wrongType), nil
}

func expected(err *json.UnmarshalTypeError) string {
	return strconv.Quote(err.Field) + " is not of the expected type"
}

func malformed(why string) error {
	return fmt.Errorf("tiktok: parse webhook: %w: %s", connectors.ErrMalformed, why)
}

// Skim reads which account a webhook is for.
func (a *account) Skim(req *connectors.Request) ([]string, error) {
	var e envelope
	if _, err := read(req.Body, &e); err != nil || e.OpenID == "" {
		return nil, err
	}
	return []string{e.OpenID}, nil
}

// parser makes the events of one webhook.
type parser struct {
	envelope
	content content
	body    []byte
	events  []normalize.Event
}

func (p *parser) add(e normalize.Event) {
	e.Account = p.OpenID
	if e.At = clock(p.content.Timestamp); e.At.IsZero() {
		e.At = clock(p.Created)
	}
	p.events = append(p.events, e)
}

func (p *parser) unknown(reason string) {
	p.add(normalize.Event{
		Key: "unk:" + p.digest(), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(p.Event), Reason: reason},
	})
}

func (p *parser) digest() string {
	sum := sha256.Sum256(p.body)
	return hex.EncodeToString(sum[:12])
}

func (p *parser) read() {
	switch p.Event {
	case eventReceived, eventSent, eventRead, eventWithheld:
	default:
		p.unknown("")
		return
	}
	raw, ok := p.inner()
	if !ok {
		p.unknown("its content is not an object in a string")
		return
	}
	if err := json.Unmarshal(raw, &p.content); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			p.unknown(expected(wrongType))
		} else {
			p.unknown("its content is not JSON")
		}
		return
	}
	switch p.Event {
	case eventRead:
		p.receipt()
	case eventWithheld:
		p.withheld()
	default:
		p.said()
	}
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
