package sqlite

import (
	"context"
	"errors"
	"fmt"

	"threadhub/threads"
)

const (
	sqlDropContact    = "DELETE FROM contacts WHERE id = ?"
	sqlDropIdentities = "DELETE FROM identities WHERE contact_id = ?"
	sqlOptedOut       = "SELECT doc, 0, id FROM contacts WHERE opted_out = 1 AND id < ? ORDER BY id DESC LIMIT ?"

	sqlEraseMessage = "UPDATE messages SET key = ?, version = ?, doc = ? WHERE id = ? AND version = ?"
	sqlDropExternal = "DELETE FROM external_ids WHERE channel_id = ? AND external_id = ? AND message_id = ?"

	sqlEraseTransition = "UPDATE transitions SET doc = ? WHERE seq = ?"
	sqlDropRuleRuns    = "DELETE FROM rule_runs WHERE conversation_id = ?"

	sqlEraseConversation = `UPDATE conversations SET version = ?, contact_id = ?, tags = NULL, search = ?, doc = ?, figures = ?, spent_at = ?, wake_at = NULL
 WHERE id = ? AND version = ? AND status = 'closed'`
)

// wiping has SQLite overwrite what the operation takes away, where it else only
// marks the space as free.
func wiping(run func(*tx) error) func(*tx) error {
	return func(t *tx) error {
		if err := t.script("PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		return errors.Join(run(t), t.script("PRAGMA secure_delete = OFF"))
	}
}

// DropContact implements [threads.ErasureStore].
func (s *Store) DropContact(ctx context.Context, id threads.ContactID) error {
	err := s.write.do(ctx, wiping(func(t *tx) error {
		if _, err := t.exec(sqlDropIdentities, string(id)); err != nil {
			return err
		}
		_, err := t.exec(sqlDropContact, string(id))
		return err
	}))
	if err != nil {
		return fmt.Errorf("drop contact: %w", err)
	}
	return nil
}

// EraseMessages implements [threads.ErasureStore].
func (s *Store) EraseMessages(ctx context.Context, list []threads.Message) error {
	if len(list) == 0 {
		return ctx.Err()
	}
	docs, err := encodeAll(list)
	if err != nil {
		return fmt.Errorf("erase messages: %w", err)
	}
	err = s.write.do(ctx, wiping(func(t *tx) error {
		for i := range list {
			if err := eraseMessage(t, &list[i], docs[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return fmt.Errorf("erase messages: %w", err)
	}
	return nil
}

// eraseMessage replaces a message and removes what the platform called it.
func eraseMessage(t *tx, m *threads.Message, doc string) error {
	var former []threads.Message
	if err := t.query(sqlMessage, collect(&former), string(m.ID)); err != nil {
		return err
	}
	n, err := t.exec(sqlEraseMessage, string(m.Key), m.Version, doc, string(m.ID), m.Version-1)
	if err != nil {
		return err
	}
	if n == 0 {
		return threads.ErrConflict
	}
	for _, was := range former {
		for _, x := range was.ExternalIDs {
			if _, err := t.exec(sqlDropExternal, string(was.ChannelID), string(x), string(m.ID)); err != nil {
				return err
			}
		}
	}
	return noteDeadLetter(t, m, m.Direction == threads.Outbound)
}

// EraseLog implements [threads.ErasureStore].
func (s *Store) EraseLog(ctx context.Context, id threads.ConversationID, left func(threads.Transition) threads.Transition) error {
	err := s.write.do(ctx, wiping(func(t *tx) error {
		docs := map[int64]string{}
		if err := t.query(sqlTransitions, func(r row) error {
			line, err := decode[threads.Transition](r.text(0))
			if err != nil {
				return err
			}
			docs[r.number(1)], err = encode(left(line))
			return err
		}, string(id), int64(0), int64(-1)); err != nil {
			return err
		}
		for seq, doc := range docs {
			if _, err := t.exec(sqlEraseTransition, doc, seq); err != nil {
				return err
			}
		}
		_, err := t.exec(sqlDropRuleRuns, string(id))
		return err
	}))
	if err != nil {
		return fmt.Errorf("erase log: %w", err)
	}
	return nil
}

// EraseConversation implements [threads.ErasureStore].
func (s *Store) EraseConversation(ctx context.Context, c threads.Conversation) error {
	doc, err := encode(c)
	if err != nil {
		return fmt.Errorf("erase conversation: %w", err)
	}
	figures := threads.FiguresOf(c)
	err = s.write.doThen(ctx, wiping(func(t *tx) error {
		n, err := t.exec(sqlEraseConversation, c.Version, string(c.Contact.ID), conversationSearch(&c), doc, figures.Encode(), millisOrNull(c.SpentSince()), string(c.ID), c.Version-1)
		if err == nil && n == 0 {
			return threads.ErrConflict
		}
		return err
	}), func() { s.recent.erased(c.ID) })
	if err != nil {
		return fmt.Errorf("erase conversation: %w", err)
	}
	return nil
}

// OptedOut implements [threads.Queries].
func (s *Store) OptedOut(ctx context.Context, p threads.Page) ([]threads.Contact, threads.Cursor, error) {
	after, err := readCursor(p.After, cursorOptedOut)
	if err != nil {
		return nil, "", fmt.Errorf("opt-outs: %w", err)
	}
	if after.ID == "" {
		after.ID = lastContact
	}
	list, next, err := page[threads.Contact](ctx, s.read, cursorOptedOut, sqlOptedOut, []any{after.ID}, pageLimit(p.Limit))
	if err != nil {
		return nil, "", fmt.Errorf("opt-outs: %w", err)
	}
	return list, next, nil
}

// lastContact is behind every id of a contact.
const lastContact = "ct~"
