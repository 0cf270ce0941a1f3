package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/internal/journal"
)

// Reopen is journal.Store.Reopen. The items go first: those of an entry that is
// pending already could be new ones. A crash in between leaves the entry
// quarantined, with its reason.
func (j *journalStore) Reopen(ctx context.Context, ids []string) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	finished := append(in("_id", ids),
		bson.E{Key: "doc.state", Value: op("$in", bson.A{journal.Done, journal.Quarantined})},
		bson.E{Key: "$or", Value: bson.A{by("doc.url", op("$gt", "")), by("doc.body", op("$exists", true))}},
	)
	rows, err := find[entryRow](ctx, j.entries, finished, only("_id"))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	for _, r := range rows {
		// The items of an entry are called after it; '0' is the character after '/'.
		_, err := j.items.DeleteMany(ctx, by("_id", bson.D{{Key: "$gt", Value: r.ID + "/"}, {Key: "$lt", Value: r.ID + "0"}}))
		if err != nil {
			return 0, fmt.Errorf("mongo: reopen entries: %w", err)
		}
	}
	res, err := j.entries.UpdateMany(ctx, finished, bson.D{
		{Key: "$set", Value: bson.D{
			{Key: "doc.state", Value: journal.Pending},
			{Key: "doc.reason", Value: ""},
			{Key: "doc.events", Value: 0},
			{Key: "doc.attempts", Value: 0},
			{Key: "due", Value: epoch},
		}},
		{Key: "$unset", Value: bson.D{{Key: "owner", Value: ""}, {Key: "claim", Value: ""}}},
	})
	if err != nil {
		return 0, fmt.Errorf("mongo: reopen entries: %w", err)
	}
	return int(res.ModifiedCount), nil
}
