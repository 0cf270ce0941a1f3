package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

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
