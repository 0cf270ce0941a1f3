package workers

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"threadhub/normalize"
	"threadhub/threads"
)

// Metrics counts what workers do.
type Metrics struct {
	Threaded    *prometheus.CounterVec // by event type
	Quarantined prometheus.Counter
	Lag         prometheus.Histogram // accepted to worked in, seconds
	Ended       *prometheus.CounterVec
	Closed      prometheus.Counter
	Silences    prometheus.Counter
	SweepErrors *prometheus.CounterVec
}

// NewMetrics registers the workers' metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		Threaded:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_events_threaded_total", Help: "Platform events worked into conversations, by type."}, []string{"type"}),
		Quarantined: prometheus.NewCounter(prometheus.CounterOpts{Name: "threadhub_quarantined_total", Help: "Parts of webhooks that could not be used."}),
		Lag:         prometheus.NewHistogram(prometheus.HistogramOpts{Name: "threadhub_inbound_lag_seconds", Help: "From a webhook's acceptance until its event is in its conversation.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 300}}),
		Ended:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_deliveries_total", Help: "Outbound messages by how their delivery ended, and why."}, []string{"status", "reason"}),
		Closed:      prometheus.NewCounter(prometheus.CounterOpts{Name: "threadhub_window_closes_total", Help: "Conversations closed because their countdown ran out."}),
		Silences:    prometheus.NewCounter(prometheus.CounterOpts{Name: "threadhub_silences_total", Help: "Conversations changed because their customer stayed silent: inactive sessions and steps of ladders."}),
		SweepErrors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_sweep_errors_total", Help: "Failed sweeps, by what was swept."}, []string{"sweep"}),
	}
	// There from the first scrape on, so that an alert sees the first of them.
	m.Ended.WithLabelValues(string(threads.MessageUnknown), string(normalize.ReasonUnknown))
	r.MustRegister(m.Threaded, m.Quarantined, m.Lag, m.Ended, m.Closed, m.Silences, m.SweepErrors)
	return m
}

func (m *Metrics) worked(ev *normalize.Event, lag time.Duration) {
	m.Threaded.WithLabelValues(string(ev.Type)).Inc()
	m.Lag.Observe(lag.Seconds())
}
