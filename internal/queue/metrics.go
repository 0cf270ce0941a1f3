package queue

import (
	"errors"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	rings    *prometheus.CounterVec
	enqueues *prometheus.CounterVec
	outcomes *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer, tasks *asynq.Inspector) (*metrics, error) {
	m := &metrics{
		rings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "threadhub_queue_rings_total", Help: "Rings by name, before merging.",
		}, []string{"name"}),
		enqueues: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "threadhub_queue_enqueues_total",
			Help: "Attempts to hand a ring to Redis by result: enqueued, heard (one was waiting), busy (tried again), failed (tried again).",
		}, []string{"name", "result"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "threadhub_queue_runs_total", Help: "Runs of handlers by result: ok, error, panic.",
		}, []string{"name", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "threadhub_queue_run_seconds", Help: "Duration of the runs of handlers.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10, 30, 60},
		}, []string{"name"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.rings, m.enqueues, m.outcomes, m.duration, newDepth(tasks)} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

type bellMetrics struct {
	rings    prometheus.Counter
	enqueues map[enqueueResult]prometheus.Counter
}

func (m *metrics) bell(name string) bellMetrics {
	b := bellMetrics{rings: m.rings.WithLabelValues(name), enqueues: map[enqueueResult]prometheus.Counter{}}
	for _, r := range []enqueueResult{enqueued, heard, busy, failed} {
		b.enqueues[r] = m.enqueues.WithLabelValues(name, string(r))
	}
	return b
}

func (b bellMetrics) result(r enqueueResult) { b.enqueues[r].Inc() }

type runMetrics struct {
	outcomes *prometheus.CounterVec
	duration prometheus.Observer
}

func (m *metrics) runs(name string) runMetrics {
	return runMetrics{m.outcomes.MustCurryWith(prometheus.Labels{"name": name}), m.duration.WithLabelValues(name)}
}

func (r runMetrics) observe(err error, took time.Duration) {
	result := "ok"
	switch {
	case errors.Is(err, errPanic):
		result = "panic"
	case err != nil:
		result = "error"
	}
	r.outcomes.WithLabelValues(result).Inc()
	r.duration.Observe(took.Seconds())
}

// depth reports the tasks in Redis as they are when asked, nothing when Redis
// does not answer.
type depth struct {
	tasks *asynq.Inspector
	desc  *prometheus.Desc
}

func newDepth(tasks *asynq.Inspector) *depth {
	return &depth{tasks, prometheus.NewDesc("threadhub_queue_tasks", "Tasks in the queue by state.", []string{"state"}, nil)}
}

// Describe implements prometheus.Collector.
func (d *depth) Describe(out chan<- *prometheus.Desc) { out <- d.desc }

// Collect implements prometheus.Collector.
func (d *depth) Collect(out chan<- prometheus.Metric) {
	info, err := d.tasks.GetQueueInfo(queueName)
	if err != nil {
		return
	}
	for state, n := range map[string]int{
		"pending": info.Pending, "active": info.Active, "scheduled": info.Scheduled, "retry": info.Retry, "archived": info.Archived,
	} {
		out <- prometheus.MustNewConstMetric(d.desc, prometheus.GaugeValue, float64(n), state)
	}
}
