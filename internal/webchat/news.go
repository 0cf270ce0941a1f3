package webchat

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"threadhub/threads"
)

const (
	// chain is how many conversations back somebody is brought up to date; who
	// was away for longer reads again what they show.
	chain = 20
	// pageSize is how many messages one look into the store takes.
	pageSize = 100
)

// news answers what came after a cursor, in the order in which it came in each
// conversation, and the cursor after it; at most limit messages, and whether
// there are more.
func (s *Service) news(ctx context.Context, sess Session, after cursor, limit int) ([]threads.Message, cursor, bool, error) {
	heads, err := s.heads(ctx, sess)
	if err != nil {
		return nil, after, false, err
	}
	var out []threads.Message
	for _, head := range heads {
		since, err := s.since(ctx, head, after.Places[head.Contact.ID])
		if err != nil {
			return nil, after, false, err
		}
		for _, part := range since {
			list, err := s.part(ctx, part)
			if err != nil {
				return nil, after, false, err
			}
			at := place{part.conv.ID, part.conv.LastSequence}
			for _, m := range list {
				if !shown(m) {
					continue
				}
				if len(out) == limit {
					return out, after, true, nil
				}
				out = append(out, m)
				after = after.with(head.Contact.ID, place{part.conv.ID, m.Sequence})
			}
			after = after.with(head.Contact.ID, at)
		}
	}
	return out, after, false, nil
}

// part is a conversation of which the messages after one are wanted.
type part struct {
	conv threads.Conversation
	from int64
}

// since lists the conversations that hold what came after a place, oldest
// first.
func (s *Service) since(ctx context.Context, head threads.Conversation, at place) ([]part, error) {
	parts := []part{{conv: head}}
	for conv := head; conv.ID != at.Conversation && conv.FollowUpOf != "" && len(parts) < chain; {
		earlier, err := s.Records.Conversation(ctx, conv.FollowUpOf)
		if err != nil {
			return nil, fmt.Errorf("earlier conversation: %w", err)
		}
		parts = append(parts, part{conv: earlier})
		conv = earlier
	}
	slices.Reverse(parts)
	if parts[0].conv.ID == at.Conversation {
		parts[0].from = at.Sequence
	}
	return parts, nil
}

// part reads the messages of a conversation that came after the place, in the
// order in which they came. The store lists them in reading order, where a late
// one has its place among earlier ones: it is read back from the end until none
// is missing.
func (s *Service) part(ctx context.Context, p part) ([]threads.Message, error) {
	missing := int(p.conv.LastSequence - p.from)
	if missing <= 0 {
		return nil, nil
	}
	var got []threads.Message
	add := func(list ...threads.Message) {
		for _, m := range list {
			if m.Sequence > p.from && m.Sequence <= p.conv.LastSequence {
				got = append(got, m)
			}
		}
	}
	pages := func(at threads.MessagePage, next func([]threads.Message) threads.MessagePage) error {
		for more := true; more && len(got) < missing; {
			var list []threads.Message
			var err error
			if list, more, err = s.Records.Messages(ctx, p.conv.ID, at); err != nil {
				return fmt.Errorf("messages: %w", err)
			}
			if add(list...); len(list) == 0 {
				return nil
			}
			at = next(list)
		}
		return nil
	}
	anchor := threads.MessageID("")
	if last := p.conv.LastMessage; last != nil {
		anchor = last.ID
		m, err := s.Records.Message(ctx, anchor)
		if err != nil {
			return nil, fmt.Errorf("latest message: %w", err)
		}
		add(m)
	}
	// Behind the latest message stand notes alone.
	err := pages(threads.MessagePage{After: anchor, Limit: pageSize}, func(list []threads.Message) threads.MessagePage {
		return threads.MessagePage{After: list[len(list)-1].ID, Limit: pageSize}
	})
	if err == nil && anchor != "" {
		err = pages(threads.MessagePage{Before: anchor, Limit: pageSize}, func(list []threads.Message) threads.MessagePage {
			return threads.MessagePage{Before: list[0].ID, Limit: pageSize}
		})
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(got, func(a, b threads.Message) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return got, nil
}

// latest is the cursor after everything that the session has.
func (s *Service) latest(ctx context.Context, sess Session) (cursor, []threads.Conversation, error) {
	c := cursor{At: s.now()}
	heads, err := s.heads(ctx, sess)
	for _, head := range heads {
		c = c.with(head.Contact.ID, place{head.ID, head.LastSequence})
	}
	return c, heads, err
}
