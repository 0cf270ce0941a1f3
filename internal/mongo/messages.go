package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/normalize"
	"threadhub/threads"
)

// keysOf matches the channel's messages with these keys.
func keysOf(channel threads.ChannelID, keys []threads.MessageKey) bson.D {
	return bson.D{
		{Key: "doc.channel_id", Value: channel},
		{Key: "doc.key", Value: op("$in", keys)},
	}
}

// Seen is threads.Store.Seen: one find. Whatever Current answered before has
// been written out, so that nothing pending is missed.
func (s *Store) Seen(ctx context.Context, channel threads.ChannelID, keys []threads.MessageKey) (map[threads.MessageKey]threads.MessageID, error) {
	seen := make(map[threads.MessageKey]threads.MessageID, len(keys))
	if len(keys) == 0 {
		return seen, nil
	}
	rows, err := find[messageRow](ctx, s.messages, keysOf(channel, keys), only("doc.key"))
	if err != nil {
		return nil, fmt.Errorf("mongo: seen: %w", err)
	}
	for _, r := range rows {
		seen[r.Doc.Key] = threads.MessageID(r.ID)
	}
	return seen, nil
}

// Message is threads.Store.Message.
func (s *Store) Message(ctx context.Context, id threads.MessageID) (threads.Message, error) {
	var r messageRow
	err := s.messages.FindOne(ctx, by("_id", id)).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return r.Doc, fmt.Errorf("mongo: message %s: %w", id, threads.ErrNotFound)
	}
	if err != nil {
		return r.Doc, fmt.Errorf("mongo: message: %w", err)
	}
	return r.Doc, nil
}

// MessagesByExternal is threads.Store.MessagesByExternal. Of two messages
// with one of the ids (an echo that overtook the answer to its send) it answers
// the older one, which is ours.
func (s *Store) MessagesByExternal(ctx context.Context, channel threads.ChannelID, ids []normalize.PlatformID) (map[normalize.PlatformID]threads.Message, error) {
	found := make(map[normalize.PlatformID]threads.Message, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	rows, err := find[messageRow](ctx, s.messages, bson.D{
		{Key: "doc.channel_id", Value: channel},
		{Key: "doc.external_ids", Value: op("$in", ids)},
	})
	if err != nil {
		return nil, fmt.Errorf("mongo: messages by external id: %w", err)
	}
	for _, id := range ids {
		for _, r := range rows {
			have, ok := found[id]
			if slices.Contains(r.Doc.ExternalIDs, id) && (!ok || have.ID > r.Doc.ID) {
				found[id] = r.Doc
			}
		}
	}
	return found, nil
}

// saved is the update that stores the message.
func saved(m threads.Message) bson.D {
	switch {
	case m.DeadLetter():
		return set(bson.D{{Key: "doc", Value: m}, {Key: "dead", Value: string(m.ID)}})
	case m.Direction == threads.Outbound:
		return append(set(by("doc", m)), op("$unset", by("dead", ""))...)
	}
	return set(by("doc", m))
}

// SaveMessage is threads.Store.SaveMessage.
func (s *Store) SaveMessage(ctx context.Context, m threads.Message) error {
	res, err := s.messages.UpdateOne(ctx, versioned(string(m.ID), m.Version-1), saved(m))
	if err != nil {
		return fmt.Errorf("mongo: save message: %w", err)
	}
	if res.MatchedCount == 0 {
		return fmt.Errorf("mongo: save message %s: %w", m.ID, threads.ErrConflict)
	}
	return nil
}

// Messages is threads.Store.Messages.
func (s *Store) Messages(ctx context.Context, id threads.ConversationID, p threads.MessagePage) ([]threads.Message, bool, error) {
	if err := s.completeOne(ctx, id); err != nil {
		return nil, false, fmt.Errorf("mongo: messages: %w", err)
	}
	anchor, sort := p.After, []string{"doc.sent_at", "doc.sequence"}
	comparison := "$gt"
	if p.Before != "" {
		anchor, sort = p.Before, []string{"-doc.sent_at", "-doc.sequence"}
		comparison = "$lt"
	}
	filter := by("doc.conversation_id", id)
	if anchor != "" {
		m, err := s.Message(ctx, anchor)
		if err != nil {
			return nil, false, err
		}
		if m.ConversationID != id {
			return nil, false, fmt.Errorf("mongo: messages: %s is of another conversation: %w", anchor, threads.ErrNotFound)
		}
		filter = append(filter, beyond(comparison, m))
	}
	limit := pageLimit(p.Limit)
	rows, err := find[messageRow](ctx, s.messages, filter, page(limit+1, sort...))
	if err != nil {
		return nil, false, fmt.Errorf("mongo: messages: %w", err)
	}
	more := len(rows) > limit
	rows = rows[:min(len(rows), limit)]
	if p.Before != "" {
		slices.Reverse(rows)
	}
	return messagesOf(rows), more, nil
}

// beyond matches messages that are read after m ($gt) or before it ($lt).
func beyond(comparison string, m threads.Message) bson.E {
	return bson.E{Key: "$or", Value: bson.A{
		by("doc.sent_at", op(comparison, m.SentAt)),
		bson.D{
			{Key: "doc.sent_at", Value: m.SentAt},
			{Key: "doc.sequence", Value: op(comparison, m.Sequence)},
		},
	}}
}

func messagesOf(rows []messageRow) []threads.Message {
	out := make([]threads.Message, len(rows))
	for i, r := range rows {
		out[i] = r.Doc
	}
	return out
}

// completeOne completes what is pending in a conversation whose rows are read
// without it.
func (s *Store) completeOne(ctx context.Context, id threads.ConversationID) error {
	rows, err := find[conversationRow](ctx, s.conversations, by("_id", id), only("pending"))
	if err != nil {
		return err
	}
	return s.complete(ctx, rows)
}
