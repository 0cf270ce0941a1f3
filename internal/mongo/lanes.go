package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/threads"
)

// lease takes those of the lanes that are free, and answers which. A lane that
// was given back has no document, so that most leases are one insert; a lease
// that ran out is taken over by compare-and-set.
func (c claim) lease(ctx context.Context, lanes []candidate) ([]candidate, error) {
	rows := make([]laneRow, len(lanes))
	for i, l := range lanes {
		rows[i] = laneRow{ID: l.Lane, Owner: c.owner, Until: c.until, Delivery: l.ID, Token: c.token}
	}
	_, err := c.s.lanes.InsertMany(ctx, rows, options.InsertMany().SetOrdered(false))
	single, whole := writeErrors(err)
	if whole != nil {
		return nil, whole
	}
	var got, there []candidate
	for i, l := range lanes {
		e, failed := single[i]
		switch {
		case !failed:
			got = append(got, l)
		case e.Code == duplicateKey:
			there = append(there, l)
		default:
			return nil, e
		}
	}
	taken, err := c.takeOver(ctx, there)
	return append(got, taken...), err
}

// takeOver takes those lanes whose lease has run out.
func (c claim) takeOver(ctx context.Context, lanes []candidate) ([]candidate, error) {
	if len(lanes) == 0 {
		return nil, nil
	}
	ids := make([]string, len(lanes))
	models := make([]mongo.WriteModel, len(lanes))
	for i, l := range lanes {
		ids[i] = l.Lane
		models[i] = mongo.NewUpdateOneModel().
			SetFilter(bson.D{{Key: "_id", Value: l.Lane}, {Key: "until", Value: op("$lte", c.now)}}).
			SetUpdate(set(bson.D{
				{Key: "owner", Value: c.owner},
				{Key: "until", Value: c.until},
				{Key: "delivery", Value: l.ID},
				{Key: "token", Value: c.token},
			}))
	}
	res, err := c.s.lanes.BulkWrite(ctx, models, unordered())
	if err != nil {
		return nil, err
	}
	switch res.MatchedCount {
	case int64(len(lanes)):
		return lanes, nil
	case 0:
		return nil, nil
	}
	mine, err := find[laneRow](ctx, c.s.lanes, append(in("_id", ids), bson.E{Key: "token", Value: c.token}), only("_id"))
	if err != nil {
		return nil, err
	}
	got := make(map[string]bool, len(mine))
	for _, l := range mine {
		got[l.ID] = true
	}
	var taken []candidate
	for _, l := range lanes {
		if got[l.Lane] {
			taken = append(taken, l)
		}
	}
	return taken, nil
}

// laneChanges collects what becomes of leased lanes. Each applies only while
// the lane is leased for the delivery.
type laneChanges struct {
	s      *Store
	models []mongo.WriteModel
}

func leasedFor(lane, delivery string) bson.D {
	return bson.D{{Key: "_id", Value: lane}, {Key: "delivery", Value: delivery}}
}

// release gives the lane back.
func (c *laneChanges) release(lane, delivery string) {
	c.models = append(c.models, mongo.NewDeleteOneModel().SetFilter(leasedFor(lane, delivery)))
}

// hold gives the lane back from a time on: what is first in it cannot go
// before, and what is behind must not overtake it.
func (c *laneChanges) hold(lane, delivery string, until time.Time) {
	c.models = append(c.models, mongo.NewUpdateOneModel().
		SetFilter(leasedFor(lane, delivery)).
		SetUpdate(bson.D{
			{Key: "$set", Value: by("until", until)},
			{Key: "$unset", Value: by("owner", "")},
		}))
}

// retarget makes another delivery the one the lane is leased for.
func (c *laneChanges) retarget(lane, delivery, to string) {
	c.models = append(c.models, mongo.NewUpdateOneModel().
		SetFilter(leasedFor(lane, delivery)).
		SetUpdate(set(by("delivery", to))))
}

func (c *laneChanges) write(ctx context.Context) error {
	if len(c.models) == 0 {
		return nil
	}
	_, err := c.s.lanes.BulkWrite(ctx, c.models, unordered())
	return err
}

// Extend is workers.Outbox.Extend.
func (s *Store) Extend(ctx context.Context, owner string, ids []threads.MessageID, until time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.lanes.UpdateMany(ctx,
		append(in("delivery", ids), bson.E{Key: "owner", Value: owner}),
		set(by("until", until)))
	if err != nil {
		return fmt.Errorf("mongo: extend: %w", err)
	}
	return nil
}
