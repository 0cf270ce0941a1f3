package whatsapp

import (
	"encoding/json"

	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// message reads an element of messages: something the peer did.
func (p *parser) message(raw json.RawMessage) {
	var m message
	if !p.decode(fieldMessages, raw, &m) {
		return
	}
	who := p.person(m.FromUserID, m.From)
	if m.System != nil {
		p.system(&m, who, raw)
		return
	}
	if own := m.ownCard(); own != "" {
		// The person answered a request for their number, which Meta vouches
		// for: it is another name of theirs.
		addNames(&who, own)
	}
	peer, author := within(m.GroupID, who)
	p.say(&m, saying{peer: peer, author: author, reactor: author, event: normalize.EventMessage}, raw)
}

// echo reads an element of message_echoes: something the business did in the
// WhatsApp Business app. What the API sends is not echoed.
func (p *parser) echo(raw json.RawMessage) {
	var m message
	if !p.decode(fieldEchoes, raw, &m) {
		return
	}
	peer, _ := within(m.GroupID, p.person(m.ToUserID, m.To))
	p.say(&m, saying{peer: peer, event: normalize.EventEcho}, raw)
}

// saying is who is meant by a message.
type saying struct {
	peer    normalize.Peer
	author  *normalize.Author // of a message in a group
	reactor *normalize.Author // of a reaction, unless the peer's
	event   normalize.EventType
}

// say makes the event of a message that somebody wrote.
func (p *parser) say(m *message, s saying, raw json.RawMessage) {
	switch {
	case m.ID == "":
		p.unknown(kindOf(m.Type), "a message without an id", raw)
		return
	case s.peer.ID == "":
		p.unknown(kindOf(m.Type), "a message that names nobody", raw)
		return
	}
	ev := normalize.Event{Peer: s.peer, At: m.Timestamp.Time}
	switch {
	case m.Reaction != nil && m.Reaction.MessageID != "":
		ev.Key, ev.Type = "rea:"+m.ID, normalize.EventReaction
		ev.Reaction = &normalize.Reaction{Target: normalize.PlatformID(m.Reaction.MessageID), Emoji: m.Reaction.Emoji, Author: s.reactor, Business: s.event == normalize.EventEcho}
	case m.Edit != nil && m.Edit.Original != "" && m.Edit.Message != nil:
		ev.Key, ev.Type = "edt:"+m.ID, normalize.EventEdit
		ev.Edit = p.edit(m.Edit, s.author)
		ev.Edit.Echo = s.event == normalize.EventEcho
	case m.Revoke != nil && m.Revoke.Original != "":
		ev.Key, ev.Type = "del:"+m.ID, normalize.EventDeletion
		ev.Deletion = &normalize.Deletion{Target: normalize.PlatformID(m.Revoke.Original)}
	default:
		ev.Key, ev.Type = normalize.MessageKey(normalize.PlatformID(m.ID)), s.event
		content := p.content(&m.content)
		content.ID, content.Author = normalize.PlatformID(m.ID), s.author
		ev.Message = &content
	}
	p.add(ev)
}

// edit reads the new content of a message. The context of an edit names no
// message ("M0"), and an edit does not change what a message answers.
func (p *parser) edit(e *edit, author *normalize.Author) *normalize.Edit {
	target := normalize.PlatformID(e.Original)
	content := p.content(e.Message)
	content.ID, content.Author, content.ReplyTo = target, author, nil
	return &normalize.Edit{Target: target, Message: content}
}

// Types of system message. Those before v12 say customer_changed_number.
const (
	systemNumber    = "user_changed_number"
	systemNumberOld = "customer_changed_number"
	systemUserID    = "user_changed_user_id"
	systemIdentity  = "customer_identity_changed"
)

// system reads what WhatsApp says about a person. It becomes an Identity event
// and no message: the person wrote nothing, so it opens no conversation, ends
// no countdown and begins no reply window. Its text is in the event.
func (p *parser) system(m *message, who normalize.Peer, raw json.RawMessage) {
	s := m.System
	key := "idn:" + m.ID
	if m.ID == "" {
		key = meta.Digest("idn:", string(raw))
	}
	ev := normalize.Event{Key: key, Type: normalize.EventIdentity, Peer: who, At: m.Timestamp.Time, Identity: &normalize.Identity{Text: s.Body}}
	switch s.Type {
	case systemNumber, systemNumberOld, systemUserID:
		waID := string(s.WaID)
		if waID == "" {
			waID = string(s.NewWaID)
		}
		ev.Peer = p.person(s.UserID, waID)
		// The message itself comes from the old names; a new number comes
		// with a new business-scoped id.
		ev.Identity.Former = former(ev.Peer, m.From, m.FromUserID, s.PreviousUserID)
	case systemIdentity:
	default:
		p.unknown("system:"+kindOf(s.Type), "a system message this connector does not read", raw)
		return
	}
	if ev.Peer.ID == "" {
		p.unknown("system:"+s.Type, "a system message that names nobody", raw)
		return
	}
	p.add(ev)
}

// former lists those of ids that are not names of the peer any more.
func former(now normalize.Peer, ids ...string) []normalize.PeerID {
	var was normalize.Peer
	addNames(&was, ids...)
	var list []normalize.PeerID
	for _, id := range append([]normalize.PeerID{was.ID}, was.Aliases...) {
		if id != "" && id != now.ID {
			list = append(list, id)
		}
	}
	return list
}

func kindOf(t string) string {
	if t == "" {
		return "untyped"
	}
	return t
}
