package workers

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// RouteMetrics counts what routing does.
type RouteMetrics struct {
	Offers   *prometheus.CounterVec // by what became of them
	Assigned prometheus.Counter
	Returns  prometheus.Counter // over capacity
	Requeued prometheus.Counter
	Wait     prometheus.Histogram // seconds in the line
	Look     prometheus.Histogram // seconds
}

// offerMade counts offers besides how they ended.
const offerMade = "made"

// NewRouteMetrics registers routing's metrics. line, asked at each scrape,
// answers how things stand.
func NewRouteMetrics(r prometheus.Registerer, line func(ctx context.Context) (Line, error)) *RouteMetrics {
	m := &RouteMetrics{
		Offers:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_offers_total", Help: "Offers of conversations to agents: made, and how they ended."}, []string{"outcome"}),
		Assigned: prometheus.NewCounter(prometheus.CounterOpts{Name: "threadhub_routed_total", Help: "Conversations that routing assigned without asking."}),
		Returns:  prometheus.NewCounter(prometheus.CounterOpts{Name: "threadhub_over_capacity_returns_total", Help: "Conversations that came back to an agent without a free place."}),
		Requeued: prometheus.NewCounter(prometheus.CounterOpts{Name: "threadhub_requeued_total", Help: "Conversations taken back from agents who left."}),
		Wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "threadhub_queue_wait_seconds", Help: "Time in the line of conversations that were offered or assigned.",
			Buckets: []float64{.05, .1, .25, .5, 1, 5, 15, 30, 60, 120, 300, 900, 3600},
		}),
		Look: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "threadhub_route_seconds", Help: "Time of one look at who waits and who has room.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}),
	}
	m.Offers.WithLabelValues(offerMade)
	for _, end := range []threads.RoutingOutcome{threads.OfferAccepted, threads.OfferDeclined, threads.OfferTimedOut, threads.OfferWithdrawn} {
		m.Offers.WithLabelValues(string(end))
	}
	r.MustRegister(m.Offers, m.Assigned, m.Returns, m.Requeued, m.Wait, m.Look, newLineCollector(line))
	return m
}

// note counts what a commit of this process did.
func (m *RouteMetrics) note(before, after threads.Conversation) {
	was, is := before.State.Offer, after.State.Offer
	if is.Agent != "" && is.Number != was.Number {
		m.Offers.WithLabelValues(offerMade).Inc()
	}
	if end, ok := threads.OfferEnd(before, after); ok {
		m.Offers.WithLabelValues(string(end)).Inc()
	}
	if after.Metrics.OverCapacityReturns > before.Metrics.OverCapacityReturns {
		m.Returns.Inc()
	}
}

func (m *RouteMetrics) looked(r routing.Result, took time.Duration) {
	m.Look.Observe(took.Seconds())
	m.Assigned.Add(float64(r.Assigned))
	m.Requeued.Add(float64(r.Freed))
	for _, w := range r.Waits {
		m.Wait.Observe(w.Seconds())
	}
}

// Line is how things stand at one moment.
type Line struct {
	Waiting int
	Oldest  time.Duration // how long the longest waiting has waited
	// Agents who are online, and the places they have and use, offers included.
	Online, Capacity, Used int
	OverCapacity           int // agents who hold more than they may
}

// lineCollector asks how things stand when it is scraped.
type lineCollector struct {
	line func(ctx context.Context) (Line, error)

	waiting, oldest, online, capacity, used, over *prometheus.Desc
}

// scrapeWithin bounds a scrape.
const scrapeWithin = 5 * time.Second

func newLineCollector(line func(ctx context.Context) (Line, error)) *lineCollector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &lineCollector{
		line:     line,
		waiting:  desc("threadhub_queue_waiting", "Conversations that wait for an agent."),
		oldest:   desc("threadhub_queue_age_seconds", "How long the longest waiting conversation has waited."),
		online:   desc("threadhub_agents_online", "Agents who are online."),
		capacity: desc("threadhub_agents_capacity", "Places that the agents who are online have."),
		used:     desc("threadhub_agents_load", "Places that are taken of the agents who are online, offers included."),
		over:     desc("threadhub_agents_over_capacity", "Agents who hold more than they may."),
	}
}

// Describe implements prometheus.Collector.
func (c *lineCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.waiting, c.oldest, c.online, c.capacity, c.used, c.over} {
		out <- d
	}
}

// Collect implements prometheus.Collector. A store that does not answer leaves
// the figures out: the others are scraped all the same.
func (c *lineCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWithin)
	defer cancel()
	l, err := c.line(ctx)
	if err != nil {
		return
	}
	gauge := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	gauge(c.waiting, float64(l.Waiting))
	gauge(c.oldest, l.Oldest.Seconds())
	gauge(c.online, float64(l.Online))
	gauge(c.capacity, float64(l.Capacity))
	gauge(c.used, float64(l.Used))
	gauge(c.over, float64(l.OverCapacity))
}
