package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/threads"
)

const (
	sqlConversation = "SELECT doc FROM conversations WHERE id = ?"
	sqlCurrent      = "SELECT doc FROM conversations WHERE channel_id = ? AND contact_id = ? ORDER BY ordinal DESC LIMIT 1"
	sqlDue          = "SELECT doc FROM conversations WHERE close_due_at <= ? ORDER BY close_due_at, id LIMIT ?"
	sqlNextDue      = "SELECT min(close_due_at) FROM conversations WHERE close_due_at IS NOT NULL"
	sqlSilent       = "SELECT doc FROM conversations WHERE wake_at <= ? ORDER BY wake_at, id LIMIT ?"
	sqlNextSilent   = "SELECT min(wake_at) FROM conversations WHERE wake_at IS NOT NULL"
	sqlTransitions  = "SELECT doc, seq FROM transitions WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?"
)

// Current implements [threads.Store].
func (s *Store) Current(ctx context.Context, slots []threads.Slot) (map[threads.Slot]threads.Conversation, error) {
	docs := make([]string, len(slots))
	err := s.hot(ctx, func(c *conn) error {
		for i, slot := range slots {
			if err := c.query(sqlCurrent, func(r row) error {
				docs[i] = r.text(0)
				return nil
			}, string(slot.Channel), string(slot.Contact)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("current conversations: %w", err)
	}
	found := make(map[threads.Slot]threads.Conversation, len(slots))
	for i, doc := range docs {
		if doc == "" {
			continue
		}
		if found[slots[i]], err = decode[threads.Conversation](doc); err != nil {
			return nil, fmt.Errorf("current conversations: %w", err)
		}
	}
	return found, nil
}

// Conversation implements [threads.Store].
func (s *Store) Conversation(ctx context.Context, id threads.ConversationID) (threads.Conversation, error) {
	return readOne[threads.Conversation](ctx, s.read, "conversation", sqlConversation, string(id))
}

// Due implements [threads.Store].
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]threads.Conversation, error) {
	var due []threads.Conversation
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlDue, collect(&due), millis(now), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("due conversations: %w", err)
	}
	return due, nil
}

// NextDue implements [threads.Store].
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	return readTime(ctx, s.read, "next due", sqlNextDue)
}

// Silent implements [threads.Store].
func (s *Store) Silent(ctx context.Context, now time.Time, limit int) ([]threads.Conversation, error) {
	var due []threads.Conversation
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlSilent, collect(&due), millis(now), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("silent conversations: %w", err)
	}
	return due, nil
}

// NextSilent implements [threads.Store].
func (s *Store) NextSilent(ctx context.Context) (time.Time, error) {
	return readTime(ctx, s.read, "next silent", sqlNextSilent)
}

// readTime answers the one time that a query finds, zero for NULL.
func readTime(ctx context.Context, from *readers, what, sql string, args ...any) (time.Time, error) {
	n, err := readNumber(ctx, from, what, sql, args...)
	return timeOf(n), err
}

// readNumber answers the one number that a query finds, 0 for NULL.
func readNumber(ctx context.Context, from *readers, what, sql string, args ...any) (int64, error) {
	var n int64
	err := from.with(ctx, func(c *conn) error {
		return c.query(sql, func(r row) error {
			n = r.number(0)
			return nil
		}, args...)
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// Transitions implements [threads.Store]: in the order of their commits.
func (s *Store) Transitions(ctx context.Context, id threads.ConversationID, p threads.Page) ([]threads.Transition, threads.Cursor, error) {
	after, err := readCursor(p.After, cursorTransitions)
	if err != nil {
		return nil, "", fmt.Errorf("transitions: %w", err)
	}
	limit := pageLimit(p.Limit)
	var list []threads.Transition
	var last []int64
	add := collect(&list)
	err = s.read.with(ctx, func(c *conn) error {
		return c.query(sqlTransitions, func(r row) error {
			last = append(last, r.number(1))
			return add(r)
		}, string(id), after.At, int64(limit)+1)
	})
	if err != nil {
		return nil, "", fmt.Errorf("transitions: %w", err)
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], place{List: cursorTransitions, At: last[limit-1]}.cursor(), nil
}

// Unsettled implements [threads.Store]: whoever reads this store lives in the
// process that made the commit, so that none is ever left unannounced.
func (s *Store) Unsettled(ctx context.Context, _ time.Time, _ int) ([]threads.Conversation, error) {
	return nil, ctx.Err()
}

// Settle implements [threads.Store]: there is nothing to record.
func (s *Store) Settle(ctx context.Context, _ map[threads.ConversationID]int64) error {
	return ctx.Err()
}
