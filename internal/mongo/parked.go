package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/normalize"
	"threadhub/threads"
)

// parkedRow is a document of the collection parked.
type parkedRow = row[threads.Parked]

func parkedOf(rows []parkedRow) []threads.Parked {
	out := make([]threads.Parked, len(rows))
	for i, r := range rows {
		out[i] = r.Doc
	}
	return out
}

// Park is threads.Store.Park.
func (s *Store) Park(ctx context.Context, p threads.Parked) error {
	if err := insertNew(ctx, s.parked, []parkedRow{{ID: p.ID, Doc: p}}); err != nil {
		return fmt.Errorf("mongo: park: %w", err)
	}
	return nil
}

// ParkedFor is threads.Store.ParkedFor.
func (s *Store) ParkedFor(ctx context.Context, targets map[threads.ChannelID][]normalize.PlatformID) ([]threads.Parked, error) {
	var any bson.A
	for channel, ids := range targets {
		if len(ids) > 0 {
			any = append(any, bson.D{{Key: "doc.channel_id", Value: channel}, {Key: "doc.target", Value: op("$in", ids)}})
		}
	}
	if len(any) == 0 {
		return nil, nil
	}
	rows, err := find[parkedRow](ctx, s.parked, by("$or", any), page(0, "doc.received_at", "_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: parked for: %w", err)
	}
	return parkedOf(rows), nil
}

// ParkedBefore is threads.Store.ParkedBefore.
func (s *Store) ParkedBefore(ctx context.Context, before time.Time, limit int) ([]threads.Parked, error) {
	rows, err := find[parkedRow](ctx, s.parked, by("doc.received_at", op("$lt", before)),
		page(limit, "doc.received_at", "_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: parked before: %w", err)
	}
	return parkedOf(rows), nil
}

// Unpark is threads.Store.Unpark.
func (s *Store) Unpark(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.parked.DeleteMany(ctx, in("_id", ids)); err != nil {
		return fmt.Errorf("mongo: unpark: %w", err)
	}
	return nil
}
