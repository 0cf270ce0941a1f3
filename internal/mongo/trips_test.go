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
// commands to the server. The figures are those of docs/performance.md:
//
//	go test ./internal/mongo -run RoundTrips -v
func TestRoundTripsOfAnInboundText(t *testing.T) {
	server := mongotest.Start(t)
	for _, n := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d contacts in a group", n), func(t *testing.T) {
			count := &counter{}
			s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor()})
			service := threads.NewService(threads.Options{
				Store: s, Channels: plainChannel{}, Roster: plainChannel{}, Announce: plainChannel{},
				Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon },
			})
			for round, what := range []string{"the first text of somebody", "the second", "the third"} {
				accept, work := way(t, s, service, count, n, round)
				t.Logf("%s: accept %d, work %d %v, for each contact %.2f", what, total(accept), total(work), work, float64(total(accept)+total(work))/float64(n))
				require.Equal(t, map[string]int{"insert journal": 1}, accept, "one write, however many webhooks")
				if round == 0 {
					continue // the contact is made, which happens once
				}
				require.Equal(t, map[string]int{
					"find journal": 1, "update journal": 2, // claimed, and done
					"find conversations": 1, "find messages": 2, "insert messages": 1, "update conversations": 3,
				}, work, "as many for one contact as for four")
				if n > 3 {
					require.LessOrEqual(t, float64(total(accept)+total(work))/float64(n), 4.0, "for each contact")
				}
			}
		})
	}
}

// way takes one text of each of n contacts through the journal into their
// conversations, and answers what that cost.
func way(t *testing.T, s *mongo.Store, service *threads.Service, count *counter, n, round int) (accept, work map[string]int) {
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
	accept = count.during(func() { require.NoError(t, s.Journal().Append(t.Context(), entries)) })
	work = count.during(func() {
		claimed, err := s.Journal().Claim(t.Context(), "w", noon, time.Minute, 2048)
		require.NoError(t, err)
		require.Len(t, claimed, n)
		for _, err := range service.Ingest(t.Context(), arrivals) {
			require.NoError(t, err)
		}
		require.NoError(t, s.Journal().Finish(t.Context(), results))
	})
	return accept, work
}

func total(commands map[string]int) (n int) {
	for _, c := range slices.Collect(maps.Values(commands)) {
		n += c
	}
	return n
}
