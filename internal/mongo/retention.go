package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/threads"
)

// Kept is threads.RetentionStore.Kept: one step along the index.
func (s *Store) Kept(ctx context.Context, after threads.ChannelID) (threads.ChannelID, error) {
	rows, err := find[conversationRow](ctx, s.conversations, by("spent.channel", op("$gt", after)),
		page(1, "spent.channel").SetProjection(order("spent")))
	if err != nil {
		return "", fmt.Errorf("mongo: channels with conversations: %w", err)
	}
	if len(rows) == 0 || rows[0].Spent == nil {
		return "", nil
	}
	return rows[0].Spent.Channel, nil
}

// shareOf matches the conversations of a share.
func shareOf(s threads.Share) bson.D {
	return bson.D{
		{Key: "spent.channel", Value: s.Channel},
		{Key: "spent.style", Value: s.Style},
		{Key: "spent.at", Value: op("$lt", s.Before)},
	}
}

// Spent is threads.RetentionStore.Spent.
func (s *Store) Spent(ctx context.Context, sh threads.Share, limit int) ([]threads.Conversation, error) {
	if limit <= 0 {
		return nil, nil
	}
	rows, err := find[conversationRow](ctx, s.conversations, shareOf(sh), page(limit, "spent.at", "spent.id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: spent conversations: %w", err)
	}
	list := make([]threads.Conversation, len(rows))
	for i, r := range rows {
		list[i] = r.Doc
	}
	return list, nil
}

// CountSpent is threads.RetentionStore.CountSpent.
func (s *Store) CountSpent(ctx context.Context, sh threads.Share, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	n, err := s.conversations.CountDocuments(ctx, shareOf(sh), options.Count().SetLimit(int64(limit)))
	if err != nil {
		return 0, fmt.Errorf("mongo: count spent conversations: %w", err)
	}
	return int(n), nil
}

// DropDeadLetters is threads.RetentionStore.DropDeadLetters.
func (s *Store) DropDeadLetters(ctx context.Context, channel threads.ChannelID, before threads.MessageID, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	old := bson.D{
		{Key: "dead", Value: bson.D{{Key: "$gt", Value: ""}, {Key: "$lt", Value: before}}},
		{Key: "doc.channel_id", Value: channel},
	}
	rows, err := find[row[struct{}]](ctx, s.messages, old, page(limit, "dead").SetProjection(order("_id")))
	if err != nil {
		return 0, fmt.Errorf("mongo: drop dead letters: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	res, err := s.messages.UpdateMany(ctx, append(in("_id", ids), old...), op("$unset", by("dead", "")))
	if err != nil {
		return 0, fmt.Errorf("mongo: drop dead letters: %w", err)
	}
	return int(res.ModifiedCount), nil
}
