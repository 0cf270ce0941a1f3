package auth

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// ThrottledError refuses to look at a password: there were too many wrong ones.
type ThrottledError struct{ After time.Duration }

// Error says when to try again.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many tries: try again in %s", e.After.Round(time.Second))
}

// allowance is how many wrong passwords are borne: many at once, and one more
// every so often.
type allowance struct {
	many  int
	every time.Duration
}

// What is borne before somebody has to wait. Wrong tries count, right ones do
// not. The account's own allowance, whoever tries, is wide: it is there against
// guessing from many places, and must not shut its owner out for long.
var (
	perAddress = allowance{20, 6 * time.Second}
	perPair    = allowance{5, 30 * time.Second}
	perAccount = allowance{50, 30 * time.Second}
)

// remembered bounds how many addresses and accounts are kept in mind.
const remembered = 10_000

// throttle slows down whoever guesses passwords. It counts alike for accounts
// that are there and for those that are not, and is safe for concurrent use.
type throttle struct {
	mu      sync.Mutex
	buckets *lru.Cache[string, bucket]
}

// bucket is full of level tries at the time given and empties over time.
type bucket struct {
	level float64
	at    time.Time
}

func newThrottle() *throttle {
	cache, err := lru.New[string, bucket](3 * remembered)
	if err != nil { // only for a size below 1
		panic(err)
	}
	return &throttle{buckets: cache}
}

// try is one attempt, which counts until it is forgiven.
type try struct {
	keys   [3]string
	limits [3]allowance
}

func newTry(address, account string) try {
	address = network(address)
	return try{
		keys:   [3]string{"address " + address, "pair " + address + " " + account, "account " + account},
		limits: [3]allowance{perAddress, perPair, perAccount},
	}
}

// network is what one attacker has at their disposal: an address of IPv4, or
// the /64 that every line of IPv6 gets.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// admit counts an attempt, or answers a *ThrottledError that says how long to
// wait, and counts nothing.
func (t *throttle) admit(a try, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	levels, wait := [3]float64{}, time.Duration(0)
	for i, limit := range a.limits {
		levels[i] = t.level(a.keys[i], limit, now) + 1
		if over := levels[i] - float64(limit.many); over > 0 {
			wait = max(wait, time.Duration(over*float64(limit.every)))
		}
	}
	if wait > 0 {
		return &ThrottledError{After: wait}
	}
	for i := range a.limits {
		t.buckets.Add(a.keys[i], bucket{levels[i], now})
	}
	return nil
}

// level is how full a bucket still is.
func (t *throttle) level(key string, limit allowance, now time.Time) float64 {
	b, ok := t.buckets.Get(key)
	if !ok {
		return 0
	}
	gone := max(0, now.Sub(b.at)) // a clock set back empties nothing
	return max(0, b.level-float64(gone)/float64(limit.every))
}

// forgive takes an attempt back that was right after all.
func (t *throttle) forgive(a try, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, limit := range a.limits {
		t.buckets.Add(a.keys[i], bucket{max(0, t.level(a.keys[i], limit, now)-1), now})
	}
	t.buckets.Remove(a.keys[1])
}
