package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"threadhub/internal/day"
)

// route measures how soon a conversation that waits has an agent once one is
// free: on a hub of its own, one agent with one place solves what they have, and
// the next is there when the event stream says so.
func (s *session) route(ctx context.Context) error {
	h, err := s.launchHub(ctx, "route")
	if h != nil {
		defer func() { h.client.CloseIdleConnections(); h.stop() }()
	}
	if err != nil {
		return err
	}
	others := s.hub
	s.hub = h
	defer func() { s.hub = others }()
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	agent, err := s.line(ctx)
	if err != nil {
		return err
	}
	stream, err := s.follow(ctx, s.hub.token)
	if err != nil {
		return err
	}
	seen := make(chan assignment, 64)
	done := make(chan struct{})
	go func() { defer close(done); watchAssigned(stream, seen) }()
	defer func() { cancel(); _ = stream.Close(); <-done }()

	began := time.Now()
	if err := h.call(ctx, http.MethodPut, "/v1/agents/"+agent+"/availability", map[string]string{"status": "online"}, nil); err != nil {
		return err
	}
	var samples []time.Duration
	for range s.Samples {
		got, err := nextAssigned(ctx, seen)
		if err != nil {
			return err
		}
		samples = append(samples, got.at.Sub(began))
		began = time.Now()
		if err := h.call(ctx, http.MethodPatch, "/v1/conversations/"+got.conversation, map[string]string{"status": "solved"}, nil); err != nil {
			return err
		}
	}
	slices.Sort(samples)
	s.report.set("route_latency_p50_ms", quantile(samples, 0.50))
	s.report.set("route_latency_p99_ms", quantile(samples, 0.99))
	return nil
}

// line makes an agent, and customers who wait for one.
func (s *session) line(ctx context.Context) (agent string, err error) {
	err = s.hub.call(ctx, http.MethodPatch, "/v1/settings", map[string]any{"routing": map[string]string{"mode": "auto"}}, nil)
	if err != nil {
		return "", err
	}
	from, err := s.register(ctx, "route", 1)
	if err != nil {
		return "", err
	}
	from.contacts = s.Samples + 1
	if _, err := load(ctx, s.hub.addr, s.Samples+1, s.Concurrency, func(buf []byte, i int) []byte {
		return from.webhook(buf, s.hub.addr, i)
	}); err != nil {
		return "", err
	}
	for waiting := 0; waiting <= s.Samples; {
		waiting = 0
		if err := pages(ctx, s.hub, "/v1/queue", url.Values{}, func(struct{}) { waiting++ }); err != nil {
			return "", err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return "", fmt.Errorf("%d of %d wait: %w", waiting, s.Samples+1, ctx.Err())
		}
	}
	var made struct {
		ID string `json:"id"`
	}
	err = s.hub.call(ctx, http.MethodPost, "/v1/agents", map[string]any{
		"name": "Bench", "email": "bench@example.org", "capacity": map[string]int{"messaging": 1},
	}, &made)
	return made.ID, err
}

// assignment is a conversation that got an agent.
type assignment struct {
	conversation string
	at           time.Time
}

// watchAssigned reads assignments out of the event stream until it ends.
func watchAssigned(stream io.Reader, seen chan<- assignment) {
	defer close(seen)
	lines := bufio.NewReaderSize(stream, 64<<10)
	name := ""
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if v, ok := bytes.CutPrefix(line, []byte("event: ")); ok {
			name = string(bytes.TrimSpace(v))
		}
		data, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok || name != "conversation.assigned" {
			continue
		}
		at := time.Now()
		var e struct {
			Conversation struct {
				ID       string  `json:"id"`
				Assignee *string `json:"assignee_id"`
			} `json:"conversation"`
		}
		if json.Unmarshal(data, &e) == nil && e.Conversation.Assignee != nil {
			seen <- assignment{e.Conversation.ID, at}
		}
	}
}

func nextAssigned(ctx context.Context, seen <-chan assignment) (assignment, error) {
	select {
	case a, open := <-seen:
		if !open {
			return a, errors.New("the event stream ended")
		}
		return a, nil
	case <-ctx.Done():
		return assignment{}, fmt.Errorf("nothing was assigned: %w", ctx.Err())
	}
}

// day plays a day of a large hub and holds it to an ideal one. It needs no hub:
// time passes as fast as it can be worked out.
func (s *session) day() {
	began := time.Now()
	r := day.Run(day.Options{Seed: s.Seed, Agents: s.Agents, Conversations: s.Customers})
	s.report.set("day_breaches", float64(r.Breaches+r.Miscounted))
	s.report.set("day_wait_p95_s", r.P95.Seconds())
	s.report.set("day_ideal_p95_s", r.IdealP95.Seconds())
	s.report.set("day_wait_ratio", r.Ratio())
	s.report.set("day_same_agent", r.SameShare())
	s.report.set("day_seconds", time.Since(began).Seconds())
	s.note("day: %d conversations of %d customers, %d agents; waiting on average %s, ideally %s; where agents are asked first, p95 is %s",
		r.Conversations, s.Customers, s.Agents, r.Mean.Round(time.Millisecond), r.IdealMean.Round(time.Millisecond), r.OfferP95.Round(time.Millisecond))
	s.note("day: %d of %d returns got the agent of before; %d came back over a capacity; of %d offers %d were accepted",
		r.Same, r.Returns, r.OverCapacityReturns, r.Offers, r.Accepted)
}
