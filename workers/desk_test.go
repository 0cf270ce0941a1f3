package workers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/internal/journal"
	"threadhub/internal/sqlite"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain is a platform of the test's own: JSON events in, one POST per part out.
// With a file set, each part carries it.
type plain struct {
	base, file string
	knownFor   time.Duration
}

func (plain) Verify(*connectors.Request, time.Time) error { return nil }

func (plain) Parse(req *connectors.Request) ([]normalize.Event, error) {
	if string(req.Body) == "panic" {
		panic("connector bug")
	}
	var events []normalize.Event
	if err := json.Unmarshal(req.Body, &events); err != nil {
		return nil, connectors.ErrMalformed
	}
	return events, nil
}

func (p plain) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if len(done) == len(out.Parts) {
		return nil, nil
	}
	call := &connectors.Call{
		Name: "send", Method: http.MethodPost, URL: p.base + "/send/" + string(out.To.ID), Part: len(done), Visible: true,
		Body: []byte(out.Parts[len(done)].Text), Idempotent: p.knownFor > 0, KnownFor: p.knownFor,
	}
	if p.file != "" {
		call.Body, call.Upload = nil, &connectors.Upload{URL: p.file, Field: "file", MaxBytes: 10}
	}
	return call, nil
}

func (plain) Classify(_ *connectors.Call, resp *connectors.Response) connectors.Outcome {
	fail := &normalize.Failure{Reason: normalize.ReasonUnavailable, Message: string(resp.Body)}
	switch resp.Status {
	case http.StatusOK:
		if len(resp.Body) == 0 {
			return connectors.Outcome{Verdict: connectors.Unclear}
		}
		return connectors.Outcome{Verdict: connectors.Done, IDs: []normalize.PlatformID{normalize.PlatformID(resp.Body)}}
	case http.StatusTooManyRequests:
		after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return connectors.Outcome{Verdict: connectors.Wait, After: time.Duration(after) * time.Second, Failure: fail}
	case http.StatusUnauthorized:
		return connectors.Outcome{Verdict: connectors.Suspend, Failure: fail}
	case http.StatusForbidden:
		fail.Reason = normalize.ReasonBlocked
		return connectors.Outcome{Verdict: connectors.Refuse, Failure: fail}
	}
	return connectors.Outcome{Verdict: connectors.Retry, Failure: fail}
}

// platform records what reaches it and answers what its script says.
type platform struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string
	script func(n int, text string, w http.ResponseWriter)
}

func (p *platform) texts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.got...)
}

// bench is a worker's surroundings: real store, real transport, a platform on
// loopback and a clock that the test moves.
type bench struct {
	t        *testing.T
	store    *sqlite.Store
	service  *threads.Service
	inbound  *workers.Inbound
	outbound *workers.Outbound
	platform *platform
	carrier  *egress.Client

	mu     sync.Mutex
	now    time.Time
	health channels.HealthState
	file   string // that messages carry
	rings  []time.Time
	ids    int
	bug    bool // Ingest panics on the text "boom"
	window *normalize.Window
	ladder threads.Ladder
	// knownFor is how long the platform knows a repetition, 0: it knows none.
	knownFor time.Duration
}

const testChannel = threads.ChannelID("ch_1")

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Now().UTC().Truncate(time.Millisecond)}
	b.platform = &platform{}
	b.platform.Server = httptest.NewServer(http.HandlerFunc(b.answer))
	t.Cleanup(b.platform.Close)
	var err error
	b.store, err = sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.store.Close()) })
	b.carrier, err = egress.New(egress.Options{AllowPrivate: true, Timeout: 2 * time.Second})
	require.NoError(t, err)
	t.Cleanup(b.carrier.Close)
	logger := slog.New(slog.DiscardHandler)
	metrics := workers.NewMetrics(prometheus.NewRegistry())
	b.service = threads.NewService(threads.Options{
		Store: b.store, Channels: b, Roster: b, Announce: b, Logger: logger, Now: b.clock,
	})
	b.inbound = &workers.Inbound{
		Journal: b.store.Journal(), Channels: b, Threads: b, Owner: "w1", Now: b.clock, Logger: logger, Metrics: metrics,
		Follow: func(*channels.Opened, *connectors.Call) {},
	}
	b.outbound = &workers.Outbound{
		Outbox: b.store, Channels: b, Threads: b.service, Carrier: b.carrier, Bell: b, Owner: "w1", Now: b.clock, Logger: logger, Metrics: metrics,
	}
	return b
}

func (b *bench) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.platform.mu.Lock()
	b.platform.got = append(b.platform.got, string(body))
	n, script := len(b.platform.got), b.platform.script
	b.platform.mu.Unlock()
	if script != nil {
		script(n, string(body), w)
		return
	}
	fmt.Fprintf(w, "p%d", n)
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) Open(_ context.Context, id threads.ChannelID) (*channels.Opened, error) {
	if id != testChannel {
		return nil, fmt.Errorf("channel %s: %w", id, threads.ErrNotFound)
	}
	caps := normalize.Capabilities{Text: normalize.TextLimit{Max: 20, Unit: normalize.Runes}, Window: b.window}
	b.mu.Lock()
	defer b.mu.Unlock()
	return &channels.Opened{
		Channel:   channels.Channel{ID: id, Kind: "plain", Enabled: true, Health: channels.Health{State: b.health}},
		Connector: plain{b.platform.URL, b.file, b.knownFor}, Caps: caps, Target: egress.Target{Kind: "plain", Channel: string(id)},
	}, nil
}

func (b *bench) Suspend(context.Context, threads.ChannelID, string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.health = channels.HealthSuspended
	return nil
}

func (b *bench) ChannelInfo(ctx context.Context, id threads.ChannelID) (threads.ChannelInfo, error) {
	o, err := b.Open(ctx, id)
	if err != nil {
		return threads.ChannelInfo{}, err
	}
	style, _ := threads.DefaultStyle(threads.SocialMessaging)
	style.Presence.Ladder = b.ladder
	return threads.ChannelInfo{ID: id, Style: style, Enabled: true, Caps: o.Caps}, nil
}

func (b *bench) Available(context.Context, threads.AgentID) (bool, error) { return true, nil }
func (b *bench) Announce(context.Context, []threads.Notice) error         { return nil }
func (b *bench) Ring(string)                                              {}

func (b *bench) RingAt(_ string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings = append(b.rings, at)
}

func (b *bench) Ingest(ctx context.Context, arrivals []threads.Arrival) []error {
	for _, a := range arrivals {
		if b.bug && a.Event.Message != nil && a.Event.Message.Text == "boom" {
			panic("threading bug")
		}
	}
	return b.service.Ingest(ctx, arrivals)
}

// customer stores a webhook with a message of each of the peers.
func (b *bench) event(peer normalize.PeerID, text string) normalize.Event {
	b.ids++
	id := fmt.Sprintf("in%d", b.ids)
	return normalize.Event{
		Key: "msg:" + id, Type: normalize.EventMessage, Peer: normalize.Peer{ID: peer}, At: b.clock(),
		Message: &normalize.Message{ID: normalize.PlatformID(id), Type: normalize.TypeText, Text: text},
	}
}

func (b *bench) webhook(events ...normalize.Event) journal.Entry {
	body, err := json.Marshal(events)
	require.NoError(b.t, err)
	return b.raw(string(body))
}

func (b *bench) raw(body string) journal.Entry {
	b.ids++
	e := journal.Entry{
		ID: fmt.Sprintf("ev_%06d", b.ids), ChannelID: string(testChannel), ReceivedAt: b.clock(),
		Method: http.MethodPost, Body: []byte(body), State: journal.Pending,
	}
	require.NoError(b.t, b.store.Journal().Append(context.Background(), []journal.Entry{e}))
	return e
}

func (b *bench) work() {
	b.t.Helper()
	require.NoError(b.t, b.inbound.Drain(context.Background()))
}

func (b *bench) deliver() {
	b.t.Helper()
	require.NoError(b.t, b.outbound.Drain(context.Background()))
}

// conversation of a peer that has just written.
func (b *bench) conversation(peer normalize.PeerID) threads.Conversation {
	b.t.Helper()
	b.webhook(b.event(peer, "hello from "+string(peer)))
	b.work()
	owners, err := b.store.Owners(context.Background(), []threads.Identity{{Channel: testChannel, Peer: peer}})
	require.NoError(b.t, err)
	slot := threads.Slot{Channel: testChannel, Contact: owners[threads.Identity{Channel: testChannel, Peer: peer}]}
	current, err := b.store.Current(context.Background(), []threads.Slot{slot})
	require.NoError(b.t, err)
	return current[slot]
}

func (b *bench) send(conv threads.Conversation, text string) threads.MessageID {
	b.t.Helper()
	m, _, err := b.service.Send(context.Background(), threads.SendCommand{
		Conversation: conv.ID, Author: threads.Author{Type: threads.AuthorAgent, ID: "ag_bea"},
		Content: normalize.Message{Type: normalize.TypeText, Text: text},
	})
	require.NoError(b.t, err)
	return m.ID
}

func (b *bench) message(id threads.MessageID) threads.Message {
	b.t.Helper()
	m, err := b.store.Message(context.Background(), id)
	require.NoError(b.t, err)
	return m
}

func (b *bench) backlog() int {
	b.t.Helper()
	n, err := b.store.DeliveryBacklog(context.Background())
	require.NoError(b.t, err)
	return n
}
