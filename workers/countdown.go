package workers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// countdown wakes a sweep when something stored comes due.
type countdown struct {
	mu   sync.Mutex
	wake *time.Timer // nil until the sweep runs
	due  time.Time
}

// set makes sure that the sweep is awake at the given time.
func (c *countdown) set(now, due time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wake != nil && (c.due.IsZero() || due.Before(c.due)) {
		c.due = due
		c.wake.Reset(max(due.Sub(now), 0))
	}
}

// rest makes the sweep sleep, at most for a tick.
func (c *countdown) rest(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = now.Add(dueTick)
	if c.wake == nil {
		c.wake = time.NewTimer(dueTick)
		return
	}
	c.wake.Reset(dueTick)
}

// Count makes sure that the sweeper is awake when a conversation is to close.
func (s *Sweeper) Count(due time.Time) { s.closes.set(s.Now(), due) }

// Wake makes sure that the sweeper is awake when a customer has been silent
// for long enough.
func (s *Sweeper) Wake(at time.Time) { s.silences.set(s.Now(), at) }

// sweep is one kind of thing that comes due.
type sweep struct {
	// next is when the next of them is due, zero when none is.
	next func(ctx context.Context) (time.Time, error)
	// carryOut does those that are due, at most so many, apart from those that
	// came due after the oldest webhook which nobody has looked at was accepted.
	carryOut func(ctx context.Context, accepted time.Time, limit int) (int, error)
	done     prometheus.Counter
}

// wait carries out what comes due: on the dot for what this process knows of,
// within a tick for what others started, and at once what came due before.
func (s *Sweeper) wait(ctx context.Context, name string, c *countdown, w sweep) {
	var yielding time.Time
	for {
		some := false
		s.try(ctx, name, func(ctx context.Context) (err error) {
			some, err = s.due(ctx, w, &yielding)
			return err
		})
		c.rest(s.now())
		soon := s.now().Add(dueEvery)
		switch next, err := w.next(ctx); {
		case err != nil || next.IsZero():
		case next.After(s.now()) && (!some || next.After(soon)):
			c.set(s.Now(), next)
		case some || s.now().Sub(yielding) < yieldSoon:
			c.set(s.Now(), soon)
		}
		select {
		case <-ctx.Done():
			c.wake.Stop()
			return
		case <-c.wake.C:
		}
	}
}

// due carries out what is due and tells whether anything was. Webhooks accepted
// before a countdown ran out go first: they may void it. yielding is since when
// they do.
func (s *Sweeper) due(ctx context.Context, w sweep, yielding *time.Time) (some bool, err error) {
	for ctx.Err() == nil {
		began := time.Now()
		next, err := w.next(ctx)
		if err != nil {
			return some, err
		}
		if next.IsZero() || next.After(s.now()) {
			*yielding = time.Time{}
			return some, nil
		}
		accepted, err := s.Journal.Oldest(ctx)
		if err != nil {
			return some, fmt.Errorf("oldest webhook: %w", err)
		}
		if yielding.IsZero() {
			*yielding = s.now()
		}
		if s.now().Sub(*yielding) > yieldFor {
			accepted = time.Time{}
		}
		n, err := w.carryOut(ctx, accepted, dueBatch)
		w.done.Add(float64(n))
		if err != nil || n == 0 {
			return some, err
		}
		*yielding, some = time.Time{}, true
		if n < dueBatch {
			// What came due meanwhile, or was somebody else's, is for the next look.
			return some, nil
		}
		pause(ctx, min(time.Since(began), dueRest))
	}
	return some, ctx.Err()
}

// pause waits, unless ctx ends. Nothing or less is no time.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
