package mongo

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/threads"
)

// DropContact is threads.ErasureStore.DropContact. The identities go first: one
// without its contact would lead nowhere.
func (s *Store) DropContact(ctx context.Context, id threads.ContactID) error {
	if _, err := s.identities.DeleteMany(ctx, by("contact", id)); err != nil {
		return fmt.Errorf("mongo: drop contact: %w", err)
	}
	if _, err := s.contacts.DeleteOne(ctx, by("_id", id)); err != nil {
		return fmt.Errorf("mongo: drop contact: %w", err)
	}
	return nil
}

// EraseMessages is threads.ErasureStore.EraseMessages: one bulk write.
func (s *Store) EraseMessages(ctx context.Context, list []threads.Message) error {
	if len(list) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(list))
	for i, m := range list {
		models[i] = mongo.NewUpdateOneModel().SetFilter(versioned(string(m.ID), m.Version-1)).SetUpdate(saved(m))
	}
	res, err := s.messages.BulkWrite(ctx, models, unordered())
	if err == nil && res.MatchedCount != int64(len(list)) {
		err = threads.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("mongo: erase messages: %w", err)
	}
	return nil
}

// EraseLog is threads.ErasureStore.EraseLog.
func (s *Store) EraseLog(ctx context.Context, id threads.ConversationID, left func(threads.Transition) threads.Transition) error {
	fail := func(err error) error { return fmt.Errorf("mongo: erase log: %w", err) }
	if err := s.completeOne(ctx, id); err != nil {
		return fail(err)
	}
	rows, err := find[transitionRow](ctx, s.transitions, by("doc.conversation_id", id))
	if err != nil {
		return fail(err)
	}
	models := make([]mongo.WriteModel, len(rows))
	for i, r := range rows {
		models[i] = mongo.NewUpdateOneModel().SetFilter(by("_id", r.ID)).SetUpdate(set(by("doc", left(r.Doc))))
	}
	if len(models) > 0 {
		if _, err := s.transitions.BulkWrite(ctx, models, unordered()); err != nil {
			return fail(err)
		}
	}
	if _, err := s.ruleRuns.DeleteMany(ctx, by("doc.conversation_id", id)); err != nil {
		return fail(err)
	}
	return nil
}

// EraseConversation is threads.ErasureStore.EraseConversation. Of another
// contact it gets a slot of its own, where nobody looks for a current one.
func (s *Store) EraseConversation(ctx context.Context, c threads.Conversation) error {
	figures, solved := figuresOf(c)
	fields := bson.D{
		{Key: "doc", Value: c},
		{Key: "slot", Value: slotKey(c.Slot())},
		{Key: "live", Value: liveKey(c)},
		{Key: "wake_at", Value: c.State.WakeAt()},
		{Key: "load", Value: c.State.Load()},
		{Key: "figures", Value: figures},
	}
	fields, none := setSpent(c, fields, nil)
	if solved != nil {
		fields = append(fields, bson.E{Key: "solved", Value: solved})
	} else {
		none = append(none, bson.E{Key: "solved", Value: ""})
	}
	filter := append(versioned(string(c.ID), c.Version-1), bson.E{Key: "doc.state.status", Value: threads.StatusClosed})
	stays := append(slices.Clone(filter), bson.E{Key: "slot", Value: slotKey(c.Slot())})
	res, err := s.conversations.UpdateOne(ctx, stays, append(set(fields), unset(none)...))
	if err == nil && res.MatchedCount == 0 {
		res, err = s.conversations.UpdateOne(ctx, filter, append(set(fields), unset(append(none, bson.E{Key: "current", Value: ""}))...))
		if err == nil && res.MatchedCount == 0 {
			err = threads.ErrConflict
		}
	}
	if err != nil {
		return fmt.Errorf("mongo: erase conversation: %w", err)
	}
	return nil
}

// unset takes fields out; none of them is no update at all.
func unset(fields bson.D) bson.D {
	if len(fields) == 0 {
		return nil
	}
	return op("$unset", fields)
}

// optedOutList names cursors of the list of opt-outs.
const optedOutList = "opted_out"

// OptedOut is threads.Queries.OptedOut.
func (s *Store) OptedOut(ctx context.Context, p threads.Page) ([]threads.Contact, threads.Cursor, error) {
	out, limit := op("$gt", ""), pageLimit(p.Limit)
	if p.After != "" {
		after, err := readCursor(p.After, optedOutList)
		if err != nil {
			return nil, "", fmt.Errorf("mongo: opt-outs: %w", err)
		}
		out = append(out, bson.E{Key: "$lt", Value: after.ID})
	}
	rows, err := find[contactRow](ctx, s.contacts, by("opted_out", out), page(limit+1, "-opted_out"))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: opt-outs: %w", err)
	}
	list := make([]threads.Contact, len(rows))
	for i, r := range rows {
		list[i] = r.Doc
	}
	if len(list) <= limit {
		return list, "", nil
	}
	next, err := place{List: optedOutList, ID: rows[limit-1].ID}.cursor()
	return list[:limit], next, err
}
