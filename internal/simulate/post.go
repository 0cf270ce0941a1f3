package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	// attemptTimeout is how long a platform waits for one answer.
	attemptTimeout = 15 * time.Second
	// maxRetryAfter is the longest pause a hub may ask for.
	maxRetryAfter = time.Hour
)

// Counts is what became of the webhooks of a [Traffic].
type Counts struct {
	Delivered, Repeated, Dropped int64
}

// post delivers webhooks and repeats them the way the platforms do. It is safe
// for concurrent use.
type post struct {
	client                       *http.Client
	log                          *slog.Logger
	delivered, repeated, dropped atomic.Int64
}

func newPost(client *http.Client, log *slog.Logger) *post {
	own := *client
	// Redirects are failures, not places to go (Telegram Bot API: setWebhook).
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &post{client: &own, log: log}
}

func (p *post) counts() Counts {
	return Counts{p.delivered.Load(), p.repeated.Load(), p.dropped.Load()}
}

// errRefused is an answer that is not 2xx.
var errRefused = errors.New("not answered 2xx")

// once tries once. after is the pause the hub asked for, zero for none.
func (p *post) once(ctx context.Context, url string, hook Webhook) (after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := hook.Request(ctx, url, time.Now())
	if err != nil {
		return 0, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("simulate: webhook: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	if resp.StatusCode/100 == 2 {
		p.delivered.Add(1)
		return 0, nil
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		after = min(time.Duration(s)*time.Second, maxRetryAfter)
	}
	return after, fmt.Errorf("simulate: webhook: %w: %s", errRefused, resp.Status)
}

// repeat goes on with a webhook whose first try failed, until it is delivered,
// too old, or ctx ends.
func (p *post) repeat(ctx context.Context, url string, hook Webhook, r Retries, after time.Duration) error {
	pause, began := r.First, time.Now()
	for {
		wait := pause
		if r.Obeys && after > wait {
			wait = after
		}
		if time.Since(began)+wait >= r.GiveUp {
			p.dropped.Add(1)
			return fmt.Errorf("simulate: webhook dropped after %s: %w", r.GiveUp, errRefused)
		}
		if !sleep(ctx, wait) {
			return fmt.Errorf("simulate: webhook: %w", ctx.Err())
		}
		pause = min(max(2*pause, time.Second), r.Max)
		p.repeated.Add(1)
		var err error
		if after, err = p.once(ctx, url, hook); err == nil {
			return nil
		}
		p.log.Warn("webhook not accepted", "error", err, "again_in", pause)
	}
}

// sleep waits and tells whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
