package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// cached bounds the cache: more tokens than this are not in use at once, and
// starting over costs one read per token.
const cached = 10_000

// cache remembers who tokens belong to for a short while, since every call of
// the API asks. The zero value with fresh set is ready for use.
type cache struct {
	fresh time.Duration

	mu         sync.RWMutex
	generation uint64
	entries    map[[sha256.Size]byte]cacheEntry
}

type cacheEntry struct {
	principal Principal
	until     time.Time
}

// get answers a remembered principal, or else the generation to hand to put.
func (c *cache) get(sum [sha256.Size]byte, now time.Time) (Principal, uint64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.entries[sum]
	// A clock that was set back must not prolong an entry.
	if !ok || !now.Before(e.until) || e.until.Sub(now) > c.fresh {
		return Principal{}, c.generation, false
	}
	return e.principal, c.generation, true
}

// put remembers a principal, unless the cache was cleared since generation:
// what was read before a revocation must not outlive it.
func (c *cache) put(sum [sha256.Size]byte, p Principal, generation uint64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if c.entries == nil || len(c.entries) >= cached {
		c.entries = make(map[[sha256.Size]byte]cacheEntry)
	}
	c.entries[sum] = cacheEntry{p, now.Add(c.fresh)}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.entries = nil
}
