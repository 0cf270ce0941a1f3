package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/threads"
)

// deadLettersList names cursors of the list of dead letters.
const deadLettersList = "dead_letters"

// DeadLetters is threads.Queries.DeadLetters.
func (s *Store) DeadLetters(ctx context.Context, f threads.DeadLetterFilter, p threads.Page) ([]threads.Message, threads.Cursor, error) {
	dead := op("$gt", "")
	if p.After != "" {
		after, err := readCursor(p.After, deadLettersList)
		if err != nil {
			return nil, "", fmt.Errorf("mongo: dead letters: %w", err)
		}
		dead = append(dead, bson.E{Key: "$lt", Value: after.ID})
	}
	filter, limit := by("dead", dead), pageLimit(p.Limit)
	if len(f.Channels) > 0 {
		filter = append(filter, in("doc.channel_id", texts(f.Channels))...)
	}
	if f.Status != "" {
		filter = append(filter, bson.E{Key: "doc.status", Value: f.Status})
	}
	rows, err := find[messageRow](ctx, s.messages, filter, page(limit+1, "-dead"))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: dead letters: %w", err)
	}
	list := make([]threads.Message, len(rows))
	for i, r := range rows {
		list[i] = r.Doc
	}
	if len(list) <= limit {
		return list, "", nil
	}
	next, err := place{List: deadLettersList, ID: string(list[limit-1].ID)}.cursor()
	return list[:limit], next, err
}
