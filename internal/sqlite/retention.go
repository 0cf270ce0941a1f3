package sqlite

import (
	"context"
	"fmt"

	"threadhub/threads"
)

const (
	sqlKept  = "SELECT min(channel_id) FROM conversations INDEXED BY conversations_spent WHERE spent_at IS NOT NULL AND channel_id > ?"
	sqlSpent = `SELECT doc FROM conversations INDEXED BY conversations_spent
 WHERE channel_id = ? AND style = ? AND spent_at < ? ORDER BY spent_at, id LIMIT ?`
	sqlCountSpent = `SELECT count(*) FROM (SELECT 1 FROM conversations INDEXED BY conversations_spent
 WHERE channel_id = ? AND style = ? AND spent_at < ? LIMIT ?)`
	sqlOldDeadLetters = `SELECT d.message_id FROM dead_letters d CROSS JOIN messages m ON m.id = d.message_id
 WHERE d.message_id < ? AND m.channel_id = ? ORDER BY d.message_id LIMIT ?`
)

// Kept implements [threads.RetentionStore].
func (s *Store) Kept(ctx context.Context, after threads.ChannelID) (threads.ChannelID, error) {
	id, err := readText(ctx, s.read, sqlKept, string(after))
	if err != nil {
		return "", fmt.Errorf("channels with conversations: %w", err)
	}
	return threads.ChannelID(id), nil
}

// readText answers the first column of a query's only row.
func readText(ctx context.Context, from *readers, sql string, args ...any) (text string, err error) {
	err = from.with(ctx, func(c *conn) error {
		return c.query(sql, func(r row) error {
			text = r.text(0)
			return nil
		}, args...)
	})
	return text, err
}

// Spent implements [threads.RetentionStore].
func (s *Store) Spent(ctx context.Context, sh threads.Share, limit int) ([]threads.Conversation, error) {
	var list []threads.Conversation
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlSpent, collect(&list), string(sh.Channel), string(sh.Style), millis(sh.Before), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("spent conversations: %w", err)
	}
	return list, nil
}

// CountSpent implements [threads.RetentionStore].
func (s *Store) CountSpent(ctx context.Context, sh threads.Share, limit int) (int, error) {
	n, err := readNumber(ctx, s.read, "count spent conversations", sqlCountSpent,
		string(sh.Channel), string(sh.Style), millis(sh.Before), int64(max(limit, 0)))
	return int(n), err
}

// DropDeadLetters implements [threads.RetentionStore].
func (s *Store) DropDeadLetters(ctx context.Context, channel threads.ChannelID, before threads.MessageID, limit int) (int, error) {
	var ids []string
	err := s.write.do(ctx, func(t *tx) error {
		ids = nil // it may be done again
		if err := t.query(sqlOldDeadLetters, func(r row) error {
			ids = append(ids, r.text(0))
			return nil
		}, string(before), string(channel), int64(max(limit, 0))); err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := t.exec(sqlDropDeadLetter, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("drop dead letters: %w", err)
	}
	return len(ids), nil
}
