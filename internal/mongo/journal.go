package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/internal/journal"
)

// journalStore is the store's journal.Store.
type journalStore struct {
	entries *mongo.Collection
	items   *mongo.Collection
	lone    loneliness
}

// entryRow is a document of the collection journal.
type entryRow struct {
	ID  string        `bson:"_id"`
	Doc journal.Entry `bson:"doc"`
	// Due is when a pending entry may be claimed: at once, when it is to be
	// tried again, or when the lease of whoever has it runs out.
	Due   time.Time     `bson:"due"`
	Owner string        `bson:"owner,omitempty"`
	Claim bson.ObjectID `bson:"claim,omitempty"` // the token of the latest claim
}

// Append is journal.Store.Append: one insert. It is one group of a bounded
// size; should the server refuse a part of it the rest is taken back.
func (j *journalStore) Append(ctx context.Context, entries []journal.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	rows := make([]entryRow, len(entries))
	for i, e := range entries {
		if e.State == "" {
			e.State = journal.Pending
		}
		rows[i] = entryRow{ID: e.ID, Doc: e, Due: epoch}
	}
	_, err := j.entries.InsertMany(ctx, rows, options.InsertMany().SetOrdered(false))
	if err == nil {
		return nil
	}
	if single, whole := writeErrors(err); whole == nil {
		j.takeBack(ctx, rows, single)
	}
	return fmt.Errorf("mongo: append to the journal: %w", err)
}

// takeBack removes the rows of a group that were written although others of it
// were refused. What is left behind nevertheless is an event that is delivered
// twice, which its key makes harmless.
func (j *journalStore) takeBack(ctx context.Context, rows []entryRow, failed map[int]mongo.BulkWriteError) {
	var ids []string
	for i, r := range rows {
		if _, ok := failed[i]; !ok {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) > 0 {
		_, _ = j.entries.DeleteMany(ctx, in("_id", ids))
	}
}

// Claim is journal.Store.Claim: one find and one update; a second find only
// when somebody else was after the same entries. Where entries come alone it is
// one command (see loneliness).
func (j *journalStore) Claim(ctx context.Context, owner string, now time.Time, lease time.Duration, limit int, without ...string) ([]journal.Entry, error) {
	if limit <= 0 {
		return nil, nil
	}
	due := bson.D{{Key: "doc.state", Value: journal.Pending}, {Key: "due", Value: op("$lte", now)}}
	whole := len(without) == 0
	if whole && j.lone.expected() {
		if list, err := j.claimOne(ctx, due, owner, now.Add(lease)); !refused(err) {
			return list, err
		}
	}
	wanted := due
	if !whole {
		wanted = append(slices.Clone(due), bson.E{Key: "doc.channel_id", Value: op("$nin", without)})
	}
	rows, err := find[entryRow](ctx, j.entries, wanted, page(limit, "doc.received_at", "_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: claim entries: %w", err)
	}
	if whole {
		j.lone.note(len(rows))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	token := bson.NewObjectID()
	res, err := j.entries.UpdateMany(ctx, append(in("_id", ids), due...), set(bson.D{
		{Key: "due", Value: now.Add(lease)}, {Key: "owner", Value: owner}, {Key: "claim", Value: token},
	}))
	if err != nil {
		return nil, fmt.Errorf("mongo: claim entries: %w", err)
	}
	if res.MatchedCount != int64(len(rows)) {
		rows, err = find[entryRow](ctx, j.entries, append(in("_id", ids), bson.E{Key: "claim", Value: token}), page(0, "doc.received_at", "_id"))
		if err != nil {
			return nil, fmt.Errorf("mongo: claim entries: %w", err)
		}
	}
	return entriesOf(rows), nil
}

// Finish is journal.Store.Finish: one bulk write.
func (j *journalStore) Finish(ctx context.Context, results []journal.Result) error {
	if len(results) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(results))
	for i, r := range results {
		models[i] = mongo.NewUpdateOneModel().SetFilter(by("_id", r.ID)).SetUpdate(finish(r))
	}
	if _, err := j.entries.BulkWrite(ctx, models, unordered()); err != nil {
		return fmt.Errorf("mongo: finish entries: %w", err)
	}
	return nil
}

// finish is what a result changes. An entry that stays pending has failed once
// more.
func finish(r journal.Result) bson.D {
	due := r.RetryAt
	if due.Before(epoch) {
		due = epoch
	}
	update := bson.D{
		{Key: "$set", Value: bson.D{
			{Key: "doc.state", Value: r.State},
			{Key: "doc.reason", Value: r.Reason},
			{Key: "doc.events", Value: r.Events},
			{Key: "due", Value: due},
		}},
		{Key: "$unset", Value: bson.D{{Key: "owner", Value: ""}, {Key: "claim", Value: ""}}},
	}
	if r.State == journal.Pending {
		update = append(update, bson.E{Key: "$inc", Value: by("doc.attempts", 1)})
	}
	return update
}

// Oldest is journal.Store.Oldest.
func (j *journalStore) Oldest(ctx context.Context) (time.Time, error) {
	rows, err := find[entryRow](ctx, j.entries, by("doc.state", journal.Pending),
		page(1, "doc.received_at").SetProjection(order("doc.received_at")))
	if err != nil {
		return time.Time{}, fmt.Errorf("mongo: oldest entry: %w", err)
	}
	if len(rows) == 0 {
		return time.Time{}, nil
	}
	return rows[0].Doc.ReceivedAt, nil
}

// Backlog is journal.Store.Backlog.
func (j *journalStore) Backlog(ctx context.Context) (int, error) {
	n, err := j.entries.CountDocuments(ctx, by("doc.state", journal.Pending))
	if err != nil {
		return 0, fmt.Errorf("mongo: journal backlog: %w", err)
	}
	return int(n), nil
}

// Entry is journal.Store.Entry.
func (j *journalStore) Entry(ctx context.Context, id string) (journal.Entry, error) {
	var r entryRow
	err := j.entries.FindOne(ctx, by("_id", id)).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = journal.ErrNotFound
	}
	if err != nil {
		return journal.Entry{}, fmt.Errorf("mongo: entry: %w", err)
	}
	return r.Doc, nil
}
