package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	// solveBatch is how many conversations one bulk request solves: the API's
	// most.
	solveBatch = 5000
	// solveBatches is into how many such requests they are split, as far as that
	// goes: what one request solves comes due at once.
	solveBatches = 500
	// closersFrom numbers the messages of the conversations that will close,
	// far from those of the other phases.
	closersFrom = 50_000_000
	// farAway is a delay that does not run out while the others are solved.
	farAway = time.Hour
)

// closing measures countdowns: so many solved conversations come due, spread
// over a minute, while single webhooks go on as in the idle phase. Those tell
// whether closing is felt by others.
func (s *session) closing(ctx context.Context) error {
	load, err := s.register(ctx, "close", 1)
	if err != nil {
		return err
	}
	channel := load.channels[0].ID
	delete(s.hub.ours, channel) // these are not read back
	load.contacts = s.Closes
	ids, err := s.closers(ctx, &load, channel)
	if err != nil {
		return err
	}
	probe, err := s.newProbe(ctx, s.hub.token)
	if err != nil {
		return err
	}
	defer probe.stop()
	quiet, err := probe.during(ctx, func(done int) bool { return done >= s.Samples })
	if err != nil {
		return err
	}
	from, err := s.solveAll(ctx, ids)
	if err != nil {
		return err
	}
	select {
	case <-time.After(time.Until(from)):
	case <-ctx.Done():
		return ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, s.Within+s.Patience)
	defer cancel()
	busy, err := probe.during(limited, func(int) bool {
		return time.Since(from) > s.Within && s.noneSolved(limited, channel)
	})
	if err != nil {
		return fmt.Errorf("waiting for the closes: %w", err)
	}
	s.report.set("close_inbound_p99_ms", quantile(busy, 0.99))
	s.report.set("close_quiet_p99_ms", quantile(quiet, 0.99))
	return s.closeFigures(ctx, channel, from)
}

// closers has so many contacts write once and answers their conversations.
func (s *session) closers(ctx context.Context, from *payloads, channel string) ([]string, error) {
	threaded, _ := s.hub.metric(ctx, threadedMetric) // 0 without one
	p, err := load(ctx, s.hub.addr, s.Closes, s.Concurrency, func(buf []byte, i int) []byte {
		return from.webhook(buf, s.hub.addr, closersFrom+i)
	})
	if err != nil {
		return nil, err
	}
	if len(p.latencies) < s.Closes {
		return nil, fmt.Errorf("webhooks refused, by status: %v", p.refused)
	}
	limited, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if err := s.hub.until(limited, threadedMetric, func(n float64) bool { return n >= threaded+float64(s.Closes) }); err != nil {
		return nil, err
	}
	for {
		var ids []string
		err := pages(limited, s.hub, "/v1/conversations", url.Values{"channel_id": {channel}, "sort": {"created_at"}}, func(c conversation) {
			ids = append(ids, c.ID)
		})
		if err != nil || len(ids) == s.Closes {
			return ids, err
		}
		select {
		case <-time.After(time.Second):
		case <-limited.Done():
			return nil, fmt.Errorf("%d of %d conversations: %w", len(ids), s.Closes, limited.Err())
		}
	}
}

// solveAll solves the conversations so that they come due evenly from the
// answered moment on. How long solving takes is learned from the first batch,
// which gets its delay at the end.
func (s *session) solveAll(ctx context.Context, ids []string) (time.Time, error) {
	batches := slices.Collect(slices.Chunk(ids, min(solveBatch, max(len(ids)/solveBatches, 1))))
	began := time.Now()
	if err := s.bulk(ctx, batches[0], "solved", farAway); err != nil {
		return time.Time{}, err
	}
	each := time.Since(began)
	from := began.Add(time.Second + each*time.Duration(len(batches)+1)*3/2)
	for i, batch := range append(batches[1:], batches[0]) {
		due := from.Add(s.Within * time.Duration(i) / time.Duration(len(batches)))
		status, since := "solved", time.Now()
		if i == len(batches)-1 {
			status, since = "", began // solved then; only the style is new
		}
		if err := s.bulk(ctx, batch, status, max(due.Sub(since), time.Second)); err != nil {
			return time.Time{}, err
		}
	}
	if late := time.Since(from); late > 0 {
		s.note("solving took %s longer than thought: the first closes fell into it", late.Round(time.Millisecond))
	}
	s.note("%d conversations solved in %s", len(ids), time.Since(began).Round(time.Millisecond))
	return from, nil
}

// bulk gives conversations a delay and, if told, a status.
func (s *session) bulk(ctx context.Context, ids []string, status string, after time.Duration) error {
	in := map[string]any{"ids": ids, "style": map[string]string{"name": "social_messaging", "close_after": after.Round(time.Millisecond).String()}}
	if status != "" {
		in["status"] = status
	}
	var out struct {
		Data []struct {
			ID string `json:"id"`
			OK bool   `json:"ok"`
		} `json:"data"`
	}
	if err := s.hub.call(ctx, http.MethodPost, "/v1/conversations/bulk", in, &out); err != nil {
		return err
	}
	for _, r := range out.Data {
		if !r.OK {
			return fmt.Errorf("conversation %s could not be solved", r.ID)
		}
	}
	return nil
}

// noneSolved tells whether none of the channel's conversations waits for its
// close. An error is a no: it is asked again.
func (s *session) noneSolved(ctx context.Context, channel string) bool {
	var page struct {
		Data []conversation `json:"data"`
	}
	query := url.Values{"channel_id": {channel}, "status": {"solved"}, "limit": {"1"}}
	return s.hub.call(ctx, http.MethodGet, "/v1/conversations?"+query.Encode(), nil, &page) == nil && len(page.Data) == 0
}

// closed is when a conversation was due, which is when it counts as closed,
// and when the close was carried out.
type closed struct {
	Status string    `json:"status"`
	Due    time.Time `json:"closed_at"`
	Done   time.Time `json:"updated_at"`
}

// closeFigures reads back when each was closed.
func (s *session) closeFigures(ctx context.Context, channel string, from time.Time) error {
	var lags []time.Duration
	var last time.Time
	open := 0
	err := pages(ctx, s.hub, "/v1/conversations", url.Values{"channel_id": {channel}, "sort": {"created_at"}}, func(c closed) {
		if c.Status != "closed" {
			open++
			return
		}
		lags = append(lags, c.Done.Sub(c.Due))
		if c.Done.After(last) {
			last = c.Done
		}
	})
	if err != nil {
		return err
	}
	if open > 0 || len(lags) != s.Closes {
		return fmt.Errorf("%d conversations closed and %d not, of %d", len(lags), open, s.Closes)
	}
	slices.Sort(lags)
	s.report.set("close_rps", float64(len(lags))/last.Sub(from).Seconds())
	s.report.set("close_lag_p99_ms", quantile(lags, 0.99))
	s.note("%d conversations due within %s closed within %s; lag p50 %.0f ms, longest %.0f ms", len(lags), s.Within,
		last.Sub(from).Round(time.Millisecond), quantile(lags, 0.5), quantile(lags, 1))
	return nil
}

// probe sends single webhooks and sees them come out of the event stream.
type probe struct {
	session *session
	wire    *wire
	seen    chan arrival
	stop    func()
}

func (s *session) newProbe(ctx context.Context, token string) (*probe, error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := s.follow(ctx, token)
	if err != nil {
		cancel()
		return nil, err
	}
	all, done := make(chan arrival, 64), make(chan struct{})
	p := &probe{session: s, wire: newWire(s.hub.addr), seen: make(chan arrival, 64)}
	go watch(stream, all)
	go func() {
		defer close(done)
		defer close(p.seen)
		for a := range all {
			if a.number >= closersFrom {
				continue // a close names the conversation's last message too
			}
			select {
			case p.seen <- a:
			case <-ctx.Done():
			}
		}
	}()
	p.stop = func() {
		cancel()
		_ = stream.Close()
		p.wire.close()
		<-done
	}
	return p, nil
}

// during takes samples until it is told to end, at random moments, and answers
// them sorted.
func (p *probe) during(ctx context.Context, end func(done int) bool) ([]time.Duration, error) {
	var samples []time.Duration
	for !end(len(samples)) {
		took, err := p.session.sample(ctx, p.wire, p.seen)
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
	slices.Sort(samples)
	return samples, nil
}
