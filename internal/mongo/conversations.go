package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/threads"
)

// anyTime matches fields that hold a time, whichever.
func anyTime() bson.D { return op("$gt", bson.NewDateTimeFromTime(time.Time{})) }

// loadConversations is how conversations are read: it completes what a commit
// left pending before anybody sees the conversation. Current does the same.
func (s *Store) loadConversations(ctx context.Context, filter bson.D, opts ...options.Lister[options.FindOptions]) ([]conversationRow, error) {
	rows, err := find[conversationRow](ctx, s.conversations, filter, opts...)
	if err != nil {
		return nil, err
	}
	if err := s.complete(ctx, rows); err != nil {
		return nil, err
	}
	return rows, nil
}

func conversationsOf(rows []conversationRow) []threads.Conversation {
	out := make([]threads.Conversation, len(rows))
	for i, r := range rows {
		out[i] = r.Doc
	}
	return out
}

// Current is threads.Store.Current: one find. It leaves the rows alone of which
// this process knows that they are written out: they are taken out of the
// conversations anyway, and nobody has to wait for it. Between the two writes of a
// follow-up a slot has two documents that call themselves current, or for a
// moment only the predecessor, whose Successor is not there yet.
func (s *Store) Current(ctx context.Context, slots []threads.Slot) (map[threads.Slot]threads.Conversation, error) {
	current := make(map[threads.Slot]threads.Conversation, len(slots))
	if len(slots) == 0 {
		return current, nil
	}
	keys := make([]string, len(slots))
	for i, slot := range slots {
		keys[i] = slotKey(slot)
	}
	rows, err := find[conversationRow](ctx, s.conversations, append(in("current", keys), in("slot", keys)...))
	if err == nil {
		err = s.completeUnlessKnown(ctx, rows)
	}
	if err != nil {
		return nil, fmt.Errorf("mongo: current: %w", err)
	}
	for _, r := range rows {
		slot := r.Doc.Slot()
		if have, ok := current[slot]; !ok || have.Ordinal < r.Doc.Ordinal {
			current[slot] = r.Doc
		}
	}
	return current, nil
}

// Conversation is threads.Store.Conversation.
func (s *Store) Conversation(ctx context.Context, id threads.ConversationID) (threads.Conversation, error) {
	rows, err := s.loadConversations(ctx, by("_id", id))
	if err != nil {
		return threads.Conversation{}, fmt.Errorf("mongo: conversation: %w", err)
	}
	if len(rows) == 0 {
		return threads.Conversation{}, fmt.Errorf("mongo: conversation %s: %w", id, threads.ErrNotFound)
	}
	return rows[0].Doc, nil
}

// Due is threads.Store.Due.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]threads.Conversation, error) {
	rows, err := s.loadConversations(ctx, bson.D{
		{Key: "doc.state.close_due_at", Value: op("$lte", now)},
		{Key: "doc.state.status", Value: threads.StatusSolved},
	}, page(limit, "doc.state.close_due_at"))
	if err != nil {
		return nil, fmt.Errorf("mongo: due: %w", err)
	}
	return conversationsOf(rows), nil
}

// NextDue is threads.Store.NextDue.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	rows, err := find[conversationRow](ctx, s.conversations, bson.D{
		{Key: "doc.state.close_due_at", Value: anyTime()},
		{Key: "doc.state.status", Value: threads.StatusSolved},
	}, page(1, "doc.state.close_due_at").SetProjection(order("doc.state.close_due_at")))
	if err != nil {
		return time.Time{}, fmt.Errorf("mongo: next due: %w", err)
	}
	if len(rows) == 0 {
		return time.Time{}, nil
	}
	return rows[0].Doc.State.CloseDueAt, nil
}

// Silent is threads.Store.Silent.
func (s *Store) Silent(ctx context.Context, now time.Time, limit int) ([]threads.Conversation, error) {
	rows, err := s.loadConversations(ctx, by("wake_at", op("$lte", now)), page(limit, "wake_at", "_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: silent: %w", err)
	}
	return conversationsOf(rows), nil
}

// NextSilent is threads.Store.NextSilent.
func (s *Store) NextSilent(ctx context.Context) (time.Time, error) {
	rows, err := find[conversationRow](ctx, s.conversations, by("wake_at", anyTime()),
		page(1, "wake_at", "_id").SetProjection(order("wake_at")))
	if err != nil {
		return time.Time{}, fmt.Errorf("mongo: next silent: %w", err)
	}
	if len(rows) == 0 {
		return time.Time{}, nil
	}
	return rows[0].WakeAt, nil
}

// Unsettled is threads.Store.Unsettled. A commit's time is its conversation's
// UpdatedAt.
func (s *Store) Unsettled(ctx context.Context, before time.Time, limit int) ([]threads.Conversation, error) {
	if err := s.tidying.flush(ctx, false); err != nil {
		return nil, fmt.Errorf("mongo: unsettled: %w", err)
	}
	rows, err := s.loadConversations(ctx, by("unsettled_at", op("$lt", before)), page(limit, "unsettled_at"))
	if err != nil {
		return nil, fmt.Errorf("mongo: unsettled: %w", err)
	}
	return conversationsOf(rows), nil
}

// Settle is threads.Store.Settle: one bulk write for many conversations, and for
// few a note to do it in a moment (see tidying). A conversation that has changed
// since stays unsettled.
func (s *Store) Settle(ctx context.Context, commits map[threads.ConversationID]int64) error {
	if len(commits) == 0 {
		return nil
	}
	if err := s.tidying.settle(ctx, commits); err != nil {
		return fmt.Errorf("mongo: settle: %w", err)
	}
	return nil
}
