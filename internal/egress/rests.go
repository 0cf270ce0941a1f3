package egress

import (
	"sync"
	"time"

	"threadhub/normalize"
)

// A channel that has used up its rate rests until there is room for several
// messages, not for one: each time somebody looks costs something.
const restFor = 200 * time.Millisecond

// rests are the channels that have used up their rate.
type rests struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// begin notes that the channel's rate is used up for so long. It rests no longer
// than its bucket takes to fill, so that nothing of the rate is lost.
func (r *rests) begin(channel string, wait time.Duration, rate normalize.Rate) {
	if rate.PerSecond <= 0 {
		return
	}
	fills := time.Duration(float64(max(rate.Burst, 1)) / rate.PerSecond * float64(time.Second))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	if until := time.Now().Add(max(wait, min(restFor, fills))); until.After(r.until[channel]) {
		r.until[channel] = until
	}
}

// channels adds those that rest to held.
func (r *rests) channels(held map[string]time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for channel, until := range r.until {
		switch {
		case !until.After(now):
			delete(r.until, channel)
		case until.After(held[channel]):
			held[channel] = until
		}
	}
}
