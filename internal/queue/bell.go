package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

const (
	// gap is the shortest time between two enqueues of one name.
	gap = 20 * time.Millisecond
	// slots is how many tasks of one name and generation there can be.
	slots = 8
	// stall is how long all slots may be taken by tasks that nobody will take
	// up any more before a new generation of slots is begun.
	stall = 3 * time.Second
	// taskTimeout is asynq's own limit, for a handler that ignores its context.
	taskTimeout = 5 * time.Minute
	// maxRetry is how often asynq hands out a task again whose process died.
	maxRetry = 25

	retryFirst, retryLast = 100 * time.Millisecond, 2 * time.Second
)

// bell enqueues the rings of one name, merging those that come close together:
// the first at once, the others by one enqueue after the gap.
//
// A task has one of a few fixed ids, so that Redis holds few of them however
// long nobody answers. When the id is taken by a task that waits to be taken up,
// the ring is heard by that one. When it is taken by one that runs, that run may
// have looked at the store already, and the next id is tried. When all ids are
// held by tasks of processes that died or lost them (they become free again
// only after a minute or two), new ids are made.
type bell struct {
	q    *Queue
	name string
	m    bellMetrics

	mu      sync.Mutex
	rung    bool // since the latest enqueue began
	working bool // a goroutine is at it

	// Of that goroutine alone.
	slot       int
	generation string
	fullSince  time.Time
}

// Ring tells that there is work of the given name. It never waits, does no I/O
// itself and may be called as often as there is something to do. After
// Shutdown it does nothing.
func (q *Queue) Ring(name string) {
	b := q.bell(name)
	if b == nil {
		return
	}
	b.m.rings.Inc()
	if q.heardHere(name) {
		return
	}
	b.mu.Lock()
	start := !b.working
	b.rung, b.working = true, true
	b.mu.Unlock()
	if start {
		q.spawn(b.work)
	}
}

// spawn runs f as a goroutine of the queue, unless it is closed.
func (q *Queue) spawn(f func()) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if !q.closed {
		q.own.Go(f)
	}
}

func (q *Queue) bell(name string) *bell {
	q.mu.RLock()
	b, closed := q.bells[name], q.closed
	q.mu.RUnlock()
	if closed {
		return nil
	}
	if b != nil {
		return b
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if b = q.bells[name]; b == nil {
		b = &bell{q: q, name: name, m: q.metrics.bell(name), generation: "0"}
		q.bells[name] = b
	}
	return b
}

// work enqueues until there was no ring since.
func (b *bell) work() {
	pause := retryFirst
	for b.take() {
		wait := gap
		switch result := b.enqueue(); result {
		case enqueued, heard:
			pause = retryFirst
		default: // busy or failed: once more, later
			b.mu.Lock()
			b.rung = true
			b.mu.Unlock()
			wait, pause = pause, min(2*pause, retryLast)
			if result == busy {
				wait = min(wait, stall/10)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-b.q.life.Done():
			timer.Stop()
			return
		}
	}
}

// take answers whether there was a ring, and forgets it.
func (b *bell) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	rung := b.rung
	b.rung, b.working = false, rung
	return rung
}

type enqueueResult string

const (
	enqueued enqueueResult = "enqueued"
	heard    enqueueResult = "heard" // a task that waits will do
	busy     enqueueResult = "busy"  // every id is held by a task that runs or is lost
	failed   enqueueResult = "failed"
)

func (b *bell) enqueue() enqueueResult {
	result, err := b.tryIDs()
	switch {
	case result == failed:
		b.q.errLog.warn("ring failed; it is tried again", "name", b.name, "error", err)
	case result != busy:
		b.fullSince = time.Time{}
	case b.fullSince.IsZero():
		b.fullSince = time.Now()
	case time.Since(b.fullSince) >= stall:
		b.generation, b.fullSince = rand.Text()[:8], time.Time{}
	}
	b.m.result(result)
	return result
}

// tryIDs enqueues under the first id that is free, beginning with the one used
// last.
func (b *bell) tryIDs() (enqueueResult, error) {
	for range slots {
		id := "ring:" + b.name + ":" + b.generation + ":" + strconv.Itoa(b.slot)
		err := b.put(id)
		if err == nil {
			return enqueued, nil
		}
		if !errors.Is(err, asynq.ErrTaskIDConflict) {
			return failed, err
		}
		info, err := b.q.tasks.GetTaskInfo(queueName, id)
		switch {
		case errors.Is(err, asynq.ErrQueueNotFound):
			// Redis was wiped. A new client names the queue to it again.
			b.q.client.Store(asynq.NewClientFromRedisClient(b.q.rings))
			return failed, err
		case errors.Is(err, asynq.ErrTaskNotFound): // it ended just now
			if err := b.put(id); err == nil {
				return enqueued, nil
			}
		case err != nil:
			return failed, err
		case info.State == asynq.TaskStatePending:
			return heard, nil
		}
		b.slot = (b.slot + 1) % slots
	}
	return busy, nil
}

func (b *bell) put(id string) error {
	ctx, cancel := context.WithTimeout(b.q.life, ringTimeout)
	defer cancel()
	_, err := b.q.client.Load().EnqueueContext(ctx, asynq.NewTask(b.name, nil),
		asynq.Queue(queueName), asynq.TaskID(id), asynq.MaxRetry(maxRetry), asynq.Timeout(taskTimeout))
	if b.q.embedded != nil {
		b.q.embedded.quiet.rung()
	}
	return err
}
