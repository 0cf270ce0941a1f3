package workers_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

func (b *bench) entry(id string) journal.Entry {
	b.t.Helper()
	e, err := b.store.Journal().Entry(context.Background(), id)
	require.NoError(b.t, err)
	return e
}

func (b *bench) quarantine() []journal.Item {
	b.t.Helper()
	items, err := b.store.Journal().Items(context.Background(), "", "", 100)
	require.NoError(b.t, err)
	return items
}

func (b *bench) total() (n int) {
	b.t.Helper()
	list, _, err := b.store.Conversations(context.Background(), threads.Filter{}, threads.Page{Limit: 200})
	require.NoError(b.t, err)
	for _, c := range list {
		n += c.MessageCount
	}
	return n
}

func TestOnePoisonWebhookHoldsNobodyElseBack(t *testing.T) {
	cases := []struct {
		name   string
		poison func(b *bench) journal.Entry
		kind   string
	}{
		{"a body nobody can read", func(b *bench) journal.Entry { return b.raw("{not json") }, "malformed"},
		{"a body that makes the connector panic", func(b *bench) journal.Entry { return b.raw("panic") }, "malformed"},
		{"an event that makes threading panic", func(b *bench) journal.Entry { b.bug = true; return b.webhook(b.event("eve", "boom")) }, "panic"},
		{"an event nobody knows", func(b *bench) journal.Entry {
			return b.webhook(normalize.Event{Key: "unk:1", Type: normalize.EventUnknown, Unknown: &normalize.Unknown{Kind: "poll"}})
		}, "unknown"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			before := b.webhook(b.event("ana", "a"))
			poison := c.poison(b)
			behind := b.webhook(b.event("bob", "b"))
			b.work()
			require.Equal(t, 2, b.total())
			require.Equal(t, journal.Done, b.entry(before.ID).State)
			require.Equal(t, journal.Done, b.entry(behind.ID).State)
			held := b.entry(poison.ID)
			require.Equal(t, journal.Quarantined, held.State)
			require.NotEmpty(t, held.Reason)
			items := b.quarantine()
			require.Len(t, items, 1)
			require.Equal(t, c.kind, items[0].Kind)
		})
	}
}

func TestAnUnknownEventDoesNotHoldItsNeighboursInTheBatch(t *testing.T) {
	b := newBench(t)
	e := b.webhook(
		b.event("ana", "a"),
		normalize.Event{Key: "unk:1", Type: normalize.EventUnknown, Unknown: &normalize.Unknown{Kind: "poll"}},
		b.event("bob", "b"),
	)
	b.work()
	require.Equal(t, 2, b.total())
	require.Equal(t, 3, b.entry(e.ID).Events)
}

func TestAWebhookOfADeletedChannelIsKept(t *testing.T) {
	b := newBench(t)
	e := journal.Entry{ID: "ev_0", ChannelID: "ch_gone", ReceivedAt: b.clock(), Body: []byte("[]"), State: journal.Pending}
	require.NoError(t, b.store.Journal().Append(context.Background(), []journal.Entry{e}))
	b.work()
	require.Equal(t, journal.Quarantined, b.entry("ev_0").State)
}

// failing stands for a store that is away for a while.
type failing struct {
	workers.Ingester
	left int
}

func (f *failing) Ingest(ctx context.Context, a []threads.Arrival) []error {
	if f.left > 0 && len(a) > 0 {
		f.left--
		errs := make([]error, len(a))
		errs[0] = errors.New("store is away")
		return errs
	}
	return f.Ingester.Ingest(ctx, a)
}

func TestAWebhookThatFailsIsTriedAgainAndAtLastKept(t *testing.T) {
	t.Run("works the second time", func(t *testing.T) {
		b := newBench(t)
		b.inbound.Threads = &failing{b, 1}
		e := b.webhook(b.event("ana", "a"))
		b.work()
		require.Equal(t, journal.Pending, b.entry(e.ID).State)
		b.wait(2 * time.Second)
		b.work()
		require.Equal(t, journal.Done, b.entry(e.ID).State)
		require.Equal(t, 1, b.total())
	})
	t.Run("never works", func(t *testing.T) {
		b := newBench(t)
		b.inbound.Threads = &failing{b, 1000}
		e := b.webhook(b.event("ana", "a"))
		for range 10 {
			b.work()
			b.wait(5 * time.Minute)
		}
		require.Equal(t, journal.Quarantined, b.entry(e.ID).State)
		require.Equal(t, "failed", b.quarantine()[0].Kind)
	})
}

func TestManyContactsAndManyMessagesInOneDrain(t *testing.T) {
	b := newBench(t)
	for i := range 600 {
		b.webhook(b.event(normalize.PeerID(fmt.Sprint(i%50)), fmt.Sprint(i)))
	}
	b.work()
	require.Equal(t, 600, b.total())
}
