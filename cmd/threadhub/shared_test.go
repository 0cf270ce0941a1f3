package main_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/chaos"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/queue/queuetest"
)

// takeover is how soon another process goes on with a dead one's work.
const takeover = 15 * time.Second

// several is a hub of several processes on one store.
type several struct {
	env     []string
	api     *process
	workers []*process
}

// startSeveral starts the API and so many workers.
func startSeveral(t *testing.T, h *hub, workers int) *several {
	t.Helper()
	server, redis := mongotest.Start(t), queuetest.Start(t)
	s := &several{env: environment(t.TempDir(),
		"THREADHUB_MONGODB_URI="+server.Database(t), "THREADHUB_REDIS_URL="+redis.URL(), "THREADHUB_MASTER_KEY="+masterKey)}
	s.api = launch(t, s.env, "api")
	h.at(s.api)
	for range workers {
		w := launch(t, s.env, "worker")
		w.address()
		s.workers = append(s.workers, w)
	}
	return s
}

// replace kills one of the processes at random and starts another.
func (s *several) replace(t *testing.T, h *hub, rnd *rand.Rand) {
	n := rnd.IntN(len(s.workers) + 1)
	if n == len(s.workers) {
		s.api.kill()
		h.gone()
		s.api = launch(t, s.env, "api")
		h.at(s.api)
		return
	}
	s.workers[n].kill()
	s.workers[n] = launch(t, s.env, "worker")
}

func (s *several) stop() {
	for _, p := range append(s.workers, s.api) {
		p.stop()
	}
}

// TestSeveralProcessesKilledUnderLoadLoseAndDoubleNothing cuts the processes of
// a hub off one after the other.
func TestSeveralProcessesKilledUnderLoadLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	rnd, h := chance(t), newHub(t)
	s := startSeveral(t, h, 2)
	f := newTraffic(h, 20*time.Millisecond, rnd, 60)
	f.begin(200, 50)
	h.eventually("conversations to reply to", func() bool { return f.Conversation(0) != "" })
	for range 4 {
		<-time.After(time.Duration(200+rnd.IntN(1800)) * time.Millisecond) // a random moment
		s.replace(t, h, rnd)
	}
	f.End()
	f.reconcile(t, drained)
	s.stop()
}

// TestAWorkersWorkIsTakenOverByAnother kills a worker with calls to the
// platform out and webhooks in hand.
func TestAWorkersWorkIsTakenOverByAnother(t *testing.T) {
	t.Parallel()
	rnd, h := chance(t), newHub(t)
	s := startSeveral(t, h, 1)
	f := newTraffic(h, 5*time.Second, rnd, 4)
	f.begin(10, 1)
	h.eventually("conversations to reply to", func() bool { return len(f.Conversations()) >= 6 })
	f.End()
	for i := range 12 {
		f.Go(func() { f.Reply(f.Conversation(i), fmt.Sprintf("handed-over-%02d", i)) })
	}
	f.Wait()
	h.eventually("calls are out", func() bool { return len(f.platform.Words()) > 0 })
	for range 20 {
		f.Deliver(f.Next())
	}
	s.workers[0].kill()
	f.platform.Hurry()
	s.workers[0] = launch(t, s.env, "worker")
	s.workers[0].address()
	f.reconcile(t, takeover)
	s.stop()
}

// TestACallThatTakesLongStaysWithItsWorker: leases are short for the sake of
// takeover, and must not run out under a platform that takes its time.
func TestACallThatTakesLongStaysWithItsWorker(t *testing.T) {
	t.Parallel()
	rnd, h := chance(t), newHub(t)
	s := startSeveral(t, h, 2)
	f := newTraffic(h, 13*time.Second, rnd, 1)
	f.Deliver(f.From(chaos.Telegram))
	h.eventually("a conversation to reply to", func() bool {
		f.Look(t.Context())
		return f.Conversation(0) != ""
	})
	f.Reply(f.Conversation(0), "no-hurry")
	require.Empty(t, f.Faults())
	h.eventually("an outcome", func() bool {
		b, err := h.Read(t.Context())
		require.NoError(t, err)
		status := b.Shown("outbound")["no-hurry"][0].Status
		require.Contains(t, []string{"queued", "sending", "sent"}, status)
		return status == "sent"
	})
	f.reconcile(t, drained)
	s.stop()
}
