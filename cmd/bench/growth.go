package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	// looks is how many pages and how many conversations are opened.
	looks = 400
	// known is how many conversations are opened in turns, so many that memory
	// does not hold them all.
	known = 20_000
)

// growth measures a hub that holds a million messages beside one that is new:
// the same webhooks by turns, and then what an agent looks at.
func (s *session) growth(ctx context.Context) error {
	if s.MongodbURI != "" {
		return errors.New("two embedded stores are compared: leave out --mongodb-uri")
	}
	if err := s.fill(ctx); err != nil {
		return err
	}
	small, err := s.another(ctx, "small")
	if err != nil {
		return err
	}
	defer small.hub.end()
	large, err := s.another(ctx, "filled")
	if err != nil {
		return err
	}
	defer large.hub.end()
	var empty, full []float64
	for round := range s.Rounds + 1 {
		few, err := small.hubRound(ctx, &small.load, s.Requests)
		if err != nil {
			return fmt.Errorf("new hub: %w", err)
		}
		many, err := large.hubRound(ctx, &large.load, s.Requests)
		if err != nil {
			return fmt.Errorf("full hub: %w", err)
		}
		if round > 0 { // the first makes the contacts and warms up
			empty, full = append(empty, few.threaded), append(full, many.threaded)
		}
	}
	s.report.set("growth_ratio", median(full)/median(empty))
	s.note("growth: %.0f webhooks a second threaded with %d messages stored, %.0f without", median(full), 10*s.ReportOver, median(empty))
	if err := large.browse(ctx); err != nil {
		return err
	}
	mb, err := large.hub.peakMemory()
	if err != nil {
		return err
	}
	s.report.set("grown_rss_mb", mb)
	if err := small.readBack(ctx); err != nil {
		return err
	}
	return large.readBack(ctx)
}

// views are lists that an agent looks at.
func views() []url.Values {
	return []url.Values{
		{},
		{"status": {"closed"}},
		{"status": {"new,open"}},
		{"sort": {"created_at"}},
		{"sort": {"-created_at"}},
		{"unread": {"true"}},
		{"style": {"live_chat"}},
		{"status": {"solved"}, "sort": {"close_due_at"}},
	}
}

// browse asks for pages of lists and opens conversations, as people do while
// they look for something: at any place, one after the other.
func (s *session) browse(ctx context.Context) error {
	var ids []string
	var lists []time.Duration
	for _, view := range views() {
		query := url.Values{"limit": {"50"}}
		for k, v := range view {
			query[k] = v
		}
		for range looks / len(views()) {
			var page struct {
				Data []conversation `json:"data"`
				Next *string        `json:"next_cursor"`
			}
			began := time.Now()
			if err := s.hub.call(ctx, http.MethodGet, "/v1/conversations?"+query.Encode(), nil, &page); err != nil {
				return err
			}
			lists = append(lists, time.Since(began))
			if page.Next == nil {
				query.Del("cursor")
				continue
			}
			query.Set("cursor", *page.Next)
		}
	}
	err := pages(ctx, s.hub, "/v1/conversations", url.Values{"sort": {"created_at"}}, func(c conversation) { ids = append(ids, c.ID) })
	if err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(s.Seed, s.Seed))
	rnd.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	ids = ids[:min(len(ids), known)]
	var opens []time.Duration
	for i := range looks {
		began := time.Now()
		for _, path := range []string{"", "/messages"} {
			if err := s.hub.call(ctx, http.MethodGet, "/v1/conversations/"+ids[i%len(ids)]+path, nil, nil); err != nil {
				return err
			}
		}
		opens = append(opens, time.Since(began))
	}
	slices.Sort(lists)
	slices.Sort(opens)
	s.report.set("list_p99_ms", quantile(lists, 0.99))
	s.report.set("open_p99_ms", quantile(opens, 0.99))
	return nil
}
