package streams

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what connections do, by connector.
type metrics struct {
	wanted    *prometheus.GaugeVec
	connected *prometheus.GaugeVec
	broken    *prometheus.CounterVec
	events    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		wanted:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "threadhub_streams_wanted", Help: "Channels that are to have such a connection, in whichever process, by connector."}, []string{"kind"}),
		connected: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "threadhub_streams_connected", Help: "Connections over which events come in, by connector."}, []string{"kind"}),
		broken:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_stream_breaks_total", Help: "Connections that ended, by connector."}, []string{"kind"}),
		events:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_stream_events_total", Help: "Events that came over connections, by connector and whether they were stored; those that were not come again."}, []string{"kind", "result"}),
	}
	r.MustRegister(m.wanted, m.connected, m.broken, m.events)
	return m
}

// want notes how many connections there are to be. What is counted of them is
// there from then on, so that an alert sees the first that fails.
func (m *metrics) want(kind string, n int) {
	m.wanted.WithLabelValues(kind).Set(float64(n))
	m.connected.WithLabelValues(kind)
	m.broken.WithLabelValues(kind)
	for _, result := range []string{stored, failed} {
		m.events.WithLabelValues(kind, result)
	}
}

// Results of an event.
const (
	stored = "stored"
	failed = "failed"
)

func (m *metrics) turned(kind string, connected bool) {
	if connected {
		m.connected.WithLabelValues(kind).Inc()
		return
	}
	m.connected.WithLabelValues(kind).Dec()
	m.broken.WithLabelValues(kind).Inc()
}

func (m *metrics) delivered(kind string, err error) {
	result := stored
	if err != nil {
		result = failed
	}
	m.events.WithLabelValues(kind, result).Inc()
}
