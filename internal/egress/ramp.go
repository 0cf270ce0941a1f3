package egress

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A breaker that has just closed lets calls through at rampFirst a second, twice
// as many each second, and after rampFor all of them: what waited must not
// knock over a platform that has just got up.
const (
	rampFirst = 20
	rampFor   = 6 * time.Second
)

// ramp slows a circuit down after it closed. The zero value slows nothing.
type ramp struct {
	mu     sync.Mutex
	from   time.Time // zero: none
	bucket *rate.Limiter
}

// begin starts the ramp.
func (r *ramp) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.from, r.bucket = time.Now(), rate.NewLimiter(rampFirst, rampFirst)
}

// take answers how long to wait, having taken a turn when that is 0.
func (r *ramp) take() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := r.wait()
	if wait == 0 && r.bucket != nil {
		r.bucket.Allow()
	}
	return wait
}

// left answers as take would and takes no turn.
func (r *ramp) left() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wait()
}

func (r *ramp) wait() time.Duration {
	if r.bucket == nil {
		return 0
	}
	now := time.Now()
	since := now.Sub(r.from)
	if since >= rampFor {
		r.bucket = nil
		return 0
	}
	if limit := rate.Limit(int(rampFirst) << int(since/time.Second)); limit != r.bucket.Limit() {
		r.bucket.SetLimitAt(now, limit)
	}
	return missing(r.bucket, now)
}
