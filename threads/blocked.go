package threads

import (
	"context"
	"fmt"
	"time"

	"threadhub/normalize"
)

// noteBlock copies a block, or its end, onto the contact's conversation, where
// whoever works their next message in sees it without another read.
func (s *Service) noteBlock(ctx context.Context, slot Slot, a Arrival) error {
	current, err := s.Store.Current(ctx, []Slot{slot})
	if err != nil {
		return fmt.Errorf("load conversation: %w", err)
	}
	conv, ok := current[slot]
	if !ok {
		return nil
	}
	since := time.Time{}
	if a.Event.Consent.Status == normalize.ConsentBlocked {
		since = sentAt(a)
	}
	_, err = s.commitLoop(ctx, conv.ID, nil, func(before Conversation, _ ChannelInfo) (*Change, error) {
		if before.Contact.BlockedAt.Equal(since) {
			return nil, nil
		}
		next := before
		next.Contact.BlockedAt = since
		c := change(before, next, nil, Author{Type: AuthorContact, ID: string(slot.Contact)}, s.now())
		return &c, nil
	})
	return err
}

// unblock takes back the mark that the contact blocked the channel, because
// they have written: nobody writes to whom they block. What they opted out of
// stays, since that is not about their own messages. It is a courtesy: a
// failure is logged.
func (s *Service) unblock(ctx context.Context, id ContactID) {
	err := s.editContact(ctx, id, func(c *Contact) bool {
		next := make(map[string]normalize.ConsentStatus, len(c.Consents))
		changed := false
		for category, status := range c.Consents {
			if status == normalize.ConsentBlocked {
				status, changed = normalize.ConsentUnblocked, true
			}
			next[category] = status
		}
		c.Consents = next
		return changed
	})
	if err != nil {
		s.Logger.WarnContext(ctx, "a contact who wrote is still marked as having blocked us", "contact", id, "error", err)
	}
}
