package workers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// errKilled is what is left of a process that was killed.
var errKilled = errors.New("killed")

// killer kills a worker at a step: from then on it reaches neither the store nor
// a platform.
type killer struct {
	mu   sync.Mutex
	at   string // "claim before", "call after" …
	nth  int
	dead bool
}

// alive tells whether the worker lives on past the step.
func (k *killer) alive(step string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if step == k.at {
		if k.nth--; k.nth == 0 {
			k.dead = true
		}
	}
	return !k.dead
}

// around runs a step of the worker, which may die before or after it.
func around[T any](k *killer, step string, do func() (T, error)) (T, error) {
	var none T
	if !k.alive(step + " before") {
		return none, errKilled
	}
	got, err := do()
	if !k.alive(step + " after") {
		return none, errKilled
	}
	return got, err
}

type mortalOutbox struct {
	workers.Outbox
	*killer
}

func (m mortalOutbox) ClaimDeliveries(ctx context.Context, owner string, now time.Time, lease time.Duration, room workers.Room) ([]threads.Delivery, error) {
	return around(m.killer, "claim", func() ([]threads.Delivery, error) {
		return m.Outbox.ClaimDeliveries(ctx, owner, now, lease, room)
	})
}

func (m mortalOutbox) BeginCalls(ctx context.Context, ids []threads.MessageID) ([]threads.Message, error) {
	return around(m.killer, "begin", func() ([]threads.Message, error) { return m.Outbox.BeginCalls(ctx, ids) })
}

func (m mortalOutbox) SettleCalls(ctx context.Context, results []workers.DeliveryResult) ([]threads.Message, error) {
	return around(m.killer, "settle", func() ([]threads.Message, error) { return m.Outbox.SettleCalls(ctx, results) })
}

type mortalCarrier struct {
	*egress.Client
	*killer
}

func (m mortalCarrier) Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error) {
	return around(m.killer, "call", func() (*connectors.Response, error) { return m.Client.Do(ctx, t, call) })
}

// fault is how the platform treats the first call for each part: whether the part
// reaches the contact, and what it answers.
type fault struct {
	accepts bool
	answer  func(x *matrix, n int, text string, w http.ResponseWriter)
}

var faults = map[string]fault{
	"none": {true, func(_ *matrix, n int, _ string, w http.ResponseWriter) {
		fmt.Fprintf(w, "p%d", n)
	}},
	"500": {false, func(_ *matrix, _ int, _ string, w http.ResponseWriter) {
		w.WriteHeader(http.StatusInternalServerError)
	}},
	"429 with Retry-After": {false, func(_ *matrix, _ int, _ string, w http.ResponseWriter) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}},
	"401": {false, func(_ *matrix, _ int, _ string, w http.ResponseWriter) {
		w.WriteHeader(http.StatusUnauthorized)
	}},
	"hang after accepting": {true, func(x *matrix, _ int, _ string, _ http.ResponseWriter) {
		<-x.over
	}},
	"slow drip": {true, func(x *matrix, _ int, _ string, w http.ResponseWriter) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "p")
		w.(http.Flusher).Flush()
		<-x.over
	}},
	"reset after accepting": {true, func(_ *matrix, _ int, _ string, w http.ResponseWriter) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
	}},
	"garbage 200": {true, func(*matrix, int, string, http.ResponseWriter) {}},
	"receipts out of order before the answer": {true, func(x *matrix, n int, text string, w http.ResponseWriter) {
		for _, status := range []normalize.Status{normalize.StatusRead, normalize.StatusSent, normalize.StatusDelivered} {
			x.tell(text, normalize.Event{
				Key: fmt.Sprintf("rct:p%d:%s", n, status), Type: normalize.EventReceipt,
				Receipt: &normalize.Receipt{Target: normalize.PlatformID(fmt.Sprint("p", n)), Status: status},
			})
		}
		fmt.Fprintf(w, "p%d", n)
	}},
	"echo before the answer": {true, func(x *matrix, n int, text string, w http.ResponseWriter) {
		id := normalize.PlatformID(fmt.Sprint("p", n))
		x.tell(text, normalize.Event{
			Key: normalize.MessageKey(id), Type: normalize.EventEcho, Mirror: true,
			Message: &normalize.Message{ID: id, Type: normalize.TypeText, Text: text},
		})
		fmt.Fprintf(w, "p%d", n)
	}},
}

// matrix is one combination: a platform with a fault, a worker that is killed.
type matrix struct {
	*bench
	over chan struct{} // ends hanging calls
	// patience is how long a worker waits for an answer.
	patience time.Duration

	mu       sync.Mutex
	shown    map[string]int // how often a part reached its contact
	faulted  map[string]bool
	seen     map[threads.MessageID]threads.MessageStatus
	messages []threads.MessageID
}

func (x *matrix) answer(fault fault) func(int, string, http.ResponseWriter) {
	return func(n int, text string, w http.ResponseWriter) {
		x.mu.Lock()
		f := fault
		if x.faulted[text] {
			f = faults["none"]
		}
		x.faulted[text] = true
		if f.accepts {
			x.shown[text]++
		}
		x.mu.Unlock()
		f.answer(x, n, text, w)
	}
}

// tell delivers a webhook about what was sent to a contact, who is named in it.
func (x *matrix) tell(text string, e normalize.Event) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e.Peer, e.At = normalize.Peer{ID: normalize.PeerID(text[:1])}, x.clock()
	x.webhook(e)
	x.work()
}

// worker is a process of the hub's.
func (x *matrix) worker(owner string, k *killer) *workers.Outbound {
	carrier, err := egress.New(egress.Options{AllowPrivate: true, Timeout: x.patience, Breaker: egress.Breaker{Failures: 1000, Requests: 1000}})
	require.NoError(x.t, err)
	x.t.Cleanup(carrier.Close)
	w := &workers.Outbound{
		Outbox: mortalOutbox{x.store, k}, Channels: x, Threads: x.service, Carrier: mortalCarrier{carrier, k}, Bell: x,
		Owner: owner, Now: x.clock, Logger: x.outbound.Logger, Metrics: x.outbound.Metrics,
	}
	return w
}

// look checks that no message's status has gone back, except to be queued again
// by who knows that nothing left.
func (x *matrix) look() {
	order := []threads.MessageStatus{
		threads.MessageQueued, threads.MessageSending, threads.MessageUnknown, threads.MessageSent, threads.MessageDelivered, threads.MessageRead,
	}
	rank := func(s threads.MessageStatus) int {
		for i, o := range order {
			if o == s {
				return i
			}
		}
		return len(order)
	}
	for _, id := range x.messages {
		now, was := x.message(id).Status, x.seen[id]
		if was != threads.MessageSending || now != threads.MessageQueued {
			require.GreaterOrEqual(x.t, rank(now), rank(was), "%s went from %s to %s", id, was, now)
		}
		x.seen[id] = now
	}
}

// run drives everything to its end: the worker that dies, and then another.
func (x *matrix) run(step string, nth int) {
	w := x.worker("w1", &killer{at: step, nth: nth})
	if err := w.Drain(context.Background()); err != nil {
		require.ErrorIs(x.t, err, errKilled)
	}
	x.look()
	for round := 0; x.backlog() > 0; round++ {
		require.Less(x.t, round, 60, "it ends some time")
		x.wait(time.Minute)
		x.bench.mu.Lock()
		x.health = channels.HealthOK // an admin has seen to it
		x.bench.mu.Unlock()
		require.NoError(x.t, x.worker("w2", &killer{}).Drain(context.Background()))
		x.look()
	}
	x.wait(time.Minute)
	_, err := x.service.RetryParked(context.Background(), x.clock(), x.clock().Add(-time.Hour), 100)
	require.NoError(x.t, err)
	x.look()
}

// partsOf are the texts that a message of the test's is sent as.
func partsOf(t *testing.T, m threads.Message) (texts []string) {
	t.Helper()
	parts, _, err := normalize.Fit(m.Content, normalize.Capabilities{Text: normalize.TextLimit{Max: 20, Unit: normalize.Runes}})
	require.NoError(t, err)
	for _, p := range parts {
		texts = append(texts, p.Text)
	}
	return texts
}

func newMatrix(t *testing.T, f fault, patience time.Duration) *matrix {
	x := &matrix{
		bench: newBench(t), patience: patience, over: make(chan struct{}), shown: map[string]int{}, faulted: map[string]bool{}, seen: map[threads.MessageID]threads.MessageStatus{},
	}
	t.Cleanup(func() { close(x.over) }) // before the server waits for its calls
	for _, peer := range []string{"a", "b"} {
		conv := x.conversation(normalize.PeerID(peer))
		for i, text := range []string{"%s%d one", "%[1]s%[2]d first partxxxxxx %[1]s%[2]d second", "%s%d three"} {
			x.messages = append(x.messages, x.send(conv, fmt.Sprintf(text, peer, i)))
		}
	}
	for _, id := range x.messages {
		x.seen[id] = threads.MessageQueued
	}
	x.platform.script = x.answer(f)
	return x
}

func TestWhateverHappensEachMessageArrivesOnceOrIsUnknown(t *testing.T) {
	steps := []string{"never", "claim after", "begin before", "begin after", "call before", "call after", "settle before", "settle after"}
	for name, f := range faults {
		for _, step := range steps {
			for nth := 1; nth <= 2; nth++ {
				if step == "never" && nth > 1 {
					continue
				}
				t.Run(fmt.Sprintf("%s, killed at %s %d", name, step, nth), func(t *testing.T) {
					t.Parallel()
					patience := 20 * time.Second
					if name == "hang after accepting" || name == "slow drip" {
						patience = 200 * time.Millisecond
					}
					x := newMatrix(t, f, patience)
					x.run(step, nth)
					for _, id := range x.messages {
						m := x.message(id)
						parts := partsOf(t, m)
						require.Contains(t, []threads.MessageStatus{
							threads.MessageSent, threads.MessageDelivered, threads.MessageRead, threads.MessageUnknown,
						}, m.Status, strings.Join(parts, "|"))
						for _, part := range parts {
							x.mu.Lock()
							shown := x.shown[part]
							x.mu.Unlock()
							require.LessOrEqual(t, shown, 1, "%s arrived more than once", part)
							if m.Status != threads.MessageUnknown {
								require.Equal(t, 1, shown, "%s is said to be %s and never arrived", part, m.Status)
							}
						}
						if step == "never" && (name == "none" || name == "500" || name[0] == '4') {
							require.Equal(t, threads.MessageSent, m.Status, "here everything is known")
						}
						if step == "never" && strings.HasPrefix(name, "receipts") {
							require.Equal(t, threads.MessageRead, m.Status, "receipts that came early are kept")
						}
					}
				})
			}
		}
	}
}
