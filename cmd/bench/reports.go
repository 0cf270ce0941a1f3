package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// reportKinds are the reports that are asked for, each about everything.
func reportKinds() []string {
	return []string{"", "?group_by=style", "?group_by=day", "?group_by=day,agent", "?group_by=channel,style,agent,group", "?date=solved&group_by=agent"}
}

// reportRounds is how often each is asked for; the median counts.
const reportRounds = 5

// reports measures reports over conversations of ten messages each, which
// another hub finds in its store: in a directory of its own, or, on a shared
// store, beside what the other phases left.
func (s *session) reports(ctx context.Context) error {
	began := time.Now()
	if err := s.fill(ctx); err != nil {
		return err
	}
	s.note("store filled with %d messages in %d conversations in %s", 10*s.ReportOver, s.ReportOver, time.Since(began).Round(time.Second))
	h, err := s.launchHub(ctx, "filled")
	defer h.end()
	if err != nil {
		return err
	}
	slowest := 0.0
	for _, query := range reportKinds() {
		ms, err := s.timeReport(ctx, h, query)
		if err != nil {
			return err
		}
		s.note("report %q: %.0f ms", query, ms)
		slowest = max(slowest, ms)
	}
	s.report.set("report_ms", slowest)
	mb, err := h.peakMemory()
	if err != nil {
		return err
	}
	s.note("the hub that made the reports had at most %.0f MiB", mb)
	return nil
}

// fill makes the conversations, once.
func (s *session) fill(ctx context.Context) error {
	done := filepath.Join(s.dir, "filled.done")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	env := s.storeEnv("filled")
	c, err := launch("fill", s.Binary, []string{"bench-fill", "--conversations", strconv.Itoa(s.ReportOver), "--messages", "10"}, env, os.Stderr)
	if err != nil {
		return err
	}
	select {
	case err = <-c.done:
		c.done <- err
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.stop()
	if err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	return os.WriteFile(done, nil, 0o600)
}

// timeReport is the median time of a report, which has to count everything.
func (s *session) timeReport(ctx context.Context, h *hub, query string) (float64, error) {
	var times []float64
	for range reportRounds {
		var out struct {
			Total struct {
				Conversations int `json:"conversations"`
			} `json:"total"`
		}
		began := time.Now()
		if err := h.call(ctx, http.MethodGet, "/v1/reports/conversations"+query, nil, &out); err != nil {
			return 0, err
		}
		times = append(times, float64(time.Since(began))/float64(time.Millisecond))
		if out.Total.Conversations < s.ReportOver {
			return 0, fmt.Errorf("%s counts %d of %d conversations", query, out.Total.Conversations, s.ReportOver)
		}
	}
	return median(times), nil
}
