package vk

import (
	"encoding/json"

	"threadhub/normalize"
)

// press reads message_event: a callback button, of a keyboard of another
// program's or of an older one, was pressed.
func (p *parser) press() (normalize.Event, error) {
	var o press
	if err := p.decode(&o); err != nil {
		return normalize.Event{}, err
	}
	if o.PeerID == 0 || o.UserID == 0 || o.EventID == "" {
		return normalize.Event{}, errIncomplete
	}
	id := normalize.PlatformID(pressPrefix + number(o.PeerID) + ":" + number(o.UserID) + ":" + o.EventID)
	payload, _ := choice(o.Payload)
	m := &normalize.Message{ID: id, Type: normalize.TypeReply, Reply: &normalize.Choice{Kind: normalize.ChoicePostback, ID: payload}}
	if payload == "" {
		m.Reply.ID = compact(o.Payload)
	}
	if o.InChat > 0 {
		m.ReplyTo = &normalize.Quote{ID: messageID(o.PeerID, o.InChat, 0)}
	}
	if o.PeerID > chatBase {
		m.Author = &normalize.Author{ID: peerID(o.UserID)}
	}
	return normalize.Event{Key: normalize.MessageKey(id), Type: normalize.EventMessage, Peer: peerOf(o.PeerID), Message: m}, nil
}

// compact is a payload as it was sent, or empty.
func compact(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// reading reads message_read. It stands for every message up to the one it
// names.
func (p *parser) reading() (normalize.Event, error) {
	var o reading
	if err := p.decode(&o); err != nil {
		return normalize.Event{}, err
	}
	if o.PeerID == 0 {
		o.PeerID = o.FromID
	}
	id := messageID(o.PeerID, o.InChat, o.Message)
	switch {
	case o.FromID < 0:
		return normalize.Event{}, errOurs
	case o.FromID == 0 || id == "":
		return normalize.Event{}, errIncomplete
	}
	return normalize.Event{
		Key: "rct:" + string(id) + ":read:" + number(o.FromID), Type: normalize.EventReceipt, Peer: peerOf(o.PeerID),
		Receipt: &normalize.Receipt{Target: id, Status: normalize.StatusRead, Earlier: true},
	}, nil
}

// reaction reads message_reaction_event; without a reaction it was taken back.
func (p *parser) reaction() (normalize.Event, error) {
	var o reacting
	if err := p.decode(&o); err != nil {
		return normalize.Event{}, err
	}
	if o.PeerID == 0 || o.InChat <= 0 || o.From == 0 {
		return normalize.Event{}, errIncomplete
	}
	r := &normalize.Reaction{Target: messageID(o.PeerID, o.InChat, 0), Emoji: emoji(o.Reaction)}
	switch {
	case o.From < 0:
		r.Business = true
	case o.From != o.PeerID:
		r.Author = &normalize.Author{ID: peerID(o.From)}
	}
	return normalize.Event{Key: p.key("rea"), Type: normalize.EventReaction, Peer: peerOf(o.PeerID), Reaction: r}, nil
}

// member reads the events about a person and the community.
func (p *parser) member() (normalize.Event, error) {
	var o member
	if err := p.decode(&o); err != nil {
		return normalize.Event{}, err
	}
	who := o.UserID
	if p.Type == "message_typing_state" {
		who = o.FromID
	}
	switch {
	case who < 0:
		return normalize.Event{}, errOurs
	case who == 0:
		return normalize.Event{}, errIncomplete
	}
	e := normalize.Event{Peer: peerOf(who)}
	consent := func(s normalize.ConsentStatus) {
		e.Key, e.Type, e.Consent = p.key("cns"), normalize.EventConsent, &normalize.Consent{Status: s}
	}
	switch p.Type {
	case "message_typing_state":
		e.Key, e.Type = p.key("typ"), normalize.EventTyping
	case "message_allow":
		consent(normalize.ConsentOptedIn)
	case "message_deny", "user_block":
		// Nothing reaches the person any more (errors 901 and 900).
		consent(normalize.ConsentBlocked)
	case "user_unblock":
		consent(normalize.ConsentUnblocked)
	case "group_join", "group_leave":
		e.Key, e.Type = p.key("ntc"), normalize.EventChannel
		e.Notice = &normalize.Notice{Kind: p.Type, Data: map[string]string{"user_id": number(who)}}
		if o.Type != "" {
			e.Notice.Data["join_type"] = o.Type
		}
	}
	return e, nil
}

// reactions are VK's, by their ids from 1 (messages.getReactionsAssets).
func reactions() []string {
	return []string{"❤", "🔥", "😂", "👍", "💩", "❓", "😭", "😡", "👎", "👌", "😃", "🤔", "🙏", "😘", "😍", "🎉"}
}

// emoji is what a reaction looks like; one that came later than this list is
// shown as a sign.
func emoji(id int64) string {
	known := reactions()
	switch {
	case id <= 0:
		return ""
	case id > int64(len(known)):
		return "❔"
	}
	return known[id-1]
}
