package threadtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// crowdSize is how much goes on at a desk at once.
type crowdSize struct{ customers, agents, routers, room int }

// Crowd has customers write while many route at once and agents accept,
// decline, let offers time out, finish and come and go. It holds what happens to
// what must always hold: no agent is given more than they may hold, no
// conversation is given twice, and everybody is served in the end.
func Crowd(t *testing.T, open Open) {
	t.Helper()
	size := crowdSize{customers: 60, agents: 6, routers: 20, room: 3}
	for _, mode := range []routing.Mode{routing.Offer, routing.Auto} {
		t.Run(string(mode), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			c := &crowd{desk: newDesk(ctx, open(t), begin), size: size, done: make(chan struct{}), served: map[threads.ConversationID]int{}}
			c.style, _ = threads.DefaultStyle(threads.LiveChat)
			c.reception.settings = routing.Defaults()
			c.reception.settings.Mode = mode
			require.NoError(t, c.play())
			c.check(t)
		})
	}
}

// crowd is a desk at which many things happen at once.
type crowd struct {
	*desk
	size crowdSize
	done chan struct{} // closed when all are served

	finished atomic.Int32
	mu       sync.Mutex
	served   map[threads.ConversationID]int // how often somebody got it
	failed   []error
}

func (c *crowd) agentID(i int) threads.AgentID {
	return threads.AgentID(person(fmt.Sprint("crowd", i)).ID)
}

func (c *crowd) fail(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, err)
}

func (c *crowd) over() bool {
	select {
	case <-c.done:
		return true
	case <-c.ctx.Done():
		return true
	default:
		return false
	}
}

// play lets it all happen until every customer is served.
func (c *crowd) play() error {
	var all sync.WaitGroup
	for i := range c.size.agents {
		c.reception.agents = append(c.reception.agents, routing.Agent{ID: c.agentID(i), Presence: routing.Online, Max: c.size.room})
	}
	for i := range c.size.routers {
		all.Go(func() { c.router(rand.New(rand.NewPCG(uint64(i), 1))) })
	}
	for i := range c.size.agents {
		all.Go(func() { c.agent(i, rand.New(rand.NewPCG(uint64(i), 2))) })
	}
	all.Go(c.watch)
	all.Go(func() {
		for i := range c.size.customers {
			c.fail(c.take(c.arrival(letter{from: fmt.Sprint("c", i), text: "Hello"})))
		}
	})
	all.Wait()
	if c.ctx.Err() != nil {
		c.fail(fmt.Errorf("%d of %d served when time ran out", c.finished.Load(), c.size.customers))
	}
	return errors.Join(c.failed...)
}

// router looks again and again, as one of many.
func (c *crowd) router(dice *rand.Rand) {
	for !c.over() {
		if _, err := c.dispatcher().Look(c.ctx); err != nil && c.ctx.Err() == nil {
			c.fail(err)
			return
		}
		if dice.IntN(50) == 0 {
			c.wait(10 * time.Second) // offers that nobody answered time out
		}
	}
}

// agent answers what is offered and finishes what they have.
func (c *crowd) agent(i int, dice *rand.Rand) {
	me := person(fmt.Sprint("crowd", i))
	for !c.over() {
		offered, err := c.store.OfferedTo(c.ctx, []threads.AgentID{c.agentID(i)}, 100)
		c.fail(err)
		for _, conv := range offered {
			switch dice.IntN(8) {
			case 0:
				_, err = c.Decline(c.ctx, conv.ID, me)
			case 1:
				continue // and perhaps later
			default:
				_, err = c.Accept(c.ctx, conv.ID, me)
			}
			var refused *threads.RefusedError
			if !errors.As(err, &refused) { // it had timed out
				c.fail(err)
			}
		}
		c.finish(me)
	}
}

// finish solves what the agent has; the style closes it.
func (c *crowd) finish(me threads.Author) {
	mine, _, err := c.store.Conversations(c.ctx, threads.Filter{
		Channels: []threads.ChannelID{c.channel}, Assignees: []threads.AgentID{threads.AgentID(me.ID)}, Loads: threads.CapacityLoads(true),
	}, threads.Page{Limit: 100})
	c.fail(err)
	solved := threads.StatusSolved
	for _, conv := range mine {
		if _, err := c.Update(c.ctx, conv.ID, threads.UpdateCommand{Actor: me, Status: &solved}); err != nil {
			c.fail(err)
			continue
		}
		c.mu.Lock()
		c.served[conv.ID]++
		c.mu.Unlock()
		if int(c.finished.Add(1)) == c.size.customers {
			close(c.done)
		}
	}
}

// watch looks that nobody ever holds more than they may.
func (c *crowd) watch() {
	for !c.over() {
		held, err := c.store.Tallies(c.ctx, nil)
		c.fail(err)
		for id, t := range held {
			if t.Full > c.size.room || t.Offered > c.size.room {
				c.fail(fmt.Errorf("%s holds %+v of %d", id, t, c.size.room))
				return
			}
		}
	}
}

// check looks at how it all went: each was assigned once, by routing or by
// whoever was asked, and every offer has one end.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	require.Len(t, c.served, c.size.customers)
	for id, n := range c.served {
		require.Equal(t, 1, n, "%s was served %d times", id, n)
		log, _, err := c.store.RoutingDecisions(c.ctx, id, threads.Page{Limit: 200})
		require.NoError(t, err)
		open, got := 0, 0
		for i := len(log) - 1; i >= 0; i-- {
			switch log[i].Outcome {
			case threads.RoutedOffered:
				open++
			case threads.RoutedAssigned:
				got++
			case threads.OfferAccepted:
				got++
				open--
			default:
				open--
			}
			require.Contains(t, []int{0, 1}, open, "%s: more than one offer at a time, or an end without one", id)
		}
		require.Zero(t, open, "%s: an offer has no end", id)
		// An agent who answers too late still has it, if nobody else was asked.
		require.LessOrEqual(t, got, 1, "%s was given twice", id)
		require.True(t, got == 1 || c.reception.settings.Mode == routing.Offer, "%s was given by nobody", id)
	}
	held, err := c.store.Tallies(c.ctx, nil)
	require.NoError(t, err)
	for id, tally := range held {
		require.Zero(t, tally.Used(true), "%s holds something in the end", id)
	}
}
