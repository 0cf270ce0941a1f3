package settings

import (
	"context"
	"sync"
	"time"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// recentFor is for how long decisions go by settings that another process may
// have changed. It saves a read with every message.
const recentFor = time.Second

// recent is the settings as they were read just now.
type recent struct {
	mu     sync.Mutex
	readAt time.Time
	known  Settings
}

func (r *recent) get() (Settings, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known, !r.readAt.IsZero() && time.Since(r.readAt) < recentFor
}

// put keeps the settings, unless newer ones were put while they were read.
func (r *recent) put(s Settings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Version >= r.known.Version {
		r.readAt, r.known = time.Now(), s
	}
}

// latest answers the settings as they were a second ago at most.
func (s *Service) latest(ctx context.Context) (Settings, error) {
	if got, ok := s.recent.get(); ok {
		return got, nil
	}
	got, err := s.Get(ctx)
	if err == nil {
		s.recent.put(got)
	}
	return got, err
}

// Defaults implements [threads.Hub]. A change is in force within a second.
func (s *Service) Defaults(ctx context.Context) (threads.Defaults, error) {
	got, err := s.latest(ctx)
	return threads.Defaults{InactiveAfter: got.InactiveAfter, CountInactive: got.CountInactive}, err
}

// Routing answers how agents come by conversations. A change is in force within
// a second.
func (s *Service) Routing(ctx context.Context) (routing.Settings, error) {
	got, err := s.latest(ctx)
	return got.Routing, err
}
