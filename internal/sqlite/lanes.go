package sqlite

import (
	"cmp"
	"slices"
	"sync"

	"threadhub/threads"
)

// lanes is the order of the outbox, kept in memory: one process has the file.
// It is read from the rows when the store is opened and changed by whatever
// changes them, once that is committed and in the order of the commits; so it
// never shows a delivery that has no row. Leases are only here: they end with
// the process. Times are Unix milliseconds.
type lanes struct {
	mu       sync.Mutex
	byID     map[threads.MessageID]*waiting
	channels map[threads.ChannelID]*channelLanes
	// A lane is either asleep, until a time that is known, or in its channel's
	// ready pile. So a claim looks at no lane that it does not take, however
	// many there are on channels that are paused.
	asleep pile[*lane]
	times  pile[*waiting] // all deliveries, the earliest notBefore first
	kept   kept
	clock  int64 // of the latest claim
}

// channelLanes are the lanes of a channel, each with at least one delivery.
type channelLanes struct {
	id    threads.ChannelID
	lanes map[threads.ContactID]*lane
	ready pile[*lane] // the oldest first delivery first
	place int         // among the channels that a claim looks at
}

// lane is where the deliveries to a contact go one at a time.
type lane struct {
	channel  *channelLanes
	contact  threads.ContactID
	list     []*waiting // in the order of message ids
	inFlight int        // how many of them are in flight
	bulk     int        // how many of them are bulk
	first    *waiting   // the one to go next
	lease    *laneLease // nil: nobody's
	from     int64      // when first may be claimed, as things are
	ready    bool       // the pile it is in
	place    int        // in that pile
}

// laneLease is a lane in somebody's hands.
type laneLease struct {
	message threads.MessageID // the delivery it was claimed with
	owner   string
	until   int64
}

// waiting is a delivery in its lane.
type waiting struct {
	id        threads.MessageID
	seq       int64 // of the message's row
	lane      *lane
	createdAt int64
	notBefore int64
	inFlight  bool
	scheduled bool
	bulk      bool
	place     int         // among the times
	copies    *keptCopies // nil: none
}

func newLanes() *lanes {
	return &lanes{
		byID:     map[threads.MessageID]*waiting{},
		channels: map[threads.ChannelID]*channelLanes{},
		asleep: pile[*lane]{
			before: func(a, b *lane) bool { return a.from < b.from },
			place:  func(l *lane) *int { return &l.place },
		},
		times: pile[*waiting]{
			before: func(a, b *waiting) bool { return a.notBefore < b.notBefore },
			place:  func(w *waiting) *int { return &w.place },
		},
	}
}

// older is the order in which deliveries of different lanes go: those of mailings
// after all others, unless another one waits behind them.
func older(a, b *lane) bool {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.first.createdAt, b.first.createdAt), cmp.Compare(a.first.id, b.first.id)) < 0
}

// rank is 1 for a lane in which nothing but bulk waits.
func (l *lane) rank() int {
	if l.bulk == len(l.list) {
		return 1
	}
	return 0
}

// next is the one to go next: the oldest of those that do not wait for a time of
// their own. Among those that do it is the first whose time comes.
func (l *lane) next(clock int64) *waiting {
	first := l.list[0]
	for _, w := range l.list {
		if !w.scheduled || w.notBefore <= clock {
			return w
		}
		if w.notBefore < first.notBefore {
			first = w
		}
	}
	return first
}

// laneOf answers the lane, a new one if need be. mu is held.
func (o *lanes) laneOf(channel threads.ChannelID, contact threads.ContactID) *lane {
	c, ok := o.channels[channel]
	if !ok {
		c = &channelLanes{id: channel, lanes: map[threads.ContactID]*lane{}, ready: pile[*lane]{
			before: older, place: func(l *lane) *int { return &l.place },
		}}
		o.channels[channel] = c
	}
	l, ok := c.lanes[contact]
	if !ok {
		l = &lane{channel: c, contact: contact}
		c.lanes[contact] = l
		o.asleep.add(l)
	}
	return l
}

// arrange puts a lane where it belongs after a change. mu is held.
//
// The first of a lane is its oldest by the message's id, but one that is in
// flight has gone already and nothing may overtake it any more.
func (o *lanes) arrange(l *lane) {
	if l.ready {
		l.channel.ready.remove(l)
		l.ready = false
		o.asleep.add(l)
	}
	if len(l.list) == 0 {
		o.asleep.remove(l)
		delete(l.channel.lanes, l.contact)
		if len(l.channel.lanes) == 0 {
			delete(o.channels, l.channel.id)
		}
		return
	}
	l.first = l.next(o.clock)
	if l.inFlight > 0 {
		l.first = l.list[slices.IndexFunc(l.list, func(w *waiting) bool { return w.inFlight })]
	}
	l.from = l.first.notBefore
	if l.lease != nil {
		l.from = max(l.from, l.lease.until)
	}
	o.asleep.fix(l)
}

// add puts a delivery into its lane: usually at the end, but commits may come
// in another order than the ids they were given. mu is held.
func (o *lanes) add(w *waiting, channel threads.ChannelID, contact threads.ContactID) {
	l := o.laneOf(channel, contact)
	w.lane = l
	at := len(l.list)
	if at > 0 && w.id < l.list[at-1].id {
		at, _ = slices.BinarySearchFunc(l.list, w, func(a, b *waiting) int { return cmp.Compare(a.id, b.id) })
	}
	l.list = slices.Insert(l.list, at, w)
	if w.inFlight {
		l.inFlight++
	}
	if w.bulk {
		l.bulk++
	}
	o.byID[w.id] = w
	o.times.add(w)
	o.arrange(l)
}

// remove takes a delivery that has ended out of its lane. mu is held.
func (o *lanes) remove(w *waiting) {
	l := w.lane
	w.setInFlight(false)
	if w.bulk {
		l.bulk--
	}
	at, _ := slices.BinarySearchFunc(l.list, w, func(a, b *waiting) int { return cmp.Compare(a.id, b.id) })
	if at == 0 {
		l.list[0], l.list = nil, l.list[1:] // however long the lane is
	} else {
		l.list = slices.Delete(l.list, at, at+1)
	}
	o.times.remove(w)
	o.kept.drop(w)
	delete(o.byID, w.id)
}

func (w *waiting) setInFlight(is bool) {
	if w.inFlight == is {
		return
	}
	w.inFlight = is
	if is {
		w.lane.inFlight++
	} else {
		w.lane.inFlight--
	}
}

// free ends the lease that the delivery was claimed with. mu is held.
func (w *waiting) free() {
	if l := w.lane; l.lease != nil && l.lease.message == w.id {
		l.lease = nil
	}
}
