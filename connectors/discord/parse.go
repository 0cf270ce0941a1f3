package discord

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads a dispatch of the Gateway, which its header tells, or what came
// over HTTP: an interaction or a webhook event.
func (a *account) Parse(req *connectors.Request) ([]normalize.Event, error) {
	p := parser{raw: req.Body, session: req.Header.Get(connectors.StreamHeader), own: a.self}
	var err error
	if p.session != "" {
		err = p.dispatch(req.Body)
	} else {
		err = p.delivered(req.Body)
	}
	if err != nil {
		return nil, fmt.Errorf("discord: parse: %w: %w", connectors.ErrMalformed, err)
	}
	return p.events, nil
}

// parser collects the events of one request.
type parser struct {
	events  []normalize.Event
	raw     []byte
	session string // of the Gateway; "" for what came over HTTP
	own     string // the bot's id; "" when it is not known
	o       *object
}

// dispatch reads an event of the Gateway.
func (p *parser) dispatch(body []byte) error {
	var f frame
	err := json.Unmarshal(body, &f)
	if wrong := new(json.UnmarshalTypeError); err != nil && !(errors.As(err, &wrong) && f.Event != "") {
		return errors.New(fault(err))
	}
	if f.Event == "" {
		return errors.New("it names no event")
	}
	if err != nil {
		p.unknown(f.Event, fault(err))
		return nil
	}
	if f.Data == nil {
		p.unknown(f.Event, "it has no data")
		return nil
	}
	p.o = f.Data
	p.sort(f.Event)
	return nil
}

// sort hands a dispatch to what reads its event.
func (p *parser) sort(event string) {
	reason := ""
	switch event {
	case "MESSAGE_CREATE":
		reason = p.said()
	case "MESSAGE_UPDATE":
		reason = p.edited()
	case "MESSAGE_DELETE":
		reason = p.deleted(p.o.ID)
	case "MESSAGE_DELETE_BULK":
		reason = p.deleted(p.o.IDs...)
	case "MESSAGE_REACTION_ADD":
		reason = p.reacted(true)
	case "MESSAGE_REACTION_REMOVE":
		reason = p.reacted(false)
	case "TYPING_START":
		reason = p.typing()
	case "INTERACTION_CREATE":
		reason = p.interacted()
	default:
		reason = "the hub knows no use for it"
	}
	if reason != "" {
		p.unknown(event, reason)
	}
}

// delivered reads what came over HTTP.
func (p *parser) delivered(body []byte) error {
	var d delivery
	err := json.Unmarshal(body, &d)
	if wrong := new(json.UnmarshalTypeError); err != nil && (!errors.As(err, &wrong) || wrong.Field == "") {
		return errors.New(fault(err))
	}
	kind := "interaction"
	if d.Type != nil {
		kind += "_" + strconv.Itoa(*d.Type)
	}
	switch {
	case d.Event != nil && d.Event.Type != "":
		kind = d.Event.Type
	case d.Dispatch != "":
		p.unknown(d.Dispatch, "events of the Gateway are taken from the connection to it alone")
		return nil
	case d.Type == nil && d.ID == "" && err == nil:
		return errors.New("it is neither an interaction nor a webhook event")
	}
	p.o = &d.object
	reason := ""
	switch {
	case err != nil:
		reason = fault(err)
	case d.Event != nil:
		reason = p.news(&d)
	case d.Token != "" && d.Data != nil:
		reason = p.interacted()
	default:
		reason = "it is neither an interaction nor a webhook event"
	}
	if reason != "" {
		p.unknown(kind, reason)
	}
	return nil
}

func (p *parser) add(e normalize.Event) { p.events = append(p.events, e) }

func (p *parser) unknown(kind, reason string) {
	p.add(normalize.Event{
		Key: "unk:" + p.digest(), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(cmp.Or(kind, "untyped")), Reason: reason},
	})
}

// digest names what Discord gives no id: by its bytes, in which the Gateway's
// sequence number tells a repetition by the platform from one by the peer, and
// by the session that the number belongs to.
func (p *parser) digest() string {
	h := sha256.New()
	_, _ = h.Write([]byte(p.session + "\n"))
	_, _ = h.Write(p.raw)
	return hex.EncodeToString(h.Sum(nil)[:12])
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
		return strconv.Quote(shortened(wrongType.Field)) + " is not of the expected type"
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON at byte %d", syntax.Offset)
	}
	return "cannot be read"
}

// Handshake answers Discord's pings of the two addresses, and the suggestions
// it asks for while somebody types a command: of these there are none, and
// nothing to keep. One whose signature is wrong is left to Verify, since
// Discord tries just that (platforms/discord: Set-up & handshake).
func (a *account) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	if req.Method != http.MethodPost || len(req.Body) > maxPing {
		return connectors.Reply{}, false
	}
	var d struct {
		ID    string          `json:"id"`
		Type  *int            `json:"type"`
		Token string          `json:"token"`
		Event json.RawMessage `json:"event"`
	}
	if json.Unmarshal(req.Body, &d) != nil || d.Type == nil || d.Event != nil {
		return connectors.Reply{}, false
	}
	var reply connectors.Reply
	switch {
	case *d.Type == 0 && d.ID == "":
		reply = connectors.Reply{Status: http.StatusNoContent, ContentType: jsonType}
	case *d.Type == interactionPing:
		reply = answerJSON(`{"type":1}`)
	case *d.Type == interactionAutocomplete && d.Token != "":
		reply = answerJSON(`{"type":8,"data":{"choices":[]}}`)
	default:
		return connectors.Reply{}, false
	}
	if _, err := a.signed(req); err != nil {
		return connectors.Reply{}, false
	}
	return reply, true
}

// maxPing bounds what is looked at before its signature is.
const maxPing = 64 << 10

const jsonType = "application/json"

func answerJSON(body string) connectors.Reply {
	return connectors.Reply{Status: http.StatusOK, ContentType: jsonType, Body: []byte(body)}
}

// Answers to interactions: the answer comes later (a command or form; in a
// server for that person's eyes alone), or nothing is to be seen of one (a
// component).
const (
	answerLater      = `{"type":5}`
	answerLaterQuiet = `{"type":5,"data":{"flags":64}}`
	answerNothing    = `{"type":6}`
)

// Acknowledge answers an interaction within the three seconds that Discord
// allows, or a webhook event.
func (a *account) Acknowledge(req *connectors.Request) connectors.Reply {
	var d struct {
		Type  int             `json:"type"`
		Token string          `json:"token"`
		Guild string          `json:"guild_id"`
		Event json.RawMessage `json:"event"`
	}
	if json.Unmarshal(req.Body, &d) != nil || d.Event != nil || d.Token == "" {
		return connectors.Reply{Status: http.StatusNoContent, ContentType: jsonType}
	}
	return answerJSON(firstAnswer(d.Type, d.Guild != ""))
}

// firstAnswer is what Discord is told of an interaction of the type.
func firstAnswer(kind int, server bool) string {
	switch {
	case kind == interactionComponent:
		return answerNothing
	case server:
		return answerLaterQuiet
	}
	return answerLater
}
