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
	f := newTraffic(h, newPlatform(t, 200*time.Millisecond), rnd, 60)
	f.begin(200, 50)
	h.eventually("conversations to reply to", func() bool { return f.conversation(0) != "" })
	for range 2 {
		<-time.After(time.Duration(500+rnd.IntN(1000)) * time.Millisecond) // a random moment
		p.terminate()
		require.Zero(t, p.wait(patience), "%s", tail(p.log.String(), 10))
		h.gone()
		p = launch(t, env, "serve")
		h.at(p)
	}
	f.end()
	b := f.reconcile(t, drained)
	require.Empty(t, b.unknown(), "replies whose fate a clean stop left open")
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
	f := newTraffic(h, newPlatform(t, time.Second), rnd, 40)
	f.begin(100, 1)
	h.eventually("conversations with many contacts", func() bool {
		f.look(t.Context())
		return len(f.conversations()) >= 70
	})
	f.end()
	for i := range backlog {
		f.running.Go(func() { f.reply(f.conversation(i), fmt.Sprintf("backlog-%05d", i)) })
	}
	f.running.Wait()
	h.eventually("replies on their way", func() bool { return len(f.platform.texts()) > 30 })
	p.stop()
	h.gone()
	require.Less(t, len(f.platform.texts()), backlog, "the platform is too slow for all of them")
	p = launch(t, env, "serve")
	h.at(p)
	b := f.reconcile(t, patience)
	require.Empty(t, b.unknown(), "replies whose fate a clean stop left open")
	p.stop()
}
