package app

import (
	"context"
	"errors"
	"time"

	"threadhub/connectors"
	"threadhub/internal/seal"
	"threadhub/internal/tokens"
	"threadhub/threads"
)

// openTokens makes what carries calls. It asks the registry of channels, which
// itself makes calls with it and is opened next.
func (h *Hub) openTokens(keys *seal.Keyring) {
	h.tokens = tokens.NewKeeper(tokens.Options{
		Egress: h.egress, Store: h.store, Keys: keys, Owner: h.owner, Now: time.Now, Logger: h.Logger,
		Open: func(ctx context.Context, channel string, fresh bool) (tokens.Account, error) {
			return h.channels.Account(ctx, channel, fresh)
		},
		Rotate: func(ctx context.Context, channel string, was, rotated map[string]connectors.Secret) (string, error) {
			return h.channels.Rotate(ctx, channel, was, rotated)
		},
		Suspend: func(ctx context.Context, channel, why string) error {
			return h.channels.Suspend(ctx, threads.ChannelID(channel), why)
		},
	})
}

// channelDeleted drops what is kept for a channel.
func (h *Hub) channelDeleted(ctx context.Context, id threads.ChannelID) error {
	return errors.Join(h.tokens.Forget(ctx, string(id)), h.templates.Forget(ctx, id), h.board.Forget(ctx, string(id)))
}
