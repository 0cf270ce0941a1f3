package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"threadhub/threads"
)

const (
	sqlConversation = "SELECT doc FROM conversations WHERE id = ?"
	sqlCurrent      = "SELECT doc FROM conversations WHERE channel_id = ? AND contact_id = ? ORDER BY ordinal DESC LIMIT 1"
	sqlDue          = "SELECT doc FROM conversations WHERE close_due_at <= ? ORDER BY close_due_at, id LIMIT ?"
	sqlNextDue      = "SELECT min(close_due_at) FROM conversations WHERE close_due_at IS NOT NULL"
	sqlSilent       = "SELECT doc FROM conversations WHERE wake_at <= ? ORDER BY wake_at, id LIMIT ?"
	sqlWakeLater    = "UPDATE conversations SET wake_at = ? WHERE id = ? AND version = ?"
	sqlNextSilent   = "SELECT min(wake_at) FROM conversations WHERE wake_at IS NOT NULL"
	sqlTransitions  = "SELECT doc, seq FROM transitions WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?"
)

// Current implements [threads.Store].
func (s *Store) Current(ctx context.Context, slots []threads.Slot) (map[threads.Slot]threads.Conversation, error) {
	found := make(map[threads.Slot]threads.Conversation, len(slots))
	var missing []threads.Slot
	for _, slot := range slots {
		if c, ok := s.recent.last(slot); ok {
			found[slot] = c
		} else {
			missing = append(missing, slot)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	docs := make([]string, len(missing))
	var ticket uint64
	err := s.write.doThen(ctx, func(t *tx) error {
		return readCurrent(t.conn, missing, docs)
	}, func() { ticket = s.recent.expect(missing) })
	if err != nil {
		return nil, fmt.Errorf("current conversations: %w", err)
	}
	read := make(map[threads.Slot]threads.Conversation, len(missing))
	defer func() { s.recent.found(ticket, missing, read) }()
	for i, doc := range docs {
		if doc == "" {
			continue
		}
		if read[missing[i]], err = decode[threads.Conversation](doc); err != nil {
			delete(read, missing[i])
			return nil, fmt.Errorf("current conversations: %w", err)
		}
	}
	maps.Copy(found, read)
	return found, nil
}

// readCurrent reads the last conversations of the slots that have any. It reads
// on the writer's connection, whose page cache stays warm, while a reader's is
// thrown away with every commit of the writer.
func readCurrent(c *conn, slots []threads.Slot, docs []string) error {
	for i, slot := range slots {
		if err := c.query(sqlCurrent, func(r row) error {
			docs[i] = r.text(0)
			return nil
		}, string(slot.Channel), string(slot.Contact)); err != nil {
			return err
		}
	}
	return nil
}

// Conversation implements [threads.Store].
func (s *Store) Conversation(ctx context.Context, id threads.ConversationID) (threads.Conversation, error) {
	if c, ok := s.recent.conversation(id); ok {
		return c, nil
	}
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

// Silent implements [threads.Store]. Each message of a customer puts the time
// off; the index learns of it only here, when the earlier time has come, so that
// it does not change with every message.
func (s *Store) Silent(ctx context.Context, now time.Time, limit int) ([]threads.Conversation, error) {
	for {
		var found []threads.Conversation
		err := s.read.with(ctx, func(c *conn) error {
			return c.query(sqlSilent, collect(&found), millis(now), int64(max(limit, 0)))
		})
		due := slices.DeleteFunc(slices.Clone(found), func(c threads.Conversation) bool { return putOff(c, now) })
		if err == nil && len(due) < len(found) {
			err = s.write.do(ctx, func(t *tx) error { return wakeLater(t, found, now) })
		}
		if err != nil {
			return nil, fmt.Errorf("silent conversations: %w", err)
		}
		if len(due) == len(found) {
			return due, nil
		}
	}
}

// putOff tells whether nobody has to look at the conversation yet.
func putOff(c threads.Conversation, now time.Time) bool {
	at := c.State.WakeAt()
	return at.IsZero() || at.After(now)
}

// wakeLater gives the conversations that were put off their true times.
func wakeLater(t *tx, found []threads.Conversation, now time.Time) error {
	for _, c := range found {
		if !putOff(c, now) {
			continue
		}
		if _, err := t.exec(sqlWakeLater, millisOrNull(c.State.WakeAt()), string(c.ID), c.Version); err != nil {
			return err
		}
	}
	return nil
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
	err := from.with(ctx, func(c *conn) (err error) {
		n, err = c.number(sql, args...)
		return err
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
