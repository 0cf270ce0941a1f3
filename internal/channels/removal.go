package channels

import (
	"context"
	"errors"
	"fmt"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// Delete removes a channel. Without force it is refused (*InUseError) while
// conversations of it are not closed; with it they are closed. They stay readable.
func (r *Registry) Delete(ctx context.Context, id threads.ChannelID, force bool) error {
	if _, err := r.records.Get(ctx, string(id)); err != nil {
		return err
	}
	open, err := r.OpenConversations(ctx, id)
	if err != nil {
		return fmt.Errorf("count open conversations: %w", err)
	}
	if open > 0 && !force {
		return &InUseError{Open: open}
	}
	if open > 0 {
		// Before the channel goes: should it take too long, asking again goes on.
		if err := r.CloseConversations(ctx, id); err != nil {
			return fmt.Errorf("close conversations: %w", err)
		}
	}
	if err := r.records.Delete(ctx, string(id)); err != nil {
		return err
	}
	r.forget(id)
	defer r.forget(id) // should somebody have been opening it
	// What came in meanwhile has no channel any more.
	if err = r.CloseConversations(ctx, id); err != nil {
		err = fmt.Errorf("close conversations: %w", err)
	}
	if r.Deleted != nil {
		err = errors.Join(err, r.Deleted(ctx, id))
	}
	return err
}

// LeaveGroup takes a group that is deleted off all channels: what begins on them
// is for everybody from then on.
func (r *Registry) LeaveGroup(ctx context.Context, id threads.GroupID) error {
	after := threads.ChannelID("")
	for {
		list, err := r.List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, ch := range list {
			after = ch.ID
			if ch.GroupID != id {
				continue
			}
			if err := r.ungroup(ctx, ch.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
				return fmt.Errorf("take the group off channel %s: %w", ch.ID, err)
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

func (r *Registry) ungroup(ctx context.Context, id threads.ChannelID) error {
	nobody := threads.GroupID("")
	for {
		_, err := r.Update(ctx, id, Change{GroupID: &nobody})
		if !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}
