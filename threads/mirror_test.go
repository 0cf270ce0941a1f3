package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// mirror is an echo that may be of a message of ours.
func (d *desk) mirror(id, text string) threads.Arrival {
	a := d.message("ana", id, text, d.clock())
	a.Event.Type, a.Event.Mirror = normalize.EventEcho, true
	return a
}

func TestAnEchoThatMayBeOfOurOwnIsOneMessageWheneverItComes(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	d.take(d.message("ana", "in-1", "hello", d.clock()))
	id := d.only().ID
	sent := func(text, external string) threads.Arrival {
		m, _, err := d.Send(ctx, threads.SendCommand{Conversation: id, Author: bea, Content: normalize.Message{Type: normalize.TypeText, Text: text}})
		require.NoError(t, err)
		return threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
			Key: "snt:" + external, Type: normalize.EventReceipt, At: d.clock(),
			Receipt: &normalize.Receipt{Target: normalize.PlatformID(external), Ref: string(m.ID), Status: normalize.StatusSent},
		}}
	}
	retry := func() {
		t.Helper()
		d.wait(10 * time.Second)
		left, err := d.RetryParked(ctx, d.clock(), d.clock().Add(-time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, left)
	}

	d.take(sent("one", "out-1"))
	d.take(d.mirror("out-1", "one"))
	retry()
	require.Equal(t, []string{"hello", "one"}, d.texts(id), "an echo after the answer to our call is no second message")

	answer := sent("two", "out-2")
	d.take(d.mirror("out-2", "two"))
	d.take(answer)
	retry()
	require.Equal(t, []string{"hello", "one", "two"}, d.texts(id), "nor is one before it")

	written := d.mirror("out-3", "from the app")
	d.take(written)
	require.Len(t, d.texts(id), 3, "until then nobody knows whose it is")
	retry()
	d.take(written)
	retry()
	require.Equal(t, []string{"hello", "one", "two", "from the app"}, d.texts(id), "what was written elsewhere is a message, once")
}
