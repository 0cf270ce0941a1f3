package mongo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/threads"
	"threadhub/workers"
)

// claimRounds bounds how often ClaimDeliveries looks for more after lanes
// turned out to be taken or blocked.
const claimRounds = 3

// ClaimDeliveries is workers.Outbox.ClaimDeliveries. A round finds lanes with
// something due, leases them, and only then reads what is first in each: what
// was read before the lease may be somebody else's by now.
func (s *Store) ClaimDeliveries(ctx context.Context, owner string, now time.Time, lease time.Duration, room workers.Room) ([]threads.Delivery, error) {
	left := maps.Clone(room.Left)
	if left == nil {
		left = map[threads.ChannelID]int{}
	}
	room.Left = left
	var claimed []threads.Delivery
	for range claimRounds {
		want := room.All - len(claimed)
		if want <= 0 {
			break
		}
		c := claim{s: s, owner: owner, now: now, until: now.Add(lease), token: bson.NewObjectID(), room: room}
		found, got, err := c.round(ctx, want)
		if err != nil {
			return nil, fmt.Errorf("mongo: claim deliveries: %w", err)
		}
		claimed = append(claimed, got...)
		if found < want && len(got) == found {
			break // there was no more, and nothing stood in the way
		}
	}
	slices.SortFunc(claimed, func(a, b threads.Delivery) int {
		if a.Bulk != b.Bulk {
			if b.Bulk {
				return -1
			}
			return 1
		}
		if d := a.CreatedAt.Compare(b.CreatedAt); d != 0 {
			return d
		}
		return strings.Compare(string(a.MessageID), string(b.MessageID))
	})
	return claimed, nil
}

// claim is one round of ClaimDeliveries.
type claim struct {
	s          *Store
	owner      string
	now, until time.Time
	token      bson.ObjectID // tells this round's leases from everybody else's
	room       workers.Room
}

// candidate is a lane and the delivery that made it one.
type candidate struct {
	ID   string `bson:"_id"`
	Lane string `bson:"lane"`
	Doc  struct {
		Channel threads.ChannelID `bson:"channel_id"`
	} `bson:"doc"`
}

// round answers how many lanes looked free, and the deliveries it got.
func (c claim) round(ctx context.Context, limit int) (int, []threads.Delivery, error) {
	found, err := c.candidates(ctx, limit)
	if err != nil || len(found) == 0 {
		return 0, nil, err
	}
	lanes, err := c.lease(ctx, found)
	if err != nil || len(lanes) == 0 {
		return len(found), nil, err
	}
	got, err := c.heads(ctx, lanes)
	return len(found), got, err
}

// candidates finds due deliveries of lanes that nobody has, oldest first, one
// for each lane.
func (c claim) candidates(ctx context.Context, limit int) ([]candidate, error) {
	busy, err := find[laneRow](ctx, c.s.lanes, by("until", op("$gt", c.now)), only("_id"))
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(busy))
	without := make([]string, len(busy))
	for i, l := range busy {
		seen[l.ID], without[i] = true, l.ID
	}
	var found []candidate
	for more := true; more; {
		if found, more, err = c.scan(ctx, found, limit, seen, without); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// scan adds to the candidates. It ends early, with more to find, at a delivery of
// a channel for which there is no more room: another scan leaves that out, rather
// than walk through all of its backlog.
func (c claim) scan(ctx context.Context, found []candidate, limit int, seen map[string]bool, without []string) (_ []candidate, more bool, err error) {
	filter := by("due", op("$lte", c.now))
	if len(without) > 0 {
		filter = append(filter, bson.E{Key: "lane", Value: op("$nin", without)})
	}
	var full []threads.ChannelID
	for channel, left := range c.room.Left {
		if left <= 0 {
			full = append(full, channel)
		}
	}
	if len(full) > 0 {
		filter = append(filter, bson.E{Key: "doc.channel_id", Value: op("$nin", full)})
	}
	cur, err := c.s.deliveries.Find(ctx, filter, options.Find().
		SetSort(order("bulk", "doc.created_at", "_id")).
		SetProjection(order("lane", "doc.channel_id")).
		SetBatchSize(int32(2*limit)))
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = cur.Close(ctx) }()
	for len(found) < limit && cur.Next(ctx) {
		var d candidate
		if err := cur.Decode(&d); err != nil {
			return nil, false, err
		}
		left := c.room.Of(d.Doc.Channel)
		if left <= 0 {
			return found, true, nil
		}
		if !seen[d.Lane] {
			seen[d.Lane], found = true, append(found, d)
			c.room.Left[d.Doc.Channel] = left - 1
		}
	}
	return found, false, cur.Err()
}

// heads reads what is first in each leased lane and answers what may be
// delivered. The other lanes are given back, or left alone until their first
// delivery is due.
func (c claim) heads(ctx context.Context, lanes []candidate) ([]threads.Delivery, error) {
	anyOf := make(bson.A, len(lanes))
	for i, l := range lanes {
		anyOf[i] = bson.D{{Key: "lane", Value: l.Lane}, {Key: "_id", Value: op("$lte", l.ID)}}
	}
	rows, err := find[deliveryRow](ctx, c.s.deliveries, by("$or", anyOf), page(0, "_id"))
	if err != nil {
		return nil, err
	}
	first := make(map[string]deliveryRow, len(lanes))
	ids := make([]string, 0, len(lanes))
	for _, r := range rows {
		if r.Doc.Scheduled && r.Due.After(c.now) {
			continue // the others pass it by
		}
		if _, ok := first[r.Lane]; !ok {
			first[r.Lane], ids = r, append(ids, r.ID)
		}
	}
	ended, err := c.dropEnded(ctx, ids)
	if err != nil {
		return nil, err
	}
	fix := laneChanges{s: c.s}
	var claimed []threads.Delivery
	for _, l := range lanes {
		head, ok := first[l.Lane]
		switch {
		case !ok || ended[head.ID]:
			fix.release(l.Lane, l.ID)
		case head.Due.After(c.now):
			fix.hold(l.Lane, l.ID, head.Due)
		default:
			if head.ID != l.ID {
				fix.retarget(l.Lane, l.ID, head.ID)
			}
			claimed = append(claimed, head.Doc)
		}
	}
	return claimed, fix.write(ctx)
}

// dropEnded removes rows of deliveries that have ended: left by a crash between
// message and row, or written out once more from a conversation's pending rows
// after they had been removed.
func (c claim) dropEnded(ctx context.Context, ids []string) (map[string]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := find[messageRow](ctx, c.s.messages, append(in("_id", ids), bson.E{Key: "settled", Value: true}), only("_id"))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ended := make(map[string]bool, len(rows))
	gone := make([]string, len(rows))
	for i, r := range rows {
		ended[r.ID], gone[i] = true, r.ID
	}
	_, err = c.s.deliveries.DeleteMany(ctx, in("_id", gone))
	return ended, err
}

// NextDelivery is workers.Outbox.NextDelivery.
func (s *Store) NextDelivery(ctx context.Context) (time.Time, error) {
	rows, err := find[deliveryRow](ctx, s.deliveries, bson.D{}, page(1, "due").SetProjection(order("doc.not_before")))
	if err != nil {
		return time.Time{}, fmt.Errorf("mongo: next delivery: %w", err)
	}
	if len(rows) == 0 {
		return time.Time{}, nil
	}
	return dueOf(rows[0].Doc), nil
}

// DeliveryBacklog is workers.Outbox.DeliveryBacklog.
func (s *Store) DeliveryBacklog(ctx context.Context) (int, error) {
	n, err := s.deliveries.CountDocuments(ctx, bson.D{})
	if err != nil {
		return 0, fmt.Errorf("mongo: delivery backlog: %w", err)
	}
	return int(n), nil
}
