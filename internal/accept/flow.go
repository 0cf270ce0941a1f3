package accept

import (
	"sync"
	"time"
)

const (
	// rushCrowd is the mean number of webhooks that share a write, and
	// rushRate the number that comes in a second, from which on they come
	// faster than the machine takes them with everything else it does. Only
	// both together say so: a slow disk alone makes large groups, too.
	rushCrowd = 4
	rushRate  = 1000
	// rushFor is how long a rush lasts after its last write.
	rushFor = 50 * time.Millisecond
	// window is how long the rate is counted over.
	window = 100 * time.Millisecond
)

// flow is how webhooks have been coming in lately.
type flow struct {
	mu    sync.Mutex
	crowd float64 // running mean of the groups
	rate  float64 // a second, in the latest whole window
	since time.Time
	count int
	last  time.Time
}

// note takes in a group that was written.
func (f *flow) note(group int, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crowd += (float64(group) - f.crowd) / 8
	f.last = now
	f.count += group
	if passed := now.Sub(f.since); passed >= window {
		f.rate = float64(f.count) / passed.Seconds()
		f.since, f.count = now, 0
	}
}

// rush tells whether more webhooks are coming in than can be taken beside
// other work: then they come first.
func (f *flow) rush(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.crowd >= rushCrowd && f.rate >= rushRate && now.Sub(f.last) < rushFor
}
