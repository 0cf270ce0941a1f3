package threads

import (
	"context"
	"fmt"
	"time"
)

// CloseDue closes solved conversations whose countdown has run out, and tells
// how many. A conversation that came due after the hub accepted a webhook which
// nobody has looked at yet (accepted is the receive time of the oldest such,
// zero when there is none) is left for later: that webhook may reopen it.
func (s *Service) CloseDue(ctx context.Context, accepted time.Time, limit int) (int, error) {
	now := s.now()
	due, err := s.Store.Due(ctx, now, limit)
	if err != nil {
		return 0, fmt.Errorf("conversations due: %w", err)
	}
	var changes []Change
	var before []Conversation
	for _, conv := range due {
		if !accepted.IsZero() && accepted.Before(conv.State.CloseDueAt) {
			continue
		}
		in := Input{Kind: InCloseDue, Generation: conv.State.Generation, ReceivedAt: now}
		st, effects := Decide(conv.State, in, Policy{}, now)
		if st.Status != StatusClosed {
			continue
		}
		next := conv
		if err := s.decided(ctx, &next, in, st); err != nil {
			return 0, fmt.Errorf("close conversation %s: %w", conv.ID, err)
		}
		changes = append(changes, change(conv, next, effects, Author{Type: AuthorSystem}, now))
		before = append(before, conv)
	}
	if len(changes) == 0 {
		return 0, nil
	}
	done := make([]committed, 0, len(changes))
	for i, err := range s.commit(ctx, before, changes) {
		switch {
		case err == nil:
			done = append(done, committed{&before[i], &changes[i]})
		case !lostRace(err):
			s.announce(ctx, done)
			return len(done), fmt.Errorf("close conversations: %w", err)
		}
	}
	s.announce(ctx, done)
	return len(done), nil
}
