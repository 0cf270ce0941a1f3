package webchat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"threadhub/threads"
)

// Page is a stretch of what was said.
type Page struct {
	Messages []threads.Message
	// Conversations are those that the messages belong to, and the latest one.
	Conversations []threads.Conversation
	// Cursor is where news begin after this page; Before is where the page of
	// earlier messages ends, empty at the beginning.
	Cursor, Before string
	// ReadUpTo is the visitor's message up to which the business has seen what
	// they wrote; empty where it has not seen all.
	ReadUpTo string
	More     bool
}

// After reads what came after a cursor.
func (s *Service) After(ctx context.Context, sess Session, after string, limit int) (Page, error) {
	from, ok := readCursor(after)
	if !ok {
		return Page{}, &InvalidError{"after", "is no cursor of this chat: leave it out to read what was said last"}
	}
	list, next, more, err := s.news(ctx, sess, from, limit)
	if err != nil {
		return Page{}, err
	}
	next.At = s.now()
	convs, err := s.conversations(ctx, sess, list)
	return Page{Messages: list, Conversations: convs, Cursor: next.String(), ReadUpTo: readUpTo(convs), More: more}, err
}

// readUpTo is the last visitor's message of the latest conversation, if the
// business has seen it.
func readUpTo(convs []threads.Conversation) string {
	if len(convs) == 0 {
		return ""
	}
	latest := slices.MaxFunc(convs, func(a, b threads.Conversation) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if latest.UnreadCount > 0 {
		return ""
	}
	return string(latest.LastInboundID)
}

// History reads the latest messages, or those before a page, in reading order.
func (s *Service) History(ctx context.Context, sess Session, before string, limit int) (Page, error) {
	end, heads, err := s.latest(ctx, sess)
	if err != nil {
		return Page{}, err
	}
	page := Page{Cursor: end.String()}
	var from *threads.Message
	if before != "" {
		m, err := s.find(ctx, sess, before)
		if errors.Is(err, threads.ErrNotFound) {
			return Page{}, &InvalidError{"before", "is no page of this chat"}
		}
		if err != nil {
			return Page{}, err
		}
		from = &m
	}
	var all []threads.Message
	for _, head := range heads {
		list, err := s.back(ctx, head, from, limit+1)
		if err != nil {
			return Page{}, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, inReadingOrder)
	if len(all) > limit {
		all = all[len(all)-limit:]
		page.Before = MessageID(all[0])
	}
	page.Messages = all
	page.Conversations, err = s.conversations(ctx, sess, all)
	page.ReadUpTo = readUpTo(page.Conversations)
	return page, err
}

// inReadingOrder compares messages of one visitor, in a total order that is the
// store's within a conversation.
func inReadingOrder(a, b threads.Message) int {
	return cmp.Or(a.SentAt.Compare(b.SentAt), cmp.Compare(a.ConversationID, b.ConversationID), cmp.Compare(a.Sequence, b.Sequence))
}

// back reads up to limit visible messages of a contact back through their
// conversations: those before from when it is theirs, those written before it
// when it is another contact's of the session, the latest when there is none.
func (s *Service) back(ctx context.Context, head threads.Conversation, from *threads.Message, limit int) ([]threads.Message, error) {
	conv, out := head, []threads.Message(nil)
	before := threads.MessageID("")
	wanted := shown
	switch {
	case from == nil:
	case from.ContactID == head.Contact.ID:
		var err error
		if conv, err = s.Records.Conversation(ctx, from.ConversationID); err != nil {
			return nil, fmt.Errorf("conversation of a page: %w", err)
		}
		before = from.ID
	default:
		wanted = func(m threads.Message) bool { return shown(m) && inReadingOrder(m, *from) < 0 }
	}
	for range chain {
		list, err := s.end(ctx, conv, before, limit-len(out), wanted)
		if err != nil {
			return nil, err
		}
		out = append(list, out...)
		if len(out) >= limit || conv.FollowUpOf == "" {
			break
		}
		if conv, err = s.Records.Conversation(ctx, conv.FollowUpOf); err != nil {
			return nil, fmt.Errorf("earlier conversation: %w", err)
		}
		before = ""
	}
	return out, nil
}

// end reads up to limit wanted messages of a conversation, those before one or
// its last.
func (s *Service) end(ctx context.Context, conv threads.Conversation, before threads.MessageID, limit int, wanted func(threads.Message) bool) ([]threads.Message, error) {
	var out []threads.Message
	if before == "" {
		if conv.LastMessage == nil {
			return nil, nil // notes only
		}
		m, err := s.Records.Message(ctx, conv.LastMessage.ID)
		if err != nil {
			return nil, fmt.Errorf("latest message: %w", err)
		}
		if before = m.ID; wanted(m) {
			out = append(out, m)
		}
	}
	for len(out) < limit {
		list, more, err := s.Records.Messages(ctx, conv.ID, threads.MessagePage{Before: before, Limit: pageSize})
		if err != nil {
			return nil, fmt.Errorf("messages: %w", err)
		}
		if len(list) == 0 {
			break
		}
		before = list[0].ID
		out = append(slices.DeleteFunc(list, func(m threads.Message) bool { return !wanted(m) }), out...)
		if !more {
			break
		}
	}
	return out[max(0, len(out)-limit):], nil
}

// conversations answers those of the messages, and the latest one, each once.
func (s *Service) conversations(ctx context.Context, sess Session, list []threads.Message) ([]threads.Conversation, error) {
	heads, err := s.heads(ctx, sess)
	if err != nil {
		return nil, err
	}
	out := heads
	for _, m := range list {
		if slices.ContainsFunc(out, func(c threads.Conversation) bool { return c.ID == m.ConversationID }) {
			continue
		}
		conv, err := s.Records.Conversation(ctx, m.ConversationID)
		if err != nil {
			return nil, fmt.Errorf("conversation of a message: %w", err)
		}
		out = append(out, conv)
	}
	return out, nil
}
