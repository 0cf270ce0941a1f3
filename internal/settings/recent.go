package settings

import (
	"context"
	"sync"
	"time"

	"threadhub/threads"
)

// recentFor is for how long decisions go by settings that another process may
// have changed. It saves a read with every message.
const recentFor = time.Second

// recent is the settings as they were read just now.
type recent struct {
	mu     sync.Mutex
	readAt time.Time
	known  threads.Defaults
}

func (r *recent) get() (threads.Defaults, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known, !r.readAt.IsZero() && time.Since(r.readAt) < recentFor
}

func (r *recent) put(d threads.Defaults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readAt, r.known = time.Now(), d
}

func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readAt = time.Time{}
}

// Defaults implements [threads.Hub]. A change is in force within a second.
func (s *Service) Defaults(ctx context.Context) (threads.Defaults, error) {
	if d, ok := s.recent.get(); ok {
		return d, nil
	}
	got, err := s.Get(ctx)
	if err != nil {
		return threads.Defaults{}, err
	}
	d := threads.Defaults{InactiveAfter: got.InactiveAfter, CountInactive: got.CountInactive}
	s.recent.put(d)
	return d, nil
}
