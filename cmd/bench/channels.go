package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// floodBegins is how long one channel floods the hub before the others' waiting
// times count.
const floodBegins = 500 * time.Millisecond

// channels measures a hub of many channels: all of them at once against
// one alone, and what customers of the others feel while one channel floods.
func (s *session) channels(ctx context.Context) error {
	large, err := s.another(ctx, "channels")
	if err != nil {
		return err
	}
	defer large.hub.end()
	alone, err := large.register(ctx, "alone", 1)
	if err != nil {
		return err
	}
	spread, err := large.register(ctx, "spread", s.Many)
	if err != nil {
		return err
	}
	var one, all []float64
	for round := range s.Rounds + 1 {
		few, err := large.hubRound(ctx, &alone, s.Requests)
		if err != nil {
			return err
		}
		many, err := large.hubRound(ctx, &spread, s.Requests)
		if err != nil {
			return err
		}
		if round > 0 {
			one, all = append(one, few.threaded), append(all, many.threaded)
		}
	}
	s.report.set("channels_ratio", median(all)/median(one))
	if err := large.fair(ctx, alone); err != nil {
		return err
	}
	return large.readBack(ctx)
}

// fair floods one channel and writes to the others meanwhile, one message at a
// time.
func (s *session) fair(ctx context.Context, flood payloads) error {
	// Who follows everything would be told of the flood as well.
	var limited struct {
		Token string `json:"token"`
	}
	err := s.hub.call(ctx, http.MethodPost, "/v1/tokens", map[string]any{"name": "bench", "role": "admin", "channels": []string{s.load.channels[0].ID}}, &limited)
	if err != nil {
		return err
	}
	p, err := s.newProbe(ctx, limited.Token)
	if err != nil {
		return err
	}
	defer p.stop()
	quiet, err := p.during(ctx, func(done int) bool { return done >= s.Samples })
	if err != nil {
		return err
	}
	flooding, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.flood(flooding, flood) }()
	select {
	case <-time.After(floodBegins):
	case <-ctx.Done():
	}
	busy, err := p.during(ctx, func(done int) bool { return done >= s.Samples || len(ended) > 0 })
	stop()
	// What the flood left is no message of ours: it has to be through before ours
	// are counted by how many there are.
	if err := errors.Join(err, <-ended, s.hub.workedOff(ctx, s.Patience)); err != nil {
		return err
	}
	s.report.set("fair_quiet_p99_ms", quantile(quiet, 0.99))
	s.report.set("fair_p99_ms", quantile(busy, 0.99))
	s.note("fair: the median took %.0f ms while one channel flooded, %.0f ms before", quantile(busy, 0.5), quantile(quiet, 0.5))
	return nil
}

// flood sends webhooks as fast as they are answered, until ctx ends.
func (s *session) flood(ctx context.Context, from payloads) error {
	for n := closersFrom; ctx.Err() == nil; n += s.Requests {
		p, err := load(ctx, s.hub.addr, s.Requests, s.Concurrency, func(buf []byte, i int) []byte {
			return from.webhook(buf, s.hub.addr, n+i)
		})
		if err == nil && len(p.refused) > 0 {
			err = fmt.Errorf("refused, by status: %v", p.refused)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("flood: %w", err)
		}
	}
	return nil
}
