package main

import (
	"context"
	"time"
)

// burstTimes is how much more than on a calm day comes in a burst.
const burstTimes = 5

// burst has webhooks come at a steady rate, then at five times that, and
// steadily again. Nothing may be lost.
func (s *session) burst(ctx context.Context) error {
	h, err := s.another(ctx, "burst")
	if err != nil {
		return err
	}
	defer h.hub.end()
	for _, part := range []struct {
		name  string
		times int
	}{{"burst_before", 1}, {"burst", burstTimes}, {"burst_after", 1}} {
		rate := part.times * s.Steady
		p, err := h.pumpAt(ctx, &h.load, int(s.Stretch.Seconds()*float64(rate)), pace(rate))
		if err != nil {
			return err
		}
		s.report.add("lost", float64(len(p.taken)-len(p.latencies)))
		s.report.set(part.name+"_rps", p.rps())
		s.report.set(part.name+"_p99_ms", quantile(p.latencies, 0.99))
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if _, err := h.hub.drain(limited, h.taken(), 0); err != nil {
		return err
	}
	s.report.set("burst_drain_ms", float64(time.Since(began))/float64(time.Millisecond))
	return h.readBack(ctx)
}

// pace lets the i-th request wait for its moment, at so many a second from now.
// Who has no free connection is late.
func pace(rate int) func(i int) {
	began := time.Now()
	return func(i int) { time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(rate)))) }
}

// taken is how many of the session's messages the hub accepted.
func (s *session) taken() int {
	n := 0
	for _, m := range s.sent {
		if m.accepted {
			n++
		}
	}
	return n
}
