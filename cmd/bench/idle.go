package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// sampleTimeout is how long one message may take to appear in the stream.
const sampleTimeout = 15 * time.Second

// idle measures one webhook at a time on a hub that does nothing else: from
// the first byte sent to the message in the event stream. The pauses between
// are random, so that they do not fall in step with a tick of the hub's.
func (s *session) idle(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := make(chan arrival, 64)
	stream, err := s.follow(ctx, s.hub.token)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { defer close(done); watch(stream, seen) }()
	defer func() { _ = stream.Close(); cancel(); <-done }()

	samples, err := s.seeEach(ctx, seen)
	if err != nil {
		return err
	}
	slices.Sort(samples)
	s.report.set("idle_latency_p50_ms", quantile(samples, 0.50))
	s.report.set("idle_latency_p99_ms", quantile(samples, 0.99))
	return nil
}

// seeEach sends webhooks, each once the one before was seen, and answers how
// long each took to be.
func (s *session) seeEach(ctx context.Context, seen <-chan arrival) ([]time.Duration, error) {
	w := newWire(s.hub.addr)
	defer w.close()
	var samples []time.Duration
	for range s.Samples {
		took, err := s.sample(ctx, w, seen)
		if err != nil {
			return nil, err
		}
		samples = append(samples, took)
		select {
		case <-time.After(40*time.Millisecond + rand.N(80*time.Millisecond)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return samples, nil
}

// follow opens the event stream of whom the token is for.
func (s *session) follow(ctx context.Context, token string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.hub.addr+"/v1/events", nil)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := (&http.Client{Transport: s.hub.client.Transport}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("stream: %s", resp.Status)
	}
	return resp.Body, nil
}

// arrival is a marker seen in the stream.
type arrival struct {
	number int
	at     time.Time
}

// mark is how a marker's text begins in JSON.
var mark = []byte(`"text":"n`)

// watch reads the stream until it ends. An event is not decoded: the first
// marker in its data will do.
func watch(stream io.Reader, seen chan<- arrival) {
	defer close(seen)
	lines := bufio.NewReaderSize(stream, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if !bytes.HasPrefix(line, []byte("data:")) {
			continue
		}
		i := bytes.Index(line, mark)
		if i < 0 {
			continue
		}
		if n, ok := parseMarker(string(line[i+len(mark)-1:])); ok {
			seen <- arrival{n, time.Now()}
		}
	}
}

// sample sends the next message and waits for it.
func (s *session) sample(ctx context.Context, w *wire, seen <-chan arrival) (time.Duration, error) {
	n := len(s.sent)
	request := s.load.webhook(nil, s.hub.addr, n)
	began := time.Now()
	status, err := w.do(ctx, request, nil)
	if err != nil {
		return 0, err
	}
	s.sent = append(s.sent, sent{&s.load, accepted(status)})
	if !accepted(status) {
		return 0, fmt.Errorf("webhook answered %d", status)
	}
	limit := time.After(sampleTimeout)
	for {
		select {
		case a, open := <-seen:
			if !open {
				return 0, fmt.Errorf("stream: %w", io.ErrUnexpectedEOF)
			}
			if a.number == n {
				return a.at.Sub(began), nil
			}
		case <-limit:
			return 0, fmt.Errorf("message %d is not there after %s", n, sampleTimeout)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
