package workers

import (
	"context"
	"time"

	"threadhub/threads"
)

// Outbox is what delivering messages asks of a database. Rows are made by
// threads.Store.Commit together with their message. Methods are safe for
// concurrent use and, on a shared database, by many processes.
type Outbox interface {
	// ClaimDeliveries leases due deliveries to owner until now+lease: for each
	// lane (channel and contact) at most one, its oldest, and none from a lane
	// that is leased to somebody else or whose oldest delivery is not due yet.
	// Oldest created first, as many as there is room for.
	ClaimDeliveries(ctx context.Context, owner string, now time.Time, lease time.Duration, room Room) ([]threads.Delivery, error)
	// BeginCalls marks deliveries in flight and their messages sending,
	// durably: call it before the calls are made. It answers the messages as
	// they now are. A message that is already past sending is left as it is.
	BeginCalls(ctx context.Context, ids []threads.MessageID) ([]threads.Message, error)
	// Settle records the ends: each message takes the result's status, ids and
	// error (only forward, see threads.Advance), and its delivery is removed or,
	// with Again set, kept for another try at that delivery's NotBefore. Lanes
	// of the results are free again. It answers the messages as they now are.
	SettleCalls(ctx context.Context, results []DeliveryResult) ([]threads.Message, error)
	// Extend prolongs the leases of the deliveries' lanes.
	Extend(ctx context.Context, owner string, ids []threads.MessageID, until time.Time) error
	// NextDelivery is the earliest NotBefore of all deliveries, zero when the
	// outbox is empty.
	NextDelivery(ctx context.Context) (time.Time, error)
	// DeliveryBacklog counts rows.
	DeliveryBacklog(ctx context.Context) (int, error)
}

// Room is how many deliveries may be claimed.
type Room struct {
	All int
	// Channel is how many of one channel; 0: as many as of all.
	Channel int
	// Left is how many of the channels that differ from that. One with none is
	// left alone.
	Left map[threads.ChannelID]int
}

// Of is how many deliveries of the channel may be claimed.
func (r Room) Of(channel threads.ChannelID) int {
	if n, ok := r.Left[channel]; ok {
		return n
	}
	if r.Channel > 0 {
		return r.Channel
	}
	return r.All
}

// DeliveryResult is how a claimed delivery ended.
type DeliveryResult struct {
	Delivery threads.Delivery
	// Again keeps the delivery, as given, for another try.
	Again bool
	// Status, IDs, Losses and Error go onto the message. With Again the status
	// is queued again unless parts are already out.
	Message threads.MessagePatch
}
