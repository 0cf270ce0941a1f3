package threads

import (
	"context"
	"errors"
	"fmt"
)

// Schedules knows the business hours that styles count in.
type Schedules interface {
	// Calendar answers the hours of a schedule as they are now; ErrNotFound
	// when there is none.
	Calendar(ctx context.Context, id string) (Calendar, error)
}

// noSchedules is a hub on which every schedule was deleted.
type noSchedules struct{}

func (noSchedules) Calendar(_ context.Context, id string) (Calendar, error) {
	return Calendar{}, fmt.Errorf("schedule %s: %w", id, ErrNotFound)
}

// addCalendar puts the calendar into the policy that deciding the input will
// count in. There is none for elapsed time, and none when the schedule is gone
// or its zone is not one of this machine's: a conversation that cannot be
// solved would be worse than one that closes after elapsed time.
func (s *Service) addCalendar(ctx context.Context, p *Policy, id ConversationID, st State, in Input) error {
	c, counts := p.counts(st, in)
	if !counts || c.Clock != ClockBusiness {
		return nil
	}
	calendar, err := s.Schedules.Calendar(ctx, c.ScheduleID)
	var unusable *HoursError
	switch {
	case err == nil:
		p.Calendar = &calendar
	case errors.Is(err, ErrNotFound), errors.As(err, &unusable):
		s.Logger.WarnContext(ctx, "a schedule cannot be used, the countdown is in elapsed time",
			"conversation", id, "schedule", c.ScheduleID, "error", err)
	default:
		return fmt.Errorf("schedule %s: %w", c.ScheduleID, err)
	}
	return nil
}
