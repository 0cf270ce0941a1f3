package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/internal/spool"
)

// spoolLaneRow is a document of the collection spool_lanes.
type spoolLaneRow struct {
	ID           string    `bson:"_id"` // subscription and lane
	Subscription string    `bson:"subscription"`
	Name         string    `bson:"name"`
	NextAt       time.Time `bson:"next_at"`
	Owner        string    `bson:"owner"`
	Attempts     int       `bson:"attempts"`
	FailingSince time.Time `bson:"failing_since"`
	Version      int64     `bson:"version"`
}

func newSpoolLaneRow(l spool.Lane) spoolLaneRow {
	return spoolLaneRow{
		ID: spoolKey(l.Subscription, l.Name), Subscription: l.Subscription, Name: l.Name, NextAt: l.NextAt, Owner: l.Owner,
		Attempts: l.Attempts, FailingSince: l.FailingSince, Version: l.Version,
	}
}

func (r spoolLaneRow) lane() spool.Lane {
	return spool.Lane{
		Subscription: r.Subscription, Name: r.Name, NextAt: r.NextAt, Owner: r.Owner, Attempts: r.Attempts,
		FailingSince: r.FailingSince, Version: r.Version,
	}
}

// wakeTries bounds how often lanes are looked for that others drop meanwhile.
const wakeTries = 20

// wake makes sure that the lanes are there and gives each a new version.
func (s *Store) wake(ctx context.Context, lanes []spool.Lane, now time.Time) error {
	known := map[string]bool{}
	var ids []string
	var rows []spoolLaneRow
	for _, l := range lanes {
		l.NextAt, l.Version = now, spool.FirstVersion()
		row := newSpoolLaneRow(l)
		if !known[row.ID] {
			known[row.ID] = true
			ids, rows = append(ids, row.ID), append(rows, row)
		}
	}
	for range wakeTries {
		if len(ids) == 0 {
			return nil
		}
		if err := insertNew(ctx, s.spoolLanes, rows); err != nil {
			return fmt.Errorf("lanes: %w", err)
		}
		// A lane that was there may have been dropped since, by somebody who had
		// not seen the event: then it is made once more.
		res, err := s.spoolLanes.UpdateMany(ctx, in("_id", ids), op("$inc", by("version", int64(1))))
		if err != nil {
			return fmt.Errorf("lanes: %w", err)
		}
		if res.MatchedCount == int64(len(ids)) {
			return nil
		}
	}
	return fmt.Errorf("lanes: %w", spool.ErrConflict)
}

// Lane is spool.Store.Lane.
func (s *Store) Lane(ctx context.Context, subscription, lane string) (spool.Lane, error) {
	var r spoolLaneRow
	err := s.spoolLanes.FindOne(ctx, by("_id", spoolKey(subscription, lane))).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = spool.ErrNotFound
	}
	if err != nil {
		return spool.Lane{}, fmt.Errorf("mongo: lane %s: %w", lane, err)
	}
	return r.lane(), nil
}

// TakeLane is spool.Store.TakeLane.
func (s *Store) TakeLane(ctx context.Context, subscription, owner string, now, until time.Time) (spool.Lane, error) {
	var r spoolLaneRow
	err := s.spoolLanes.FindOneAndUpdate(ctx, bson.D{
		{Key: "subscription", Value: subscription}, {Key: "next_at", Value: op("$lte", now)},
	}, append(set(bson.D{{Key: "next_at", Value: until}, {Key: "owner", Value: owner}}), bson.E{Key: "$inc", Value: by("version", int64(1))}),
		options.FindOneAndUpdate().SetSort(order("next_at")).SetReturnDocument(options.After)).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = spool.ErrNotFound
	}
	if err != nil {
		return spool.Lane{}, fmt.Errorf("mongo: due lane: %w", err)
	}
	return r.lane(), nil
}

// laneVersion matches a lane only while it has the version.
func laneVersion(l spool.Lane, version int64) bson.D {
	return bson.D{{Key: "_id", Value: spoolKey(l.Subscription, l.Name)}, {Key: "version", Value: version}}
}

// SaveLane is spool.Store.SaveLane.
func (s *Store) SaveLane(ctx context.Context, l spool.Lane) error {
	res, err := s.spoolLanes.ReplaceOne(ctx, laneVersion(l, l.Version-1), newSpoolLaneRow(l))
	if err == nil && res.MatchedCount == 0 {
		err = spool.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("mongo: save lane: %w", err)
	}
	return nil
}

// DropLane is spool.Store.DropLane.
func (s *Store) DropLane(ctx context.Context, l spool.Lane) error {
	res, err := s.spoolLanes.DeleteOne(ctx, laneVersion(l, l.Version))
	if err == nil && res.DeletedCount == 0 {
		err = spool.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("mongo: drop lane: %w", err)
	}
	return nil
}

// WakeLanes is spool.Store.WakeLanes.
func (s *Store) WakeLanes(ctx context.Context, subscription string, now time.Time) error {
	_, err := s.spoolLanes.UpdateMany(ctx, bson.D{
		{Key: "subscription", Value: subscription}, {Key: "next_at", Value: op("$gt", now)}, {Key: "owner", Value: ""},
	}, append(set(by("next_at", now)), bson.E{Key: "$inc", Value: by("version", int64(1))}))
	if err != nil {
		return fmt.Errorf("mongo: wake lanes: %w", err)
	}
	return nil
}

// deleteSpooled takes events away that the filter and the page select.
func (s *Store) deleteSpooled(ctx context.Context, filter bson.D, page *options.FindOptionsBuilder) (int, error) {
	rows, err := find[spooledRow](ctx, s.spooled, filter, page)
	if err != nil {
		return 0, fmt.Errorf("mongo: delete events: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	res, err := s.spooled.DeleteMany(ctx, in("_id", ids))
	if err != nil {
		return 0, fmt.Errorf("mongo: delete events: %w", err)
	}
	return int(res.DeletedCount), nil
}

// Drop is spool.Store.Drop.
func (s *Store) Drop(ctx context.Context, subscription string, limit int) (int, error) {
	if _, err := s.spoolLanes.DeleteMany(ctx, by("subscription", subscription)); err != nil {
		return 0, fmt.Errorf("mongo: drop lanes: %w", err)
	}
	return s.deleteSpooled(ctx, by("_id", bson.D{
		{Key: "$gt", Value: spoolKey(subscription, "")}, {Key: "$lt", Value: spoolKey(subscription, lastEvent)},
	}), page(limit, "_id").SetProjection(order("_id")))
}

// Erase is spool.Store.Erase.
func (s *Store) Erase(ctx context.Context, lanes []string) error {
	if len(lanes) == 0 {
		return nil
	}
	if _, err := s.intents.DeleteMany(ctx, in("lane", lanes)); err != nil {
		return fmt.Errorf("mongo: erase intents: %w", err)
	}
	if _, err := s.spooled.DeleteMany(ctx, in("lane", lanes)); err != nil {
		return fmt.Errorf("mongo: erase events: %w", err)
	}
	return nil
}
