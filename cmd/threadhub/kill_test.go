package main_test

import (
	"testing"
	"time"
)

// drained is how soon after a restart everything must be through.
const drained = time.Minute

// TestKilledUnderLoadNothingIsLostOrDoubled cuts the hub off at random moments,
// while it starts too, while webhooks and replies come in.
func TestKilledUnderLoadNothingIsLostOrDoubled(t *testing.T) {
	rnd, env := chance(t), environment(t.TempDir())
	h := newHub(t)
	p := launch(t, env, "serve")
	h.at(p)
	f := newTraffic(h, 20*time.Millisecond, rnd, 60)
	f.begin(200, 50)
	h.eventually("conversations to reply to", func() bool { return f.Conversation(0) != "" })
	for round := range 6 {
		<-time.After(time.Duration(100+rnd.IntN(1400)) * time.Millisecond) // the random moment
		p.kill()
		h.gone()
		p = launch(t, env, "serve")
		if round%3 != 2 {
			h.at(p)
		}
	}
	h.at(p)
	f.End()
	f.reconcile(t, drained)
	p.stop()
}
