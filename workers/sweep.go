package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
)

// Housekeeping is what the sweeper asks of threading (threads.Service).
type Housekeeping interface {
	CloseDue(ctx context.Context, accepted time.Time, limit int) (int, error)
	SilenceDue(ctx context.Context, accepted time.Time, limit int) (int, error)
	RetryParked(ctx context.Context, before, giveUp time.Time, limit int) ([]threads.Parked, error)
	Unpark(ctx context.Context, ids []string) error
	Reannounce(ctx context.Context, before time.Time, limit int) (int, error)
}

// Countdowns tells when the next conversation closes, and when the next
// customer has been silent for long enough that something follows from it.
type Countdowns interface {
	NextDue(ctx context.Context) (time.Time, error)
	NextSilent(ctx context.Context) (time.Time, error)
}

// Sweeper looks for work nobody rang for: at start, on a tick and when a
// countdown comes due. Any number of processes may sweep the same store.
type Sweeper struct {
	Inbound    *Inbound
	Outbound   *Outbound
	Threads    Housekeeping
	Countdowns Countdowns
	Journal    journal.Store
	// Rules are the automations, and the calls that rules ask for.
	Rules *Rules
	// Router gives conversations that wait to agents.
	Router *Router
	// Forget expires what is kept for a time only.
	Forget  func(ctx context.Context, now time.Time) error
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics

	closes   countdown
	silences countdown
}

const (
	workTick   = time.Second            // webhooks and deliveries without a ring
	dueTick    = 500 * time.Millisecond // countdowns other processes started
	parkedTick = 2 * time.Second
	settleTick = 5 * time.Second
	trimTick   = 10 * time.Minute

	// dueEvery is the shortest time from one look for countdowns that have run
	// out to the next: those that do together are carried out together, at most
	// so late.
	dueEvery = 50 * time.Millisecond
	// dueBatch is how many are carried out in one commit, for which whoever
	// else writes waits.
	dueBatch = 32
	// dueRest bounds the pause between two commits of one look. Each is as long
	// as the commit took: a herd leaves half of the store to others.
	dueRest = 25 * time.Millisecond

	settleBatch = 200
	parkedBatch = 1000

	// parkedFor is how long an event waits for its message.
	parkedFor = 10 * time.Minute
	// yieldSoon is for how long a countdown that waits for webhooks looks often:
	// most are worked within moments.
	yieldSoon = 2 * time.Second
	// yieldFor bounds how long countdowns wait for a backlog that does not
	// shrink; a message that comes out of it later still reopens what was closed.
	yieldFor = 2 * time.Minute
)

// Run sweeps until ctx ends, and once right away.
func (s *Sweeper) Run(ctx context.Context) {
	var wg sync.WaitGroup
	every := func(name string, tick time.Duration, fn func(context.Context) error) {
		wg.Go(func() { s.loop(ctx, name, tick, fn) })
	}
	every("inbound", workTick, s.Inbound.Drain)
	every("outbound", workTick, s.Outbound.Drain)
	every("parked", parkedTick, s.parked)
	every("settle", settleTick, s.settle)
	every("trim", trimTick, s.trim)
	every("rules", ruleTick, s.Rules.Drain)
	every("rule calls", ruleTick, s.Rules.DrainCalls)
	every("route", routeTick, s.Router.Sweep)
	wg.Go(func() {
		s.wait(ctx, "close", &s.closes, sweep{s.Countdowns.NextDue, s.Threads.CloseDue, s.Metrics.Closed})
	})
	wg.Go(func() {
		s.wait(ctx, "silence", &s.silences, sweep{s.Countdowns.NextSilent, s.Threads.SilenceDue, s.Metrics.Silences})
	})
	wg.Wait()
}

func (s *Sweeper) loop(ctx context.Context, name string, tick time.Duration, fn func(context.Context) error) {
	t := time.NewTicker(tick)
	defer t.Stop()
	s.Metrics.SweepErrors.WithLabelValues(name) // there from the first scrape on
	for {
		s.try(ctx, name, fn)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (s *Sweeper) try(ctx context.Context, name string, fn func(context.Context) error) {
	if err := fn(ctx); err != nil && ctx.Err() == nil {
		s.Metrics.SweepErrors.WithLabelValues(name).Inc()
		s.Logger.WarnContext(ctx, "sweep failed, it will be tried again", "sweep", name, "error", err)
	}
}

func (s *Sweeper) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

func (s *Sweeper) parked(ctx context.Context) error {
	now := s.now()
	late, err := s.Threads.RetryParked(ctx, now.Add(-parkedTick), now.Add(-parkedFor), parkedBatch)
	if err != nil || len(late) == 0 {
		return err
	}
	items := make([]journal.Item, len(late))
	ids := make([]string, len(late))
	for i, p := range late {
		ids[i] = p.ID
		items[i] = journal.Item{
			ID: "parked/" + p.ID, ChannelID: string(p.ChannelID), Kind: "orphan", Event: p.Event, At: now,
			Reason: "no message here has the platform's id that it is about: it was sent by something else than the hub, or is a reply whose state is unknown since its answer was lost: " + describe(p.Event),
		}
	}
	if err := s.Journal.Quarantine(ctx, items); err != nil {
		return fmt.Errorf("quarantine orphans: %w", err)
	}
	return s.Threads.Unpark(ctx, ids)
}

func describe(raw json.RawMessage) string {
	var ev normalize.Event
	if json.Unmarshal(raw, &ev) != nil {
		return "unreadable event"
	}
	return string(ev.Type) + " " + ev.Key
}

// settle announces commits whose process died, or whose bus was away, before
// anybody heard of them.
func (s *Sweeper) settle(ctx context.Context) error {
	for {
		n, err := s.Threads.Reannounce(ctx, s.now().Add(-settleTick), settleBatch)
		if err != nil || n == 0 {
			return err
		}
	}
}

func (s *Sweeper) trim(ctx context.Context) error { return s.Forget(ctx, s.now()) }
