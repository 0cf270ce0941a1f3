package workers

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// Dispatching gives conversations to agents (routing.Dispatcher).
type Dispatching interface {
	Look(ctx context.Context) (routing.Result, error)
}

// Router looks who waits and who has room, whenever something happens that may
// bring the two together. Any number of processes may do so on one store.
type Router struct {
	Dispatcher Dispatching
	// Forget drops what is remembered of the agents: another process may have
	// changed them.
	Forget  func()
	Bell    Doorbell
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *RouteMetrics

	work drain
	// What the latest look found. Before the first one everything is worth a
	// ring.
	idle, full atomic.Bool
	// rested is from when on a sweep is worth its while again, in milliseconds
	// since 1970.
	rested atomic.Int64
}

const (
	routeTick = time.Second
	// routeAgain is how often a look is repeated at once because others were
	// faster; then it is left to the next sweep.
	routeAgain = 50
	// routeRest bounds the pause after a look, which is as long as the look
	// took: it leaves half of the store to others.
	routeRest = 250 * time.Millisecond
	// sweepRest is how many times as long as a look took nothing is swept: a
	// long line of those whom nobody can serve is not read every second.
	sweepRest = 20
)

// News is told of every commit that may matter, by the process that made it
// (see threads.Options.Routed). It never waits.
func (r *Router) News(before, after threads.Conversation) {
	r.Metrics.note(before, after)
	freed := before.State.Holder(true) != "" && before.State.Holder(true) != after.State.Holder(true)
	waits := after.State.Waits() && after.State.Offer.Agent == ""
	if !r.idle.Load() && (freed || (waits && !r.full.Load())) {
		r.Bell.Ring(RingRoute)
	}
}

// Drain gives away what can be given.
func (r *Router) Drain(ctx context.Context) error { return r.work.run(ctx, r.looks) }

// Regroup is Drain after a change of agents, queues or settings.
func (r *Router) Regroup(ctx context.Context) error {
	r.Forget()
	return r.Drain(ctx)
}

// Sweep is Drain without a ring, for those that got lost.
func (r *Router) Sweep(ctx context.Context) error {
	if r.Now().UnixMilli() < r.rested.Load() {
		return nil
	}
	return r.Drain(ctx)
}

// looks looks until there is nothing left that others were faster with.
func (r *Router) looks(ctx context.Context) error {
	for try := 0; try < routeAgain && ctx.Err() == nil; try++ {
		began := time.Now()
		res, err := r.Dispatcher.Look(ctx)
		took := time.Since(began)
		r.Metrics.looked(res, took)
		if err != nil {
			return fmt.Errorf("route: %w", err)
		}
		r.idle.Store(res.Idle)
		r.full.Store(!res.Room && !res.Idle)
		r.rested.Store(r.Now().Add(min(sweepRest*took, 30*time.Second)).UnixMilli())
		if !res.Next.IsZero() {
			r.Bell.RingAt(RingRoute, res.Next)
		}
		if !res.Again {
			pause(ctx, min(took, routeRest))
			return nil
		}
		// Whoever was faster is at it as well: not in step with them.
		pause(ctx, min(took, routeRest)+rand.N(10*time.Millisecond))
	}
	return ctx.Err()
}
