package egress

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"threadhub/internal/redisconn"
	"threadhub/normalize"
)

// SharedLimiter is a [Limiter] for all processes that use the same Redis. While
// Redis cannot be reached each process keeps to the rates by itself, so that
// together they may be faster than allowed; the platform's 429 then holds them
// back. It is safe for concurrent use. Close it.
type SharedLimiter struct {
	client redis.UniversalClient
	local  *localLimiter // while Redis is away
	logger *slog.Logger
	away   atomic.Bool

	mu    sync.Mutex
	waits map[lane]time.Time // as Redis last said
	swept time.Time
}

// whichWhole is added to the wait when it is the channel's and not the peer's.
const whichWhole = 1e13

// takeToken takes a token of two buckets or of none, and answers the
// microseconds until both have one (see whichWhole). A bucket is kept as the time at which it
// would be full (the generic cell rate algorithm), on the clock of Redis. An
// interval of 0 stands for a bucket without limit.
var takeToken = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local wait, whole, full = 0, false, {}
for i = 1, 2 do
  local every, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  if every > 0 then
    local at = math.max(tonumber(redis.call('GET', KEYS[i]) or now), now) + every
    full[i] = at
    local need = at - burst * every - now
    if need > wait then wait, whole = need, i == 1 end
  end
end
if wait > 0 then return math.ceil(wait) + (whole and 1e13 or 0) end
for i = 1, 2 do
  if full[i] then redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000) + 1000) end
end
return 0
`)

// redisPatience bounds the question to Redis, for which a message waits.
const redisPatience = 250 * time.Millisecond

// NewSharedLimiter opens a limiter on Redis. It does no I/O.
func NewSharedLimiter(address string, logger *slog.Logger) (*SharedLimiter, error) {
	client, err := redisconn.Open(address, redisconn.Limits{Dial: redisPatience, Read: redisPatience, Write: redisPatience, Pool: redisPatience, Context: true})
	if err != nil {
		return nil, fmt.Errorf("shared rates: %w", err)
	}
	return &SharedLimiter{
		client: client, local: newLocalLimiter(), logger: logger, waits: map[lane]time.Time{}, swept: time.Now(),
	}, nil
}

// Close ends the connections.
func (l *SharedLimiter) Close() error { return l.client.Close() }

// Take implements [Limiter].
func (l *SharedLimiter) Take(ctx context.Context, channel, peer string, r normalize.Rate) (time.Duration, error) {
	whole, one := perSecond(r), perPeer(r, peer)
	if whole <= 0 && one <= 0 {
		return 0, nil
	}
	micros := func(perSecond float64) int64 {
		if perSecond <= 0 {
			return 0
		}
		return max(int64(1e6/perSecond), 1)
	}
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	// The braces keep both keys on one node of a cluster.
	keys := []string{"threadhub:rate:{" + channel + "}", "threadhub:rate:{" + channel + "}:" + peer}
	wait, err := takeToken.Run(ctx, l.client, keys, micros(float64(whole)), max(r.Burst, 1), micros(float64(one)), max(r.PeerBurst, 1)).Int64()
	if err != nil {
		if !l.away.Swap(true) {
			l.logger.WarnContext(ctx, "rates are kept by this process alone until Redis is back", "error", err)
		}
		return l.local.Take(ctx, channel, peer, r)
	}
	if l.away.Swap(false) {
		l.logger.InfoContext(ctx, "rates are shared again")
	}
	pause := time.Duration(wait%whichWhole) * time.Microsecond
	if wait >= whichWhole {
		l.note(lane{channel, ""}, pause)
	} else {
		l.note(lane{channel, peer}, pause)
	}
	return pause, nil
}

// note remembers what Redis said, for Delay.
func (l *SharedLimiter) note(at lane, pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.swept) >= sweepEvery {
		l.swept = now
		for k, t := range l.waits {
			if !t.After(now) {
				delete(l.waits, k)
			}
		}
	}
	if pause > 0 {
		l.waits[at] = now.Add(pause)
	} else {
		delete(l.waits, at)
	}
}

// Delay implements [Limiter] from what Redis last said of the peer; it does not
// ask, so that a message may be refused by Take all the same.
func (l *SharedLimiter) Delay(channel, peer string, r normalize.Rate) time.Duration {
	if l.away.Load() {
		return l.local.Delay(channel, peer, r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(time.Until(l.waits[lane{channel, ""}]), time.Until(l.waits[lane{channel, peer}]), 0)
}
