package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/internal/spool"
	"threadhub/threads"
)

// intentRow is a document of the collection spool_intents.
type intentRow struct {
	ID    string    `bson:"_id"`
	Lane  string    `bson:"lane"`
	At    time.Time `bson:"at"`
	Owner string    `bson:"owner"`
	Doc   []byte    `bson:"doc"`
}

// spooledRow is a document of the collection spool_events.
type spooledRow struct {
	ID           string    `bson:"_id"` // subscription and event
	Subscription string    `bson:"subscription"`
	Event        string    `bson:"event"`
	Lane         string    `bson:"lane"`
	Type         string    `bson:"type"`
	At           time.Time `bson:"at"`
	ExpiresAt    time.Time `bson:"expires_at"`
	// Place is the subscription with the state, for lists.
	Place string `bson:"place"`
	// Waiting is there while the event is pending.
	Waiting *waitingEvent `bson:"waiting,omitempty"`
	Outcome spool.Outcome `bson:"outcome"`
	Doc     []byte        `bson:"doc"`
}

// waitingEvent repeats what an event waits by, for a sparse index.
type waitingEvent struct {
	Lane  string `bson:"lane"` // the key of the lane
	Event string `bson:"event"`
}

// spoolKey joins a subscription with a lane, an event or a state; ids have no
// slash.
func spoolKey(subscription, of string) string { return subscription + "/" + of }

func newSpooledRow(e spool.Event) spooledRow {
	r := spooledRow{
		ID: spoolKey(e.Subscription, e.ID), Subscription: e.Subscription, Event: e.ID, Lane: e.Lane, Type: e.Type,
		At: e.At, ExpiresAt: e.ExpiresAt, Place: spoolKey(e.Subscription, string(e.State)), Outcome: e.Outcome, Doc: e.Doc,
	}
	if e.State == spool.Pending {
		r.Waiting = r.waiting()
	}
	return r
}

func (r spooledRow) waiting() *waitingEvent {
	return &waitingEvent{Lane: spoolKey(r.Subscription, r.Lane), Event: r.Event}
}

func (r spooledRow) event() spool.Event {
	return spool.Event{ID: r.Event, Subscription: r.Subscription, Lane: r.Lane, Type: r.Type, At: r.At, Doc: r.Doc, Outcome: r.Outcome}
}

func spooled(rows []spooledRow) []spool.Event {
	out := make([]spool.Event, len(rows))
	for i, r := range rows {
		out[i] = r.event()
	}
	return out
}

// AddIntents is spool.Store.AddIntents: one insert.
func (s *Store) AddIntents(ctx context.Context, intents []spool.Intent) error {
	rows := make([]intentRow, len(intents))
	for i, in := range intents {
		rows[i] = intentRow{ID: in.ID, Lane: in.Lane, At: in.At, Owner: in.Owner, Doc: in.Doc}
	}
	if err := insertNew(ctx, s.intents, rows); err != nil {
		return fmt.Errorf("mongo: add intents: %w", err)
	}
	return nil
}

// DropIntents is spool.Store.DropIntents.
func (s *Store) DropIntents(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.intents.DeleteMany(ctx, in("_id", ids)); err != nil {
		return fmt.Errorf("mongo: drop intents: %w", err)
	}
	return nil
}

// IntentsBefore is spool.Store.IntentsBefore.
func (s *Store) IntentsBefore(ctx context.Context, before time.Time, limit int) ([]spool.Intent, error) {
	rows, err := find[intentRow](ctx, s.intents, by("at", op("$lt", before)), page(limit, "at", "_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: intents: %w", err)
	}
	out := make([]spool.Intent, len(rows))
	for i, r := range rows {
		out[i] = spool.Intent{ID: r.ID, Lane: r.Lane, At: r.At, Owner: r.Owner, Doc: r.Doc}
	}
	return out, nil
}

// AddEvents is spool.Store.AddEvents: the events first, so that whoever finds
// their lane finds them. While the intents stand, nothing is lost by a crash
// in between.
func (s *Store) AddEvents(ctx context.Context, events []spool.Event, intents []string, now time.Time) error {
	rows := make([]spooledRow, len(events))
	var lanes []spool.Lane
	for i, e := range events {
		rows[i] = newSpooledRow(e)
		lanes = append(lanes, spool.Lane{Subscription: e.Subscription, Name: e.Lane})
	}
	if err := insertNew(ctx, s.spooled, rows); err != nil {
		return fmt.Errorf("mongo: add events: %w", err)
	}
	if err := s.wake(ctx, lanes, now); err != nil {
		return fmt.Errorf("mongo: add events: %w", err)
	}
	return s.DropIntents(ctx, intents)
}

// Waiting is spool.Store.Waiting. An event that was there before the intents
// were read is not too early: what comes before it is either there at the
// second look, or its intent is among those.
func (s *Store) Waiting(ctx context.Context, subscription, lane string, limit int) ([]spool.Event, time.Time, error) {
	filter := by("waiting.lane", spoolKey(subscription, lane))
	fail := func(err error) ([]spool.Event, time.Time, error) {
		return nil, time.Time{}, fmt.Errorf("mongo: waiting events: %w", err)
	}
	before, err := find[spooledRow](ctx, s.spooled, filter, page(limit, "waiting.event").SetProjection(order("event")))
	if err != nil || len(before) == 0 {
		if err != nil {
			return fail(err)
		}
		return nil, time.Time{}, nil
	}
	first, err := find[intentRow](ctx, s.intents, by("lane", lane), page(1, "_id").SetProjection(order("_id")))
	if err != nil {
		return fail(err)
	}
	now, err := find[spooledRow](ctx, s.spooled, filter, page(limit, "waiting.event"))
	if err != nil {
		return fail(err)
	}
	seen := make(map[string]bool, len(before))
	for _, r := range before {
		seen[r.Event] = true
	}
	for i, r := range now {
		if !seen[r.Event] || (len(first) > 0 && first[0].ID < r.Event) {
			return spooled(now[:i]), r.At, nil
		}
	}
	return spooled(now), time.Time{}, nil
}

// SaveOutcomes is spool.Store.SaveOutcomes.
func (s *Store) SaveOutcomes(ctx context.Context, events []spool.Event) error {
	models := make([]mongo.WriteModel, len(events))
	for i, e := range events {
		update := set(bson.D{
			{Key: "outcome", Value: e.Outcome},
			{Key: "expires_at", Value: e.ExpiresAt},
			{Key: "place", Value: spoolKey(e.Subscription, string(e.State))},
		})
		if e.State != spool.Pending {
			update = append(update, bson.E{Key: "$unset", Value: by("waiting", "")})
		}
		models[i] = mongo.NewUpdateOneModel().SetFilter(by("_id", spoolKey(e.Subscription, e.ID))).SetUpdate(update)
	}
	if len(models) == 0 {
		return nil
	}
	if _, err := s.spooled.BulkWrite(ctx, models, unordered()); err != nil {
		return fmt.Errorf("mongo: save outcomes: %w", err)
	}
	return nil
}

// Event is spool.Store.Event.
func (s *Store) Event(ctx context.Context, subscription, id string) (spool.Event, error) {
	var r spooledRow
	err := s.spooled.FindOne(ctx, by("_id", spoolKey(subscription, id))).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = spool.ErrNotFound
	}
	if err != nil {
		return spool.Event{}, fmt.Errorf("mongo: event %s: %w", id, err)
	}
	return r.event(), nil
}

// spoolList names cursors of the list of events.
const spoolList = "spool"

// lastEvent is beyond every id of an event.
const lastEvent = "~"

// Events is spool.Store.Events.
func (s *Store) Events(ctx context.Context, f spool.Filter, cursor string, limit int) ([]spool.Event, string, error) {
	last := lastEvent
	if cursor != "" {
		after, err := readCursor(threads.Cursor(cursor), spoolList)
		if err != nil {
			return nil, "", fmt.Errorf("mongo: events: %w", spool.ErrCursor)
		}
		last = after.ID
	}
	limit = pageLimit(limit)
	filter, sort := by("_id", bson.D{{Key: "$gt", Value: spoolKey(f.Subscription, "")}, {Key: "$lt", Value: spoolKey(f.Subscription, last)}}), "-_id"
	if f.State != "" {
		filter, sort = bson.D{{Key: "place", Value: spoolKey(f.Subscription, string(f.State))}, {Key: "event", Value: op("$lt", last)}}, "-event"
	}
	rows, err := find[spooledRow](ctx, s.spooled, filter, page(limit+1, sort))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: events: %w", err)
	}
	list := spooled(rows)
	if len(list) <= limit {
		return list, "", nil
	}
	next, err := place{List: spoolList, ID: list[limit-1].ID}.cursor()
	return list[:limit], string(next), err
}

// OldestWaiting is spool.Store.OldestWaiting.
func (s *Store) OldestWaiting(ctx context.Context, subscription string) (time.Time, error) {
	rows, err := find[spooledRow](ctx, s.spooled, by("place", spoolKey(subscription, string(spool.Pending))),
		page(1, "event").SetProjection(order("at")))
	if err != nil {
		return time.Time{}, fmt.Errorf("mongo: oldest waiting event: %w", err)
	}
	if len(rows) == 0 {
		return time.Time{}, nil
	}
	return rows[0].At, nil
}

// Replay is spool.Store.Replay. Lanes of events that are pending already are
// woken too: an earlier call may have got no further.
func (s *Store) Replay(ctx context.Context, r spool.Range, limit int, until, now time.Time) (n int, next string, err error) {
	rows, err := find[spooledRow](ctx, s.spooled, by("_id", bson.D{
		{Key: "$gte", Value: spoolKey(r.Subscription, r.From)}, {Key: "$lt", Value: spoolKey(r.Subscription, r.Before)},
	}), page(limit+1, "_id").SetProjection(order("subscription", "event", "lane", "outcome")))
	if err != nil {
		return 0, "", fmt.Errorf("mongo: replay: %w", err)
	}
	if len(rows) > limit {
		next = rows[limit].Event
		rows = rows[:limit]
	}
	var models []mongo.WriteModel
	var lanes []spool.Lane
	for _, row := range rows {
		again := slices.Contains(r.States, row.Outcome.State)
		if again || row.Outcome.State == spool.Pending {
			lanes = append(lanes, spool.Lane{Subscription: row.Subscription, Name: row.Lane})
		}
		if again {
			models = append(models, mongo.NewUpdateOneModel().SetFilter(by("_id", row.ID)).SetUpdate(set(bson.D{
				{Key: "outcome", Value: row.Outcome.Again(until)},
				{Key: "expires_at", Value: until},
				{Key: "place", Value: spoolKey(r.Subscription, string(spool.Pending))},
				{Key: "waiting", Value: row.waiting()},
			})))
		}
	}
	if len(models) > 0 {
		if _, err := s.spooled.BulkWrite(ctx, models, unordered()); err != nil {
			return 0, "", fmt.Errorf("mongo: replay: %w", err)
		}
	}
	if err := s.wake(ctx, lanes, now); err != nil {
		return 0, "", fmt.Errorf("mongo: replay: %w", err)
	}
	return len(models), next, nil
}

// Purge is spool.Store.Purge.
func (s *Store) Purge(ctx context.Context, now, idle time.Time, limit int) (int, error) {
	if _, err := s.spoolLanes.DeleteMany(ctx, by("next_at", op("$lt", idle))); err != nil {
		return 0, fmt.Errorf("mongo: purge lanes: %w", err)
	}
	return s.deleteSpooled(ctx, by("expires_at", op("$lt", now)), page(limit, "expires_at").SetProjection(order("_id")))
}
