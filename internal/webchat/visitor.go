package webchat

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"threadhub/normalize"
	"threadhub/threads"
)

// contacts are whose conversations the session may see: the user's for whom
// the site vouched, and the browser's. They are the same contact unless the user
// had written elsewhere before this browser did without them.
func (s *Service) contacts(ctx context.Context, sess Session) ([]threads.ContactID, error) {
	var names []threads.Identity
	for _, peer := range sess.Visitor.Peers() {
		names = append(names, threads.Identity{Channel: sess.Channel, Peer: peer})
	}
	owners, err := s.Records.Owners(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("find a visitor's contact: %w", err)
	}
	var out []threads.ContactID
	for _, name := range names {
		if id := owners[name]; id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// heads are the latest conversations of the session's contacts, in their order.
func (s *Service) heads(ctx context.Context, sess Session) ([]threads.Conversation, error) {
	contacts, err := s.contacts(ctx, sess)
	if err != nil || len(contacts) == 0 {
		return nil, err
	}
	slots := make([]threads.Slot, len(contacts))
	for i, id := range contacts {
		slots[i] = threads.Slot{Channel: sess.Channel, Contact: id}
	}
	current, err := s.Records.Current(ctx, slots)
	if err != nil {
		return nil, fmt.Errorf("load a visitor's conversation: %w", err)
	}
	var out []threads.Conversation
	for _, slot := range slots {
		if conv, ok := current[slot]; ok {
			out = append(out, conv)
		}
	}
	return out, nil
}

// Conversation is the session's latest conversation; ok is false when there is
// none.
func (s *Service) Conversation(ctx context.Context, sess Session) (conv threads.Conversation, ok bool, err error) {
	list, err := s.heads(ctx, sess)
	for _, c := range list {
		if !ok || c.CreatedAt.After(conv.CreatedAt) {
			conv, ok = c, true
		}
	}
	return conv, ok, err
}

// Ended tells whether what the visitor writes next begins another
// conversation.
func Ended(c threads.Conversation) bool {
	return c.State.Status == threads.StatusClosed || c.State.Session == threads.SessionEnded
}

// MessageID is what visitors call a message.
func MessageID(m threads.Message) string {
	if m.Direction == threads.Inbound {
		return string(m.Content.ID)
	}
	return string(m.ID)
}

// ClientID is the client's own name of a visitor's message, empty for others.
func ClientID(m threads.Message) string {
	if m.Direction != threads.Inbound {
		return ""
	}
	_, id, _ := cutLast(string(m.Content.ID), ':')
	return id
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// shown tells whether visitors get to see a message. One that failed never
// reached them as far as the agent knows.
func shown(m threads.Message) bool {
	return !m.Internal && (m.Direction == threads.Inbound || m.Status != threads.MessageFailed)
}

// own tells whether a message belongs to one of the contacts.
func own(m threads.Message, ch threads.ChannelID, contacts []threads.ContactID) bool {
	return m.ChannelID == ch && shown(m) && slices.Contains(contacts, m.ContactID)
}

// find answers the message that a visitor calls so; threads.ErrNotFound when
// it is none of theirs.
func (s *Service) find(ctx context.Context, sess Session, id string) (threads.Message, error) {
	contacts, err := s.contacts(ctx, sess)
	if err != nil {
		return threads.Message{}, err
	}
	var m threads.Message
	if _, _, theirs := cutLast(id, ':'); theirs {
		name := normalize.PlatformID(id)
		found, err := s.Records.MessagesByExternal(ctx, sess.Channel, []normalize.PlatformID{name})
		if err != nil {
			return m, fmt.Errorf("find a visitor's message: %w", err)
		}
		m = found[name]
	} else if m, err = s.Records.Message(ctx, threads.MessageID(id)); err != nil {
		return m, err
	}
	if !own(m, sess.Channel, contacts) {
		return threads.Message{}, threads.ErrNotFound
	}
	return m, nil
}
