package egress

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Breaker tunes the circuit breakers. Zero fields take the defaults.
type Breaker struct {
	// Failures in a row that open a breaker. Default 5.
	Failures uint32
	// Requests within Window of which at least Share (0 to 1) failed open a
	// breaker as well. Default 20, 3 min and 0.6. The window must hold the
	// failures in a row, also when each of them is a timeout.
	Requests uint32
	Window   time.Duration
	Share    float64
	// OpenFor is how long nothing is sent before probes. Default 10 s.
	OpenFor time.Duration
	// Probes is how many calls may be under way while half open, and how many
	// must succeed in a row to close the breaker. Default 2.
	Probes uint32
	// Idle is when a breaker that nobody asked is forgotten. Default 10 min.
	Idle time.Duration
}

func (b Breaker) withDefaults() Breaker {
	if b.Failures == 0 {
		b.Failures = 5
	}
	if b.Requests == 0 {
		b.Requests = 20
	}
	if b.Window <= 0 {
		b.Window = 3 * time.Minute
	}
	if b.Share <= 0 {
		b.Share = 0.6
	}
	if b.OpenFor <= 0 {
		b.OpenFor = 10 * time.Second
	}
	if b.Probes == 0 {
		b.Probes = 2
	}
	if b.Idle <= 0 {
		b.Idle = 10 * time.Minute
	}
	return b
}

// halfOpenRetry is when to come back to a breaker whose probes are all taken.
const halfOpenRetry = time.Second

// What a breaker is told of a call, besides nil for success.
var (
	errFailure = errors.New("failure")
	errIgnored = errors.New("says nothing about the platform")
)

// circuitKey names a breaker: of one class of calls of a channel, or with only
// kind and host set, of a platform's host. The host's counts only failures to
// reach it, so that one channel's trouble never closes the way for others.
type circuitKey struct{ kind, channel, call, host string }

type circuit struct {
	*gobreaker.TwoStepCircuitBreaker[struct{}]
	key       circuitKey
	used      atomic.Int64 // unix nanoseconds
	openUntil atomic.Int64 // unix nanoseconds, 0 when not open
	ramp      ramp
	visible   atomic.Bool // has carried calls that show something to a peer
}

// circuits makes, keeps and forgets breakers.
type circuits struct {
	cfg    Breaker
	logger *slog.Logger
	mu     sync.RWMutex
	all    map[circuitKey]*circuit
	swept  atomic.Int64
}

func newCircuits(cfg Breaker, logger *slog.Logger) *circuits {
	c := &circuits{cfg: cfg.withDefaults(), logger: logger, all: map[circuitKey]*circuit{}}
	c.swept.Store(time.Now().UnixNano())
	return c
}

// allow asks a breaker: done must be called with the result, or RetryAfter
// says when to come back.
func (c *circuits) allow(key circuitKey, visible bool) (done func(error), retryAfter time.Duration) {
	cb := c.get(key)
	if visible {
		cb.visible.Store(true)
	}
	done, err := cb.Allow()
	switch {
	case err == nil:
		if wait := cb.ramp.take(); wait > 0 {
			done(errIgnored)
			return nil, wait
		}
		return done, 0
	case errors.Is(err, gobreaker.ErrTooManyRequests):
		return nil, halfOpenRetry
	}
	return nil, max(time.Duration(cb.openUntil.Load()-time.Now().UnixNano()), time.Millisecond)
}

func (c *circuits) get(key circuitKey) *circuit {
	now := time.Now().UnixNano()
	c.sweep(now)
	c.mu.RLock()
	cb := c.all[key]
	c.mu.RUnlock()
	if cb == nil {
		cb = c.add(key)
	}
	cb.used.Store(now)
	return cb
}

func (c *circuits) add(key circuitKey) *circuit {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cb := c.all[key]; cb != nil {
		return cb
	}
	cb := &circuit{key: key}
	cb.used.Store(time.Now().UnixNano()) // not forgotten before its first use
	cb.TwoStepCircuitBreaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  c.cfg.Probes,
		Interval:     c.cfg.Window,
		BucketPeriod: c.cfg.Window / 6,
		Timeout:      c.cfg.OpenFor,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			if n.ConsecutiveFailures >= c.cfg.Failures {
				return true
			}
			valid := n.TotalSuccesses + n.TotalFailures
			return valid >= c.cfg.Requests && float64(n.TotalFailures) >= c.cfg.Share*float64(valid)
		},
		IsExcluded:    func(err error) bool { return errors.Is(err, errIgnored) },
		OnStateChange: func(_ string, from, to gobreaker.State) { c.changed(cb, from, to) },
	})
	c.all[key] = cb
	return cb
}

// changed runs under the breaker's lock: it must not ask for its state.
func (c *circuits) changed(cb *circuit, from, to gobreaker.State) {
	until := int64(0)
	level := slog.LevelInfo
	if to == gobreaker.StateOpen {
		until = time.Now().Add(c.cfg.OpenFor).UnixNano()
		if from == gobreaker.StateClosed {
			level = slog.LevelWarn
		}
	}
	if from == gobreaker.StateHalfOpen && to == gobreaker.StateClosed && cb.key.host == "" {
		cb.ramp.begin()
	}
	cb.openUntil.Store(until)
	c.logger.Log(context.Background(), level, "circuit breaker changed",
		"kind", cb.key.kind, "channel", cb.key.channel, "call", cb.key.call, "host", cb.key.host,
		"from", from.String(), "to", to.String())
}

// sweep forgets breakers that nobody asked for a while.
func (c *circuits) sweep(now int64) {
	swept := c.swept.Load()
	if now-swept < int64(sweepEvery) || !c.swept.CompareAndSwap(swept, now) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, cb := range c.all {
		if now-cb.used.Load() > int64(c.cfg.Idle) {
			delete(c.all, key)
		}
	}
}

// left is how long the breaker stays open; 0 when there is none.
func (c *circuits) left(key circuitKey) time.Duration {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if cb := c.all[key]; cb != nil {
		return max(time.Duration(cb.openUntil.Load()-time.Now().UnixNano()), cb.ramp.left(), 0)
	}
	return 0
}

// channels adds the channels with an open breaker to held, as far as what it
// holds back is seen by a peer.
func (c *circuits) channels(held map[string]time.Time) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	now := time.Now()
	for key, cb := range c.all {
		until := time.Unix(0, cb.openUntil.Load())
		if wait := cb.ramp.left(); wait > 0 {
			until = now.Add(wait)
		}
		if key.channel != "" && cb.visible.Load() && until.After(now) && until.After(held[key.channel]) {
			held[key.channel] = until
		}
	}
}

// states counts breakers by kind and state.
func (c *circuits) states() map[[2]string]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	counts := map[[2]string]int{}
	for key, cb := range c.all {
		counts[[2]string{key.kind, cb.State().String()}]++
	}
	return counts
}
