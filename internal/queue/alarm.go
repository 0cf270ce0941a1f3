package queue

import (
	"container/heap"
	"sync"
	"time"
)

const (
	// alarmGrain is what alarm times are rounded up to, so that many close
	// together are one.
	alarmGrain = 10 * time.Millisecond
	// maxAlarms bounds memory. What is beyond it is left to the sweeper.
	maxAlarms = 100_000
	// maxNap is how long to wait without a look at the clock, which may be set
	// forward while a timer runs on.
	maxNap = time.Second
)

// RingAt rings at the given time of the wall clock, or now when it is past.
//
// The alarm lives in this process alone: asynq's own delayed tasks know whole
// seconds and are looked at every few seconds. One that is lost with its
// process is no loss, since the store has the time and the sweeper looks there.
// Any number of alarms per name may be set; those within 10 ms are one.
func (q *Queue) RingAt(name string, at time.Time) {
	q.alarms.set(name, at)
}

type alarm struct {
	at   int64 // unix time in units of alarmGrain, rounded up
	name string
}

// alarms waits for the earliest of them.
type alarms struct {
	ring func(string)

	mu      sync.Mutex
	waiting alarmHeap
	known   map[alarm]struct{}
	timer   *time.Timer // nil until the first alarm
	stopped bool
}

func newAlarms(ring func(string)) *alarms {
	return &alarms{ring: ring, known: map[alarm]struct{}{}}
}

func (a *alarms) set(name string, at time.Time) {
	if !at.After(time.Now()) {
		a.ring(name)
		return
	}
	grain := alarmGrain.Milliseconds()
	next := alarm{(at.Add(time.Millisecond-1).UnixMilli() + grain - 1) / grain, name}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.known[next]; ok || a.stopped || len(a.waiting) >= maxAlarms {
		return
	}
	a.known[next] = struct{}{}
	heap.Push(&a.waiting, next)
	if a.waiting[0] == next {
		a.arm()
	}
}

// arm sets the timer for the earliest alarm. The lock is held.
func (a *alarms) arm() {
	nap := min(time.Until(a.waiting[0].time()), maxNap)
	if a.timer == nil {
		a.timer = time.AfterFunc(nap, a.look)
		return
	}
	a.timer.Reset(nap)
}

// look rings what is due.
func (a *alarms) look() {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for len(a.waiting) > 0 && !a.stopped {
		first := a.waiting[0]
		if first.time().After(now) {
			a.arm()
			return
		}
		heap.Pop(&a.waiting)
		delete(a.known, first)
		a.ring(first.name) // does not wait
	}
}

func (a *alarms) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.waiting, a.known = nil, nil
	if a.timer != nil {
		a.timer.Stop()
	}
}

// time is without a monotonic reading, so that the wall clock decides.
func (a alarm) time() time.Time { return time.UnixMilli(a.at * alarmGrain.Milliseconds()) }

// alarmHeap implements heap.Interface, the earliest first.
type alarmHeap []alarm

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h alarmHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *alarmHeap) Push(x any) { *h = append(*h, x.(alarm)) }

// Pop implements heap.Interface.
func (h *alarmHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
