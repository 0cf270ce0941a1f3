package telegram

import (
	"encoding/json"
	"strconv"

	"threadhub/normalize"
)

type businessConnection struct {
	ID         string `json:"id"`
	User       *user  `json:"user"`
	UserChatID int64  `json:"user_chat_id"`
	Date       int64  `json:"date"`
	IsEnabled  bool   `json:"is_enabled"`
	CanReply   bool   `json:"can_reply"` // before Bot API 9.0
	Rights     *struct {
		CanReply        bool `json:"can_reply"`
		CanReadMessages bool `json:"can_read_messages"`
	} `json:"rights"`
}

// connection reads that a business account connected the bot, changed its
// rights or let it go.
func (p *parser) connection(raw json.RawMessage) error {
	var c businessConnection
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.ID == "" {
		return errIncomplete
	}
	notice := &normalize.Notice{Kind: "business_disconnected", Data: map[string]string{contextConnection: c.ID}}
	who := "A business account"
	if c.User != nil {
		who = c.User.name()
		notice.Data["user_id"] = strconv.FormatInt(c.User.ID, 10)
	}
	notice.Text = who + " disconnected the bot"
	if c.IsEnabled {
		reply, read := c.CanReply, false
		if c.Rights != nil {
			reply, read = c.Rights.CanReply, c.Rights.CanReadMessages
		}
		notice.Kind, notice.Text = "business_connected", who+" connected the bot"
		notice.Data["can_reply"] = strconv.FormatBool(reply)
		notice.Data["can_read_messages"] = strconv.FormatBool(read)
	}
	p.add(normalize.Event{
		Key: p.key("business", c.ID), Type: normalize.EventChannel, At: clock(c.Date), Notice: notice,
	})
	return nil
}

// businessMessage reads a message of a business account's private chat. The
// customer is the chat; whatever anybody else wrote there, the business did: by
// hand (an echo), or through this bot (news of what we sent).
func (p *parser) businessMessage(raw json.RawMessage) error {
	m, err := decodeMessage(raw)
	if err != nil {
		return err
	}
	if m.BusinessConnectionID == "" {
		return errIncomplete
	}
	id := m.address().message(m.MessageID)
	if m.SenderBusinessBot != nil && (p.bot.id == 0 || m.SenderBusinessBot.ID == p.bot.id) {
		p.add(normalize.Event{
			Key: "rct:" + string(id) + ":sent", Type: normalize.EventReceipt, Peer: m.peer(), At: clock(m.Date),
			Receipt: &normalize.Receipt{Target: id, Status: normalize.StatusSent},
		})
		return nil
	}
	e := normalize.Event{
		Key: normalize.MessageKey(id), Type: normalize.EventMessage, Peer: m.peer(), At: clock(m.Date), Message: m.content(raw),
	}
	if m.From != nil && m.From.ID != m.Chat.ID {
		e.Type = normalize.EventEcho
		e.Message.Author = &normalize.Author{ID: userID(m.From.ID), Name: m.From.name()}
	}
	p.add(e)
	return nil
}

// deletions reads which messages of a business account's chat were taken back.
func (p *parser) deletions(raw json.RawMessage) error {
	var d struct {
		Connection string  `json:"business_connection_id"`
		Chat       chat    `json:"chat"`
		MessageIDs []int64 `json:"message_ids"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return err
	}
	if d.Chat.ID == 0 || d.Connection == "" || len(d.MessageIDs) == 0 {
		return errIncomplete
	}
	at := address{d.Chat.ID, d.Connection}
	var err error
	for _, message := range d.MessageIDs {
		if message <= 0 {
			err = errIncomplete
			continue
		}
		id := at.message(message)
		p.add(normalize.Event{
			Key: "del:" + string(id), Type: normalize.EventDeletion, Peer: chatPeer(&d.Chat, d.Connection),
			Deletion: &normalize.Deletion{Target: id},
		})
	}
	return err
}
