package expiry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/ident"
	"threadhub/internal/journal"
	"threadhub/internal/privacy"
	"threadhub/internal/retention"
	"threadhub/internal/sqlite"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const day = retention.Keep(24 * time.Hour)

var start = time.Date(2027, 2, 3, 9, 0, 0, 0, time.UTC)

// cellar is a store with what is kept in it, and a hand that erases.
type cellar struct {
	t        *testing.T
	ctx      context.Context
	store    *sqlite.Store
	now      time.Time
	hub      retention.Policy
	own      map[threads.ChannelID]retention.Policy
	purged   []threads.ConversationID
	poisoned threads.ConversationID // cannot be erased
	purge    func()                 // comes before each batch
	log      bytes.Buffer
}

func newCellar(t *testing.T) *cellar {
	t.Helper()
	store, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return &cellar{t: t, ctx: context.Background(), store: store, now: start, own: map[threads.ChannelID]retention.Policy{}, purge: func() {}}
}

// keeper is that of one process.
func (c *cellar) keeper(owner string) *Keeper {
	return NewKeeper(Options{
		Records: c.store, Store: c.store, Journal: c.store.Journal(), Eraser: c, Owner: owner,
		Hub:     func(context.Context) (retention.Policy, error) { return c.hub, nil },
		Channel: func(_ context.Context, id threads.ChannelID) (retention.Policy, error) { return c.own[id], nil },
		Registered: func(_ context.Context, after threads.ChannelID, _ int) ([]threads.ChannelID, error) {
			if after < "ch_a" {
				return []threads.ChannelID{"ch_a"}, nil
			}
			return nil, nil
		},
		Now: func() time.Time { return c.now }, Logger: slog.New(slog.NewTextHandler(&c.log, nil)), Registerer: prometheus.NewRegistry(),
	})
}

// Purge implements [Eraser].
func (c *cellar) Purge(_ context.Context, ids []threads.ConversationID) (done privacy.Purged, err error) {
	c.purge()
	for _, id := range ids {
		if id == c.poisoned {
			err = errors.New("it cannot be erased")
			continue
		}
		conv, e := c.store.Conversation(c.ctx, id)
		require.NoError(c.t, e)
		require.NoError(c.t, c.store.EraseConversation(c.ctx, conv.Purged(c.now)))
		c.purged = append(c.purged, id)
		done.Conversations, done.Messages = done.Conversations+1, done.Messages+2
	}
	return done, err
}

// closed is a conversation that was closed so long ago.
func (c *cellar) closed(ch threads.ChannelID, style threads.StyleName, ago retention.Keep) threads.ConversationID {
	c.t.Helper()
	conv := threads.Conversation{
		ID: threads.ConversationID(ident.New("cv")), ChannelID: ch, Ordinal: 1, Version: 1, CreatedAt: start, UpdatedAt: start,
		Contact: threads.ContactBrief{ID: threads.ContactID(ident.New("ct"))},
		State:   threads.State{Status: threads.StatusClosed, Style: style, ClosedAt: c.now.Add(-time.Duration(ago))},
	}
	require.NoError(c.t, errors.Join(c.store.Commit(c.ctx, []threads.Change{{Conversation: conv}})...))
	return conv.ID
}

// webhook is one that was worked in so long ago, with a part in quarantine.
func (c *cellar) webhook(ch string, ago retention.Keep) string {
	c.t.Helper()
	at := c.now.Add(-time.Duration(ago))
	e := journal.Entry{ID: ident.New("ev"), ChannelID: ch, ReceivedAt: at, Method: "POST", URL: "https://hub.example/x", Body: []byte("{}"), State: journal.Done}
	require.NoError(c.t, c.store.Journal().Append(c.ctx, []journal.Entry{e}))
	require.NoError(c.t, c.store.Journal().Quarantine(c.ctx, []journal.Item{{ID: e.ID + "/0", EntryID: e.ID, ChannelID: ch, At: at}}))
	return e.ID
}

func TestWhatWasKeptForLongEnoughGoesAndNothingElse(t *testing.T) {
	c := newCellar(t)
	c.hub = retention.Policy{Conversations: 10 * day, Styles: map[threads.StyleName]retention.Keep{threads.LiveChat: retention.Forever}, Payloads: 2 * day, EventLog: 5 * day, Quarantine: 3 * day, DeadLetters: retention.Forever}
	c.own["ch_a"] = retention.Policy{Conversations: 4 * day}
	want := []threads.ConversationID{c.closed("ch_a", threads.LiveChat, 5*day), c.closed("ch_a", threads.SocialMessaging, 5*day), c.closed("ch_gone", threads.SocialMessaging, 11*day)}
	c.closed("ch_a", threads.LiveChat, 3*day)
	c.closed("ch_gone", threads.LiveChat, 1000*day)
	c.closed("ch_gone", threads.SocialMessaging, 5*day)
	gone, bare, whole := c.webhook("ch_a", 6*day), c.webhook("ch_a", 4*day), c.webhook("ch_a", day)
	c.webhook("ch_old", 6*day)

	k := c.keeper("hub_1")
	list, err := k.Preview(c.ctx, c.hub, k.Channel, "")
	require.NoError(t, err)
	foreseen := 0
	for _, f := range list {
		foreseen += f.Conversations
	}
	require.Equal(t, len(want), foreseen)
	require.Empty(t, c.purged, "a look changes nothing")
	one, err := k.Preview(c.ctx, c.hub, k.Channel, "ch_gone")
	require.NoError(t, err)
	require.Contains(t, one, Forecast{Channel: "ch_gone", Style: threads.SocialMessaging, Keep: 10 * day, Conversations: 1})
	require.Len(t, one, len(threads.StyleNames))

	require.NoError(t, k.Sweep(c.ctx))
	require.ElementsMatch(t, want, c.purged)
	_, err = c.store.Journal().Entry(c.ctx, gone)
	require.ErrorIs(t, err, journal.ErrNotFound)
	for id, redacted := range map[string]bool{bare: true, whole: false} {
		e, err := c.store.Journal().Entry(c.ctx, id)
		require.NoError(t, err)
		require.Equal(t, redacted, e.Redacted())
	}
	left, err := c.store.Journal().Entries(c.ctx, "ch_old", "", 10)
	require.NoError(t, err)
	require.Empty(t, left, "of channels that are no more, too")
	items, err := c.store.Journal().Items(c.ctx, "", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1)
	for kind, n := range map[string]float64{conversations: 3, messages: 6, events: 2, payloads: 1, quarantine: 3, deadLetters: 0} {
		require.InDelta(t, n, counted(t, k, kind), 0, kind)
	}
	require.Contains(t, c.log.String(), "conversations=3")
	c.log.Reset()
	require.NoError(t, k.Sweep(c.ctx))
	require.Len(t, c.purged, len(want), "once")
	require.Empty(t, c.log.String(), "nothing done, nothing said")
}

// counted is what the metric says of a kind.
func counted(t *testing.T, k *Keeper, kind string) float64 {
	t.Helper()
	families, err := k.Registerer.(*prometheus.Registry).Gather()
	require.NoError(t, err)
	for _, m := range families[0].GetMetric() {
		if m.GetLabel()[0].GetValue() == kind {
			return m.GetCounter().GetValue()
		}
	}
	require.Fail(t, "no such kind", kind)
	return 0
}

func TestManyBatchesGoOnPastOneThatCannotBeErased(t *testing.T) {
	c := newCellar(t)
	c.hub = retention.Policy{Conversations: day, Payloads: day, EventLog: day}
	c.poisoned = c.closed("ch_a", threads.LiveChat, 9*day)
	for range talkBatch + 5 {
		c.closed("ch_a", threads.LiveChat, 2*day)
	}
	social := c.closed("ch_b", threads.SocialMessaging, 2*day)
	err := c.keeper("hub_1").Sweep(c.ctx)
	require.ErrorContains(t, err, "it cannot be erased")
	require.Len(t, c.purged, talkBatch+6)
	require.Contains(t, c.purged, social)
	c.poisoned = ""
	require.NoError(t, c.keeper("hub_1").Sweep(c.ctx))
	require.Len(t, c.purged, talkBatch+7)
}

func TestOneProcessSweepsAtATime(t *testing.T) {
	c := newCellar(t)
	c.hub = retention.Policy{Conversations: day, Payloads: day, EventLog: day}
	id := c.closed("ch_a", threads.LiveChat, 2*day)
	second := c.keeper("hub_2")
	batches := 0
	c.purge = func() {
		batches++
		require.NoError(t, second.Sweep(c.ctx), "it leaves the work to the first")
	}
	require.NoError(t, c.keeper("hub_1").Sweep(c.ctx))
	require.Equal(t, []threads.ConversationID{id}, c.purged)
	require.Equal(t, 1, batches)

	// One that dies leaves its lease, which runs out.
	c.closed("ch_a", threads.LiveChat, 2*day)
	dying, dead := context.WithCancel(c.ctx)
	c.purge = func() { dead(); panic("killed") }
	func() {
		defer func() { require.Equal(t, "killed", fmt.Sprint(recover())) }()
		_ = c.keeper("hub_1").Sweep(dying)
	}()
	c.purge = func() {}
	require.NoError(t, second.Sweep(c.ctx))
	require.Len(t, c.purged, 1, "it may still be at work")
	c.now = c.now.Add(term + time.Second)
	require.NoError(t, second.Sweep(c.ctx))
	require.Len(t, c.purged, 2)
}

func TestALoopLooksAtOnceAndEnds(t *testing.T) {
	c := newCellar(t)
	c.hub = retention.Policy{Conversations: day, Payloads: day, EventLog: day}
	c.closed("ch_a", threads.LiveChat, 2*day)
	ctx, stop := context.WithCancel(c.ctx)
	c.purge = stop
	c.keeper("hub_1").Run(ctx)
	require.Len(t, c.purged, 1)
}
