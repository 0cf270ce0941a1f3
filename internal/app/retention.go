package app

import (
	"context"
	"errors"
	"time"

	"threadhub/internal/config"
	"threadhub/internal/directory"
	"threadhub/internal/expiry"
	"threadhub/internal/retention"
	"threadhub/threads"
)

// keep is for how long what the hub holds is kept where nothing else is set.
func keep(cfg config.Server) retention.Policy {
	hooks := retention.Keep(cfg.JournalRetention)
	return retention.Policy{
		Conversations: retention.Forever, Payloads: hooks, EventLog: hooks, Quarantine: hooks, DeadLetters: retention.Forever,
	}
}

// openRetention makes what removes what was kept for long enough.
func (h *Hub) openRetention() {
	h.expiry = expiry.NewKeeper(expiry.Options{
		Records: h.store, Store: h.store, Journal: h.store.Journal(), Eraser: h.eraser,
		Hub: h.kept, Channel: h.channelKept, Registered: h.channelsAfter,
		Owner: h.owner, Now: time.Now, Logger: h.Logger, Registerer: h.registry,
	})
}

func (h *Hub) kept(ctx context.Context) (retention.Policy, error) {
	s, err := h.settings.Get(ctx)
	return s.Retention, err
}

// channelKept is the policy of a channel, an empty one for a channel that is no
// more.
func (h *Hub) channelKept(ctx context.Context, id threads.ChannelID) (retention.Policy, error) {
	ch, err := h.channels.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return retention.Policy{}, nil
	}
	return ch.Retention, err
}

func (h *Hub) channelsAfter(ctx context.Context, after threads.ChannelID, limit int) ([]threads.ChannelID, error) {
	list, err := h.channels.List(ctx, after, limit)
	ids := make([]threads.ChannelID, len(list))
	for i, ch := range list {
		ids[i] = ch.ID
	}
	return ids, err
}
