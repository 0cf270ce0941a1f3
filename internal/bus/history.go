package bus

import (
	"slices"
	"sort"
	"sync"
	"time"
)

// bounds of a history.
type bounds struct {
	keep  time.Duration
	count int
	bytes int
}

// history is the latest events, in order. Those who read it keep their own
// place; nothing is copied and nobody waits for them.
type history struct {
	limits bounds

	mu      sync.Mutex
	kept    []record
	head    int    // kept[:head] are gone
	first   int64  // number of the first kept event, ever increasing
	base    string // id before the first kept event
	last    string // id of the latest event, or base
	bytes   int
	broken  int           // grows when events were lost: readers from before are cut off
	done    chan struct{} // closed with the history
	changed chan struct{} // closed at the next change
}

type record struct {
	Event
	arrived time.Time
}

// newHistory begins at an id: what comes later is after it.
func newHistory(limits bounds, base string) *history {
	return &history{limits: limits, base: base, last: base, done: make(chan struct{}), changed: make(chan struct{})}
}

// append adds events that have their ids.
func (h *history) append(now time.Time, events []Event) {
	if len(events) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		h.kept = append(h.kept, record{e, now})
		h.bytes += e.size()
	}
	h.last = events[len(events)-1].ID
	h.trim(now)
	h.wake()
}

// advance moves on to an id that brought no event.
func (h *history) advance(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = max(h.last, id)
	if h.head == len(h.kept) {
		h.base = h.last
	}
}

// restart forgets everything and begins at an id: events in between were lost.
func (h *history) restart(base string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.first += int64(len(h.kept) - h.head)
	h.kept, h.head, h.bytes = nil, 0, 0
	h.base, h.last = base, base
	h.broken++
	h.wake()
}

func (h *history) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.isClosed() {
		close(h.done)
	}
}

func (h *history) isClosed() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}

// wake tells the readers. The lock is held.
func (h *history) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// trim keeps within the limits. The lock is held.
func (h *history) trim(now time.Time) {
	for h.head < len(h.kept) {
		r := &h.kept[h.head]
		if len(h.kept)-h.head <= h.limits.count && h.bytes <= h.limits.bytes && now.Sub(r.arrived) <= h.limits.keep {
			break
		}
		h.bytes -= r.size()
		h.base = r.ID
		*r = record{}
		h.head++
		h.first++
	}
	if h.head >= 1024 && h.head > len(h.kept)/2 {
		h.kept = slices.Clone(h.kept[h.head:])
		h.head = 0
	}
}

// place is where a reader stands.
type place struct {
	next   int64 // number of the next event
	broken int   // of the history, when the reader began
}

// end is the place after everything, with the id that it follows.
func (h *history) end() (place, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return place{h.first + int64(len(h.kept)-h.head), h.broken}, h.last
}

// start is the place before everything kept, with the id that it follows.
func (h *history) start() (place, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return place{h.first, h.broken}, h.base
}

// after is the place that follows an id, if nothing after it is gone. Ids
// beyond the latest are not known.
func (h *history) after(id string) (place, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id < h.base || id > h.last {
		return place{}, false
	}
	kept := h.kept[h.head:]
	n := sort.Search(len(kept), func(i int) bool { return kept[i].ID > id })
	return place{h.first + int64(n), h.broken}, true
}

// read copies the events at a place into buf and moves on. When there are none
// it answers a channel that is closed when there may be. ok is false when the
// reader is to be cut off.
func (h *history) read(at *place, buf []Event) (events []Event, changed <-chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at.broken != h.broken || at.next < h.first {
		return nil, nil, false
	}
	events = buf[:0]
	kept := h.kept[h.head:]
	for i := int(at.next - h.first); i < len(kept) && len(events) < cap(events); i++ {
		events = append(events, kept[i].Event)
	}
	at.next += int64(len(events))
	return events, h.changed, true
}
