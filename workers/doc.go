// Package workers does what must not keep a webhook or an API call waiting:
// it works accepted webhooks into conversations, delivers outbound messages,
// closes conversations whose time has come, has automations act and calls the
// webhooks that rules name.
//
// Tasks of the queue only say "look": what there is to do stands in the store,
// is claimed under a lease, and may be done again without harm. A sweeper looks
// by itself as well, so that a queue that lost everything costs no more than a
// second.
package workers

import "time"

// Names of the queue's tasks.
const (
	RingInbound  = "inbound"  // the journal has new entries
	RingOutbound = "outbound" // the outbox has new or due deliveries
	RingRules    = "rules"    // rules ask for calls of webhooks
	// RingSubscribers: subscribers have events to get.
	RingSubscribers = "subscribers"
	RingRoute       = "route"  // somebody waits, or has room again
	RingRoster      = "roster" // agents, queues or the settings of routing have changed
)

// Doorbell wakes a worker, in this process or another. It never blocks; a ring
// may get lost.
type Doorbell interface {
	Ring(name string)
	// RingAt rings at the given time.
	RingAt(name string, at time.Time)
}

// lease is how long a worker may take over what it claimed before another one
// takes over. It bounds how long a crash keeps work waiting.
const lease = 10 * time.Second
