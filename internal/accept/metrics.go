package accept

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"threadhub/connectors"
	"threadhub/internal/journal"
	"threadhub/threads"
)

// What became of a webhook, as a label. The set is closed.
const (
	resultAccepted       = "accepted"
	resultHandshake      = "handshake"
	resultUnproved       = "unproved" // its signature or secret proves nothing
	resultMalformed      = "malformed"
	resultMethod         = "method"
	resultUnknownChannel = "unknown_channel"
	resultUnavailable    = "unavailable"
)

// noKind stands for the connector of a webhook to a channel that is not there.
const noKind = "none"

// Metrics counts webhooks. The zero of a pointer to it counts nothing.
type Metrics struct {
	webhooks *prometheus.CounterVec
	write    prometheus.Histogram
}

// NewMetrics registers the metrics of the way in.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "threadhub_webhooks_total",
			Help: "Webhooks by connector and what became of them: accepted, handshake, unproved (the signature proves nothing), malformed, method, unknown_channel, unavailable (not stored).",
		}, []string{"kind", "result"}),
		write: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "threadhub_journal_write_seconds",
			Help:    "Time of one synced write of the journal, in which all webhooks that wait share.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 10},
		}),
	}
	r.MustRegister(m.webhooks, m.write)
	return m
}

// Timed times the appends to a journal.
func (m *Metrics) Timed(s journal.Store) journal.Store { return timed{s, m.write} }

type timed struct {
	journal.Store
	write prometheus.Observer
}

// Append implements [journal.Store].
func (t timed) Append(ctx context.Context, entries []journal.Entry) error {
	began := time.Now()
	err := t.Store.Append(ctx, entries)
	t.write.Observe(time.Since(began).Seconds())
	return err
}

// taken counts a webhook of a channel of the kind, "" where there is none.
func (m *Metrics) taken(kind string, handshake bool, err error) {
	if m == nil {
		return
	}
	if kind == "" {
		kind = noKind
	}
	m.webhooks.WithLabelValues(kind, resultOf(handshake, err)).Inc()
}

func resultOf(handshake bool, err error) string {
	switch {
	case err == nil && handshake:
		return resultHandshake
	case err == nil:
		return resultAccepted
	case errors.Is(err, threads.ErrNotFound):
		return resultUnknownChannel
	case errors.Is(err, connectors.ErrSignature):
		return resultUnproved
	case errors.Is(err, connectors.ErrMalformed):
		return resultMalformed
	case errors.Is(err, ErrMethod):
		return resultMethod
	}
	return resultUnavailable
}
