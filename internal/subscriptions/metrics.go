package subscriptions

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts deliveries to subscribers. A subscription is named by its id;
// there are at most Max at a time.
type Metrics struct {
	Calls    *prometheus.CounterVec // by subscription and verdict
	Seconds  prometheus.Histogram
	Lag      *prometheus.GaugeVec   // by subscription
	GivenUp  *prometheus.CounterVec // by subscription
	Disabled *prometheus.CounterVec // by cause
	Errors   *prometheus.CounterVec // by step
}

// Causes for which the hub disables a subscription.
const (
	causeGone        = "gone"
	causeUnreachable = "unreachable"
)

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		Calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_subscriber_calls_total", Help: "Calls of subscribers, by subscription and what came of them: done, again (failed), gone, never, later (held back), stopped."}, []string{"subscription", "verdict"}),
		Seconds:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "threadhub_subscriber_call_seconds", Help: "How long subscribers take to answer.", Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}),
		Lag:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "threadhub_subscriber_lag_seconds", Help: "Age of the oldest event that an enabled subscription has yet to get, 0 when there is none."}, []string{"subscription"}),
		GivenUp:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_subscriber_events_given_up_total", Help: "Events that were refused for 72 hours by a subscriber that took others."}, []string{"subscription"}),
		Disabled: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_subscriptions_disabled_total", Help: "Subscriptions that the hub disabled, by cause: gone (it answered 410), unreachable (72 hours)."}, []string{"cause"}),
		Errors:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_subscriber_errors_total", Help: "Steps of delivering to subscribers that the hub itself failed at, and took again."}, []string{"step"}),
	}
	// There from the first scrape on, so that an alert sees the first of them.
	for _, cause := range []string{causeGone, causeUnreachable} {
		m.Disabled.WithLabelValues(cause)
	}
	r.MustRegister(m.Calls, m.Seconds, m.Lag, m.GivenUp, m.Disabled, m.Errors)
	return m
}

// keepHouse recovers what other processes left, removes what was kept long
// enough and measures, until ctx ends.
func (c *Courier) keepHouse(ctx context.Context) {
	t := time.NewTicker(housekeep)
	defer t.Stop()
	for round := 0; ctx.Err() == nil; round++ {
		for _, step := range []struct {
			name  string
			do    func(context.Context) error
			every int // rounds
		}{{"recover", c.Relay.Recover, 1}, {"lag", c.measure, measureEvery}, {"purge", c.purge, purgeEvery}} {
			if round%step.every != 0 {
				continue
			}
			if err := step.do(ctx); err != nil && ctx.Err() == nil {
				c.failed(ctx, step.name, err)
			}
		}
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
}

func (c *Courier) purge(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := c.spool.Purge(ctx, c.now(), c.now().Add(-laneKept), purgeBatch)
		if err != nil || n < purgeBatch {
			return err
		}
	}
	return ctx.Err()
}

// measure tells how far behind each subscriber is.
func (c *Courier) measure(ctx context.Context) error {
	active, err := c.Book.Active(ctx)
	if err != nil {
		return fmt.Errorf("subscriptions: %w", err)
	}
	ages := make(map[string]float64, len(active))
	for i := range active {
		at, err := c.spool.OldestWaiting(ctx, active[i].ID)
		if err != nil {
			return err
		}
		ages[active[i].ID] = 0
		if !at.IsZero() {
			ages[active[i].ID] = max(c.now().Sub(at).Seconds(), 0)
		}
	}
	c.Metrics.Lag.Reset()
	for id, age := range ages {
		c.Metrics.Lag.WithLabelValues(id).Set(age)
	}
	return nil
}
