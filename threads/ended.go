package threads

import (
	"context"
	"fmt"

	"threadhub/normalize"
)

func endsSession(a Arrival) bool { return a.Event.Type == normalize.EventEnded }

// applyEnded ends the session because the contact did, as of when the hub heard
// of it: what they wrote afterwards is a new subject, and what they wrote before
// is not.
func (s *Service) applyEnded(ctx context.Context, a Arrival) error {
	current, ok, err := s.currentOf(ctx, a)
	if err != nil || !ok {
		return err
	}
	_, err = s.commitLoop(ctx, current.ID, nil, func(before Conversation, ch ChannelInfo) (*Change, error) {
		if before.State.LastCustomerMessageAt.After(a.ReceivedAt) || before.State.BeganAt.After(a.ReceivedAt) {
			return nil, nil // heard late: they have written again since
		}
		now, next := s.now(), before
		actor := Author{Type: AuthorContact, ID: string(before.Contact.ID), Name: before.Contact.Name}
		effects, err := s.step(ctx, ch, &next, Input{Kind: InEndSession, Actor: actor, ReceivedAt: a.ReceivedAt}, now)
		if err != nil || next.State == before.State {
			return nil, err
		}
		c := change(before, next, effects, actor, now)
		return &c, nil
	})
	return err
}

// currentOf answers the newest conversation with whom the event is from, if
// there is one.
func (s *Service) currentOf(ctx context.Context, a Arrival) (Conversation, bool, error) {
	names := identities(a.Channel, a.Event.Peer)
	owners, err := s.Store.Owners(ctx, names)
	if err != nil {
		return Conversation{}, false, fmt.Errorf("find contact: %w", err)
	}
	slot := Slot{a.Channel, owners[names[0]]}
	if slot.Contact == "" {
		return Conversation{}, false, nil
	}
	current, err := s.Store.Current(ctx, []Slot{slot})
	if err != nil {
		return Conversation{}, false, fmt.Errorf("load conversation: %w", err)
	}
	conv, ok := current[slot]
	return conv, ok, nil
}
