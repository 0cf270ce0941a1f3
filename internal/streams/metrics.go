package streams

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what connections do, by connector.
type metrics struct {
	connected *prometheus.GaugeVec
	broken    *prometheus.CounterVec
	events    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		connected: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "threadhub_streams_connected", Help: "Connections over which events come in, by connector."}, []string{"kind"}),
		broken:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_stream_breaks_total", Help: "Connections that ended, by connector."}, []string{"kind"}),
		events:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "threadhub_stream_events_total", Help: "Events that came over connections, by connector and whether they were stored; those that were not come again."}, []string{"kind", "result"}),
	}
	r.MustRegister(m.connected, m.broken, m.events)
	return m
}

func (m *metrics) turned(kind string, connected bool) {
	if connected {
		m.connected.WithLabelValues(kind).Inc()
		return
	}
	m.connected.WithLabelValues(kind).Dec()
	m.broken.WithLabelValues(kind).Inc()
}

func (m *metrics) delivered(kind string, err error) {
	result := "stored"
	if err != nil {
		result = "failed"
	}
	m.events.WithLabelValues(kind, result).Inc()
}
