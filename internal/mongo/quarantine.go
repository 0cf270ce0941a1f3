package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/internal/journal"
)

// itemRow is a document of the collection quarantine.
type itemRow = row[journal.Item]

func entriesOf(rows []entryRow) []journal.Entry {
	out := make([]journal.Entry, len(rows))
	for i, r := range rows {
		out[i] = r.Doc
	}
	return out
}

// older matches records of the channel ("" for any) with an id before the
// given one ("" for the newest).
func older(channelID, before string) bson.D {
	filter := bson.D{}
	if channelID != "" {
		filter = append(filter, bson.E{Key: "doc.channel_id", Value: channelID})
	}
	if before != "" {
		filter = append(filter, bson.E{Key: "_id", Value: op("$lt", before)})
	}
	return filter
}

// Entries is journal.Store.Entries.
func (j *journalStore) Entries(ctx context.Context, channelID, before string, limit int) ([]journal.Entry, error) {
	rows, err := find[entryRow](ctx, j.entries, older(channelID, before),
		page(pageLimit(limit), "-_id").SetProjection(bson.D{{Key: "doc.body", Value: 0}}))
	if err != nil {
		return nil, fmt.Errorf("mongo: list entries: %w", err)
	}
	return entriesOf(rows), nil
}

// Quarantine is journal.Store.Quarantine.
func (j *journalStore) Quarantine(ctx context.Context, items []journal.Item) error {
	rows := make([]itemRow, len(items))
	for i, it := range items {
		rows[i] = itemRow{ID: it.ID, Doc: it}
	}
	if err := insertNew(ctx, j.items, rows); err != nil {
		return fmt.Errorf("mongo: quarantine: %w", err)
	}
	return nil
}

// Items is journal.Store.Items.
func (j *journalStore) Items(ctx context.Context, channelID, before string, limit int) ([]journal.Item, error) {
	rows, err := find[itemRow](ctx, j.items, older(channelID, before), page(pageLimit(limit), "-_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: list items: %w", err)
	}
	items := make([]journal.Item, len(rows))
	for i, r := range rows {
		items[i] = r.Doc
	}
	return items, nil
}

// Trim is journal.Store.Trim.
func (j *journalStore) Trim(ctx context.Context, before time.Time, limit int) (int, error) {
	removed, err := trim(ctx, j.entries, bson.D{
		{Key: "doc.state", Value: op("$in", bson.A{journal.Done, journal.Quarantined})},
		{Key: "doc.received_at", Value: op("$lt", before)},
	}, limit)
	if err == nil && removed < limit {
		var items int
		items, err = trim(ctx, j.items, by("doc.at", op("$lt", before)), limit-removed)
		removed += items
	}
	if err != nil {
		return removed, fmt.Errorf("mongo: trim the journal: %w", err)
	}
	return removed, nil
}

// trim removes up to limit of the documents that match.
func trim(ctx context.Context, c *mongo.Collection, filter bson.D, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	type keyOnly struct {
		ID string `bson:"_id"`
	}
	rows, err := find[keyOnly](ctx, c, filter, only("_id").SetLimit(int64(limit)))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	res, err := c.DeleteMany(ctx, append(in("_id", ids), filter...))
	if err != nil {
		return 0, err
	}
	return int(res.DeletedCount), nil
}
