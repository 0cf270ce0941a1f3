package threads

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// decided takes a decision over into the record: its state and its metrics.
func (s *Service) decided(ctx context.Context, c *Conversation, in Input, st State) error {
	id := c.Metrics.ScheduleID
	if !c.State.Exists() {
		id = st.Close.ScheduleID
	}
	business, err := s.Measure(ctx, id)
	if err != nil {
		return err
	}
	c.Metrics = c.Metrics.Advance(c.State, st, in, business)
	if st.Status != c.State.Status {
		c.StatusSince = in.ReceivedAt
		if st.Status == StatusClosed {
			c.StatusSince = st.ClosedAt
		}
	}
	before := c.State
	c.State = st
	c.passed(before, in)
	return nil
}

// Measure answers how the business time of a schedule is measured; nil for no
// schedule (""), and for one that is gone or cannot be used.
func (s *Service) Measure(ctx context.Context, scheduleID string) (Measure, error) {
	if scheduleID == "" {
		return nil, nil
	}
	now := s.now()
	if m, ok := s.measures.get(scheduleID, now); ok {
		return m, nil
	}
	var m Measure
	calendar, err := s.Schedules.Calendar(ctx, scheduleID)
	var unusable *HoursError
	switch {
	case err == nil:
		m = calendar.Between
	case !errors.Is(err, ErrNotFound) && !errors.As(err, &unusable):
		return nil, fmt.Errorf("schedule %s: %w", scheduleID, err)
	}
	s.measures.put(scheduleID, now, m)
	return m, nil
}

// measuresKept is for how long metrics go by hours that may have changed. It
// saves a read of the schedule with every message.
const measuresKept = time.Second

// measures are the schedules that were used just now.
type measures struct {
	mu    sync.Mutex
	since time.Time
	known map[string]Measure
}

func (k *measures) get(id string, now time.Time) (Measure, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age := now.Sub(k.since); age < 0 || age >= measuresKept {
		k.known = nil
	}
	m, ok := k.known[id]
	return m, ok
}

func (k *measures) put(id string, now time.Time, m Measure) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.since, k.known = now, map[string]Measure{}
	}
	k.known[id] = m
}
