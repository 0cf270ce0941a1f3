package sqlite

import (
	"time"

	"threadhub/threads"
	"threadhub/workers"
)

// claimed is a delivery that was claimed, as far as memory has it.
type claimed struct {
	id       threads.MessageID
	seq      int64
	inFlight bool
	copy     *threads.Delivery // nil: to be read
}

// claim leases the lanes whose first deliveries are due, the oldest first, as far
// as there is room.
func (o *lanes) claim(owner string, now, until int64, room workers.Room) []claimed {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clock = now
	o.wake(now)
	channels := pile[*channelLanes]{
		before: func(a, b *channelLanes) bool { return older(a.ready.first(), b.ready.first()) },
		place:  func(c *channelLanes) *int { return &c.place },
	}
	for id, c := range o.channels {
		if c.ready.Len() > 0 && room.Of(id) > 0 {
			channels.add(c)
		}
	}
	var list []claimed
	taken := map[threads.ChannelID]int{}
	for len(list) < room.All && channels.Len() > 0 {
		c := channels.first()
		l := c.ready.first()
		if l.from <= now { // else the clock was set back since it got up
			list = append(list, l.first.claimed())
			l.lease = &laneLease{message: l.first.id, owner: owner, until: until}
			taken[c.id]++
		}
		o.arrange(l)
		if c.ready.Len() == 0 || taken[c.id] >= room.Of(c.id) {
			channels.remove(c)
		} else {
			channels.fix(c)
		}
	}
	return list
}

// wake moves lanes that can be claimed into their channels' piles.
func (o *lanes) wake(now int64) {
	for o.asleep.Len() > 0 && o.asleep.first().from <= now {
		l := o.asleep.first()
		if first := l.first; l.lease == nil && first != l.next(now) && l.inFlight == 0 {
			o.arrange(l) // another's time has come as well
			continue
		}
		o.asleep.remove(l)
		l.ready = true
		l.channel.ready.add(l)
	}
}

func (w *waiting) claimed() claimed {
	c := claimed{id: w.id, seq: w.seq, inFlight: w.inFlight}
	if w.copies != nil {
		c.copy = w.copies.delivery
	}
	return c
}

// release gives back what was claimed in vain.
func (o *lanes) release(owner string, list []claimed) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range list {
		if w, ok := o.byID[c.id]; ok && w.leasedTo(owner) {
			w.free()
			o.arrange(w.lane)
		}
	}
}

// leasedTo tells whether the owner has the lane, claimed with this delivery.
func (w *waiting) leasedTo(owner string) bool {
	lease := w.lane.lease
	return lease != nil && lease.message == w.id && lease.owner == owner
}

// extend prolongs the owner's leases.
func (o *lanes) extend(owner string, ids []threads.MessageID, until int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		if w, ok := o.byID[id]; ok && w.leasedTo(owner) {
			w.lane.lease.until = until
			o.arrange(w.lane)
		}
	}
}

// next is the earliest time before which a delivery must not go.
func (o *lanes) next() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.times.Len() == 0 {
		return time.Time{}
	}
	return timeOf(o.times.first().notBefore)
}

func (o *lanes) backlog() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.byID)
}
