package mongo_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/normalize"
	"threadhub/threads"
)

// plainChannel is a channel of which nothing but its style is asked.
type plainChannel struct{}

func (plainChannel) ChannelInfo(_ context.Context, id threads.ChannelID) (threads.ChannelInfo, error) {
	return threads.ChannelInfo{ID: id, Kind: "test", Style: threads.Style{Name: threads.LiveChat}, Enabled: true, Caps: normalize.Capabilities{
		Text: normalize.TextLimit{Max: 1000, Unit: normalize.Runes},
	}}, nil
}

func (plainChannel) Available(context.Context, threads.AgentID) (bool, error) { return false, nil }

func (plainChannel) Announce(context.Context, []threads.Notice) error { return nil }

// What a text costs on its whole way, from the webhook to its conversation, in
// commands to the server. Each is waited for before the next is sent, except the
// one that tidies, which nobody waits for. The figures are those of
// docs/performance.md:
//
//	go test ./internal/mongo -run RoundTrips -v
func TestRoundTripsOfAnInboundText(t *testing.T) {
	server := mongotest.Start(t)
	for _, n := range []int{1, 4, 20} {
		t.Run(fmt.Sprintf("%d contacts in a group", n), func(t *testing.T) {
			count := &counter{}
			s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor(), TidyEvery: untilAsked})
			service := plainService(s)
			claiming, batch := map[string]int{"find journal": 1, "update journal": 1}, map[string]int{
				"find conversations": 1, "find messages": 1, "update conversations": 1, "insert messages": 1,
			}
			if n == 1 {
				claiming = map[string]int{"findAndModify journal": 1}
			}
			if n > 16 {
				batch["update conversations"]++ // tidied at once: it is shared by many
			}
			for round, what := range []string{"the first text of somebody", "the second", "the third", "the fourth"} {
				cost := way(t, s, service, count, n, round)
				t.Logf("%s: %s", what, cost)
				require.Equal(t, map[string]int{"insert journal": 1}, cost.accept, "one write, however many webhooks")
				require.Equal(t, map[string]int{"update journal": 1}, cost.finish)
				if round == 0 {
					require.LessOrEqual(t, total(cost.batch), 5+4*n, "the contact is made, which happens once")
					continue
				}
				require.Equal(t, claiming, cost.claim)
				require.Equal(t, batch, cost.batch, "as many for one contact as for all")
				if n <= 16 {
					require.LessOrEqual(t, total(cost.batch), 4, "for a contact batch")
				}
				require.LessOrEqual(t, total(cost.claim)+total(cost.finish), 3)
			}
			restarted := way(t, s, plainService(s), count, n, 4)
			require.Equal(t, 1, restarted.batch["find identities"], "who the contacts are is asked once for all")

			want := map[string]int{}
			if n <= 16 {
				want["update conversations"] = 1
			}
			tidied := count.during(func() {
				left, err := s.Unsettled(t.Context(), noon.Add(time.Hour), 10)
				require.NoError(t, err)
				require.Empty(t, left)
			})
			delete(tidied, "find conversations") // the look of the sweeper, which is the one who asks here
			require.Equal(t, want, tidied, "for all five batches together")
		})
	}
}

func plainService(s *mongo.Store) *threads.Service {
	return threads.NewService(threads.Options{
		Store: s, Channels: plainChannel{}, Roster: plainChannel{}, Announce: plainChannel{},
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon },
	})
}

const (
	untilAsked = time.Hour             // a pause that does not end while a test runs
	soon       = 20 * time.Millisecond // one that ends often while a test runs
)

// wayCost is what a group of texts cost in commands.
type wayCost struct{ accept, claim, batch, finish map[string]int }

func (c wayCost) String() string {
	return fmt.Sprintf("accept %d, claim %d, batch %d, finish %d, together %d: %v %v %v %v",
		total(c.accept), total(c.claim), total(c.batch), total(c.finish),
		total(c.accept)+total(c.claim)+total(c.batch)+total(c.finish), c.accept, c.claim, c.batch, c.finish)
}

// way takes one text of each of n contacts through the journal into their
// conversations as a worker does, and answers what that cost.
func way(t *testing.T, s *mongo.Store, service *threads.Service, count *counter, n, round int) (cost wayCost) {
	t.Helper()
	entries := make([]journal.Entry, n)
	arrivals := make([]threads.Arrival, n)
	results := make([]journal.Result, n)
	for i := range n {
		key := fmt.Sprintf("m%d-%d", round, i)
		entries[i] = journal.Entry{ID: "ev_" + key, ChannelID: "ch_1", ReceivedAt: noon, Method: "POST", Body: []byte("{}")}
		results[i] = journal.Result{ID: entries[i].ID, State: journal.Done, Events: 1}
		arrivals[i] = threads.Arrival{Channel: "ch_1", ReceivedAt: noon, Event: normalize.Event{
			Key: key, Type: normalize.EventMessage, Peer: normalize.Peer{ID: normalize.PeerID(fmt.Sprintf("p%d", i))}, At: noon,
			Message: &normalize.Message{Type: normalize.TypeText, Text: "good day"},
		}}
	}
	claim := func(want int) {
		claimed, err := s.Journal().Claim(t.Context(), "w", noon, time.Minute, 2048)
		require.NoError(t, err)
		require.Len(t, claimed, want)
	}
	cost.accept = count.during(func() { require.NoError(t, s.Journal().Append(t.Context(), entries)) })
	cost.claim = count.during(func() { claim(n) })
	cost.batch = count.during(func() {
		for _, err := range service.Ingest(t.Context(), arrivals) {
			require.NoError(t, err)
		}
	})
	cost.finish = count.during(func() { require.NoError(t, s.Journal().Finish(t.Context(), results)) })
	more := count.during(func() { claim(0) })
	require.Equal(t, map[string]int{"find journal": 1}, more, "whether there is more, as a worker looks before it rests")
	return cost
}

func total(commands map[string]int) (n int) {
	for _, c := range slices.Collect(maps.Values(commands)) {
		n += c
	}
	return n
}
