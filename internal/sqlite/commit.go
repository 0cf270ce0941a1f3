package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"threadhub/threads"
)

const (
	sqlAddConversation = `INSERT INTO conversations (version, style, group_id, unread, updated_at, tags, search,
 doc, wake_at, status, close_due_at, queued_at, assignee_id, load, solved_at, figures, spent_at, reopened,
 id, channel_id, contact_id, ordinal, follow_up_of, created_at, weight)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

	// Most changes leave alone what only some indexes know, and then so does
	// the statement. A wake_at that is too early may stay: see Silent.
	sqlSaveConversation = `UPDATE conversations SET version = ?, style = ?, group_id = ?,
 unread = ?, updated_at = ?, tags = ?, search = ?, doc = ?
 WHERE id = ? AND version = ? AND (wake_at <= ? OR wake_at IS ?) AND status = ? AND close_due_at IS ? AND queued_at IS ? AND assignee_id = ? AND load = ?
 AND solved_at IS ? AND figures = ? AND spent_at IS ?`
	sqlMoveConversation = `UPDATE conversations SET version = ?, style = ?, group_id = ?,
 unread = ?, updated_at = ?, tags = ?, search = ?, doc = ?,
 wake_at = ?, status = ?, close_due_at = ?, queued_at = ?, assignee_id = ?, load = ?, solved_at = ?, figures = ?, spent_at = ?, reopened = ?
 WHERE id = ? AND version = ?`

	sqlLinkPrevious = "UPDATE conversations SET version = ?, updated_at = ?, doc = ? WHERE id = ? AND version = ?"

	sqlAddMessage = `INSERT INTO messages (id, channel_id, key, conversation_id, sent_at, sequence, version, doc)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

	sqlAddTransition = "INSERT INTO transitions (id, conversation_id, doc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)

// Commit implements [threads.Store]. The changes share one transaction, in
// which each is undone alone if it fails; when the transaction fails, all do.
func (s *Store) Commit(ctx context.Context, changes []threads.Change) []error {
	errs := make([]error, len(changes))
	ready := make([]*encodedChange, len(changes))
	for i := range changes {
		ready[i], errs[i] = encodeChange(&changes[i])
	}
	err := s.write.doThen(ctx, func(t *tx) error {
		for i, c := range ready {
			if c == nil {
				continue
			}
			errs[i] = t.part(func() error { return c.write(t) })
			if err := errs[i]; errors.Is(err, errAgain) || grave(err) {
				return err
			}
		}
		return nil
	}, func() {
		for i, c := range ready {
			if errs[i] == nil {
				s.lanes.committed(c)
				s.recent.committed(c.Change)
			}
		}
	})
	for i := range errs {
		if err != nil && ready[i] != nil {
			errs[i] = err
		}
		if errs[i] != nil {
			errs[i] = fmt.Errorf("commit: %w", errs[i])
		}
	}
	return errs
}

// encodedChange is a change with its records as doc columns keep them: made
// before the writer's turn, since others wait for that.
type encodedChange struct {
	*threads.Change
	conversation string
	figures      threads.Figures
	previous     string
	messages     []string
	transitions  []string
	ruleRuns     []string
	decisions    []string
	deliveries   []outgoing
}

// outgoing is a delivery with its message.
type outgoing struct {
	delivery   *threads.Delivery
	message    *threads.Message
	messageDoc string
	doc        string
	seq        int64 // of the message, once that is written
}

func encodeChange(c *threads.Change) (*encodedChange, error) {
	if c.Conversation.Version != c.Expected+1 {
		return nil, fmt.Errorf("conversation %s has version %d where %d was expected before it",
			c.Conversation.ID, c.Conversation.Version, c.Expected)
	}
	e := &encodedChange{Change: c, figures: threads.FiguresOf(c.Conversation), deliveries: make([]outgoing, len(c.Deliveries))}
	var errs [7]error
	e.conversation, errs[0] = encode(&c.Conversation)
	if c.Previous != nil {
		e.previous, errs[1] = encode(c.Previous)
	}
	e.messages, errs[2] = encodeAll(c.Messages)
	e.transitions, errs[3] = encodeAll(c.Transitions)
	e.ruleRuns, errs[5] = encodeAll(c.RuleRuns)
	e.decisions, errs[6] = encodeAll(c.Decisions)
	for i := range c.Deliveries {
		errs[4] = errors.Join(errs[4], e.encodeDelivery(i))
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return e, nil
}

func (c *encodedChange) encodeDelivery(i int) (err error) {
	out := &c.deliveries[i]
	out.delivery = &c.Deliveries[i]
	for j := range c.Messages {
		if c.Messages[j].ID == out.delivery.MessageID && j < len(c.messages) {
			out.message, out.messageDoc = &c.Messages[j], c.messages[j]
		}
	}
	if out.message == nil {
		return fmt.Errorf("delivery of message %s without the message", out.delivery.MessageID)
	}
	out.doc, err = encode(out.delivery)
	return err
}

func encodeAll[T any](list []T) ([]string, error) {
	docs := make([]string, len(list))
	for i := range list {
		var err error
		if docs[i], err = encode(&list[i]); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// write carries the change out. Lost races show at its first statement, before
// anything is written that would have to be undone.
func (c *encodedChange) write(t *tx) error {
	if err := c.takeSeat(t); err != nil {
		return err
	}
	if err := c.writePrevious(t); err != nil {
		return err
	}
	if err := c.writeConversation(t); err != nil {
		return err
	}
	for i := range c.Messages {
		seq, err := addMessage(t, &c.Messages[i], c.messages[i])
		if err != nil {
			return err
		}
		for d := range c.deliveries {
			if c.deliveries[d].message == &c.Messages[i] {
				c.deliveries[d].seq = seq
			}
		}
	}
	for i, tr := range c.Transitions {
		if _, err := t.exec(sqlAddTransition, tr.ID, string(tr.ConversationID), c.transitions[i]); err != nil {
			return err
		}
	}
	if err := c.writeRules(t); err != nil {
		return err
	}
	if err := c.writeRouting(t); err != nil {
		return err
	}
	for i := range c.deliveries {
		if err := c.deliveries[i].add(t); err != nil {
			return err
		}
	}
	return nil
}

func (c *encodedChange) writeConversation(t *tx) error {
	conv := &c.Conversation
	tags, err := tagsColumn(conv.Tags)
	if err != nil {
		return err
	}
	var due any
	if conv.State.Status == threads.StatusSolved {
		due = millisOrNull(conv.State.CloseDueAt)
	}
	values := []any{
		conv.Version, string(conv.State.Style), string(conv.State.Group),
		flag(conv.UnreadCount > 0), millis(conv.UpdatedAt), tags, conversationSearch(conv), c.conversation,
	}
	wake := []any{millisOrNull(conv.State.WakeAt())}
	place := []any{
		string(conv.State.Status), due, millisOrNull(conv.State.QueuedAt), string(conv.State.Assignee), int64(conv.State.Load()),
		millisOrNull(c.figures.SolvedAt), c.figures.Encode(), millisOrNull(conv.SpentSince()),
	}
	key := []any{string(conv.ID), c.Expected}
	// What only follows from the figures.
	counted := []any{flag(conv.State.ReopenCount > 0)}
	var n int64
	if c.Expected == 0 {
		n, err = t.exec(sqlAddConversation, slices.Concat(values, wake, place, counted, []any{
			string(conv.ID), string(conv.ChannelID), string(conv.Contact.ID), int64(conv.Ordinal),
			string(conv.FollowUpOf), millis(conv.CreatedAt), int64(conv.State.Places()),
		})...)
	} else if n, err = t.exec(sqlSaveConversation, slices.Concat(values, key, wake, wake, place)...); err == nil && n == 0 {
		n, err = t.exec(sqlMoveConversation, slices.Concat(values, wake, place, counted, key)...)
	}
	if err == nil && n == 0 {
		// Another version, or somebody else's conversation is in its place.
		return threads.ErrConflict
	}
	return err
}

// writePrevious gives the conversation's predecessor its successor. One that
// has this successor already is as it should be.
func (c *encodedChange) writePrevious(t *tx) error {
	p := c.Previous
	if p == nil {
		return nil
	}
	n, err := t.exec(sqlLinkPrevious, p.Version, millis(p.UpdatedAt), c.previous, string(p.ID), p.Version-1)
	if err != nil || n > 0 {
		return err
	}
	linked := false
	err = t.query(sqlConversation, func(r row) error {
		have, err := decode[threads.Conversation](r.text(0))
		linked = err == nil && have.Version == p.Version && have.State.Successor == p.State.Successor
		return err
	}, string(p.ID))
	if err == nil && !linked {
		return threads.ErrConflict
	}
	return err
}

// addMessage stores a new message and answers its number, or ErrSeen when its
// id or its key is stored already.
func addMessage(t *tx, m *threads.Message, doc string) (int64, error) {
	seq, err := t.insert(sqlAddMessage, string(m.ID), string(m.ChannelID), string(m.Key), string(m.ConversationID),
		millis(m.SentAt), m.Sequence, m.Version, doc)
	if err == nil && seq == 0 {
		return 0, threads.ErrSeen
	}
	if err != nil {
		return 0, err
	}
	return seq, addExternal(t, m, m.ExternalIDs)
}

// tagsColumn is the JSON list of the tags, NULL for none.
func tagsColumn(tags []string) (any, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	return encode(tags)
}

// conversationSearch is what a search for conversations looks at.
func conversationSearch(c *threads.Conversation) string {
	return searchText(c.Contact.Name, string(c.Contact.ExternalID), c.Subject)
}
