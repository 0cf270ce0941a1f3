package app

import (
	"context"
	"errors"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// channelExists tells whether there is a channel that a style rule can name.
func (h *Hub) channelExists(ctx context.Context, id threads.ChannelID) (bool, error) {
	_, err := h.channels.Get(ctx, id)
	return exists(err)
}

// scheduleExists tells whether there is a schedule that a style rule can name.
func (h *Hub) scheduleExists(ctx context.Context, id string) (bool, error) {
	_, err := h.schedules.Get(ctx, id)
	return exists(err)
}

// agentExists tells whether there is an agent that a rule can name.
func (h *Hub) agentExists(ctx context.Context, id threads.AgentID) (bool, error) {
	_, err := h.auth.Agent(ctx, id)
	return exists(err)
}

// groupExists tells whether there is a group that a rule can name.
func (h *Hub) groupExists(ctx context.Context, id threads.GroupID) (bool, error) {
	_, err := h.auth.Group(ctx, id)
	return exists(err)
}

// exists reads the answer to a look-up.
func exists(err error) (bool, error) {
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
