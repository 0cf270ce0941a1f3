package webchat

import (
	"cmp"
	"context"
	"slices"
	"time"

	"threadhub/normalize"
	"threadhub/threads"
)

// shelf is a small store: what a test puts in is read as the stores read it.
type shelf struct {
	convs    []threads.Conversation
	messages []threads.Message
	owners   map[threads.Identity]threads.ContactID
}

var _ Records = (*shelf)(nil)

func (s *shelf) Owners(_ context.Context, ids []threads.Identity) (map[threads.Identity]threads.ContactID, error) {
	out := map[threads.Identity]threads.ContactID{}
	for _, id := range ids {
		if owner, ok := s.owners[id]; ok {
			out[id] = owner
		}
	}
	return out, nil
}

func (s *shelf) Current(_ context.Context, slots []threads.Slot) (map[threads.Slot]threads.Conversation, error) {
	out := map[threads.Slot]threads.Conversation{}
	for _, slot := range slots {
		for _, c := range s.convs {
			if c.Slot() == slot && c.Ordinal > out[slot].Ordinal {
				out[slot] = c
			}
		}
	}
	return out, nil
}

func (s *shelf) Conversation(_ context.Context, id threads.ConversationID) (threads.Conversation, error) {
	for _, c := range s.convs {
		if c.ID == id {
			return c, nil
		}
	}
	return threads.Conversation{}, threads.ErrNotFound
}

func (s *shelf) Message(_ context.Context, id threads.MessageID) (threads.Message, error) {
	for _, m := range s.messages {
		if m.ID == id {
			return m, nil
		}
	}
	return threads.Message{}, threads.ErrNotFound
}

func (s *shelf) MessagesByExternal(_ context.Context, _ threads.ChannelID, ids []normalize.PlatformID) (map[normalize.PlatformID]threads.Message, error) {
	out := map[normalize.PlatformID]threads.Message{}
	for _, m := range s.messages {
		if slices.Contains(ids, m.Content.ID) {
			out[m.Content.ID] = m
		}
	}
	return out, nil
}

func (s *shelf) Messages(_ context.Context, id threads.ConversationID, p threads.MessagePage) ([]threads.Message, bool, error) {
	var all []threads.Message
	for _, m := range s.messages {
		if m.ConversationID == id {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b threads.Message) int {
		return cmp.Or(a.SentAt.Compare(b.SentAt), cmp.Compare(a.Sequence, b.Sequence))
	})
	at := func(id threads.MessageID) int {
		return slices.IndexFunc(all, func(m threads.Message) bool { return m.ID == id })
	}
	if p.Before != "" {
		all = all[:at(p.Before)]
		from := max(0, len(all)-p.Limit)
		return slices.Clone(all[from:]), from > 0, nil
	}
	if p.After != "" {
		all = all[at(p.After)+1:]
	}
	n := min(p.Limit, len(all))
	return slices.Clone(all[:n]), n < len(all), nil
}

// add appends a message to a conversation as threading does.
func (s *shelf) add(conv int, m threads.Message) {
	c := &s.convs[conv]
	c.LastSequence++
	m.ID = threads.MessageID("msg_" + string(c.ID) + "_" + time.Duration(c.LastSequence).String())
	m.Sequence, m.ConversationID, m.ChannelID, m.ContactID = c.LastSequence, c.ID, c.ChannelID, c.Contact.ID
	if m.Direction == threads.Inbound {
		m.Content.ID = normalize.PlatformID("vis_1:" + string(m.ID))
	}
	s.messages = append(s.messages, m)
	if !m.Internal && (c.LastMessage == nil || !m.SentAt.Before(c.LastMessage.At)) {
		c.LastMessage = &threads.Preview{ID: m.ID, At: m.SentAt}
	}
}
