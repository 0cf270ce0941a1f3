package webchat

import (
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Deed is something that visitors may do only so often.
type Deed string

// Deeds.
const (
	DeedOpen    Deed = "open"
	DeedPost    Deed = "post"
	DeedUpload  Deed = "upload"
	DeedType    Deed = "type"
	DeedElse    Deed = "else" // reading, receipts, tickets, notes
	DeedConnect Deed = "connect"
)

// allowance is how often somebody may do something, in each process.
type allowance struct {
	every time.Duration
	burst int
}

// bounds of a deed: by visitor, by address and by channel. A zero one does not
// bound. (platforms/webchat: section "Recommended contract", security)
type bounds struct{ visitor, address, channel allowance }

func allowances() map[Deed]bounds {
	return map[Deed]bounds{
		DeedOpen:    {address: allowance{time.Second, 20}, channel: allowance{10 * time.Millisecond, 500}},
		DeedPost:    {visitor: allowance{3 * time.Second, 20}, address: allowance{300 * time.Millisecond, 200}, channel: allowance{time.Millisecond, 2000}},
		DeedUpload:  {visitor: allowance{12 * time.Second, 5}, address: allowance{3 * time.Second, 30}, channel: allowance{50 * time.Millisecond, 200}},
		DeedType:    {visitor: allowance{time.Second, 5}, address: allowance{100 * time.Millisecond, 50}},
		DeedElse:    {visitor: allowance{200 * time.Millisecond, 60}, address: allowance{20 * time.Millisecond, 600}},
		DeedConnect: {visitor: allowance{2 * time.Second, 20}, address: allowance{100 * time.Millisecond, 200}},
	}
}

// streamsOfOne and streamsOfAddress bound the streams that are open at once.
const (
	streamsOfOne     = 10
	streamsOfAddress = 200
)

// limits counts what was done lately, in this process.
type limits struct {
	now     func() time.Time
	bounds  map[Deed]bounds
	buckets *lru.Cache[string, *rate.Limiter]

	mu   sync.Mutex
	open map[string]int // streams, by whom
}

func newLimits(now func() time.Time) *limits {
	const kept = 100_000
	buckets, err := lru.New[string, *rate.Limiter](kept)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &limits{now: now, bounds: allowances(), buckets: buckets, open: map[string]int{}}
}

// Allow answers a *LimitError when something was done too often: by the
// visitor ("" when there is none yet), from the address, or on the channel.
func (s *Service) Allow(d Deed, sess Session, address string) error {
	l := s.limits
	b := l.bounds[d]
	var wait time.Duration
	for _, who := range []struct {
		name string
		may  allowance
	}{
		{"v/" + sess.Visitor.ID, b.visitor}, {"a/" + network(address), b.address}, {"c/" + string(sess.Channel), b.channel},
	} {
		if who.may.burst > 0 && len(who.name) > 2 {
			wait = max(wait, l.take(string(d)+"/"+who.name, who.may))
		}
	}
	if wait > 0 {
		return &LimitError{wait}
	}
	return nil
}

// take answers how long to wait, 0 when it may be done now.
func (l *limits) take(name string, may allowance) time.Duration {
	fresh := rate.NewLimiter(rate.Every(may.every), may.burst)
	bucket, ok, _ := l.buckets.PeekOrAdd(name, fresh)
	if !ok {
		bucket = fresh
	} else {
		l.buckets.Get(name)
	}
	now := l.now()
	r := bucket.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait
	}
	return 0
}

// network is who an address stands for: of IPv6, everybody gets many.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// enter takes a place for a stream; leave gives it back. A *LimitError when
// there is none.
func (l *limits) enter(sess Session, address string) (leave func(), err error) {
	one, all := "v/"+sess.Visitor.ID, "a/"+network(address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[one] >= streamsOfOne || l.open[all] >= streamsOfAddress {
		return nil, &LimitError{10 * time.Second}
	}
	l.open[one]++
	l.open[all]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, name := range []string{one, all} {
			if l.open[name]--; l.open[name] <= 0 {
				delete(l.open, name)
			}
		}
	}, nil
}
