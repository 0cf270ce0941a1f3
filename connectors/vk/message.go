package vk

import (
	"encoding/json"
	"math"
	"strings"

	"threadhub/normalize"
)

// message reads message_new.
func (p *parser) message() (normalize.Event, error) {
	m, client, err := p.decodeMessage()
	if err != nil {
		return normalize.Event{}, err
	}
	if m.Out == 1 {
		return p.own(m), nil
	}
	e := normalize.Event{
		Key: normalize.MessageKey(m.name()), Type: normalize.EventMessage, Peer: m.peer(), At: clock(m.Date), Message: m.content(),
	}
	if client != nil && client.Language != nil && e.Peer.Kind == normalize.PeerPerson {
		e.Peer.Locale = locale(*client.Language)
	}
	return e, nil
}

// decodeMessage reads a message in either of the forms that events have.
func (p *parser) decodeMessage() (*message, *clientInfo, error) {
	var outer newMessage
	if err := p.decode(&outer); err != nil {
		return nil, nil, err
	}
	m := outer.Message
	if m == nil {
		m = new(message)
		if err := p.decode(m); err != nil {
			return nil, nil, err
		}
	}
	if m.PeerID == 0 {
		m.PeerID = m.FromID // not told before API 5.80
	}
	if m.name() == "" || m.PeerID == 0 {
		return nil, nil, errIncomplete
	}
	return m, outer.Client, nil
}

// reply reads message_reply: the community wrote.
func (p *parser) reply() (normalize.Event, error) {
	m, _, err := p.decodeMessage()
	if err != nil {
		return normalize.Event{}, err
	}
	return p.own(m), nil
}

// own reads what the community wrote. A person by hand is named as its author,
// and what VK writes by itself (a greeting) has no random id. What has one and no
// author came through the API, from this channel or from another program: they
// differ in whether the message's id is one of ours.
func (p *parser) own(m *message) normalize.Event {
	e := normalize.Event{
		Key: normalize.MessageKey(m.name()), Type: normalize.EventEcho, Peer: m.peer(), At: clock(m.Date), Message: m.content(),
		Mirror: m.AdminID == 0 && m.RandomID != 0,
	}
	e.Message.Author = nil
	if m.AdminID != 0 {
		e.Message.Author = &normalize.Author{ID: peerID(m.AdminID)}
	}
	return e
}

// edit reads message_edit: the message comes in full, under its old id.
func (p *parser) edit() (normalize.Event, error) {
	m, _, err := p.decodeMessage()
	if err != nil {
		return normalize.Event{}, err
	}
	at := clock(m.UpdateTime)
	if at.IsZero() {
		at = clock(m.Date)
	}
	return normalize.Event{
		Key: p.key("edit:" + string(m.name())), Type: normalize.EventEdit, Peer: m.peer(), At: at,
		Edit: &normalize.Edit{Target: m.name(), Message: *m.content(), Echo: m.FromID < 0},
	}, nil
}

func (m *message) name() normalize.PlatformID { return messageID(m.PeerID, m.InChat, m.ID) }

// peer is the conversation: a person, another community or a group chat.
func (m *message) peer() normalize.Peer { return peerOf(m.PeerID) }

func peerOf(id int64) normalize.Peer {
	peer := normalize.Peer{ID: peerID(id)}
	if id > chatBase {
		peer.Kind = normalize.PeerGroup
	}
	return peer
}

// content is what a message says.
func (m *message) content() *normalize.Message {
	out := &normalize.Message{ID: m.name(), Text: m.Text, Forwarded: len(m.Forwarded) > 0}
	if m.PeerID > chatBase && m.FromID != 0 {
		out.Author = &normalize.Author{ID: peerID(m.FromID)}
	}
	if q := m.ReplyTo; q != nil {
		if id := messageID(m.PeerID, q.InChat, q.ID); id != "" || q.Text != "" {
			out.ReplyTo = &normalize.Quote{ID: id, Text: q.Text}
		}
	}
	if g := m.Geo; g != nil && g.Coordinates.known && math.Abs(g.Coordinates.Latitude) <= 90 && math.Abs(g.Coordinates.Longitude) <= 180 {
		out.Location = &normalize.Location{
			Latitude: g.Coordinates.Latitude, Longitude: g.Coordinates.Longitude, Name: g.Place.Title,
		}
	}
	m.press(out)
	for _, raw := range m.Attachments {
		attach(out, raw)
	}
	for i := range m.Forwarded {
		m.Forwarded[i].quote(out, 0)
	}
	out.Type = m.kind(out)
	return out
}

// kind names the message by the first of what it holds.
func (m *message) kind(out *normalize.Message) normalize.MessageType {
	switch {
	case m.Action != nil && m.Action.Type != "":
		out.Platform = shortened(m.Action.Type)
		if out.Text == "" {
			out.Text = m.Action.Text
		}
		return normalize.TypeSystem
	case out.Location != nil:
		return normalize.TypeLocation
	case out.Reply != nil:
		return normalize.TypeReply
	case len(out.Attachments) > 0:
		return out.Attachments[0].Type
	case out.Text != "":
		return normalize.TypeText
	}
	if out.Platform == "" {
		out.Platform = "empty"
	}
	return normalize.TypeUnsupported
}

// press reads the payload of the button that wrote the message, or how the
// person came.
func (m *message) press(out *normalize.Message) {
	id, start := choice(m.Payload)
	switch {
	case start:
		out.Referral = &normalize.Referral{Source: "start", ID: m.Ref, Payload: m.RefSource}
	case id != "":
		out.Reply = &normalize.Choice{Kind: normalize.ChoiceButton, ID: id, Title: m.Text}
	}
	if out.Referral == nil && (m.Ref != "" || m.RefSource != "") {
		out.Referral = &normalize.Referral{Source: "link", ID: m.Ref, Payload: m.RefSource}
	}
}

// choice reads a payload: an object, or a string that holds one as JSON. Ours
// are {"id": …}; the button that begins a conversation is {"command": "start"}.
func choice(raw json.RawMessage) (id string, start bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	if text == "" || text == "null" {
		return "", false
	}
	var known struct {
		ID      string `json:"id"`
		Command string `json:"command"`
	}
	if json.Unmarshal([]byte(text), &known) == nil {
		if known.ID != "" {
			return known.ID, false
		}
		if known.Command == "start" {
			return "", true
		}
	}
	return text, false
}

// quote writes a forwarded message and those within it below the text, and takes
// over what it has attached.
func (m *message) quote(out *normalize.Message, depth int) {
	const deepest = 10
	if depth >= deepest {
		return
	}
	if m.Text != "" {
		say(out, "> "+strings.ReplaceAll(m.Text, "\n", "\n> "))
	}
	for _, raw := range m.Attachments {
		attach(out, raw)
	}
	for i := range m.Forwarded {
		m.Forwarded[i].quote(out, depth+1)
	}
}

// say adds a line to the text.
func say(out *normalize.Message, line string) {
	if out.Text != "" {
		out.Text += "\n"
	}
	out.Text += line
}

// locale is the language of the person's client (client_info.lang_id).
func locale(id int) string {
	names := []string{"ru", "uk", "be", "en", "es", "fi", "de", "it"}
	if id < 0 || id >= len(names) {
		return ""
	}
	return names[id]
}
