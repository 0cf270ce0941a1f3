package sqlite

import (
	"sync"
	"time"

	"threadhub/threads"
)

// lane is where deliveries go one at a time.
type lane struct {
	channel threads.ChannelID
	contact threads.ContactID
}

// laneLease is a lane in somebody's hands.
type laneLease struct {
	lane    lane
	message threads.MessageID // the delivery it was claimed with
	owner   string
	until   time.Time
}

// lanes are the leases of the outbox. mu is held over a whole claim, and a
// settled lane is freed after its commit: so a claim that still sees the old
// delivery also still sees its lease.
type lanes struct {
	mu        sync.Mutex
	byLane    map[lane]*laneLease
	byMessage map[threads.MessageID]*laneLease
}

func newLanes() *lanes {
	return &lanes{byLane: map[lane]*laneLease{}, byMessage: map[threads.MessageID]*laneLease{}}
}

// leased tells whether the lane is in somebody's hands. mu is held.
func (l *lanes) leased(k lane, now time.Time) bool {
	have, ok := l.byLane[k]
	return ok && now.Before(have.until)
}

// take leases the lane of the delivery. mu is held.
func (l *lanes) take(k lane, d threads.MessageID, owner string, until time.Time) {
	if old, ok := l.byLane[k]; ok {
		delete(l.byMessage, old.message)
	}
	lease := &laneLease{lane: k, message: d, owner: owner, until: until}
	l.byLane[k], l.byMessage[d] = lease, lease
}

// free gives the lanes free that were claimed with the deliveries.
func (l *lanes) free(ids []threads.MessageID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if lease, ok := l.byMessage[id]; ok {
			delete(l.byMessage, id)
			delete(l.byLane, lease.lane)
		}
	}
}

// extend prolongs the owner's leases.
func (l *lanes) extend(owner string, ids []threads.MessageID, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if lease, ok := l.byMessage[id]; ok && lease.owner == owner {
			lease.until = until
		}
	}
}
