package mongo_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/threads"
)

func TestAGroupCostsAsManyRoundTripsAsOneMessage(t *testing.T) {
	server := mongotest.Start(t)
	for _, n := range []int{1, 40} {
		t.Run(fmt.Sprintf("%d contacts", n), func(t *testing.T) {
			count := &counter{}
			s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor()})
			var group []threads.Change
			var slots []threads.Slot
			var keys []threads.MessageKey
			for i := range n {
				c := first(fmt.Sprintf("p%d", i), 1)
				group = append(group, c)
				slots = append(slots, c.Conversation.Slot())
				keys = append(keys, c.Messages[0].Key)
			}
			read := func() {
				_, err := s.Current(t.Context(), slots)
				require.NoError(t, err)
				_, err = s.Seen(t.Context(), "ch_1", keys)
				require.NoError(t, err)
			}
			wantRead := map[string]int{"find conversations": 1, "find messages": 1}

			require.Equal(t, wantRead, count.during(read), "contacts who never wrote before")
			require.Equal(t, map[string]int{
				"find messages": 1, "insert conversations": 1,
				"insert messages": 1, "insert transitions": 1, "update conversations": 1,
			}, count.during(func() { commit(t, s, group...) }), "their first messages")

			for i := range group {
				group[i] = then(group[i].Conversation)
			}
			require.Equal(t, wantRead, count.during(read))
			require.Equal(t, map[string]int{
				"find messages": 1, "update conversations": 2, "insert messages": 1,
			}, count.during(func() { commit(t, s, group...) }), "their next messages")
		})
	}
}
