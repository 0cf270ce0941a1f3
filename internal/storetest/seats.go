package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

// workersAtOnce is how many hand out work together.
const workersAtOnce = 20

var concurrentRoutingTests = []test{
	{"twenty who give work at once give no agent more than they may hold, and nothing twice", func(t *testing.T, f *fixture) {
		const agents, room, work = 4, 3, 60
		var line []threads.Conversation
		for i := range work {
			line = append(line, f.waitingFor(i, ""))
		}
		given := make([]atomic.Int32, work)
		var done atomic.Bool
		f.together(workersAtOnce+1, func(i int, f *fixture) error {
			if i == workersAtOnce {
				return f.watch(&done, room)
			}
			defer func() {
				if i == 0 {
					done.Store(true)
				}
			}()
			for k := range work {
				n := (k*7 + i*3) % work
				agent := threads.AgentID(fmt.Sprint("ag_", (k+i)%agents))
				err := f.s.Commit(f.ctx, []threads.Change{giving(line[n], agent, room)})[0]
				switch {
				case err == nil:
					given[n].Add(1)
				case !isLost(err) && !errors.Is(err, threads.ErrFull):
					return err
				}
			}
			return nil
		})
		total := 0
		for i := range given {
			require.LessOrEqual(t, given[i].Load(), int32(1), "given twice")
			total += int(given[i].Load())
		}
		for _, held := range f.tallies() {
			require.LessOrEqual(t, held.Full, room)
		}
		require.Equal(t, agents*room, total, "and every place is used")
	}},
	{"twenty who give heavy and light work at once give no agent more places than there are", func(t *testing.T, f *fixture) {
		const agents, room, work = 3, 7, 30
		var line []threads.Conversation
		for i := range work {
			c := f.conversation(channelA, threads.ContactID(f.id("ct")))
			c.State.QueuedAt, c.State.Weight = after(i), i%4
			f.commit(placed(threads.Conversation{}, create(c)))
			line = append(line, c)
		}
		var done atomic.Bool
		f.together(workersAtOnce+1, func(i int, f *fixture) error {
			if i == workersAtOnce {
				return f.watch(&done, room)
			}
			defer func() {
				if i == 0 {
					done.Store(true)
				}
			}()
			for k := range work {
				c := line[(k*7+i*3)%work]
				err := f.s.Commit(f.ctx, []threads.Change{giving(c, threads.AgentID(fmt.Sprint("ag_", (k+i)%agents)), room)})[0]
				if err != nil && !isLost(err) && !errors.Is(err, threads.ErrFull) {
					return err
				}
			}
			return nil
		})
		held := f.tallies()
		require.Len(t, held, agents)
		for _, h := range held {
			require.Equal(t, room, h.Full, "and every place is used: there is light work enough")
		}
	}},
	{"places that become free while many give are given again, and never twice", func(t *testing.T, f *fixture) {
		const room, rounds = 2, 12
		var line []threads.Conversation
		for i := range workersAtOnce * 2 {
			line = append(line, f.waitingFor(i, ""))
		}
		var done atomic.Bool
		var gone atomic.Int32
		f.together(workersAtOnce+1, func(i int, f *fixture) error {
			if i == workersAtOnce {
				return f.watch(&done, room)
			}
			defer func() {
				if i == 0 {
					done.Store(true)
				}
			}()
			for range rounds {
				for _, c := range line[2*i : 2*i+2] {
					ok, err := f.serve(c.ID, "ag_1", room)
					if err != nil {
						return err
					}
					if ok {
						gone.Add(1)
					}
				}
			}
			return nil
		})
		require.Positive(t, gone.Load())
		require.Empty(t, f.tallies(), "nobody holds anything in the end")
	}},
}

// serve gives the conversation to the agent, if they have room and it waits,
// and has them finish it.
func (f *fixture) serve(id threads.ConversationID, agent threads.AgentID, room int) (bool, error) {
	c, err := f.s.Conversation(f.ctx, id)
	if err != nil || !c.State.Waits() {
		return false, err
	}
	ch := offering(c, agent, after(30), room)
	switch err := f.s.Commit(f.ctx, []threads.Change{ch})[0]; {
	case errors.Is(err, threads.ErrFull), errors.Is(err, threads.ErrConflict):
		// Nobody else writes to this conversation: a conflict means that too
		// many wanted a place at once.
		return false, nil
	case err != nil:
		return false, err
	}
	// Accepted: the place that the offer kept is the conversation's now.
	taken := giving(ch.Conversation, agent, room)
	taken.Seat = nil
	if err := f.s.Commit(f.ctx, []threads.Change{taken})[0]; err != nil {
		return false, err
	}
	return true, f.s.Commit(f.ctx, []threads.Change{ending(taken.Conversation)})[0]
}

// watch looks again and again that no agent holds more than they may.
func (f *fixture) watch(done *atomic.Bool, room int) error {
	for !done.Load() {
		held, err := f.s.Tallies(f.ctx, nil)
		if err != nil {
			return err
		}
		for id, t := range held {
			if t.Full > room {
				return fmt.Errorf("%s holds %+v of %d", id, t, room)
			}
		}
		runtime.Gosched()
	}
	return nil
}
