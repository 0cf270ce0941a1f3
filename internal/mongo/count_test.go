package mongo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/threads"
	"threadhub/workers"
)

func TestAGroupCostsAsManyRoundTripsAsOneMessage(t *testing.T) {
	server := mongotest.Start(t)
	for _, n := range []int{1, 40} {
		t.Run(fmt.Sprintf("%d contacts", n), func(t *testing.T) {
			count := &counter{}
			s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor(), TidyEvery: untilAsked})
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
				"insert messages": 1, "insert transitions": 1,
			}, count.during(func() { commit(t, s, group...) }), "their first messages")

			for i := range group {
				group[i] = then(group[i].Conversation)
			}
			require.Equal(t, wantRead, count.during(read))
			require.Equal(t, map[string]int{
				"find messages": 1, "update conversations": 1, "insert messages": 1,
			}, count.during(func() { commit(t, s, group...) }), "their next messages")

			for i := range group {
				group[i] = then(group[i].Conversation)
				group[i].Unseen = true
			}
			require.Equal(t, map[string]int{
				"update conversations": 1, "insert messages": 1,
			}, count.during(func() { commit(t, s, group...) }), "and those that were looked for")
			require.Equal(t, map[string]int{"find conversations": 1}, count.during(func() { current(t, s, group[0]) }),
				"what is known to be written out is not written again")
		})
	}
}

func TestAClaimOfManyLanesCostsAsManyRoundTripsAsOfOne(t *testing.T) {
	server := mongotest.Start(t)
	for _, n := range []int{1, 40} {
		t.Run(fmt.Sprintf("%d lanes", n), func(t *testing.T) {
			count := &counter{}
			s := server.OpenAt(t, server.Database(t), mongo.Options{Monitor: count.monitor()})
			claim := func() []threads.Delivery {
				list, err := s.ClaimDeliveries(t.Context(), "w", noon, time.Minute, workers.Room{All: 100})
				require.NoError(t, err)
				return list
			}
			require.Equal(t, map[string]int{"find lanes": 1, "find deliveries": 1},
				count.during(func() { require.Empty(t, claim()) }), "nothing to do")

			var group []threads.Change
			for i := range n {
				c := first(fmt.Sprintf("p%d", i), 1)
				out := reply(c.Conversation)
				c.Messages, c.Deliveries = out.Messages, out.Deliveries
				group = append(group, c)
			}
			commit(t, s, group...)
			var claimed []threads.Delivery
			require.Equal(t, map[string]int{
				"find lanes": 1, "find deliveries": 2, "insert lanes": 1, "find messages": 1,
			}, count.during(func() { claimed = claim() }))
			require.Len(t, claimed, n)

			ids := make([]threads.MessageID, n)
			results := make([]workers.DeliveryResult, n)
			for i, d := range claimed {
				ids[i] = d.MessageID
				results[i] = workers.DeliveryResult{Delivery: d, Message: threads.MessagePatch{Status: threads.MessageSent}}
			}
			require.Equal(t, map[string]int{"find messages": 1, "update messages": 1, "update deliveries": 1},
				count.during(func() {
					_, err := s.BeginCalls(t.Context(), ids)
					require.NoError(t, err)
				}))
			require.Equal(t, map[string]int{
				"find messages": 1, "update messages": 1, "delete deliveries": 1, "delete lanes": 1,
			}, count.during(func() {
				_, err := s.SettleCalls(t.Context(), results)
				require.NoError(t, err)
			}))
		})
	}
}
