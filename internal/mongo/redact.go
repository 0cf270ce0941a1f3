package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/internal/journal"
)

// Redact is journal.Store.Redact.
func (j *journalStore) Redact(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	filter := append(in("_id", ids), bson.E{Key: "doc.state", Value: op("$ne", journal.Pending)})
	update := op("$unset", bson.D{{Key: "doc.url", Value: ""}, {Key: "doc.header", Value: ""}, {Key: "doc.body", Value: ""}})
	if _, err := j.entries.UpdateMany(ctx, filter, update); err != nil {
		return fmt.Errorf("mongo: redact entries: %w", err)
	}
	return nil
}

// DropItems is journal.Store.DropItems.
func (j *journalStore) DropItems(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := j.items.DeleteMany(ctx, in("_id", ids)); err != nil {
		return fmt.Errorf("mongo: drop items: %w", err)
	}
	return nil
}
