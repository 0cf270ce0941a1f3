package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"threadhub/normalize"
	"threadhub/threads"
)

const (
	sqlSeen        = "SELECT id FROM messages WHERE channel_id = ? AND key = ?"
	sqlMessage     = "SELECT doc FROM messages WHERE id = ?"
	sqlSaveMessage = "UPDATE messages SET version = ?, doc = ? WHERE id = ? AND version = ? AND sent_at = ? AND sequence = ?"
	sqlMoveMessage = "UPDATE messages SET version = ?, doc = ?, sent_at = ?, sequence = ? WHERE id = ? AND version = ?"
	sqlAddExternal = "INSERT INTO external_ids (channel_id, external_id, message_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"

	sqlByExternal = `SELECT m.doc FROM external_ids x JOIN messages m ON m.id = x.message_id
 WHERE x.channel_id = ? AND x.external_id = ? ORDER BY x.message_id LIMIT 1`

	sqlByKey = "SELECT doc FROM messages WHERE channel_id = ? AND key = ?"

	sqlReadingPlace = "SELECT sent_at, sequence FROM messages WHERE id = ? AND conversation_id = ?"

	sqlMessagesAfter = `SELECT doc FROM messages WHERE conversation_id = ? AND (sent_at, sequence, id) > (?, ?, ?)
 ORDER BY sent_at, sequence, id LIMIT ?`
	sqlMessagesBefore = `SELECT doc FROM messages WHERE conversation_id = ? AND (sent_at, sequence, id) < (?, ?, ?)
 ORDER BY sent_at DESC, sequence DESC, id DESC LIMIT ?`
	sqlMessagesFirst = "SELECT doc FROM messages WHERE conversation_id = ? ORDER BY sent_at, sequence, id LIMIT ?"
)

// Seen implements [threads.Store].
func (s *Store) Seen(ctx context.Context, channel threads.ChannelID, keys []threads.MessageKey) (map[threads.MessageKey]threads.MessageID, error) {
	seen := map[threads.MessageKey]threads.MessageID{}
	err := s.hot(ctx, func(c *conn) error {
		for _, k := range keys {
			if err := c.query(sqlSeen, func(r row) error {
				seen[k] = threads.MessageID(r.text(0))
				return nil
			}, string(channel), string(k)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("seen messages: %w", err)
	}
	return seen, nil
}

// Message implements [threads.Store].
func (s *Store) Message(ctx context.Context, id threads.MessageID) (threads.Message, error) {
	return readOne[threads.Message](ctx, s.read, "message", sqlMessage, string(id))
}

// MessagesByExternal implements [threads.Store]. An id that two messages share
// (an echo that overtook the answer to its send) leads to the older one, which
// is ours.
func (s *Store) MessagesByExternal(ctx context.Context, channel threads.ChannelID, ids []normalize.PlatformID) (map[normalize.PlatformID]threads.Message, error) {
	found := map[normalize.PlatformID]threads.Message{}
	err := s.hot(ctx, func(c *conn) error {
		for _, id := range ids {
			take := func(r row) error {
				m, err := decode[threads.Message](r.text(0))
				if have, ok := found[id]; err == nil && (!ok || m.ID < have.ID) {
					found[id] = m
				}
				return err
			}
			if err := errors.Join(
				c.query(sqlByExternal, take, string(channel), string(id)),
				c.query(sqlByKey, take, string(channel), normalize.MessageKey(id)),
			); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("messages by external id: %w", err)
	}
	return found, nil
}

// SaveMessage implements [threads.Store].
func (s *Store) SaveMessage(ctx context.Context, m threads.Message) error {
	doc, err := encode(&m)
	if err != nil {
		return fmt.Errorf("save message: %w", err)
	}
	if err := s.write.do(ctx, func(t *tx) error { return saveMessage(t, &m, doc) }); err != nil {
		return fmt.Errorf("save message: %w", err)
	}
	return nil
}

// saveMessage replaces the stored message of the version before m's. One that
// stays in its place leaves the index of places alone.
func saveMessage(t *tx, m *threads.Message, doc string) error {
	id, at := string(m.ID), millis(m.SentAt)
	n, err := t.exec(sqlSaveMessage, m.Version, doc, id, m.Version-1, at, m.Sequence)
	if err == nil && n == 0 {
		n, err = t.exec(sqlMoveMessage, m.Version, doc, at, m.Sequence, id, m.Version-1)
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return threads.ErrConflict
	}
	if err := noteDeadLetter(t, m, m.Direction == threads.Outbound); err != nil {
		return err
	}
	return addExternal(t, m, m.ExternalIDs)
}

// addExternal makes the message findable by the platform's ids. One that its key
// holds (as that of every incoming message does) is found by that.
func addExternal(t *tx, m *threads.Message, ids []normalize.PlatformID) error {
	for _, x := range ids {
		if string(m.Key) == normalize.MessageKey(x) {
			continue
		}
		if _, err := t.exec(sqlAddExternal, string(m.ChannelID), string(x), string(m.ID)); err != nil {
			return err
		}
	}
	return nil
}

// Messages implements [threads.Store]. A message to start from that is not one
// of the conversation is ErrNotFound.
func (s *Store) Messages(ctx context.Context, id threads.ConversationID, p threads.MessagePage) ([]threads.Message, bool, error) {
	limit := pageLimit(p.Limit)
	var list []threads.Message
	err := s.read.with(ctx, func(c *conn) error {
		if p.Before == "" && p.After == "" {
			return c.query(sqlMessagesFirst, collect(&list), string(id), int64(limit)+1)
		}
		sql, from := sqlMessagesAfter, p.After
		if p.Before != "" {
			sql, from = sqlMessagesBefore, p.Before
		}
		at, sequence, err := readingPlace(c, id, from)
		if err != nil {
			return err
		}
		return c.query(sql, collect(&list), string(id), at, sequence, string(from), int64(limit)+1)
	})
	if err != nil {
		return nil, false, fmt.Errorf("messages: %w", err)
	}
	more := len(list) > limit
	if more {
		list = list[:limit]
	}
	if p.Before != "" {
		slices.Reverse(list)
	}
	return list, more, nil
}

// readingPlace is where a message stands in its conversation.
func readingPlace(c *conn, conversation threads.ConversationID, id threads.MessageID) (at, sequence int64, err error) {
	found := false
	err = c.query(sqlReadingPlace, func(r row) error {
		at, sequence, found = r.number(0), r.number(1), true
		return nil
	}, string(id), string(conversation))
	if err == nil && !found {
		err = threads.ErrNotFound
	}
	return at, sequence, err
}
