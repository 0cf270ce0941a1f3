package workers

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

// clocks is a store of due times, and a journal.
type clocks struct {
	journal.Store
	mu      sync.Mutex
	due     []time.Time
	oldest  time.Time // webhook that nobody has looked at
	rang    []time.Duration
	started time.Time
	err     error
}

func (c *clocks) add(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = append(c.due, at)
}

func (c *clocks) Oldest(context.Context) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.oldest, nil
}

// times are when something was carried out, since the start.
func (c *clocks) times() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.rang)
}

func (c *clocks) next(context.Context) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first time.Time
	for _, at := range c.due {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first, c.err
}

func (c *clocks) carryOut(_ context.Context, accepted time.Time, limit int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var left []time.Time
	done := 0
	for _, at := range c.due {
		if at.After(time.Now()) || done == limit || (!accepted.IsZero() && accepted.Before(at)) {
			left = append(left, at)
			continue
		}
		done++
		c.rang = append(c.rang, time.Since(c.started))
	}
	c.due = left
	return done, c.err
}

// swept runs the loop of a countdown over the clocks while the test does
// something.
func swept(t *testing.T, do func(s *Sweeper, c *clocks)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &clocks{started: time.Now()}
		m := NewMetrics(prometheus.NewRegistry())
		s := &Sweeper{Journal: c, Now: time.Now, Logger: slog.New(slog.DiscardHandler), Metrics: m}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		c.add(c.started.Add(-time.Hour))
		c.add(c.started.Add(-time.Minute))
		all.Go(func() { s.wait(ctx, "silence", &s.silences, sweep{c.next, c.carryOut, m.Silences}) })
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 0}, c.times(), "what is overdue at the start, each once")
		do(s, c)
		cancel()
		all.Wait()
	})
}

func TestACountdownRingsOnTheDotForWhatThisProcessStarted(t *testing.T) {
	swept(t, func(s *Sweeper, c *clocks) {
		time.Sleep(100 * time.Millisecond)
		at := time.Now().Add(123 * time.Millisecond)
		c.add(at)
		s.Wake(at)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 0, 223 * time.Millisecond}, c.times())
	})
}

func TestACountdownOfAnotherProcessIsAtMostASecondLate(t *testing.T) {
	swept(t, func(_ *Sweeper, c *clocks) {
		time.Sleep(100 * time.Millisecond)
		c.add(time.Now().Add(123 * time.Millisecond))
		c.add(time.Now().Add(7 * time.Second))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Len(t, c.times(), 4)
		require.Less(t, c.times()[2]-223*time.Millisecond, time.Second)
		require.Equal(t, 7100*time.Millisecond, c.times()[3], "on the dot, once a tick has seen it")
	})
}

func TestACountdownWaitsForWebhooksAcceptedBeforeButNotForEver(t *testing.T) {
	swept(t, func(_ *Sweeper, c *clocks) {
		c.mu.Lock()
		c.oldest = time.Now()
		c.mu.Unlock()
		c.add(time.Now().Add(time.Second))
		time.Sleep(30 * time.Second)
		synctest.Wait()
		require.Len(t, c.times(), 2)
		time.Sleep(yieldFor)
		synctest.Wait()
		require.Len(t, c.times(), 3)
	})
}

func TestACountdownGoesOnAfterAStoreThatWasAway(t *testing.T) {
	swept(t, func(_ *Sweeper, c *clocks) {
		c.mu.Lock()
		c.err = errors.New("away")
		c.mu.Unlock()
		c.add(time.Now().Add(time.Second))
		time.Sleep(5 * time.Second)
		require.Len(t, c.times(), 2)
		c.mu.Lock()
		c.err = nil
		c.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, c.times(), 3)
	})
}
