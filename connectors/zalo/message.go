package zalo

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"

	"threadhub/normalize"
)

// contextConversation is the key of Message.Context without which a visitor who
// is not signed in cannot be answered.
const contextConversation = "conversation_id"

// said reads what a person sent.
func (p *parser) said(kind string, peer normalize.Peer, author *normalize.Author) {
	switch {
	case peer.ID == "":
		p.unknown("it names nobody")
		return
	case p.Message == nil || p.Message.ID == "":
		p.unknown("a message without its id or content")
		return
	}
	out := p.Message.content(kind)
	if out.Author = author; author != nil && author.ID == "" {
		out.Author = nil
	}
	out.Context = p.context()
	p.add(normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: peer, Message: out})
}

// echoed reads what the account sent, in Zalo's own chat or through the API. Only
// the former names the agent; without one it may be a message of ours.
func (p *parser) echoed(kind string, peer normalize.Peer) {
	switch {
	case peer.ID == "":
		p.unknown("it names nobody")
		return
	case p.Message == nil || p.Message.ID == "":
		p.unknown("an echo without its id or content")
		return
	}
	out := p.Message.content(kind)
	out.Reply = nil
	if out.Type == normalize.TypeReply {
		out.Type, out.Text = normalize.TypeText, string(p.Message.Text)
	}
	p.add(normalize.Event{
		Key: normalize.MessageKey(out.ID), Type: normalize.EventEcho, Peer: peer, Message: out, Mirror: p.Sender.AdminID == "",
	})
}

func (p *parser) context() map[string]string {
	id := p.ConversationID
	if p.Message.ConversationID != "" {
		id = p.Message.ConversationID
	}
	if id == "" {
		return nil
	}
	return map[string]string{contextConversation: string(id)}
}

// content is what a message says.
func (m *message) content(kind string) *normalize.Message {
	out := &normalize.Message{ID: normalize.PlatformID(m.ID), Type: normalize.TypeText, Text: string(m.Text)}
	if m.QuoteID != "" {
		out.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(m.QuoteID)}
	}
	ok := false
	switch kind {
	case "text":
		out.Type, out.Text, out.Reply = said(out.Text)
		ok = out.Text != "" || out.Reply != nil
	case "image", "gif":
		ok = m.attach(out, normalize.TypeImage)
	case "audio", "voice":
		ok = m.attach(out, normalize.TypeAudio)
	case "video":
		ok = m.attach(out, normalize.TypeVideo)
	case "file":
		ok = m.attach(out, normalize.TypeFile)
	case "sticker":
		ok = m.attach(out, normalize.TypeSticker)
	case "link":
		ok = m.link(out)
	case "location":
		ok = m.place(out)
	case "business_card":
		ok = m.card(out)
	case "list":
		// A card with buttons: its words are all that is told of it.
		ok = out.Text != ""
	}
	if !ok {
		out.Type, out.Platform, out.Attachments = normalize.TypeUnsupported, shortened(kind), nil
		if kind == "" {
			out.Platform = "untyped"
		}
	}
	return out
}

// choicePrefix begins what a button of ours reports, which Zalo sends as if the
// person had written it: its id, escaped, and its title.
const choicePrefix = "#choice:"

func choicePayload(id, title string) string { return choicePrefix + url.QueryEscape(id) + ":" + title }

// said tells the tap on a button of ours from a text.
func said(words string) (normalize.MessageType, string, *normalize.Choice) {
	if payload, ok := strings.CutPrefix(words, choicePrefix); ok {
		escaped, title, _ := strings.Cut(payload, ":")
		if id, err := url.QueryUnescape(escaped); err == nil && id != "" {
			return normalize.TypeReply, "", &normalize.Choice{Kind: normalize.ChoiceButton, ID: id, Title: title}
		}
	}
	return normalize.TypeText, words, nil
}

// attach fills in media, which is at public addresses for a while. Durations are
// left out: their unit is not documented.
func (m *message) attach(out *normalize.Message, kind normalize.MessageType) bool {
	for i := range m.Attachments {
		pl := &m.Attachments[i].Payload
		if pl.URL == "" {
			continue
		}
		size, _ := strconv.ParseInt(string(pl.Size), 10, 64)
		a := normalize.Attachment{Type: kind, URL: string(pl.URL), Name: string(pl.Name), Size: max(size, 0)}
		switch {
		case m.Attachments[i].Type == "gif":
			a.MIME = "image/gif"
		case kind == normalize.TypeSticker:
			a.Ref = string(pl.ID)
		case kind == normalize.TypeAudio:
			a.Voice = true // it is recorded in the chat
		}
		out.Attachments = append(out.Attachments, a)
	}
	out.Type = kind
	return len(out.Attachments) > 0
}

func (m *message) link(out *normalize.Message) bool {
	all := []string{out.Text}
	found := false
	for i := range m.Attachments {
		pl := &m.Attachments[i].Payload
		found = found || pl.URL != ""
		all = append(all, string(pl.Title), string(pl.Description), string(pl.URL))
	}
	out.Text = lines(all...)
	return found || out.Text != ""
}

func (m *message) place(out *normalize.Message) bool {
	for i := range m.Attachments {
		c := m.Attachments[i].Payload.Coordinates
		if c == nil {
			continue
		}
		latitude, err := strconv.ParseFloat(string(c.Latitude), 64)
		longitude, err2 := strconv.ParseFloat(string(c.Longitude), 64)
		if err == nil && err2 == nil && math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180 {
			out.Type, out.Location = normalize.TypeLocation, &normalize.Location{Latitude: latitude, Longitude: longitude}
			return true
		}
	}
	return false
}

// card reads a business card, which comes as a link whose description holds the
// phone number in JSON.
func (m *message) card(out *normalize.Message) bool {
	for i := range m.Attachments {
		pl := &m.Attachments[i].Payload
		var d struct {
			Phone text `json:"phone"`
		}
		_ = json.Unmarshal([]byte(pl.Description), &d) // words have no phone
		card := normalize.ContactCard{Name: string(pl.Title)}
		if card.Name == "" {
			card.Name = string(pl.Name)
		}
		if number := phone(string(d.Phone)); number != "" {
			card.Phones = []string{number}
		}
		if card.Name != "" || len(card.Phones) > 0 {
			out.Contacts = append(out.Contacts, card)
		}
	}
	out.Type = normalize.TypeContact
	return len(out.Contacts) > 0
}

// phone writes a number as the world does: Zalo's are Vietnamese, with or
// without the country's.
func phone(raw string) string {
	digits := strings.TrimPrefix(raw, "+")
	if digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return ""
	}
	if local, ok := strings.CutPrefix(digits, "0"); ok {
		return "+84" + local
	}
	return "+" + digits
}

// lines joins those that are not blank and not there yet.
func lines(all ...string) string {
	var kept []string
	for _, line := range all {
		if strings.TrimSpace(line) != "" && !strings.Contains("\n"+strings.Join(kept, "\n")+"\n", "\n"+line+"\n") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
