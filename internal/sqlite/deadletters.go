package sqlite

import (
	"context"
	"fmt"

	"threadhub/threads"
)

const (
	sqlAddDeadLetter  = "INSERT INTO dead_letters (message_id) VALUES (?) ON CONFLICT DO NOTHING"
	sqlDropDeadLetter = "DELETE FROM dead_letters WHERE message_id = ?"
	sqlDeadLetters    = `SELECT m.doc FROM dead_letters d JOIN messages m ON m.id = d.message_id
 WHERE d.message_id < ? ORDER BY d.message_id DESC LIMIT ?`
)

// lastMessage is behind every id of a message.
const lastMessage = "msg~"

// noteDeadLetter keeps the list of dead letters up to a message that is written.
// before tells that it may have been one.
func noteDeadLetter(t *tx, m *threads.Message, before bool) error {
	sql := sqlAddDeadLetter
	if !m.DeadLetter() {
		if sql = sqlDropDeadLetter; !before {
			return nil
		}
	}
	_, err := t.exec(sql, string(m.ID))
	return err
}

// DeadLetters implements [threads.Queries].
func (s *Store) DeadLetters(ctx context.Context, f threads.DeadLetterFilter, p threads.Page) ([]threads.Message, threads.Cursor, error) {
	at, err := readCursor(p.After, cursorDeadLetters)
	if err != nil {
		return nil, "", fmt.Errorf("dead letters: %w", err)
	}
	if at.ID == "" {
		at.ID = lastMessage
	}
	limit := pageLimit(p.Limit)
	var list []threads.Message
	for more := true; more && len(list) <= limit; {
		var page []threads.Message
		err := s.read.with(ctx, func(c *conn) error {
			return c.query(sqlDeadLetters, collect(&page), at.ID, int64(limit)+1)
		})
		if err != nil {
			return nil, "", fmt.Errorf("dead letters: %w", err)
		}
		for _, m := range page {
			at.ID = string(m.ID)
			if f.Takes(m) {
				list = append(list, m)
			}
		}
		more = len(page) > limit
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], place{List: cursorDeadLetters, ID: string(list[limit-1].ID)}.cursor(), nil
}
