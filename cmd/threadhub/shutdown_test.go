package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStoppedUnderLoadItFinishesWhatItHasInHand: a stop is no accident. Not
// only is nothing lost or doubled, nothing is left in doubt either.
func TestStoppedUnderLoadItFinishesWhatItHasInHand(t *testing.T) {
	rnd, env := chance(t), environment(t.TempDir())
	h := newHub(t)
	p := launch(t, env, "serve")
	h.at(p)
	f := newTraffic(h, 200*time.Millisecond, rnd, 60)
	f.begin(200, 50)
	h.eventually("conversations to reply to", func() bool { return f.Conversation(0) != "" })
	for range 2 {
		<-time.After(time.Duration(500+rnd.IntN(1000)) * time.Millisecond) // a random moment
		p.terminate()
		require.Zero(t, p.wait(patience), "%s", p.Tail(10))
		h.gone()
		p = launch(t, env, "serve")
		h.at(p)
	}
	f.End()
	b := f.reconcile(t, drained)
	require.Empty(t, b.Unknown(), "replies whose fate a clean stop left open")
	p.stop()
}

// TestStoppedWithABacklogItSendsWhatIsOnItsWayAndKeepsTheRest: more replies wait
// than can be sent before the hub has to be gone.
func TestStoppedWithABacklogItSendsWhatIsOnItsWayAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	const backlog = 600
	rnd, env := chance(t), environment(t.TempDir(), "THREADHUB_SHUTDOWN_GRACE=6s")
	h := newHub(t)
	p := launch(t, env, "serve")
	h.at(p)
	f := newTraffic(h, time.Second, rnd, 40)
	f.begin(100, 1)
	h.eventually("conversations with many contacts", func() bool {
		f.Look(t.Context())
		return len(f.Conversations()) >= 70
	})
	f.End()
	for i := range backlog {
		f.Go(func() { f.Reply(f.Conversation(i), fmt.Sprintf("backlog-%05d", i)) })
	}
	f.Wait()
	h.eventually("replies on their way", func() bool { return len(f.platform.Words()) > 30 })
	p.stop()
	h.gone()
	require.Less(t, len(f.platform.Words()), backlog, "the platform is too slow for all of them")
	p = launch(t, env, "serve")
	h.at(p)
	b := f.reconcile(t, patience)
	require.Empty(t, b.Unknown(), "replies whose fate a clean stop left open")
	p.stop()
}
