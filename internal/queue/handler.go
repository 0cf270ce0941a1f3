package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

// handler answers one bell. In a process it runs once at a time: a ring that
// comes while it runs makes it run once more. How much it does at a time is
// its own affair.
type handler struct {
	name string
	run  func(context.Context) error
	m    runMetrics
	// heard is called when a ring comes while it runs; may be nil.
	heard func()

	mu       sync.Mutex
	running  bool
	again    bool
	failures int // in a row
}

// Handle says what to do when the bell of the given name is rung: look into the
// store and work until there is nothing left. Call it before Start.
//
// ctx ends after the handler timeout, and when Shutdown has no more patience.
// When Redis is lost it does not end: the work is not Redis's. An error or a
// panic is logged and leads to another ring, after a pause that grows from 1 s
// to 30 s with failures in a row.
func (q *Queue) Handle(name string, run func(ctx context.Context) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.handlers[name] = &handler{name: name, run: run, m: q.metrics.runs(name)}
}

// Heard says what to do when the bell is rung while its handler runs, besides
// running it once more: for a handler that waits for something and could go on.
// It must not block. Call it between Handle and Start.
func (q *Queue) Heard(name string, heard func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.handlers[name].heard = heard
}

// drainingKey finds the channel of Draining in a handler's context.
type drainingKey struct{}

// Draining tells a handler, by its context, that the queue is shutting down:
// finish what is in hand and take up nothing new.
func Draining(ctx context.Context) bool {
	ch, _ := ctx.Value(drainingKey{}).(chan struct{})
	select {
	case <-ch: // a nil channel never is ready
		return true
	default:
		return false
	}
}

// answer is asynq's handler. It always succeeds: a task that failed would be
// kept and hold its id, while all it says is "look".
func (q *Queue) answer(_ context.Context, task *asynq.Task) error {
	q.mu.RLock()
	h := q.handlers[task.Type()]
	q.mu.RUnlock()
	if h == nil {
		q.errLog.warn("a bell without a handler was rung; the sweeper makes up for it", "name", task.Type())
		return nil
	}
	if !h.rung(true) {
		q.runWhileRung(h)
	}
	return nil
}

// heardHere tells the handler of a bell that is rung, if it runs. With the
// embedded Redis nobody else could take the ring up, and each task is several
// scripts, which miniredis compiles anew.
func (q *Queue) heardHere(name string) bool {
	if q.embedded == nil {
		return false
	}
	q.mu.RLock()
	h := q.handlers[name]
	q.mu.RUnlock()
	return h != nil && h.rung(false)
}

// rung has the run that goes on look once more and answers whether one does.
// Otherwise, if begin is set, it marks one as begun.
func (h *handler) rung(begin bool) (goesOn bool) {
	h.mu.Lock()
	goesOn = h.running
	h.again = h.again || goesOn
	h.running = goesOn || begin
	h.mu.Unlock()
	if goesOn && h.heard != nil {
		h.heard()
	}
	return goesOn
}

// runWhileRung runs the handler once, and again for as long as it is rung
// meanwhile. It gives the rest to another task when that lasts.
func (q *Queue) runWhileRung(h *handler) {
	for since := time.Now(); ; {
		err := q.runOnce(h)
		stop := err != nil || time.Since(since) > q.opts.HandlerTimeout || Draining(q.handlerContext())
		h.mu.Lock()
		again := h.again
		h.again = false
		h.running = again && !stop
		if err == nil {
			h.failures = 0
		} else {
			h.failures = min(h.failures+1, 6)
		}
		pause := min(time.Second<<max(h.failures-1, 0), 30*time.Second)
		h.mu.Unlock()
		switch {
		case err != nil:
			q.RingAt(h.name, time.Now().Add(pause))
			return
		case again && stop:
			q.Ring(h.name)
			return
		case !again:
			return
		}
	}
}

func (q *Queue) handlerContext() context.Context {
	return context.WithValue(q.work, drainingKey{}, q.draining)
}

var errPanic = errors.New("panic")

// runOnce runs the handler, counts it and logs its failure.
func (q *Queue) runOnce(h *handler) (err error) {
	ctx, cancel := context.WithTimeout(q.handlerContext(), q.opts.HandlerTimeout)
	defer cancel()
	started := time.Now()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
			q.logger.Error("handler panicked", "name", h.name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
		h.m.observe(err, time.Since(started))
	}()
	err = h.run(ctx)
	if err != nil {
		q.errLog.warn("handler failed; it is run again", "name", h.name, "error", err)
	}
	return err
}
