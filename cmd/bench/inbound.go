package main

import (
	"context"
	"fmt"
	"time"
)

// inbound measures accepting and threading against the bare handler, by
// turns, so that noise of the machine falls on both; medians count.
func (s *session) inbound(ctx context.Context) error {
	bare, err := s.launchBare()
	if err != nil {
		return err
	}
	defer bare.stop()
	warm := max(s.Requests/10, 1)
	if _, err := s.bareRound(ctx, bare, warm); err != nil {
		return err
	}
	if _, err := s.hubRound(ctx, &s.load, warm); err != nil {
		return err
	}
	var bares, accepts, threads, p50, p99, cpus []float64
	for range s.Rounds {
		rate, err := s.bareRound(ctx, bare, s.Requests)
		if err != nil {
			return err
		}
		r, err := s.hubRound(ctx, &s.load, s.Requests)
		if err != nil {
			return err
		}
		bares = append(bares, rate)
		accepts, threads = append(accepts, r.accept), append(threads, r.threaded)
		p50, p99, cpus = append(p50, r.p50), append(p99, r.p99), append(cpus, r.cpu)
	}
	s.report.set("bare_rps", median(bares))
	if s.wants("accept") {
		s.report.set("accept_rps", median(accepts))
		s.report.set("accept_p50_ms", median(p50))
		s.report.set("accept_p99_ms", median(p99))
		s.report.ratio("accept_ratio", "accept_rps", "bare_rps")
	}
	if s.wants("threaded") {
		s.report.set("threaded_rps", median(threads))
		s.report.set("cpu_ms_per_message", median(cpus))
		s.report.ratio("threaded_ratio", "threaded_rps", "bare_rps")
	}
	return nil
}

// launchBare starts the bare handler.
func (s *session) launchBare() (*child, error) {
	return launchTelling("bare", s.Binary,
		[]string{"bench-bare", "--kind", s.Kind, "--secret", s.load.secret, "--platform", "http://" + s.stubs.addr}, nil)
}

// bareRound sends n webhooks to the bare handler.
func (s *session) bareRound(ctx context.Context, bare *child, n int) (float64, error) {
	p, err := load(ctx, bare.addr, n, s.Concurrency, func(buf []byte, i int) []byte {
		return s.load.webhookTo(buf, bare.addr, "/webhooks/bare", i)
	})
	if err != nil {
		return 0, fmt.Errorf("bare: %w", err)
	}
	if len(p.refused) > 0 {
		return 0, fmt.Errorf("bare: refused, by status: %v", p.refused)
	}
	return p.rps(), nil
}

// hubFigures is what one round with the hub came to.
type hubFigures struct{ accept, threaded, p50, p99, cpu float64 }

// hubRound sends n new webhooks to the hub and waits until the API shows them
// all.
func (s *session) hubRound(ctx context.Context, from *payloads, n int) (hubFigures, error) {
	before, err := s.hub.stored(ctx)
	if err != nil {
		return hubFigures{}, err
	}
	counter, _ := s.hub.metric(ctx, threadedMetric) // 0 without one
	cpuBefore, err := s.hub.cpu()
	if err != nil {
		return hubFigures{}, err
	}
	began := time.Now()
	p, err := s.pump(ctx, from, n)
	if err != nil {
		return hubFigures{}, err
	}
	got := len(p.latencies)
	limited, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if counter > 0 {
		counter += float64(got)
	}
	end, err := s.hub.drain(limited, before+got, counter)
	if err != nil {
		return hubFigures{}, err
	}
	cpuAfter, err := s.hub.cpu()
	if err != nil {
		return hubFigures{}, err
	}
	return hubFigures{
		accept:   p.rps(),
		threaded: float64(got) / end.Sub(began).Seconds(),
		p50:      quantile(p.latencies, 0.50),
		p99:      quantile(p.latencies, 0.99),
		cpu:      float64(cpuAfter-cpuBefore) / float64(time.Millisecond) / float64(got),
	}, nil
}

// pump sends the next n messages to the hub, as fast as it answers, and
// remembers which of them it accepted.
func (s *session) pump(ctx context.Context, from *payloads, n int) (pump, error) {
	return s.pumpAt(ctx, from, n, func(int) {})
}

// pumpAt is pump for messages that wait for their moments.
func (s *session) pumpAt(ctx context.Context, from *payloads, n int, wait func(i int)) (pump, error) {
	first := len(s.sent)
	p, err := load(ctx, s.hub.addr, n, s.Concurrency, func(buf []byte, i int) []byte {
		wait(i)
		return from.webhook(buf, s.hub.addr, first+i)
	})
	if err != nil {
		return p, err
	}
	for _, ok := range p.taken {
		s.sent = append(s.sent, sent{from, ok})
	}
	if len(p.refused) > 0 {
		s.note("webhooks refused, by status: %v (they do not count as accepted)", p.refused)
	}
	if len(p.latencies) == 0 {
		return p, fmt.Errorf("no webhook was accepted, by status: %v", p.refused)
	}
	return p, nil
}
