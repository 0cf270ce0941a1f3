package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"threadhub/internal/callout"
	"threadhub/internal/ident"
	"threadhub/internal/spool"
	"threadhub/threads"
)

const (
	lookTick = time.Second
	// places is how many lanes of a subscription are delivered at once.
	places = 8
	// strained is after how many failures in a row one place is left, until the
	// subscriber takes something again.
	strained = 3
	// lease is how long a lane is somebody's who is not heard of: as soon as
	// that, another process goes on with a dead one's work. It is prolonged
	// when so much of it is over, also during a call.
	lease      = 10 * time.Second
	renewAfter = 3 * time.Second
	// saveTime bounds what is recorded, which is done also while the hub stops.
	saveTime = time.Minute
	// laneBatch is how many events of a lane are read at a time.
	laneBatch = 20
	// A lane whose next event waits for the announcement of an earlier change is
	// looked at again soon, and less often the longer that has taken already:
	// then the process that was to announce is likely gone.
	heldPause = 100 * time.Millisecond
	heldMost  = time.Second
	// unsaved is for how long outcomes are gathered before they are recorded.
	// What was delivered and not recorded is delivered again after a crash.
	unsaved = 250 * time.Millisecond
	// secretsFresh is for how long secrets are used that were read for a call.
	secretsFresh = time.Second
	// healthEvery is how often it is recorded that a subscriber is well.
	healthEvery = time.Minute
	housekeep   = time.Second
	// Rounds of housekeeping.
	measureEvery = 10
	purgeEvery   = 600
	purgeBatch   = 500
	// laneKept is for how long a lane is kept that nobody has touched; all of
	// its events are gone by then.
	laneKept = 2 * maxKept

	callKind = "subscriber" // names the calls to breakers and metrics
)

// Renderer writes an event as subscribers get it: of the API's own views.
type Renderer func(ctx context.Context, id string, n News, sees func(threads.ChannelID) bool) ([]byte, error)

// CourierOptions are what a Courier works with. All are required.
type CourierOptions struct {
	Book    *Registry
	Relay   *Relay
	Carrier callout.Carrier
	Render  Renderer
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics
}

// Courier delivers events. Any number of processes may do it on one store.
// Each subscription has places of its own, and each of its lanes waits for
// itself: a slow or dead subscriber holds up nobody else.
type Courier struct {
	CourierOptions
	spool spool.Store
	bell  chan struct{}
	work  sync.WaitGroup

	mu    sync.Mutex
	lines map[string]*line
}

// NewCourier returns a courier over the given parts.
func NewCourier(o CourierOptions) *Courier {
	return &Courier{CourierOptions: o, spool: o.Book.Spool, bell: make(chan struct{}, 1), lines: map[string]*line{}}
}

func (c *Courier) now() time.Time { return c.Now().UTC().Truncate(time.Millisecond) }

// Ring has the courier look for work. It does not block and does not fail; it
// has the form of a task.
func (c *Courier) Ring(context.Context) error {
	select {
	case c.bell <- struct{}{}:
	default: // it will look anyway
	}
	return nil
}

// Run delivers until ctx ends. Calls that are under way then are broken off,
// and made again by whoever runs next.
func (c *Courier) Run(ctx context.Context) {
	c.work.Go(func() { c.keepHouse(ctx) })
	tick := time.NewTicker(lookTick)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := c.look(ctx); err != nil && ctx.Err() == nil {
			c.failed(ctx, "look", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-c.bell:
		}
	}
	c.work.Wait()
}

func (c *Courier) failed(ctx context.Context, what string, err error) {
	c.Metrics.Errors.WithLabelValues(what).Inc()
	c.Logger.WarnContext(ctx, "deliveries to subscribers stopped short, they go on", "step", what, "error", err)
}

// look starts what is due and has a place.
func (c *Courier) look(ctx context.Context) error {
	active, err := c.Book.Active(ctx)
	if err != nil {
		return fmt.Errorf("subscriptions: %w", err)
	}
	for i := range active {
		c.fill(ctx, active[i].ID)
	}
	return nil
}

func (c *Courier) line(id string) *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lines[id]
	if l == nil {
		l = &line{busy: map[string]bool{}}
		c.lines[id] = l
	}
	return l
}

// fill has one more place of the subscription taken, if there is one: by a
// goroutine that delivers lane after lane until none is due. Each lane that it
// finds has the next place taken.
func (c *Courier) fill(ctx context.Context, subscription string) {
	l := c.line(subscription)
	if !l.enter(c.now()) {
		return
	}
	c.work.Go(func() {
		defer l.leave()
		for ctx.Err() == nil && l.open(c.now()) {
			r, err := c.take(ctx, subscription, l)
			if errors.Is(err, spool.ErrNotFound) {
				return
			}
			if r != nil {
				c.fill(ctx, subscription)
				err = r.deliver(ctx)
				l.give(r.lane.Name)
			}
			if err != nil && ctx.Err() == nil {
				c.failed(ctx, "deliver", err)
			}
			if err != nil || (r != nil && r.gaveUp()) {
				return
			}
		}
	})
}

// take takes the lane of the subscription that is due for longest.
func (c *Courier) take(ctx context.Context, subscription string, l *line) (*run, error) {
	r := &run{Courier: c, line: l, me: ident.New("run")}
	now := c.now()
	var err error
	if r.lane, err = c.spool.TakeLane(ctx, subscription, r.me, now, now.Add(lease)); err != nil {
		return nil, fmt.Errorf("take a lane: %w", err)
	}
	if !l.take(r.lane.Name) {
		return nil, nil // this process stood still while it had it, and finds that out
	}
	return r, nil
}

// later looks again after a pause.
func (c *Courier) later(ctx context.Context, pause time.Duration) {
	c.work.Go(func() {
		t := time.NewTimer(pause)
		defer t.Stop()
		select {
		case <-ctx.Done():
		case <-t.C:
			_ = c.Ring(ctx)
		}
	})
}

// line is what this process knows of a subscription's deliveries.
type line struct {
	mu       sync.Mutex
	taken    int             // places
	busy     map[string]bool // lanes
	failures int             // in a row
	until    time.Time       // nothing is tried before
	health   Health
	noted    time.Time // when health was recorded
}

// enter takes a place, if one is free.
func (l *line) enter(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken >= l.places(now) {
		return false
	}
	l.taken++
	return true
}

// open tells whether who has a place may go on to another lane.
func (l *line) open(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken <= l.places(now)
}

func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken--
}

// places is how many lanes may be delivered at once. The caller holds the lock.
func (l *line) places(now time.Time) int {
	switch {
	case now.Before(l.until):
		return 0
	case l.failures >= strained:
		return 1
	}
	return places
}

func (l *line) take(lane string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[lane] {
		return false
	}
	l.busy[lane] = true
	return true
}

func (l *line) give(lane string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, lane)
}

// rest has nothing tried for a while.
func (l *line) rest(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.until) {
		l.until = until
	}
}

// succeeded notes a success. back tells that the subscriber had seemed away;
// note, that the health is worth recording.
func (l *line) succeeded(now time.Time) (back, note bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	back = l.failures >= strained
	note = l.failures > 0 || now.Sub(l.noted) >= healthEvery
	l.failures, l.health.LastSuccessAt, l.health.FailingSince = 0, now, time.Time{}
	return back, note
}

// failed notes a failure; it tells whether the health is worth recording.
func (l *line) failed(now time.Time, r callout.Result) (note bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures++
	note = l.failures == 1 || now.Sub(l.noted) >= healthEvery
	if l.health.FailingSince.IsZero() {
		l.health.FailingSince = now
	}
	l.health.LastFailureAt, l.health.LastStatus, l.health.LastError = now, r.Status, r.Detail
	return note
}

func (l *line) seen(now time.Time) Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noted = now
	return l.health
}
