package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// queuedAs is queued for deliveries that as has changed.
func (f *fixture) queuedAs(contact threads.ContactID, as func(i int, d *threads.Delivery), seconds ...int) []threads.Delivery {
	f.t.Helper()
	c := f.conversation(channelA, contact)
	change := threads.Change{}
	for i, s := range seconds {
		m, d := f.outbound(&c, after(s))
		as(i, &d)
		change.Messages = append(change.Messages, m)
		change.Deliveries = append(change.Deliveries, d)
	}
	change.Conversation = c
	f.commit(change)
	return change.Deliveries
}

// ends settles a delivery with the patch.
func (f *fixture) ends(d threads.Delivery, p threads.MessagePatch) {
	f.t.Helper()
	_, err := f.s.SettleCalls(f.ctx, []workers.DeliveryResult{{Delivery: d, Message: p}})
	require.NoError(f.t, err)
}

// letters are the ids of all dead letters that the filter selects, by pages of
// two.
func (f *fixture) letters(filter threads.DeadLetterFilter) []threads.MessageID {
	f.t.Helper()
	ids := []threads.MessageID{}
	for after := threads.Cursor(""); ; {
		list, next, err := f.s.DeadLetters(f.ctx, filter, threads.Page{After: after, Limit: 2})
		require.NoError(f.t, err)
		require.LessOrEqual(f.t, len(list), 2)
		for _, m := range list {
			ids = append(ids, m.ID)
		}
		if after = next; next == "" {
			return ids
		}
	}
}

var deadLetterTests = []test{
	{"a scheduled delivery holds nobody up before its time, and nobody passes it after", func(t *testing.T, f *fixture) {
		d := f.queuedAs("ct_a", func(i int, d *threads.Delivery) {
			if i == 0 {
				d.Scheduled, d.NotBefore = true, after(100)
			}
		}, 1, 2, 3)
		next, err := f.s.NextDelivery(f.ctx)
		require.NoError(t, err)
		require.False(t, next.After(after(3)))
		got := f.claim("w1", after(10), 10)
		require.Equal(t, deliveryIDs(d[1:2]), deliveryIDs(got))
		f.settle(got[0])
		got = f.claim("w1", after(100), 10)
		require.Equal(t, deliveryIDs(d[:1]), deliveryIDs(got), "its time has come: it is the oldest")
		f.settle(got[0])
		got = f.claim("w1", after(100), 10)
		require.Equal(t, deliveryIDs(d[2:]), deliveryIDs(got))
		f.settle(got[0])
		require.Empty(t, f.claim("w1", after(200), 10))
	}},
	{"of several scheduled deliveries the one whose time comes first goes first", func(t *testing.T, f *fixture) {
		at := []int{100, 50}
		d := f.queuedAs("ct_a", func(i int, d *threads.Delivery) { d.Scheduled, d.NotBefore = true, after(at[i]) }, 1, 2)
		require.Empty(t, f.claim("w1", after(49), 10))
		got := f.claim("w1", after(50), 10)
		require.Equal(t, deliveryIDs(d[1:]), deliveryIDs(got))
		f.settle(got[0])
		require.Empty(t, f.claim("w1", after(99), 10))
		require.Equal(t, deliveryIDs(d[:1]), deliveryIDs(f.claim("w1", after(100), 10)))
	}},
	{"bulk goes after all others, and takes along what waits behind it", func(t *testing.T, f *fixture) {
		bulk := func(_ int, d *threads.Delivery) { d.Bulk = true }
		mailing := append(f.queuedAs("ct_a", bulk, 1), f.queuedAs("ct_b", bulk, 2)...)
		mixed := f.queuedAs("ct_c", func(i int, d *threads.Delivery) { d.Bulk = i == 0 }, 3, 4)
		answer := f.queued(channelA, "ct_d", 5)
		got := f.claim("w1", after(10), 2)
		require.ElementsMatch(t, []threads.MessageID{mixed[0].MessageID, answer[0].MessageID}, deliveryIDs(got))
		for _, d := range got {
			f.settle(d)
		}
		got = f.claim("w1", after(10), 1)
		require.Equal(t, deliveryIDs(mixed[1:]), deliveryIDs(got))
		require.Equal(t, deliveryIDs(mailing), deliveryIDs(f.claim("w1", after(10), 10)))
	}},
	{"what failed or is unknown is listed, the latest first, until it is settled", func(t *testing.T, f *fixture) {
		a, b := f.queued(channelA, "ct_a", 1, 2, 3, 4), f.queued(channelB, "ct_b", 5)
		failed := threads.MessagePatch{Status: threads.MessageFailed, At: after(9), Error: &normalize.Failure{Reason: normalize.ReasonBlocked}}
		unknown := threads.MessagePatch{Status: threads.MessageUnknown, At: after(9)}
		require.Empty(t, f.letters(threads.DeadLetterFilter{}))
		f.ends(a[0], failed)
		f.ends(a[1], unknown)
		f.settle(a[2])
		f.ends(a[3], failed)
		f.ends(b[0], failed)
		require.Equal(t, deliveryIDs([]threads.Delivery{b[0], a[3], a[1], a[0]}), f.letters(threads.DeadLetterFilter{}))
		require.Equal(t, deliveryIDs([]threads.Delivery{a[3], a[1], a[0]}), f.letters(threads.DeadLetterFilter{Channels: []threads.ChannelID{channelA}}))
		require.Equal(t, deliveryIDs(a[1:2]), f.letters(threads.DeadLetterFilter{Status: threads.MessageUnknown}))

		change := func(id threads.MessageID, edit func(*threads.Message)) {
			m, err := f.s.Message(f.ctx, id)
			require.NoError(t, err)
			edit(&m)
			m.Version++
			require.NoError(t, f.s.SaveMessage(f.ctx, m))
		}
		change(a[1].MessageID, func(m *threads.Message) {
			m.Advance(threads.MessagePatch{Status: threads.MessageDelivered, At: after(20)})
		})
		change(a[0].MessageID, func(m *threads.Message) { m.ResentAs = "msg_again" })
		change(a[2].MessageID, func(m *threads.Message) { m.Advance(failed) })
		require.Equal(t, deliveryIDs([]threads.Delivery{b[0], a[3], a[2]}), f.letters(threads.DeadLetterFilter{}))
		_, _, err := f.s.DeadLetters(f.ctx, threads.DeadLetterFilter{}, threads.Page{After: "elsewhere"})
		require.ErrorIs(t, err, threads.ErrCursor)
	}},
	{"a message that was taken back is no dead letter", func(t *testing.T, f *fixture) {
		d := f.queued(channelA, "ct_a", 1)
		m, err := f.s.Message(f.ctx, d[0].MessageID)
		require.NoError(t, err)
		m.Advance(threads.MessagePatch{Status: threads.MessageFailed, At: after(2), Error: &normalize.Failure{Reason: normalize.ReasonCanceled}})
		m.Version++
		require.NoError(t, f.s.SaveMessage(f.ctx, m))
		begun, err := f.s.BeginCalls(f.ctx, deliveryIDs(f.claim("w1", after(10), 1)))
		require.NoError(t, err)
		require.Equal(t, threads.MessageFailed, begun[0].Status, "whoever sends it sees that it must not leave")
		f.ends(d[0], threads.MessagePatch{Status: threads.MessageFailed})
		require.Empty(t, f.letters(threads.DeadLetterFilter{}))
		require.Empty(t, f.claim("w1", after(10).Add(time.Hour), 10))
	}},
}
