package mongo_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
)

func entries(n int) []journal.Entry {
	list := make([]journal.Entry, n)
	for i := range list {
		list[i] = journal.Entry{
			ID: fmt.Sprintf("ev_%04d", i), ChannelID: "ch_1", ReceivedAt: noon.Add(time.Duration(i) * time.Second),
			Method: "POST", Body: []byte(`{"a": 1}`), State: journal.Pending,
		}
	}
	return list
}

func TestAGroupOfEntriesCostsOneCommandAStep(t *testing.T) {
	server := mongotest.Start(t)
	count := &counter{}
	s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor()})
	group := entries(50)
	var claimed []journal.Entry

	require.Equal(t, map[string]int{"insert journal": 1}, count.during(func() {
		require.NoError(t, s.Journal().Append(t.Context(), group))
	}))
	require.Equal(t, map[string]int{"find journal": 1, "update journal": 1}, count.during(func() {
		var err error
		claimed, err = s.Journal().Claim(t.Context(), "w", noon, time.Minute, 100)
		require.NoError(t, err)
	}))
	require.Equal(t, group, claimed)
	require.Equal(t, map[string]int{"update journal": 1}, count.during(func() {
		results := make([]journal.Result, len(claimed))
		for i, e := range claimed {
			results[i] = journal.Result{ID: e.ID, State: journal.Done, Events: 1}
		}
		require.NoError(t, s.Journal().Finish(t.Context(), results))
	}))
}

func TestAGroupOfWhichAPartIsRefusedIsNotKept(t *testing.T) {
	server := mongotest.Start(t)
	s := server.Open(t)
	group := entries(3)
	require.NoError(t, s.Journal().Append(t.Context(), group[1:2]))
	require.Error(t, s.Journal().Append(t.Context(), group))
	n, err := s.Journal().Backlog(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n, "only what was there before")
}

// strange makes connections to a server that does not know findAndModify.
type strange struct{ net.Dialer }

func (d *strange) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	return strangeConn{c}, err
}

type strangeConn struct{ net.Conn }

func (c strangeConn) Write(p []byte) (int, error) {
	return c.Conn.Write(bytes.ReplaceAll(p, []byte("findAndModify\x00"), []byte("findAndForget\x00")))
}

func TestAServerThatRefusesToClaimOneIsAskedForMany(t *testing.T) {
	server := mongotest.Start(t)
	count := &counter{}
	s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor(), Dialer: &strange{}})
	var cost map[string]int
	for _, e := range entries(3) {
		require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{e}))
		cost = count.during(func() {
			claimed, err := s.Journal().Claim(t.Context(), "w", noon, time.Minute, 100)
			require.NoError(t, err)
			require.Equal(t, []journal.Entry{e}, claimed)
		})
		none, err := s.Journal().Claim(t.Context(), "w", noon, time.Minute, 100)
		require.NoError(t, err)
		require.Empty(t, none)
	}
	require.Equal(t, map[string]int{"findAndModify journal": 1, "find journal": 1, "update journal": 1}, cost)
}

func TestEntriesThatComeAloneAreClaimedByOneCommand(t *testing.T) {
	server := mongotest.Start(t)
	count := &counter{}
	s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor()})
	all, waiting := entries(9), []journal.Entry(nil)
	one, many, none := map[string]int{"findAndModify journal": 1}, map[string]int{"find journal": 1, "update journal": 1}, map[string]int{"find journal": 1}
	for _, step := range []struct {
		name string
		come int // entries that are accepted before the claim
		want int // and claimed by it
		cost map[string]int
	}{
		{"nothing is known at first", 1, 1, many},
		{"and that was all", 0, 0, none},
		{"the next is expected alone", 1, 1, one},
		{"and is", 0, 0, none},
		{"while none comes", 0, 0, one},
		{"the guess stays", 0, 0, one},
		{"of three the first is claimed alone", 3, 1, one},
		{"and the others together", 0, 2, many},
		{"and that was all again", 0, 0, none},
		{"after that many are expected", 2, 2, many},
		{"still", 0, 0, none},
		{"even of one", 1, 1, many},
		{"which is all", 0, 0, none},
		{"so that it is one at a time again", 1, 1, one},
	} {
		require.NoError(t, s.Journal().Append(t.Context(), all[:step.come]))
		var claimed []journal.Entry
		cost := count.during(func() {
			var err error
			claimed, err = s.Journal().Claim(t.Context(), "w", noon, time.Minute, 100)
			require.NoError(t, err)
		})
		waiting, all = append(waiting, all[:step.come]...), all[step.come:]
		require.Len(t, claimed, step.want, step.name)
		require.ElementsMatch(t, waiting[:step.want], claimed, "the oldest first")
		require.Equal(t, step.cost, cost, step.name)
		waiting = waiting[step.want:]
	}
	left, err := s.Journal().Claim(t.Context(), "w2", noon.Add(time.Minute), time.Minute, 100)
	require.NoError(t, err)
	require.ElementsMatch(t, entries(9), left, "a lease of one ends like every other")
}
