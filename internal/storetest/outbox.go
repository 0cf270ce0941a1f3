package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

const term = 10 * time.Second

// after is a moment some seconds after the start.
func after(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// queued stores a conversation of the contact with deliveries created at the
// seconds given, and answers them in order.
func (f *fixture) queued(channel threads.ChannelID, contact threads.ContactID, seconds ...int) []threads.Delivery {
	f.t.Helper()
	c := f.conversation(channel, contact)
	change := threads.Change{}
	for _, s := range seconds {
		m, d := f.outbound(&c, after(s))
		change.Messages = append(change.Messages, m)
		change.Deliveries = append(change.Deliveries, d)
	}
	change.Conversation = c
	f.commit(change)
	return change.Deliveries
}

// claim leases up to limit deliveries for the owner.
func (f *fixture) claim(owner string, at time.Time, limit int, paused ...threads.ChannelID) []threads.Delivery {
	f.t.Helper()
	left := map[threads.ChannelID]int{}
	for _, id := range paused {
		left[id] = 0
	}
	list, err := f.s.ClaimDeliveries(f.ctx, owner, at, term, workers.Room{All: limit, Left: left})
	require.NoError(f.t, err)
	return list
}

// settle ends a delivery with the message sent.
func (f *fixture) settle(d threads.Delivery) threads.Message {
	f.t.Helper()
	list, err := f.s.SettleCalls(f.ctx, []workers.DeliveryResult{{
		Delivery: d, Message: threads.MessagePatch{Status: threads.MessageSent, At: after(60), IDs: []normalize.PlatformID{normalize.PlatformID("sent-" + d.MessageID)}},
	}})
	require.NoError(f.t, err)
	require.Len(f.t, list, 1)
	return list[0]
}

// deliveryIDs of the deliveries, in order.
func deliveryIDs(list []threads.Delivery) []threads.MessageID {
	out := make([]threads.MessageID, len(list))
	for i, d := range list {
		out[i] = d.MessageID
	}
	return out
}

var outboxTests = []test{
	{"an empty outbox has nothing to claim", func(t *testing.T, f *fixture) {
		require.Empty(t, f.claim("w1", after(0), 10))
		next, err := f.s.NextDelivery(f.ctx)
		require.NoError(t, err)
		require.True(t, next.IsZero())
		n, err := f.s.DeliveryBacklog(f.ctx)
		require.NoError(t, err)
		require.Zero(t, n)
	}},
	{"a claim answers the oldest delivery of each lane, oldest first, up to the limit", func(t *testing.T, f *fixture) {
		b := f.queued(channelA, "ct_b", 2, 3)
		a := f.queued(channelA, "ct_a", 1, 4)
		other := f.queued(channelB, "ct_a", 5)
		got := f.claim("w1", after(10), 2)
		same(t, []threads.Delivery{a[0], b[0]}, got)
		require.Equal(t, deliveryIDs(other), deliveryIDs(f.claim("w1", after(10), 10)))
	}},
	{"a lane's second delivery waits for the first", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1, 2, 3)
		for i := range d {
			got := f.claim("w1", after(10), 10)
			require.Equal(t, deliveryIDs(d[i:i+1]), deliveryIDs(got))
			require.Empty(t, f.claim("w1", after(10), 10), "not by its own owner")
			require.Empty(t, f.claim("w2", after(10), 10), "not by another")
			f.settle(got[0])
		}
		require.Empty(t, f.claim("w1", after(10), 10))
	}},
	{"lanes are in the order of their message ids, whatever came first", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_a")
		early, first := f.outbound(&c, after(1))
		late, second := f.outbound(&c, after(1))
		f.commit(threads.Change{Conversation: c, Messages: []threads.Message{late}, Deliveries: []threads.Delivery{second}})
		change := next(c, nil)
		change.Messages, change.Deliveries = []threads.Message{early}, []threads.Delivery{first}
		f.commit(change)
		for _, want := range []threads.Delivery{first, second} {
			got := f.claim("w1", after(10), 10)
			require.Equal(t, []threads.MessageID{want.MessageID}, deliveryIDs(got))
			f.settle(got[0])
		}
	}},
	{"a lease ends with its time", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)
		require.Len(t, f.claim("w1", after(10), 10), 1)
		require.Empty(t, f.claim("w2", after(10).Add(term-time.Millisecond), 10))
		require.Equal(t, deliveryIDs(d), deliveryIDs(f.claim("w2", after(10).Add(term), 10)))
	}},
	{"extending keeps the lane", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)
		require.Len(t, f.claim("w1", after(10), 10), 1)
		require.NoError(t, f.s.Extend(f.ctx, "w1", deliveryIDs(d), after(60)))
		require.Empty(t, f.claim("w2", after(59), 10))
		require.Len(t, f.claim("w2", after(60), 10), 1)
		require.NoError(t, f.s.Extend(f.ctx, "w1", deliveryIDs(d), after(600)))
		require.Len(t, f.claim("w3", after(60).Add(term), 10), 1, "the first owner has lost it")
		require.NoError(t, f.s.Extend(f.ctx, "w1", []threads.MessageID{"msg_none"}, after(600)))
	}},
	{"a delivery is not claimed before its time, nor anything behind it", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1, 2)
		got := f.claim("w1", after(10), 10)
		again := got[0]
		again.NotBefore, again.Attempts = after(30), 1
		again.LastError = &normalize.Failure{Reason: normalize.ReasonThrottled, Retryable: true}
		_, err := f.s.SettleCalls(f.ctx, []workers.DeliveryResult{{Delivery: again, Again: true, Message: threads.MessagePatch{Requeue: true}}})
		require.NoError(t, err)
		require.Empty(t, f.claim("w1", after(29), 10))
		got = f.claim("w1", after(30), 10)
		same(t, []threads.Delivery{again}, got)
		f.settle(got[0])
		require.Equal(t, deliveryIDs(d[1:]), deliveryIDs(f.claim("w1", after(30), 10)))
	}},
	{"a paused channel is left alone", func(t *testing.T, f *fixture) {
		a, b := f.queued(channelA, "ct_a", 1), f.queued(channelB, "ct_a", 2)
		require.Empty(t, f.claim("w1", after(10), 10, channelA, channelB))
		require.Equal(t, deliveryIDs(b), deliveryIDs(f.claim("w1", after(10), 10, channelA)))
		require.Equal(t, deliveryIDs(a), deliveryIDs(f.claim("w1", after(10), 10)))
	}},
	{"no channel gets more than its room, however much of it waits first", func(t *testing.T, f *fixture) {
		var crowd []threads.Delivery
		for i := range 6 {
			crowd = append(crowd, f.queued(channelA, threads.ContactID(fmt.Sprint("ct_", i)), i)...)
		}
		b := append(f.queued(channelB, "ct_a", 20), f.queued(channelB, "ct_b", 21)...)
		claim := func(room workers.Room) []threads.MessageID {
			list, err := f.s.ClaimDeliveries(f.ctx, "w1", after(30), term, room)
			require.NoError(t, err)
			return deliveryIDs(list)
		}
		require.Equal(t, deliveryIDs(append(crowd[:2:2], b[0])), claim(workers.Room{All: 3, Channel: 2}))
		require.Equal(t, deliveryIDs(append(crowd[2:3:3], b[1])), claim(workers.Room{All: 9, Left: map[threads.ChannelID]int{channelA: 1}}))
		require.Equal(t, deliveryIDs(crowd[3:]), claim(workers.Room{All: 9, Channel: 9}))
	}},
	{"the next delivery is the earliest time of all", func(t *testing.T, f *fixture) {
		f.queued(channelA, "ct_a", 20, 30)
		d := f.queued(channelB, "ct_a", 7)
		next, err := f.s.NextDelivery(f.ctx)
		require.NoError(t, err)
		require.Equal(t, after(7), next)
		n, err := f.s.DeliveryBacklog(f.ctx)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		f.claim("w1", after(7), 1)
		f.settle(d[0])
		next, err = f.s.NextDelivery(f.ctx)
		require.NoError(t, err)
		require.Equal(t, after(20), next)
	}},
	{"many lanes are each claimed once", func(t *testing.T, f *fixture) {
		want := map[threads.MessageID]bool{}
		for i := range 12 {
			want[f.queued(channelA, threads.ContactID(fmt.Sprint("ct_", i)), i, i+1)[0].MessageID] = true
		}
		for len(want) > 0 {
			got := f.claim("w1", after(60), 5)
			require.NotEmpty(t, got)
			for _, d := range got {
				require.True(t, want[d.MessageID])
				delete(want, d.MessageID)
			}
		}
		require.Empty(t, f.claim("w1", after(60), 5))
	}},
}

var callTests = []test{
	{"beginning marks deliveries in flight and their messages sending", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)[0]
		f.claim("w1", after(10), 10)
		list, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID, "msg_none"})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, threads.MessageSending, list[0].Status)
		same(t, list[0], f.readMessage(d.MessageID))

		got := f.claim("w2", after(10).Add(term), 10)
		require.Len(t, got, 1)
		require.True(t, got[0].InFlight, "found again, its outcome is open")
		got[0].InFlight = false
		same(t, d, got[0])
	}},
	{"beginning twice is beginning once", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)[0]
		one, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID})
		require.NoError(t, err)
		two, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID})
		require.NoError(t, err)
		same(t, one, two)
	}},
	{"a change of status is a version of the message", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)[0]
		before := f.readMessage(d.MessageID)
		_, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID})
		require.NoError(t, err)
		require.Equal(t, before.Version+1, f.readMessage(d.MessageID).Version)
		before.Version++
		require.ErrorIs(t, f.s.SaveMessage(f.ctx, before), threads.ErrConflict)
	}},
	{"a message past sending is left as it is", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)[0]
		m := f.readMessage(d.MessageID)
		m.Status, m.DeliveredAt, m.Version = threads.MessageDelivered, after(5), m.Version+1
		require.NoError(t, f.s.SaveMessage(f.ctx, m))
		list, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID})
		require.NoError(t, err)
		same(t, []threads.Message{m}, list)
		same(t, m, f.settleStatus(d, threads.MessageFailed))
	}},
	{"a sent message has its ids and its delivery is gone", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)[0]
		f.claim("w1", after(10), 10)
		_, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID})
		require.NoError(t, err)
		m := f.settle(d)
		require.Equal(t, threads.MessageSent, m.Status)
		same(t, m, f.readMessage(d.MessageID))
		found, err := f.s.MessagesByExternal(f.ctx, channelA, m.ExternalIDs)
		require.NoError(t, err)
		require.Len(t, found, 1)
		same(t, m, found[m.ExternalIDs[0]])
		n, err := f.s.DeliveryBacklog(f.ctx)
		require.NoError(t, err)
		require.Zero(t, n)
	}},
	{"settling again changes nothing and brings no delivery back", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)[0]
		m := f.settle(d)
		same(t, m, f.settle(d))
		_, err := f.s.SettleCalls(f.ctx, []workers.DeliveryResult{{Delivery: d, Again: true}})
		require.NoError(t, err)
		require.Empty(t, f.claim("w1", after(60), 10))
		same(t, m, f.readMessage(d.MessageID))
	}},
	{"a delivery kept for another try keeps what was done, and its lane is free", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)[0]
		f.claim("w1", after(10), 10)
		_, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID})
		require.NoError(t, err)
		d.Attempts, d.NotBefore = 2, after(12)
		d.Exchanges = []normalize.Exchange{{Name: "upload", Data: map[string]string{"media": "9"}}}
		list, err := f.s.SettleCalls(f.ctx, []workers.DeliveryResult{{
			Delivery: d, Again: true, Message: threads.MessagePatch{Requeue: true, Error: &normalize.Failure{Reason: normalize.ReasonUnavailable}},
		}})
		require.NoError(t, err)
		require.Equal(t, threads.MessageQueued, list[0].Status)
		got := f.claim("w2", after(12), 10)
		same(t, []threads.Delivery{d}, got)
	}},
	{"a lane that went to another worker is free once its delivery is settled", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1, 2)
		f.claim("w1", after(10), 10)
		f.claim("w2", after(10).Add(term), 10)
		f.settle(d[0])
		require.Equal(t, deliveryIDs(d[1:]), deliveryIDs(f.claim("w3", after(10).Add(term), 10)))
	}},
	{"a late settle does not free the lane of the next delivery", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1, 2)
		f.claim("w1", after(10), 10)
		f.settle(d[0])
		require.Equal(t, deliveryIDs(d[1:]), deliveryIDs(f.claim("w2", after(10), 10)))
		f.settle(d[0])
		require.Empty(t, f.claim("w3", after(10), 10))
	}},
	{"each way a delivery ends is told of its message", func(t *testing.T, f *fixture) {
		for _, status := range []threads.MessageStatus{threads.MessageSent, threads.MessageFailed, threads.MessageUnknown} {
			d := f.queued(channelA, threads.ContactID(f.id("ct")), 1)[0]
			m := f.settleStatus(d, status)
			require.Equal(t, status, m.Status)
			require.NotNil(t, m.Error)
			same(t, m, f.readMessage(d.MessageID))
		}
	}},
}

// settleStatus ends a delivery with the status and an error.
func (f *fixture) settleStatus(d threads.Delivery, status threads.MessageStatus) threads.Message {
	f.t.Helper()
	list, err := f.s.SettleCalls(f.ctx, []workers.DeliveryResult{{
		Delivery: d, Message: threads.MessagePatch{Status: status, At: after(60), Error: &normalize.Failure{Reason: normalize.ReasonContent}},
	}})
	require.NoError(f.t, err)
	require.Len(f.t, list, 1)
	return list[0]
}
