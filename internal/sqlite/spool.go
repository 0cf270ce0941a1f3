package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/spool"
	"threadhub/threads"
)

const (
	sqlAddIntent     = "INSERT INTO spool_intents (id, lane, at, doc) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
	sqlDropIntent    = "DELETE FROM spool_intents WHERE id = ?"
	sqlIntentsBefore = "SELECT doc FROM spool_intents WHERE at < ? ORDER BY at, id LIMIT ?"

	sqlAddEvent = `INSERT INTO spool_events (subscription, id, lane, type, at, state, expires_at, outcome, doc)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	sqlWakeLane = `INSERT INTO spool_lanes (subscription, lane, next_at, owner, attempts, failing_since, version)
 VALUES (?, ?, ?, '', 0, NULL, ?) ON CONFLICT (subscription, lane) DO UPDATE SET version = version + 1`

	eventColumns = "subscription, id, lane, type, at, outcome, doc"

	// One statement reads events and intents as of one moment.
	sqlWaitingEvents = "SELECT " + eventColumns + `, (SELECT id FROM spool_intents i WHERE i.lane = e.lane ORDER BY i.id LIMIT 1)
 FROM spool_events e WHERE subscription = ? AND lane = ? AND state = 'pending' ORDER BY id LIMIT ?`
	sqlSaveOutcome   = "UPDATE spool_events SET state = ?, expires_at = ?, outcome = ? WHERE subscription = ? AND id = ?"
	sqlEvent         = "SELECT " + eventColumns + " FROM spool_events WHERE subscription = ? AND id = ?"
	sqlEvents        = "SELECT " + eventColumns + " FROM spool_events WHERE subscription = ? AND id < ? ORDER BY id DESC LIMIT ?"
	sqlEventsOfState = "SELECT " + eventColumns + " FROM spool_events WHERE subscription = ? AND state = ? AND id < ? ORDER BY id DESC LIMIT ?"
	sqlOldestWaiting = "SELECT at FROM spool_events WHERE subscription = ? AND state = 'pending' ORDER BY id LIMIT 1"
	sqlRange         = `SELECT id, lane, state, outcome FROM spool_events WHERE subscription = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?`

	sqlPurgeEvents = "DELETE FROM spool_events WHERE seq IN (SELECT seq FROM spool_events WHERE expires_at < ? LIMIT ?)"
	sqlDropEvents  = "DELETE FROM spool_events WHERE seq IN (SELECT seq FROM spool_events WHERE subscription = ? LIMIT ?)"
	sqlEraseEvents = "DELETE FROM spool_events WHERE lane = ?"
	sqlEraseIntent = "DELETE FROM spool_intents WHERE lane = ?"
)

// writeSpool carries out fn on the writer's turn.
func (s *Store) writeSpool(ctx context.Context, what string, fn func(*tx) error) error {
	if err := s.write.do(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// AddIntents implements [spool.Store].
func (s *Store) AddIntents(ctx context.Context, intents []spool.Intent) error {
	docs, err := encodeAll(intents)
	if err != nil {
		return fmt.Errorf("add intents: %w", err)
	}
	return s.writeSpool(ctx, "add intents", func(t *tx) error {
		for i, in := range intents {
			if _, err := t.exec(sqlAddIntent, in.ID, in.Lane, millis(in.At), docs[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropIntents implements [spool.Store].
func (s *Store) DropIntents(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return ctx.Err()
	}
	return s.writeSpool(ctx, "drop intents", func(t *tx) error { return dropIntents(t, ids) })
}

func dropIntents(t *tx, ids []string) error {
	for _, id := range ids {
		if _, err := t.exec(sqlDropIntent, id); err != nil {
			return err
		}
	}
	return nil
}

// IntentsBefore implements [spool.Store].
func (s *Store) IntentsBefore(ctx context.Context, before time.Time, limit int) ([]spool.Intent, error) {
	var list []spool.Intent
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlIntentsBefore, collect(&list), millis(before), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("intents: %w", err)
	}
	return list, nil
}

// AddEvents implements [spool.Store].
func (s *Store) AddEvents(ctx context.Context, events []spool.Event, intents []string, now time.Time) error {
	outcomes, err := encodeOutcomes(events)
	if err != nil {
		return fmt.Errorf("add events: %w", err)
	}
	return s.writeSpool(ctx, "add events", func(t *tx) error {
		for i := range events {
			e := &events[i]
			if _, err := t.exec(sqlAddEvent, e.Subscription, e.ID, e.Lane, e.Type, millis(e.At), string(e.State), millis(e.ExpiresAt), outcomes[i], string(e.Doc)); err != nil {
				return err
			}
			if err := wakeLane(t, e.Subscription, e.Lane, now); err != nil {
				return err
			}
		}
		return dropIntents(t, intents)
	})
}

func encodeOutcomes(events []spool.Event) ([]string, error) {
	docs := make([]string, len(events))
	for i := range events {
		var err error
		if docs[i], err = encode(&events[i].Outcome); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

func wakeLane(t *tx, subscription, lane string, now time.Time) error {
	_, err := t.exec(sqlWakeLane, subscription, lane, millis(now), spool.FirstVersion())
	return err
}

// eventOf reads a row of eventColumns.
func eventOf(r row) (spool.Event, error) {
	outcome, err := decode[spool.Outcome](r.text(5))
	return spool.Event{
		Subscription: r.text(0), ID: r.text(1), Lane: r.text(2), Type: r.text(3), At: timeOf(r.number(4)),
		Outcome: outcome, Doc: json.RawMessage(r.text(6)),
	}, err
}

func collectEvents(into *[]spool.Event) func(row) error {
	return func(r row) error {
		e, err := eventOf(r)
		*into = append(*into, e)
		return err
	}
}

// Waiting implements [spool.Store].
func (s *Store) Waiting(ctx context.Context, subscription, lane string, limit int) (events []spool.Event, held time.Time, err error) {
	err = s.read.with(ctx, func(c *conn) error {
		return c.query(sqlWaitingEvents, func(r row) error {
			if first := r.text(7); first != "" && first < r.text(1) {
				held = timeOf(r.number(4))
				return errEnough
			}
			return collectEvents(&events)(r)
		}, subscription, lane, int64(limit))
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("waiting events: %w", err)
	}
	return events, held, nil
}

// SaveOutcomes implements [spool.Store].
func (s *Store) SaveOutcomes(ctx context.Context, events []spool.Event) error {
	outcomes, err := encodeOutcomes(events)
	if err != nil {
		return fmt.Errorf("save outcomes: %w", err)
	}
	return s.writeSpool(ctx, "save outcomes", func(t *tx) error {
		for i, e := range events {
			if _, err := t.exec(sqlSaveOutcome, string(e.State), millis(e.ExpiresAt), outcomes[i], e.Subscription, e.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Event implements [spool.Store].
func (s *Store) Event(ctx context.Context, subscription, id string) (spool.Event, error) {
	var list []spool.Event
	err := s.read.with(ctx, func(c *conn) error { return c.query(sqlEvent, collectEvents(&list), subscription, id) })
	if err == nil && len(list) == 0 {
		err = spool.ErrNotFound
	}
	if err != nil {
		return spool.Event{}, fmt.Errorf("event %s: %w", id, err)
	}
	return list[0], nil
}

// lastEvent is beyond every id of an event.
const lastEvent = "~"

// Events implements [spool.Store].
func (s *Store) Events(ctx context.Context, f spool.Filter, cursor string, limit int) ([]spool.Event, string, error) {
	after, err := readCursor(threads.Cursor(cursor), cursorSpool)
	if err != nil {
		return nil, "", fmt.Errorf("events: %w", spool.ErrCursor)
	}
	if after.ID == "" {
		after.ID = lastEvent
	}
	limit = pageLimit(limit)
	var list []spool.Event
	err = s.read.with(ctx, func(c *conn) error {
		if f.State == "" {
			return c.query(sqlEvents, collectEvents(&list), f.Subscription, after.ID, int64(limit)+1)
		}
		return c.query(sqlEventsOfState, collectEvents(&list), f.Subscription, string(f.State), after.ID, int64(limit)+1)
	})
	if err != nil {
		return nil, "", fmt.Errorf("events: %w", err)
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], string(place{List: cursorSpool, ID: list[limit-1].ID}.cursor()), nil
}

// OldestWaiting implements [spool.Store].
func (s *Store) OldestWaiting(ctx context.Context, subscription string) (time.Time, error) {
	var at time.Time
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlOldestWaiting, func(r row) error { at = timeOf(r.number(0)); return nil }, subscription)
	})
	if err != nil {
		return at, fmt.Errorf("oldest waiting event: %w", err)
	}
	return at, nil
}

// Replay implements [spool.Store].
func (s *Store) Replay(ctx context.Context, r spool.Range, limit int, until, now time.Time) (n int, next string, err error) {
	err = s.writeSpool(ctx, "replay", func(t *tx) error {
		n, next = 0, ""
		var found []spool.Event
		seen := 0
		if err := t.query(sqlRange, func(v row) error {
			if seen++; seen > limit {
				next = v.text(0)
				return nil
			}
			if !slices.Contains(r.States, spool.State(v.text(2))) {
				return nil
			}
			o, err := decode[spool.Outcome](v.text(3))
			found = append(found, spool.Event{ID: v.text(0), Lane: v.text(1), Outcome: o})
			return err
		}, r.Subscription, r.From, r.Before, int64(limit)+1); err != nil {
			return err
		}
		for _, e := range found {
			doc, err := encode(e.Outcome.Again(until))
			if err != nil {
				return err
			}
			if _, err := t.exec(sqlSaveOutcome, string(spool.Pending), millis(until), doc, r.Subscription, e.ID); err != nil {
				return err
			}
			if err := wakeLane(t, r.Subscription, e.Lane, now); err != nil {
				return err
			}
		}
		n = len(found)
		return nil
	})
	return n, next, err
}

// Purge implements [spool.Store].
func (s *Store) Purge(ctx context.Context, now, idle time.Time, limit int) (n int, err error) {
	err = s.writeSpool(ctx, "purge events", func(t *tx) error {
		if _, err := t.exec(sqlDropIdle, millis(idle)); err != nil {
			return err
		}
		gone, err := t.exec(sqlPurgeEvents, millis(now), int64(limit))
		n = int(gone)
		return err
	})
	return n, err
}

// Drop implements [spool.Store].
func (s *Store) Drop(ctx context.Context, subscription string, limit int) (n int, err error) {
	err = s.writeSpool(ctx, "drop events", func(t *tx) error {
		if _, err := t.exec(sqlDropLanes, subscription); err != nil {
			return err
		}
		gone, err := t.exec(sqlDropEvents, subscription, int64(limit))
		n = int(gone)
		return err
	})
	return n, err
}

// Erase implements [spool.Store].
func (s *Store) Erase(ctx context.Context, lanes []string) error {
	return s.writeSpool(ctx, "erase events", wiping(func(t *tx) error {
		for _, lane := range lanes {
			if _, err := t.exec(sqlEraseIntent, lane); err != nil {
				return err
			}
			if _, err := t.exec(sqlEraseEvents, lane); err != nil {
				return err
			}
		}
		return nil
	}))
}
