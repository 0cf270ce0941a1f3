package telegram

import (
	"encoding/json"

	"threadhub/normalize"
)

type callbackQuery struct {
	ID      string   `json:"id"`
	From    *user    `json:"from"`
	Message *message `json:"message"` // missing for inline messages; date 0 when inaccessible
	Data    string   `json:"data"`
}

// callback reads the press of an inline button as a message of type reply.
func (p *parser) callback(raw json.RawMessage) error {
	var q callbackQuery
	if err := json.Unmarshal(raw, &q); err != nil {
		return err
	}
	if q.ID == "" || q.From == nil || q.From.ID == 0 {
		return errIncomplete
	}
	if q.Data == "" {
		// A game button, which carries no data of ours.
		p.unknown("callback_query", "the button carries no data")
		return nil
	}
	out := &normalize.Message{
		ID: normalize.PlatformID(callbackPrefix + q.ID), Type: normalize.TypeReply,
		Reply: &normalize.Choice{Kind: normalize.ChoicePostback, ID: q.Data},
	}
	if title := q.label(); title != "" {
		out.Text, out.Reply.Kind, out.Reply.Title = title, normalize.ChoiceButton, title
	}
	peer := q.place(out)
	p.add(normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: peer, Message: out})
	return nil
}

// place finds whose conversation the press belongs to: the group's it was made
// in, otherwise that of whoever pressed. The press itself has no time.
func (q *callbackQuery) place(out *normalize.Message) normalize.Peer {
	peer := userPeer(q.From)
	m := q.Message
	if m == nil || m.Chat.ID == 0 {
		return peer
	}
	out.Context, out.Window = m.context(), m.window()
	if m.MessageID > 0 {
		text := m.Text
		if text == "" {
			text = m.Caption
		}
		out.ReplyTo = &normalize.Quote{ID: m.address().message(m.MessageID), Text: text}
	}
	if m.Chat.private() {
		peer.ID = address{q.From.ID, m.BusinessConnectionID}.peer()
		return peer
	}
	out.Author = &normalize.Author{ID: userID(q.From.ID), Name: q.From.name()}
	return chatPeer(&m.Chat, m.BusinessConnectionID)
}

// label is the title of the pressed button, when its message came along.
func (q *callbackQuery) label() string {
	if q.Message == nil || q.Message.ReplyMarkup == nil {
		return ""
	}
	for _, row := range q.Message.ReplyMarkup.Rows {
		for _, b := range row {
			if b.CallbackData == q.Data {
				return b.Text
			}
		}
	}
	return ""
}
