package app

import (
	"context"
	"errors"
	"time"

	"threadhub/internal/channels"
	"threadhub/internal/httpapi"
	"threadhub/internal/seal"
	"threadhub/internal/subscriptions"
	"threadhub/threads"
	"threadhub/workers"
)

// subscribersFresh is how soon a process notices that another one changed a
// subscription.
const subscribersFresh = time.Second

// openSubscriptions makes what keeps subscriptions and what notes changes for
// them.
func (h *Hub) openSubscriptions(keys *seal.Keyring) {
	alone := h.Config.MongoDBURI.Empty()
	fresh := subscribersFresh
	if alone {
		fresh = 0
	}
	h.subs = subscriptions.NewRegistry(subscriptions.Options{
		Store: h.store, Spool: h.store, Keys: keys, Now: time.Now, CheckURL: h.egress.CheckURL, ChannelExists: h.channelExists, Fresh: fresh,
	})
	h.relay = subscriptions.NewRelay(subscriptions.RelayOptions{
		Spool: h.store, Book: h.subs, Records: h.store, Bell: func() { h.queue.Ring(workers.RingSubscribers) },
		Owner: h.owner, Now: time.Now, Logger: h.Logger, Alone: alone,
	})
}

// openCourier makes what delivers to subscribers. deps are what their events
// are written with.
func (h *Hub) openCourier(deps httpapi.Deps) {
	h.courier = subscriptions.NewCourier(subscriptions.CourierOptions{
		Book: h.subs, Relay: h.relay, Carrier: h.egress, Render: httpapi.NewRenderer(deps),
		Now: time.Now, Logger: h.Logger, Metrics: subscriptions.NewMetrics(h.registry),
	})
	h.queue.Handle(workers.RingSubscribers, h.courier.Ring)
}

// spooling spools notices for subscribers and then puts them onto the bus. One
// that fails does not keep the other from it.
type spooling struct {
	relay *subscriptions.Relay
	bus   announcer
}

func (h *Hub) announcer() spooling {
	return spooling{h.relay, announcer{h.bus, h.eager.Take}}
}

// Announce implements [threads.Announcer].
func (s spooling) Announce(ctx context.Context, notices []threads.Notice) error {
	return errors.Join(s.relay.Announce(ctx, notices), s.bus.Announce(ctx, notices))
}

// tellHealth tells subscribers whether a channel works.
func (h *Hub) tellHealth(ctx context.Context, ch channels.Channel) {
	err := h.relay.Tell(ctx, []subscriptions.News{{Notice: threads.Notice{Type: subscriptions.ChannelHealth, At: ch.UpdatedAt}, Channel: &ch}})
	if err != nil {
		h.Logger.WarnContext(ctx, "subscribers were not told of a channel's health", "channel", ch.ID, "error", err)
	}
}
