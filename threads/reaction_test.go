package threads_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

func TestOfSeveralReactionsTheLatestStaysUntilItIsTakenBack(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, 96*time.Hour))
	d.take(d.message("ana", "m1", "hello", d.clock()))
	n := 0
	react := func(emoji, removed string) {
		d.wait(time.Second)
		n++
		d.take(threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
			Key: fmt.Sprint("rct:", n), Type: normalize.EventReaction, Peer: normalize.Peer{ID: "ana"}, At: d.clock(),
			Reaction: &normalize.Reaction{Target: "m1", Emoji: emoji, Removed: removed},
		}})
	}
	shown := func() (out []string) {
		list, _, err := d.store.Messages(context.Background(), d.only().ID, threads.MessagePage{Limit: 10})
		require.NoError(t, err)
		for _, r := range list[0].Reactions {
			out = append(out, r.Emoji)
		}
		return out
	}
	react("👍", "")
	react("🔥", "")
	react("", "👍")
	require.Equal(t, []string{"🔥"}, shown(), "another one was taken back")
	react("", "🔥")
	require.Empty(t, shown())
	react("👍", "")
	react("", "")
	require.Empty(t, shown(), "a platform that does not say which one means all")
}
