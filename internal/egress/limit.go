package egress

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"threadhub/normalize"
)

// Limiter keeps channels to the rate that their platform allows. Methods are
// safe for concurrent use. The one built in knows of this process only; one
// that several processes share can take its place.
type Limiter interface {
	// Take uses up one message of the channel's and the peer's rate: 0 when
	// it was there, otherwise how long until it is, with nothing used up.
	Take(ctx context.Context, channel, peer string, r normalize.Rate) (time.Duration, error)
	// Delay answers as Take would and uses up nothing.
	Delay(channel, peer string, r normalize.Rate) time.Duration
}

// sweepEvery is how often what is no longer needed is forgotten.
const sweepEvery = time.Minute

// lane is a channel, or with peer set one peer of it.
type lane struct{ channel, peer string }

// localLimiter holds a token bucket per lane. A full bucket and none are the
// same, so full ones are forgotten.
type localLimiter struct {
	mu      sync.Mutex
	buckets map[lane]*rate.Limiter
	swept   time.Time
}

func newLocalLimiter() *localLimiter {
	return &localLimiter{buckets: map[lane]*rate.Limiter{}, swept: time.Now()}
}

// Take implements [Limiter].
func (l *localLimiter) Take(_ context.Context, channel, peer string, r normalize.Rate) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.sweep(now)
	whole := l.bucket(lane{channel, ""}, perSecond(r), r.Burst)
	one := l.bucket(lane{channel, peer}, perPeer(r, peer), r.PeerBurst)
	if wait := max(missing(whole, now), missing(one, now)); wait > 0 {
		return wait, nil
	}
	for _, b := range []*rate.Limiter{whole, one} {
		if b != nil {
			b.AllowN(now, 1)
		}
	}
	return 0, nil
}

// Delay implements [Limiter].
func (l *localLimiter) Delay(channel, peer string, r normalize.Rate) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	whole := l.bucket(lane{channel, ""}, perSecond(r), r.Burst)
	one := l.bucket(lane{channel, peer}, perPeer(r, peer), r.PeerBurst)
	return max(missing(whole, now), missing(one, now))
}

func perSecond(r normalize.Rate) rate.Limit { return rate.Limit(max(r.PerSecond, 0)) }

func perPeer(r normalize.Rate, peer string) rate.Limit {
	if peer == "" || r.PeerEvery <= 0 {
		return 0
	}
	return rate.Every(r.PeerEvery)
}

// bucket answers the lane's bucket, with the rate as it now is; nil when the
// lane has no limit.
func (l *localLimiter) bucket(at lane, limit rate.Limit, burst int) *rate.Limiter {
	if limit <= 0 {
		return nil
	}
	burst = max(burst, 1)
	b, ok := l.buckets[at]
	switch {
	case !ok:
		b = rate.NewLimiter(limit, burst)
		l.buckets[at] = b
	case b.Limit() != limit || b.Burst() != burst:
		b.SetLimit(limit)
		b.SetBurst(burst)
	}
	return b
}

// missing is how long until the bucket holds a token.
func missing(b *rate.Limiter, now time.Time) time.Duration {
	if b == nil {
		return 0
	}
	tokens := b.TokensAt(now)
	if tokens >= 1 {
		return 0
	}
	// Rounded up, so that whoever comes back then finds the token.
	return time.Duration((1-tokens)/float64(b.Limit())*float64(time.Second)) + time.Millisecond
}

func (l *localLimiter) sweep(now time.Time) {
	if now.Sub(l.swept) < sweepEvery {
		return
	}
	l.swept = now
	for at, b := range l.buckets {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.buckets, at)
		}
	}
}

// coolDowns are the pauses that platforms asked for.
type coolDowns struct {
	mu    sync.Mutex
	until map[lane]time.Time
	swept time.Time
}

// set starts or prolongs a pause; it never shortens one.
func (c *coolDowns) set(at lane, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.swept) >= sweepEvery {
		c.swept = now
		for k, t := range c.until {
			if !t.After(now) {
				delete(c.until, k)
			}
		}
	}
	if until.After(c.until[at]) {
		c.until[at] = until
	}
}

// left is how long the pauses of the channel and of the peer last.
func (c *coolDowns) left(channel, peer string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.until) == 0 {
		return 0
	}
	until := c.until[lane{channel, ""}]
	if t := c.until[lane{channel, peer}]; t.After(until) {
		until = t
	}
	if until.IsZero() {
		return 0
	}
	return max(time.Until(until), 0)
}

// channels adds the channels that pause to held.
func (c *coolDowns) channels(held map[string]time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for at, t := range c.until {
		if at.peer == "" && t.After(now) && t.After(held[at.channel]) {
			held[at.channel] = t
		}
	}
}
