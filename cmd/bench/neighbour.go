package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// hanging is where the stub's other platform answers, which never does.
const hanging = "/hanging"

const neighbourPause = 15 * time.Millisecond

// neighbour measures how long a reply takes from the call of the API to its
// platform while nothing else is sent, and again while all that is sent on a
// channel of another platform hangs.
func (s *session) neighbour(ctx context.Context) error {
	good, err := s.neighbourhood(ctx, "good", "")
	if err != nil {
		return err
	}
	bad, err := s.neighbourhood(ctx, "bad", hanging)
	if err != nil {
		return err
	}
	if _, err := s.oneByOne(ctx, good); err != nil { // to warm up
		return err
	}
	quiet, err := s.oneByOne(ctx, good)
	if err != nil {
		return err
	}
	headers := "Authorization: Bearer " + s.hub.token + "\r\n"
	p, err := load(ctx, s.hub.addr, len(bad), s.Concurrency, func(buf []byte, i int) []byte {
		return request(buf, s.hub.addr, "/v1/conversations/"+bad[i].ID+"/messages", headers, []byte(`{"text":"into the void"}`))
	})
	if err != nil || len(p.refused) > 0 {
		return fmt.Errorf("replies to who hangs, refused by status %v: %w", p.refused, err)
	}
	beside, err := s.oneByOne(ctx, good)
	if err != nil {
		return err
	}
	s.report.set("neighbour_quiet_p99_ms", quantile(quiet, 0.99))
	s.report.set("neighbour_p99_ms", quantile(beside, 0.99))
	s.report.set("neighbour_worst_ms", quantile(beside, 1))
	s.report.ratio("neighbour_p99_ratio", "neighbour_p99_ms", "neighbour_quiet_p99_ms")
	_, err = s.tally(ctx, "/bench/free")
	return err
}

// neighbourhood is the conversations of a channel of its own.
func (s *session) neighbourhood(ctx context.Context, name, base string) ([]conversation, error) {
	contacts := s.options.Contacts
	s.options.Contacts = min(contacts, s.Neighbours)
	defer func() { s.options.Contacts = contacts }()
	load, err := s.registerAt(ctx, name, 1, base)
	if err != nil {
		return nil, err
	}
	return s.everybodyWrites(ctx, &load)
}

// oneByOne answers the conversations one after the other, and how long each
// reply took to its platform.
func (s *session) oneByOne(ctx context.Context, all []conversation) ([]time.Duration, error) {
	if _, err := s.tally(ctx, "/bench/reset"); err != nil {
		return nil, err
	}
	w := newWire(s.hub.addr)
	defer w.close()
	headers := "Authorization: Bearer " + s.hub.token + "\r\n"
	var took []time.Duration
	for i := range s.Neighbours {
		path := "/v1/conversations/" + all[i%len(all)].ID + "/messages"
		began := time.Now()
		status, err := w.do(ctx, request(nil, s.hub.addr, path, headers, reply(i)), nil)
		if err != nil || status != http.StatusAccepted {
			return nil, fmt.Errorf("reply answered %d: %w", status, err)
		}
		if _, err := s.tally(ctx, fmt.Sprintf("/bench/wait?n=%d", i+1)); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
		select {
		case <-time.After(neighbourPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	slices.Sort(took)
	return took, nil
}
