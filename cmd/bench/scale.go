package main

import (
	"context"
	"errors"
	"fmt"
)

// scale measures a hub of several processes on MongoDB and Redis: one that
// takes webhooks, and first one worker that threads them, then two.
func (s *session) scale(ctx context.Context) error {
	if s.MongodbURI == "" || s.RedisURL == "" {
		return errors.New("needs --mongodb-uri and --redis-url, an empty database and a queue")
	}
	s.hub.end() // it would do the workers' work
	s.hub = nil
	env := append(s.storeEnv("scale"), "THREADHUB_ADMIN_TOKEN=adm_"+random())
	door, err := s.launchRole(ctx, "api", env)
	defer door.end()
	if err != nil {
		return err
	}
	several := *s
	several.hub, several.sent = door, nil
	if several.load, err = several.register(ctx, "scale", s.Channels); err != nil {
		return err
	}
	var rates []float64
	for range 2 {
		worker, err := s.launchRole(ctx, "worker", env)
		defer worker.end()
		if err != nil {
			return err
		}
		rate, err := several.threadedRate(ctx)
		if err != nil {
			return fmt.Errorf("%d workers: %w", len(rates)+1, err)
		}
		rates = append(rates, rate)
	}
	s.report.set("scale_ratio", rates[1]/rates[0])
	s.note("scale: %.0f webhooks a second threaded with one worker, %.0f with two", rates[0], rates[1])
	return several.readBack(ctx)
}

// threadedRate is the median of several rounds, after one that does not count.
func (s *session) threadedRate(ctx context.Context) (float64, error) {
	var rates []float64
	for round := range s.Rounds + 1 {
		r, err := s.hubRound(ctx, &s.load, s.Requests)
		if err != nil {
			return 0, err
		}
		if round > 0 {
			rates = append(rates, r.threaded)
		}
	}
	return median(rates), nil
}
