package egress

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"threadhub/connectors"
)

// metrics of the calls. Labels are the kind, the operation's name and a closed
// set of results: never a URL, a channel or a peer.
type metrics struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer, breakers *circuits) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "threadhub_egress_calls_total",
			Help: "Calls to platforms by result: a status class (2xx), or why no whole answer came.",
		}, []string{"kind", "name", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "threadhub_egress_call_seconds",
			Help:    "Duration of the calls that left the hub.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
		}, []string{"kind", "name"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.calls, m.duration, newStates(breakers)} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// observe counts a call. Those that a gate held back have no duration.
func (m *metrics) observe(t Target, name string, resp *connectors.Response, fail *Error, took time.Duration) {
	result, left := "", true
	if fail != nil {
		result, left = string(fail.Reason), fail.Sent
	} else {
		result = strconv.Itoa(resp.Status/100) + "xx"
	}
	m.calls.WithLabelValues(t.Kind, name, result).Inc()
	if left {
		m.duration.WithLabelValues(t.Kind, name).Observe(took.Seconds())
	}
}

// states reports how many breakers are in which state, as they are when asked.
type states struct {
	breakers *circuits
	desc     *prometheus.Desc
}

func newStates(breakers *circuits) *states {
	return &states{breakers, prometheus.NewDesc("threadhub_egress_breakers",
		"Circuit breakers by kind and state.", []string{"kind", "state"}, nil)}
}

// Describe implements prometheus.Collector.
func (s *states) Describe(out chan<- *prometheus.Desc) { out <- s.desc }

// Collect implements prometheus.Collector.
func (s *states) Collect(out chan<- prometheus.Metric) {
	for k, n := range s.breakers.states() {
		out <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, float64(n), k[0], k[1])
	}
}
