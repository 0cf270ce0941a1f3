package threads

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// RetentionStore is what removing what was kept for long enough asks of a
// database.
type RetentionStore interface {
	// Kept answers the first channel, in the order of their ids and after the
	// given one, that has conversations of which something is left to erase; ""
	// when there is none. The channel need not be registered any more.
	Kept(ctx context.Context, after ChannelID) (ChannelID, error)
	// Spent answers conversations of the share that are closed and not erased
	// (see Conversation.SpentSince), those that were closed first.
	Spent(ctx context.Context, s Share, limit int) ([]Conversation, error)
	// CountSpent answers how many there are, counting up to limit.
	CountSpent(ctx context.Context, s Share, limit int) (int, error)
	// DropDeadLetters takes up to limit messages of the channel whose id is less
	// than before off the list of dead letters, and answers how many it took.
	// The messages stay; one that is saved as a dead letter again is on the list
	// again.
	DropDeadLetters(ctx context.Context, channel ChannelID, before MessageID, limit int) (int, error)
}

// Share is the conversations of one channel and style that were closed before
// the given time.
type Share struct {
	Channel ChannelID
	Style   StyleName
	Before  time.Time
}

// SpentSince is since when the conversation is over and still holds what was
// said; zero for one that is not closed, or erased.
func (c Conversation) SpentSince() time.Time {
	if c.State.Status != StatusClosed || !c.ErasedAt.IsZero() {
		return time.Time{}
	}
	return c.State.ClosedAt
}

// Purged is what is left of a closed conversation that was kept for long
// enough: with whom it was, its life and its figures.
func (c Conversation) Purged(now time.Time) Conversation {
	c.Tags, c.Subject, c.LastMessage = nil, "", nil
	c.ErasedAt = now
	c.Version++
	return c
}

// PurgeConversation takes what was said out of a closed conversation and leaves
// its contact alone. One that is not closed, or erased already, stays as it is.
// It may be repeated.
func (s *Service) PurgeConversation(ctx context.Context, id ConversationID) error {
	for range attempts {
		conv, err := s.Store.Conversation(ctx, id)
		if err != nil {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
		if conv.SpentSince().IsZero() {
			return nil
		}
		if conv, err = s.shut(ctx, id, Author{Type: AuthorSystem}); err == nil {
			err = s.erase(ctx, conv.Purged(s.now()))
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return errBusy
}
