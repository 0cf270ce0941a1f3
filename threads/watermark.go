package threads

import (
	"context"
	"errors"
	"fmt"

	"threadhub/normalize"
)

// watermarkReach is how many messages back a receipt for several is worked
// into. Those before them were reached by an earlier one.
const watermarkReach = 200

// applyWatermark works a receipt for everything sent up to a time into the
// peer's conversation.
func (s *Service) applyWatermark(ctx context.Context, a Arrival) error {
	if a.Event.Peer.ID == "" {
		return nil
	}
	names := identities(a.Channel, a.Event.Peer)
	owners, err := s.Store.Owners(ctx, names)
	if err != nil {
		return fmt.Errorf("find contact: %w", err)
	}
	slot := Slot{a.Channel, owners[names[0]]}
	current, err := s.Store.Current(ctx, []Slot{slot})
	if err != nil {
		return fmt.Errorf("load conversation: %w", err)
	}
	last := current[slot].LastMessage
	if last == nil {
		return nil
	}
	m, err := s.Store.Message(ctx, last.ID)
	if err != nil {
		return fmt.Errorf("latest message: %w", err)
	}
	if err := s.reach(ctx, a, m); err != nil {
		return err
	}
	return s.reachBefore(ctx, a, m)
}

// applyEarlier works a receipt for a message into those sent before it.
func (s *Service) applyEarlier(ctx context.Context, a Arrival) error {
	m, err := s.findMessage(ctx, a.Channel, a.Event.Receipt.Target, "")
	if errors.Is(err, ErrNotFound) {
		return nil // it waits for its message, and so do these
	}
	if err != nil {
		return fmt.Errorf("find message: %w", err)
	}
	return s.reachBefore(ctx, a, m)
}

// reachBefore works the receipt into the messages before one.
func (s *Service) reachBefore(ctx context.Context, a Arrival, m Message) error {
	page, _, err := s.Store.Messages(ctx, m.ConversationID, MessagePage{Before: m.ID, Limit: watermarkReach})
	if err != nil {
		return fmt.Errorf("earlier messages: %w", err)
	}
	for _, m := range page {
		if err := s.reach(ctx, a, m); err != nil {
			return err
		}
	}
	return nil
}

// reach works the receipt into a message that it concerns: one that left, and
// no later than the watermark. One whose fate is unknown stays so, since the
// receipt does not name it.
func (s *Service) reach(ctx context.Context, a Arrival, m Message) error {
	r := *a.Event.Receipt
	late := !r.UpTo.IsZero() && m.SentAt.After(r.UpTo)
	left := m.Status == MessageSent || m.Status == MessageDelivered
	if m.Direction != Outbound || m.Internal || late || !left || m.Status == MessageStatus(r.Status) || r.Status == normalize.StatusSent {
		return nil
	}
	_, err := s.editMessage(ctx, a.Channel, "", string(m.ID), func(m *Message) bool { return m.receipt(r, a) })
	return err
}
