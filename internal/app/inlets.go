package app

import (
	"context"

	"threadhub/internal/streams"
)

// openInlets makes ready the connections over which platforms deliver that send
// no webhooks. They are the business of whoever works, not of the API.
func (h *Hub) openInlets(context.Context) error {
	h.inlets = streams.NewKeeper(streams.Options{
		Store: h.store, Channels: h.channels, Desk: h.desk, Carrier: h.egress, Owner: h.owner,
		Alone: h.Config.MongoDBURI.Empty(), Logger: h.Logger, Registerer: h.registry,
	})
	return nil
}
