package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hub is the measured process with what bench needs of its API.
type hub struct {
	*child
	token  string
	client *http.Client
	ours   map[string]bool // ids of the channels that bench registered
	began  time.Time
}

// channel is a channel that bench registered.
type channel struct {
	ID   string `json:"id"`
	Path string `json:"webhook_path"`
	// account is the number its webhooks name, token what its calls carry.
	account, token string
}

type conversation struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	Messages  int    `json:"message_count"`

	Created time.Time `json:"created_at"`
}

type message struct {
	Direction string  `json:"direction"`
	Text      *string `json:"text"`
}

// end stops the process, if there is one.
func (h *hub) end() {
	if h == nil {
		return
	}
	h.client.CloseIdleConnections()
	h.stop()
}

// call makes one API call; in and out may be nil.
func (h *hub) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+h.addr+path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+h.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.client.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if !accepted(resp.StatusCode) {
		return fmt.Errorf("%s %s: %s: %.300s", method, path, resp.Status, raw)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// pages reads a list to its end.
func pages[T any](ctx context.Context, h *hub, path string, query url.Values, each func(T)) error {
	return pagesUntil(ctx, h, path, query, func(item T) bool {
		each(item)
		return false
	})
}

// pagesUntil reads a list until somebody has seen enough of it.
func pagesUntil[T any](ctx context.Context, h *hub, path string, query url.Values, enough func(T) bool) error {
	query.Set("limit", "200")
	for {
		var page struct {
			Data []T     `json:"data"`
			Next *string `json:"next_cursor"`
		}
		if err := h.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		if slices.ContainsFunc(page.Data, enough) {
			return nil
		}
		if page.Next == nil || *page.Next == "" {
			return nil
		}
		query.Set("cursor", *page.Next)
	}
}

// ready waits for /readyz to say yes. It looks every two milliseconds, since
// the wait is a figure.
func (h *hub) ready(ctx context.Context) error {
	for {
		if err := h.call(ctx, http.MethodGet, "/readyz", nil, nil); err == nil {
			return nil
		}
		if err := h.ended(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// conversations lists those of bench's channels. A hub that was filled before
// it started has many more, all of them older: those are not asked for, since
// reading them would be measured too.
func (h *hub) conversations(ctx context.Context) ([]conversation, error) {
	var all []conversation
	err := pagesUntil(ctx, h, "/v1/conversations", url.Values{"sort": {"-created_at"}}, func(c conversation) bool {
		if h.ours[c.ChannelID] {
			all = append(all, c)
		}
		return c.Created.Before(h.began)
	})
	return all, err
}

// stored is how many messages the conversations show.
func (h *hub) stored(ctx context.Context) (int, error) {
	all, err := h.conversations(ctx)
	n := 0
	for _, c := range all {
		n += c.Messages
	}
	return n, err
}

// threadedMetric counts the events a hub has threaded since it started.
const threadedMetric = "threadhub_events_threaded_total"

// errNoMetric says that the hub has no such counter (yet).
var errNoMetric = errors.New("no such metric")

// metric sums a counter over its labels.
func (h *hub) metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.addr+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+h.token)
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	return sumMetric(string(raw), name)
}

// sumMetric reads the text format of Prometheus.
func sumMetric(text, name string) (float64, error) {
	sum, found := 0.0, false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest == "" || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		fields := strings.Fields(rest[strings.LastIndex(rest, "}")+1:])
		if len(fields) == 0 {
			continue
		}
		v, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		sum, found = sum+v, true
	}
	if !found {
		return 0, fmt.Errorf("metric %s: %w", name, errNoMetric)
	}
	return sum, nil
}

// drain waits until the API shows want messages and returns when it saw them.
// The counter, when there is one, spares the hub the asking: the list is read
// only once the counter says that it will do, and the counter itself seldom
// while much is left. What bench asks is part of the hub's measured CPU.
func (h *hub) drain(ctx context.Context, want int, counter float64) (time.Time, error) {
	began, first := time.Now(), -1.0
	for {
		left, reached := time.Duration(0), true
		if counter > 0 {
			now, err := h.metric(ctx, threadedMetric)
			if err != nil && !errors.Is(err, errNoMetric) {
				return time.Time{}, err
			}
			if first < 0 {
				first = now
			}
			left, reached = remaining(time.Since(began), first, now, counter), err != nil || now >= counter
		}
		if reached {
			n, err := h.stored(ctx)
			if err != nil {
				return time.Time{}, err
			}
			if n >= want {
				return time.Now(), nil
			}
		}
		if err := h.ended(); err != nil {
			return time.Time{}, err
		}
		select {
		case <-ctx.Done():
			n, _ := h.stored(context.WithoutCancel(ctx))
			return time.Time{}, fmt.Errorf("%d of %d messages shown: %w", n, want, ctx.Err())
		case <-time.After(min(max(left/2, 10*time.Millisecond), 250*time.Millisecond)):
		}
	}
}

// pendingMetric counts the webhooks that a hub has accepted and not yet worked.
const pendingMetric = "threadhub_journal_pending"

// until waits until a metric is as it should be; one that the hub does not have
// is 0. Unlike a list it costs the hub nothing.
func (h *hub) until(ctx context.Context, name string, holds func(float64) bool) error {
	for {
		now, err := h.metric(ctx, name)
		if err != nil && !errors.Is(err, errNoMetric) {
			return err
		}
		if holds(now) {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s is still %.0f: %w", name, now, ctx.Err())
		}
	}
}

// workedOff waits until the hub has worked every webhook that it has accepted.
func (h *hub) workedOff(ctx context.Context, patience time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.until(limited, pendingMetric, func(left float64) bool { return left == 0 })
}

// remaining is how long a counter that went from first to now in the time that
// passed will take to its goal; 0 when nobody can tell.
func remaining(passed time.Duration, first, now, goal float64) time.Duration {
	if now <= first || now >= goal {
		return 0
	}
	return time.Duration(float64(passed) * (goal - now) / (now - first))
}
