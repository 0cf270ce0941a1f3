package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"threadhub/connectors"
)

// closeKeeping ends a connection so that its session can be resumed: after 1000
// or 1001 Discord ends that as well.
const closeKeeping = 4000

// newPace keeps within 120 sends a minute (platforms/discord: Gateway
// essentials): 60 at once and one a second.
func newPace() *rate.Limiter { return rate.NewLimiter(1, 60) }

// connected is what a channel's health says while events come in.
const connected = "connected to Discord's Gateway"

// link is one connection.
type link struct {
	client *Client
	host   connectors.StreamHost
	memory *memory
	socket connectors.Socket
	pace   *rate.Limiter

	settled bool // there is a session

	sending sync.Mutex
	acked   atomic.Bool
}

var errSilent = errors.New("a heartbeat was not answered")

// serve talks until the connection ends, and answers why. Nothing of it runs on
// afterwards.
func (l *link) serve(ctx context.Context, hello command) error {
	var helpers sync.WaitGroup
	ctx, cancel := context.WithCancelCause(ctx)
	defer func() {
		cancel(nil)
		l.socket.Close(closeKeeping)
		helpers.Wait()
	}()
	pause, err := l.greeted(ctx)
	if err != nil {
		return err
	}
	if err := l.send(ctx, hello); err != nil {
		return err
	}
	l.acked.Store(true)
	helpers.Go(func() {
		if err := l.beat(ctx, pause); err != nil {
			cancel(err)
		}
	})
	for {
		raw, err := l.socket.Read(ctx)
		if err != nil {
			if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
				return cause
			}
			return fmt.Errorf("read from the Gateway: %w", err)
		}
		if err := l.take(ctx, raw, &helpers); err != nil {
			return err
		}
	}
}

// greeted waits for Discord's first word and answers the pause between
// heartbeats.
func (l *link) greeted(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, l.client.timing.hello)
	defer cancel()
	raw, err := l.socket.Read(ctx)
	if err != nil {
		return 0, fmt.Errorf("wait for the Gateway's greeting: %w", err)
	}
	var f frame
	if json.Unmarshal(raw, &f) != nil || f.Op != opHello || interval(f.Data) == 0 {
		return 0, errors.New("the Gateway's greeting makes no sense")
	}
	return interval(f.Data), nil
}

// beat sends heartbeats, the first after a random part of the pause, and ends
// with errSilent when one was not answered before the next is due.
func (l *link) beat(ctx context.Context, pause time.Duration) error {
	for wait := rand.N(pause); ; wait = pause {
		if !sleep(ctx, wait) {
			return nil
		}
		if !l.acked.Swap(false) {
			return errSilent
		}
		if err := l.heartbeat(ctx); err != nil {
			return err
		}
	}
}

func (l *link) heartbeat(ctx context.Context) error {
	if seq := l.memory.seq(); seq > 0 {
		return l.send(ctx, command{opHeartbeat, seq})
	}
	return l.send(ctx, command{opHeartbeat, nil})
}

func (l *link) send(ctx context.Context, c command) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode for the Gateway: %w", err)
	}
	if err := l.pace.Wait(ctx); err != nil {
		return fmt.Errorf("wait to send to the Gateway: %w", err)
	}
	l.sending.Lock()
	defer l.sending.Unlock()
	if err := l.socket.Write(ctx, raw); err != nil {
		return fmt.Errorf("send to the Gateway: %w", err)
	}
	return nil
}

// take handles what came. Its error ends the connection.
func (l *link) take(ctx context.Context, raw []byte, helpers *sync.WaitGroup) error {
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		return errors.New("the Gateway sent what is not JSON")
	}
	switch f.Op {
	case opDispatch:
		return l.dispatch(ctx, &f, raw, helpers)
	case opHeartbeat:
		if !l.pace.Allow() {
			return nil // asked for too often; the next one is due soon anyway
		}
		return l.heartbeat(ctx)
	case opAcknowledged:
		l.acked.Store(true)
	case opReconnect:
		return &ending{cause: "Discord asked to connect again"}
	case opInvalidSession:
		return l.invalid(&f)
	}
	return nil
}

// invalid reads that the session was refused, for good or for now.
func (l *link) invalid(f *frame) error {
	resumable := false
	if json.Unmarshal(f.Data, &resumable) != nil {
		resumable = false
	}
	return &ending{
		cause: "Discord does not know the session any more", lost: !resumable,
		// A random pause of one to five seconds is asked for.
		pause: l.client.timing.invalid/5 + rand.N(l.client.timing.invalid*4/5+1),
	}
}

// dispatch hands an event over and only then counts it as received.
func (l *link) dispatch(ctx context.Context, f *frame, raw []byte, helpers *sync.WaitGroup) error {
	switch {
	case f.Event == "READY":
		var s started
		if json.Unmarshal(f.Data, &s) != nil || s.Session == "" {
			return &ending{cause: "the Gateway's READY makes no sense", lost: true}
		}
		l.memory.begin(s)
		l.settle(ctx, helpers)
	case f.Event == "RESUMED":
		l.settle(ctx, helpers)
	case l.client.Wanted(f.Event, f.Data):
		if err := l.host.Deliver(ctx, l.request(raw)); err != nil {
			// The connection is given up: when the session is resumed, Discord
			// sends the event again.
			return fmt.Errorf("an event could not be stored: %w", err)
		}
	}
	l.memory.handled(f)
	return nil
}

// settle reports that events come in, and looks for those that were missed.
func (l *link) settle(ctx context.Context, helpers *sync.WaitGroup) {
	l.settled = true
	l.host.Report(true, connected)
	if len(l.memory.missed()) > 0 {
		helpers.Go(func() { l.backfill(ctx) })
	}
}

// request is a dispatch as Parse reads it. The header tells sessions apart, in
// each of which the numbers of dispatches begin anew.
func (l *link) request(raw []byte) *connectors.Request {
	s, _, _ := l.memory.session()
	sum := sha256.Sum256([]byte(s.Session))
	return &connectors.Request{
		Method: http.MethodPost, Body: raw,
		Header: http.Header{connectors.StreamHeader: {"gateway/" + hex.EncodeToString(sum[:6])}},
	}
}
