package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/callout"
	"threadhub/internal/ident"
	"threadhub/internal/spool"
	"threadhub/threads"
)

// eventPrefix begins the ids of events.
const eventPrefix = "ev"

// Deliveries answers a page of what was, or is to be, delivered to a
// subscription, the latest first.
func (r *Registry) Deliveries(ctx context.Context, id string, state spool.State, cursor string, limit int) ([]spool.Event, string, error) {
	if _, err := r.records.Get(ctx, id); err != nil {
		return nil, "", err
	}
	return r.Spool.Events(ctx, spool.Filter{Subscription: id, State: state}, cursor, limit)
}

// Delivery answers one of them; spool.ErrNotFound for an unknown one.
func (r *Registry) Delivery(ctx context.Context, id, delivery string) (spool.Event, error) {
	if _, err := r.records.Get(ctx, id); err != nil {
		return spool.Event{}, err
	}
	return r.Spool.Event(ctx, id, delivery)
}

// Replay has an event delivered once more, under its id, before what waits in
// its lane. One that waits anyway is tried at once.
func (r *Registry) Replay(ctx context.Context, id, delivery string) (spool.Event, error) {
	if _, err := r.Delivery(ctx, id, delivery); err != nil {
		return spool.Event{}, err
	}
	_, _, err := r.Spool.Replay(ctx, spool.Range{
		Subscription: id, From: delivery, Before: delivery + "\x00", States: []spool.State{spool.Delivered, spool.Failed},
	}, 1, r.now().Add(maxKept), r.now())
	if err != nil {
		return spool.Event{}, err
	}
	return r.Spool.Event(ctx, id, delivery)
}

// replayBatch is how many events are replayed at a time.
const replayBatch = 200

// ReplayRange has events of a time delivered once more: those of the states,
// delivered or failed. It answers how many. Repeating it is harmless.
func (r *Registry) ReplayRange(ctx context.Context, id string, from, to time.Time, states []spool.State) (int, error) {
	if _, err := r.records.Get(ctx, id); err != nil {
		return 0, err
	}
	if !from.Before(to) {
		return 0, wrong("to", "is not after from: give a later time")
	}
	for i, s := range states {
		if s != spool.Delivered && s != spool.Failed {
			return 0, wrong(fmt.Sprintf("states[%d]", i), "is not a state that can be replayed: use delivered or failed")
		}
	}
	if len(states) == 0 {
		states = []spool.State{spool.Delivered, spool.Failed}
	}
	rg := spool.Range{Subscription: id, From: ident.Earliest(eventPrefix, from), Before: ident.Earliest(eventPrefix, to), States: slices.Clone(states)}
	total := 0
	for {
		n, next, err := r.Spool.Replay(ctx, rg, replayBatch, r.now().Add(maxKept), r.now())
		total += n
		if err != nil || next == "" {
			return total, err
		}
		rg.From = next
	}
}

// Tried is what came of a call to try a subscription.
type Tried struct {
	callout.Result
	EventID string
	Took    time.Duration
}

// Try calls a subscriber with an event of the type Test, right away and once,
// whether or not the subscription is enabled. Nothing is recorded of it.
func (c *Courier) Try(ctx context.Context, id string) (Tried, error) {
	s, err := c.Book.Get(ctx, id)
	if err != nil {
		return Tried{}, err
	}
	secrets, err := c.Book.secrets(ctx, id)
	if err != nil {
		return Tried{}, err
	}
	event := spool.EventID(ident.New(eventPrefix), 0)
	body, err := c.Render(ctx, event, News{
		Notice: threads.Notice{Type: Test, At: c.now()}, Subscription: &Brief{ID: s.ID, Name: s.Name, Reason: "an admin tries the subscription"},
	}, s.Sees)
	if err != nil {
		return Tried{}, fmt.Errorf("write event: %w", err)
	}
	began := time.Now()
	was := callout.Call(ctx, c.Carrier, hook(&s, secrets), event, c.now(), body)
	return Tried{Result: was, EventID: event, Took: time.Since(began)}, nil
}
