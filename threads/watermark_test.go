package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// TestAReceiptForSeveralMessagesReachesThoseItConcerns sends four messages, of
// which the last has not left yet.
func TestAReceiptForSeveralMessagesReachesThoseItConcerns(t *testing.T) {
	for name, c := range map[string]struct {
		receipt func(times []time.Time) normalize.Receipt
		want    []threads.MessageStatus
	}{
		"up to a time": {
			func(times []time.Time) normalize.Receipt {
				return normalize.Receipt{Status: normalize.StatusRead, UpTo: times[1]}
			},
			[]threads.MessageStatus{threads.MessageRead, threads.MessageRead, threads.MessageSent, threads.MessageQueued},
		},
		"up to now": {
			func(times []time.Time) normalize.Receipt {
				return normalize.Receipt{Status: normalize.StatusDelivered, UpTo: times[3].Add(time.Hour)}
			},
			[]threads.MessageStatus{threads.MessageDelivered, threads.MessageDelivered, threads.MessageDelivered, threads.MessageQueued},
		},
		"up to a message": {
			func([]time.Time) normalize.Receipt {
				return normalize.Receipt{Status: normalize.StatusRead, Target: "out-1", Earlier: true}
			},
			[]threads.MessageStatus{threads.MessageRead, threads.MessageRead, threads.MessageSent, threads.MessageQueued},
		},
		"a message alone": {
			func([]time.Time) normalize.Receipt {
				return normalize.Receipt{Status: normalize.StatusRead, Target: "out-1"}
			},
			[]threads.MessageStatus{threads.MessageSent, threads.MessageRead, threads.MessageSent, threads.MessageQueued},
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
			d.take(d.message("ana", "in-1", "hello", d.clock()))
			id := d.only().ID
			receipt := func(key string, r normalize.Receipt) {
				a := threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
					Key: "rct:" + key, Type: normalize.EventReceipt, Peer: normalize.Peer{ID: "ana"}, At: d.clock(), Receipt: &r,
				}}
				d.take(a, a)
			}
			var sent []threads.MessageID
			var times []time.Time
			for i, external := range []normalize.PlatformID{"out-0", "out-1", "out-2", ""} {
				d.wait(time.Minute)
				m, _, err := d.Send(ctx, threads.SendCommand{Conversation: id, Author: bea, Content: normalize.Message{Type: normalize.TypeText, Text: "m"}})
				require.NoError(t, err)
				sent, times = append(sent, m.ID), append(times, m.SentAt)
				if i < 3 {
					receipt(string(external), normalize.Receipt{Target: external, Ref: string(m.ID), Status: normalize.StatusSent})
				}
			}
			d.wait(time.Minute)
			receipt("several", c.receipt(times))
			var got []threads.MessageStatus
			for _, id := range sent {
				m, err := d.store.Message(ctx, id)
				require.NoError(t, err)
				got = append(got, m.Status)
			}
			require.Equal(t, c.want, got)
		})
	}
}
