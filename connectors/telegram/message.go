package telegram

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"threadhub/normalize"
)

// Keys of Message.Context.
const (
	contextThread     = "message_thread_id"
	contextConnection = "business_connection_id"
)

func decodeMessage(raw json.RawMessage) (*message, error) {
	m := new(message)
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, err
	}
	if !m.id() {
		return nil, errIncomplete
	}
	return m, nil
}

func (p *parser) message(raw json.RawMessage) error {
	m, err := decodeMessage(raw)
	if err != nil {
		return err
	}
	if p.migration(m) {
		return nil
	}
	p.add(normalize.Event{
		Key:  normalize.MessageKey(m.address().message(m.MessageID)),
		Type: normalize.EventMessage, Peer: m.peer(), At: clock(m.Date),
		Message: m.content(raw),
	})
	return nil
}

// edit reads a message that was changed: it comes in full, under its old id.
func (p *parser) edit(raw json.RawMessage) error {
	m, err := decodeMessage(raw)
	if err != nil {
		return err
	}
	id := m.address().message(m.MessageID)
	// Several edits may fall into one second, hence the update's id.
	key := p.key("edit", string(id)+":"+strconv.FormatInt(m.EditDate, 10))
	byBusiness := m.BusinessConnectionID != "" && m.From != nil && m.From.ID != m.Chat.ID
	p.add(normalize.Event{
		Key: key, Type: normalize.EventEdit, Peer: m.peer(), At: clock(m.EditDate),
		Edit: &normalize.Edit{Target: id, Message: *m.content(raw), Echo: byBusiness},
	})
	return nil
}

// migration reads the two service messages of a group that became a supergroup
// and so got another id. Both give the same event.
func (p *parser) migration(m *message) bool {
	from, to := m.MigrateFromChatID, m.Chat.ID
	if m.MigrateToChatID != 0 {
		from, to = m.Chat.ID, m.MigrateToChatID
	}
	if from == 0 {
		return false
	}
	p.add(normalize.Event{
		Key:  "migrate:" + strconv.FormatInt(from, 10) + ":" + strconv.FormatInt(to, 10),
		Type: normalize.EventIdentity, At: clock(m.Date),
		Peer:     normalize.Peer{ID: userID(to), Kind: normalize.PeerGroup, Name: m.Chat.Title},
		Identity: &normalize.Identity{Former: []normalize.PeerID{userID(from)}},
	})
	return true
}

// peer is the chat: in private the person, otherwise the group.
func (m *message) peer() normalize.Peer {
	peer := chatPeer(&m.Chat, m.BusinessConnectionID)
	if !m.Chat.private() || m.From == nil || m.From.ID != m.Chat.ID {
		return peer
	}
	peer.Name, peer.Username, peer.Locale = m.From.name(), m.From.Username, m.From.LanguageCode
	if c := m.Contact; c != nil && c.UserID == m.From.ID {
		peer.Phone = international(c.PhoneNumber)
	}
	return peer
}

func chatPeer(c *chat, connection string) normalize.Peer {
	peer := normalize.Peer{ID: address{c.ID, connection}.peer(), Name: c.name(), Username: c.Username}
	if !c.private() {
		peer.Kind = normalize.PeerGroup
	}
	return peer
}

func userPeer(u *user) normalize.Peer {
	return normalize.Peer{ID: userID(u.ID), Name: u.name(), Username: u.Username, Locale: u.LanguageCode}
}

// international adds the plus sign that Telegram leaves out, unless the number
// is a national one.
func international(phone string) string {
	digits := strings.TrimPrefix(phone, "+")
	if len(digits) < 8 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return "+" + digits
}

// author is the member of a group who wrote, or whom the group hides behind.
func (m *message) author() *normalize.Author {
	switch {
	case m.Chat.private():
		return nil
	case m.SenderChat != nil && m.SenderChat.ID != 0:
		name := m.SenderChat.name()
		if m.AuthorSignature != "" {
			name = m.AuthorSignature
		}
		return &normalize.Author{ID: userID(m.SenderChat.ID), Name: name}
	case m.From != nil && m.From.ID != 0:
		return &normalize.Author{ID: userID(m.From.ID), Name: m.From.name()}
	case m.AuthorSignature != "":
		return &normalize.Author{Name: m.AuthorSignature}
	}
	return nil
}

// content is what the message says, whatever chat it was said in.
func (m *message) content(raw json.RawMessage) *normalize.Message {
	out := &normalize.Message{
		ID: m.address().message(m.MessageID), Author: m.author(),
		Forwarded: m.ForwardOrigin != nil, ReplyTo: m.reply(), Context: m.context(), Window: m.window(),
	}
	if !m.media(out) && !m.card(out) && !m.words(out) {
		m.remainder(out, raw)
	}
	return out
}

// businessWindow is how long after a person's message the account of a business
// may be answered for (platforms/telegram: section 6).
const businessWindow = 24 * time.Hour

// window is that of a message to the account of a business; nil otherwise.
func (m *message) window() *normalize.Window {
	if m.BusinessConnectionID == "" {
		return nil
	}
	return &normalize.Window{Open: businessWindow}
}

func (m *message) context() map[string]string {
	topic := m.IsTopicMessage && m.ThreadID != 0
	if !topic && m.BusinessConnectionID == "" {
		return nil
	}
	c := map[string]string{}
	if topic {
		c[contextThread] = strconv.FormatInt(m.ThreadID, 10)
	}
	if m.BusinessConnectionID != "" {
		c[contextConnection] = m.BusinessConnectionID
	}
	return c
}

// reply is the message answered. Every message of a forum topic names the
// service message that opened the topic; that is no answer to it.
func (m *message) reply() *normalize.Quote {
	q, from := m.ReplyTo, &m.Chat
	if q == nil && m.ExternalReply != nil {
		q, from = m.ExternalReply, m.ExternalReply.Chat
	}
	if q == nil || m.Quote == nil && m.IsTopicMessage && q.MessageID == m.ThreadID {
		return nil
	}
	quote := &normalize.Quote{Text: q.Text}
	if quote.Text == "" {
		quote.Text = q.Caption
	}
	if m.Quote != nil {
		quote.Text = m.Quote.Text
	}
	if from != nil && from.ID != 0 && q.MessageID > 0 {
		quote.ID = address{from.ID, m.BusinessConnectionID}.message(q.MessageID)
	}
	if *quote == (normalize.Quote{}) {
		return nil
	}
	return quote
}
