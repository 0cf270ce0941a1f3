package bus

import "sync"

// batch is how many events a listener takes from the history at a time.
const batch = 64

// Subscription is one listener. Close it.
type Subscription struct {
	// Position is the id before the first event that is delivered: where to
	// resume from for whoever leaves before there was any. It is empty when no
	// event is known yet.
	Position string

	events chan Event
	end    chan struct{}
	once   sync.Once
}

// Events delivers in order. The channel is closed when the subscription ends:
// by Close, with the bus, because events were lost, or because the listener
// fell so far behind that what it has not read is gone. Whoever subscribes
// again after the last event it got misses nothing or is told of it.
func (s *Subscription) Events() <-chan Event { return s.events }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() { s.once.Do(func() { close(s.end) }) }

// subscribe delivers the events of missed and then those of the history from a
// place on, as far as their ids are after position. missed may be nil.
func subscribe(h *history, at place, position string, missed []Event) *Subscription {
	s := &Subscription{Position: position, events: make(chan Event, batch), end: make(chan struct{})}
	go s.run(h, at, missed)
	return s
}

func (s *Subscription) run(h *history, at place, missed []Event) {
	defer close(s.events)
	if !s.deliver(h, missed) {
		return
	}
	buf := make([]Event, batch)
	for {
		events, changed, ok := h.read(&at, buf)
		if !ok || !s.deliver(h, events) {
			return
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-h.done:
			return
		case <-s.end:
			return
		}
	}
}

// deliver hands events to the listener, at the listener's pace.
func (s *Subscription) deliver(h *history, events []Event) bool {
	for _, e := range events {
		if e.ID <= s.Position {
			continue
		}
		select {
		case s.events <- e:
		case <-h.done:
			return false
		case <-s.end:
			return false
		}
	}
	return true
}
