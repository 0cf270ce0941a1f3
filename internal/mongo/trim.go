package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/internal/journal"
)

// NextChannel is journal.Retention.NextChannel: one step along an index of each
// collection.
func (j *journalStore) NextChannel(ctx context.Context, after string) (string, error) {
	next := ""
	for _, c := range []*mongo.Collection{j.entries, j.items} {
		rows, err := find[channelRow](ctx, c, by("doc.channel_id", op("$gt", after)), page(1, "doc.channel_id", "_id").SetProjection(order("doc.channel_id")))
		if err != nil {
			return "", fmt.Errorf("mongo: channels of the journal: %w", err)
		}
		if len(rows) > 0 && (next == "" || rows[0].Doc.ChannelID < next) {
			next = rows[0].Doc.ChannelID
		}
	}
	return next, nil
}

// channelRow is a document as far as its channel.
type channelRow = row[struct {
	ChannelID string `json:"channel_id" bson:"channel_id"`
}]

// Trim is journal.Retention.Trim.
func (j *journalStore) Trim(ctx context.Context, channelID string, before time.Time, limit int) (int, error) {
	old, err := j.eldest(ctx, channelID, "", before, limit)
	if err != nil || len(old.done) == 0 {
		return 0, wrapTrim(err)
	}
	res, err := j.entries.DeleteMany(ctx, append(in("_id", old.done), doneWith()))
	if err != nil {
		return 0, wrapTrim(err)
	}
	return int(res.DeletedCount), nil
}

func wrapTrim(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("mongo: trim the journal: %w", err)
}

// doneWith matches entries that are not pending.
func doneWith() bson.E { return bson.E{Key: "doc.state", Value: op("$ne", journal.Pending)} }

// TrimItems is journal.Retention.TrimItems.
func (j *journalStore) TrimItems(ctx context.Context, channelID string, before time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	filter := bson.D{{Key: "doc.channel_id", Value: channelID}, {Key: "doc.at", Value: op("$lt", before)}}
	rows, err := find[row[struct{}]](ctx, j.items, filter, page(limit, "doc.at").SetProjection(order("_id")))
	if err != nil || len(rows) == 0 {
		return 0, wrapTrim(err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	res, err := j.items.DeleteMany(ctx, in("_id", ids))
	if err != nil {
		return 0, wrapTrim(err)
	}
	return int(res.DeletedCount), nil
}

// Blank is journal.Retention.Blank.
func (j *journalStore) Blank(ctx context.Context, channelID, after string, before time.Time, limit int) (int, string, error) {
	old, err := j.eldest(ctx, channelID, after, before, limit)
	if err == nil {
		err = j.Redact(ctx, old.done)
	}
	if err != nil {
		return 0, after, fmt.Errorf("mongo: redact old entries: %w", err)
	}
	return len(old.done), old.last, nil
}

// elder are the ids of entries of a channel that came before some time.
type elder struct {
	done []string
	last string // the last before the first that is pending, or of all
}

// eldest answers the entries of a channel, after the given id, that are done
// with and arrived before the given time, up to limit. It goes along the index
// of the channel, since ids are in the order of arrival.
func (j *journalStore) eldest(ctx context.Context, channelID, after string, before time.Time, limit int) (elder, error) {
	found, waits := elder{last: after}, false
	for limit > 0 {
		rows, err := find[entryRow](ctx, j.entries,
			bson.D{{Key: "doc.channel_id", Value: channelID}, {Key: "_id", Value: op("$gt", after)}},
			page(limit, "_id").SetProjection(order("doc.received_at", "doc.state")))
		if err != nil {
			return found, err
		}
		for _, r := range rows {
			after = r.ID
			switch {
			case len(found.done) == limit || !r.Doc.ReceivedAt.Before(before):
				return found, nil
			case r.Doc.State == journal.Pending:
				waits = true
				continue
			case !waits:
				found.last = r.ID
			}
			found.done = append(found.done, r.ID)
		}
		if len(rows) < limit {
			break
		}
	}
	return found, nil
}
