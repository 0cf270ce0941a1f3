package threads

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// RecountCommand asks to move running close countdowns to the settings that
// their styles have today.
type RecountCommand struct {
	Actor    Author
	Channels []ChannelID // of these; none: of all
	Groups   []GroupID
	Styles   []StyleName
	// Page is which countdowns to look at: those that end soonest come first.
	Page Page
}

// RecountResult is what became of a page of countdowns.
type RecountResult struct {
	Examined int
	Moved    int // that end at another time now, or by another clock
	Closed   int // that had run out under the settings of today
	Next     Cursor
}

// recountWidth is how many conversations are worked on at once: enough for
// their commits to share writes.
const recountWidth = 16

// Recount moves a page of running countdowns to today's settings, each counted
// from its own solve. Conversations with a style of their own keep its settings
// and go by the hours that their schedule has today. Doing it again changes
// nothing.
func (s *Service) Recount(ctx context.Context, cmd RecountCommand) (RecountResult, error) {
	list, next, err := s.Store.Conversations(ctx, Filter{
		Statuses: []Status{StatusSolved}, Channels: cmd.Channels, Groups: cmd.Groups, Styles: cmd.Styles, Sort: SortCloseDue,
	}, cmd.Page)
	if err != nil {
		return RecountResult{}, fmt.Errorf("countdowns: %w", err)
	}
	after := make([]State, len(list))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(recountWidth)
	for i, before := range list {
		all.Go(func() error {
			conv, err := s.edit(ctx, before.ID, cmd.Actor, func(*Conversation, ChannelInfo) ([]Input, error) {
				return []Input{{Kind: InRecount}}, nil
			})
			after[i] = conv.State
			if errors.Is(err, ErrNotFound) {
				after[i] = before.State // its channel was deleted: nothing has settings any more
				return nil
			}
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return RecountResult{}, fmt.Errorf("recount: %w", err)
	}
	out := RecountResult{Examined: len(list), Next: next}
	for i, before := range list {
		switch {
		case after[i].Generation == before.State.Generation || after[i].SolvedAt != before.State.SolvedAt:
		case after[i].Status == StatusClosed:
			out.Closed++
		default:
			out.Moved++
		}
	}
	return out, nil
}
