package mongo_test

import (
	"fmt"
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
