package workers

import (
	"sync"
	"time"

	"threadhub/threads"
)

// rests are the channels that send nothing for now, because an admin has paused
// them or their credentials are dead. Their deliveries stay where they are, in
// their order; now and then one look is taken whether the channel works again.
type rests struct {
	mu    sync.Mutex
	until map[threads.ChannelID]time.Time
}

// begin leaves the channel alone until the next look.
func (r *rests) begin(id threads.ChannelID, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[threads.ChannelID]time.Time{}
	}
	r.until[id] = now.Add(pausedPause)
}

// end has the channel looked at again at once.
func (r *rests) end(id threads.ChannelID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.until, id)
}

// channels answers those that rest.
func (r *rests) channels(now time.Time) (list []threads.ChannelID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, until := range r.until {
		if now.Before(until) {
			list = append(list, id)
		} else {
			delete(r.until, id)
		}
	}
	return list
}
