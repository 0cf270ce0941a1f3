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

// shutPage is how many conversations of a channel are listed at a time.
const shutPage = 100

// ShutChannel closes all conversations of a channel that is deleted, and takes
// back what waits to be sent on it. It may be repeated.
func (s *Service) ShutChannel(ctx context.Context, id ChannelID) error {
	by := Author{Type: AuthorSystem, ID: "channel_deleted", Name: "Channel deleted"}
	open := Filter{Channels: []ChannelID{id}, Statuses: Statuses[:len(Statuses)-1]}
	for {
		list, _, err := s.Store.Conversations(ctx, open, Page{Limit: shutPage})
		if err != nil {
			return fmt.Errorf("conversations of channel %s: %w", id, err)
		}
		for _, conv := range list {
			if _, err := s.shut(ctx, conv.ID, by); err != nil {
				return fmt.Errorf("close conversation %s: %w", conv.ID, err)
			}
		}
		if len(list) < shutPage {
			return nil
		}
	}
}
