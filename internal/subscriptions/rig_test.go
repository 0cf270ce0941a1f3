package subscriptions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/egress"
	"threadhub/internal/ident"
	"threadhub/internal/seal"
	"threadhub/internal/spool"
	"threadhub/internal/sqlite"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is everything around subscriptions over a real embedded store, on a clock
// that the test moves. Subscribers are stand-ins.
type rig struct {
	*Registry
	t       *testing.T
	store   *sqlite.Store
	relay   *Relay
	courier *Courier
	watched *Store
	log     *bytes.Buffer

	mu     sync.Mutex
	now    time.Time
	calls  []call
	answer func(c call) (int, error)
}

// call is one that a subscriber got.
type call struct {
	url, id   string
	body      object
	signature string
}

type object = map[string]any

func newRig(t *testing.T) *rig {
	t.Helper()
	store, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	r := &rig{t: t, store: store, log: &bytes.Buffer{}, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	r.answer = func(call) (int, error) { return 204, nil }
	r.Registry = NewRegistry(Options{
		Store: store, Spool: store, Keys: keys, Now: r.clock,
		CheckURL: func(url string) error {
			if strings.Contains(url, "private") {
				return egress.ErrBlocked
			}
			return nil
		},
		ChannelExists: func(_ context.Context, id threads.ChannelID) (bool, error) { return id != "ch_none", nil },
	})
	r.start("hub_1")
	return r
}

// start begins a process over the store, in place of the one before.
func (r *rig) start(owner string) {
	logger := slog.New(slog.NewTextHandler(&synced{w: r.log}, nil))
	r.relay = NewRelay(RelayOptions{
		Spool: r.store, Book: r.Registry, Records: r.store, Bell: func() {}, Owner: owner, Now: r.clock, Logger: logger, Alone: true,
	})
	r.watched = r.relay.Watch(r.store)
	r.courier = NewCourier(CourierOptions{
		Book: r.Registry, Relay: r.relay, Carrier: r, Now: r.clock, Logger: logger, Metrics: NewMetrics(prometheus.NewRegistry()),
		Render: func(_ context.Context, id string, n News, _ func(threads.ChannelID) bool) ([]byte, error) {
			out := object{"id": id, "type": n.Type}
			if n.Message != nil {
				out["text"] = n.Message.Content.Text
			}
			if n.Conversation != nil {
				out["conversation"], out["version"] = n.Conversation.ID, n.Conversation.Version
			}
			if n.Subscription != nil {
				out["reason"] = n.Subscription.Reason
			}
			return json.Marshal(out)
		},
	})
}

type synced struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *synced) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) wait(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// Do stands in for the way to subscribers.
func (r *rig) Do(_ context.Context, _ egress.Target, c *connectors.Call) (*connectors.Response, error) {
	made := call{url: c.URL, id: c.Header.Get("Webhook-Id"), signature: c.Header.Get("Webhook-Signature")}
	if err := json.Unmarshal(c.Body, &made.body); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.calls = append(r.calls, made)
	answer := r.answer
	r.mu.Unlock()
	status, err := answer(made)
	if err != nil {
		return nil, err
	}
	return &connectors.Response{Status: status}, nil
}

func (r *rig) answers(f func(c call) (int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func always(status int) func(call) (int, error) {
	return func(call) (int, error) { return status, nil }
}

// heard are the calls of an address so far, as "type text".
func (r *rig) heard(url string) (lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		if c.url == url {
			line := fmt.Sprint(c.body["type"])
			if c.body["text"] != nil {
				line += " " + fmt.Sprint(c.body["text"])
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// work delivers until nothing is due.
func (r *rig) work() {
	r.t.Helper()
	for again := true; again; {
		require.NoError(r.t, r.courier.look(context.Background()))
		r.courier.work.Wait()
		select {
		case <-r.courier.bell:
		default:
			again = false
		}
	}
}

const (
	crm   = "https://crm.example/events"
	audit = "https://audit.example/events"
)

// subscribe makes a subscription of everything, or of what is named.
func (r *rig) subscribe(url string, events ...string) Subscription {
	r.t.Helper()
	if len(events) == 0 {
		events = []string{All}
	}
	s, err := r.Create(context.Background(), Draft{URL: url, Events: events, Enabled: true})
	require.NoError(r.t, err)
	return s
}

// conversation is a new one with its first message, not stored yet.
func conversation(contact, text string, now time.Time) (threads.Change, []threads.Notice) {
	c := threads.Conversation{
		ID: threads.ConversationID(ident.New("cv")), ChannelID: "ch_1", Contact: threads.ContactBrief{ID: threads.ContactID(contact)},
		Ordinal: 1, State: threads.State{Status: threads.StatusNew}, CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	m := message(&c, text)
	change := threads.Change{Conversation: c, Messages: []threads.Message{m}}
	return change, []threads.Notice{
		{Type: threads.NoticeConversationCreated, At: now, Conversation: &change.Conversation},
		{Type: threads.NoticeMessageCreated, At: now, Conversation: &change.Conversation, Message: &change.Messages[0]},
	}
}

func message(c *threads.Conversation, text string) threads.Message {
	c.LastSequence++
	id := threads.MessageID(ident.New("msg"))
	return threads.Message{
		ID: id, ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID, Key: threads.MessageKey(id), Direction: threads.Inbound,
		Content: normalize.Message{Type: normalize.TypeText, Text: text}, Status: threads.MessageReceived, Sequence: c.LastSequence,
		SentAt: c.UpdatedAt, Version: 1,
	}
}

// follow is the conversation's next message, as a change and as it is announced.
func follow(c threads.Conversation, text string) (threads.Change, []threads.Notice) {
	before := c.Version
	c.Version++
	m := message(&c, text)
	change := threads.Change{Conversation: c, Expected: before, Messages: []threads.Message{m}}
	return change, []threads.Notice{{Type: threads.NoticeMessageCreated, At: c.UpdatedAt, Conversation: &change.Conversation, Message: &change.Messages[0]}}
}

func (r *rig) commit(c threads.Change) {
	r.t.Helper()
	require.NoError(r.t, r.watched.Commit(context.Background(), []threads.Change{c})[0])
}

func (r *rig) announce(n []threads.Notice) {
	r.t.Helper()
	require.NoError(r.t, r.relay.Announce(context.Background(), n))
}

// receive stores and announces a conversation's first message.
func (r *rig) receive(contact, text string) threads.Conversation {
	r.t.Helper()
	change, notices := conversation(contact, text, r.clock())
	r.commit(change)
	r.announce(notices)
	return change.Conversation
}

// talk is a conversation of so many messages, the first of which is "0".
func (r *rig) talk(messages int) {
	r.t.Helper()
	conv := r.receive("ct_1", "0")
	for i := 1; i < messages; i++ {
		change, notices := follow(conv, fmt.Sprint(i))
		r.commit(change)
		r.announce(notices)
		conv = change.Conversation
	}
}

func (r *rig) intents() int {
	r.t.Helper()
	list, err := r.store.IntentsBefore(context.Background(), r.clock().Add(time.Hour), 100)
	require.NoError(r.t, err)
	return len(list)
}

func (r *rig) events(s Subscription, state spool.State) []spool.Event {
	r.t.Helper()
	list, _, err := r.Deliveries(context.Background(), s.ID, state, "", 100)
	require.NoError(r.t, err)
	return list
}

func (r *rig) get(s Subscription) Subscription {
	r.t.Helper()
	got, err := r.Get(context.Background(), s.ID)
	require.NoError(r.t, err)
	return got
}

// failing is a spool that cannot be written.
type failing struct{ spool.Store }

func (failing) AddIntents(context.Context, []spool.Intent) error { return errAway }

func (failing) AddEvents(context.Context, []spool.Event, []string, time.Time) error { return errAway }
