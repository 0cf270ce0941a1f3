// Package bus carries live events inside the hub, from whoever changed
// something to whoever watches: the event streams of the API.
//
// It is not a store. What happened within the last hour can be heard later by
// whoever says where they left off, as far as memory allows; whoever comes back
// after that is told so, and reads everything again.
//
// Nobody who listens can hold up whoever publishes. Listeners share one history
// and each has a place in it; one that falls out of its end is cut off.
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// ErrClosed is what a closed bus answers.
var ErrClosed = errors.New("bus is closed")

// Event is something that happened.
type Event struct {
	// ID is given by Publish. Ids increase in the order of delivery, compared
	// as text, as long as the bus does not lose its memory.
	ID           string          `json:"id,omitempty"`
	Type         string          `json:"type"`
	At           time.Time       `json:"at"`
	Channel      string          `json:"channel,omitempty"`
	Conversation string          `json:"conversation,omitempty"`
	Message      string          `json:"message,omitempty"`
	Data         json.RawMessage `json:"data,omitempty"`
}

// size is about what the event takes in memory, in bytes.
func (e *Event) size() int {
	const fixed = 256
	return fixed + len(e.Data) + len(e.Channel) + len(e.Conversation) + len(e.Message)
}

// Bus spreads events. It is safe for concurrent use.
type Bus interface {
	// Publish gives the events ids, in their order, and spreads them. The data
	// must not be changed afterwards. After an error they may have been heard
	// or not: publish them again.
	Publish(ctx context.Context, events []Event) error
	// Subscribe delivers everything after the event with the given id, "" for
	// what comes from now on. reset tells that this id is not known any more:
	// then events from now on are delivered and something was missed. ctx is
	// for Subscribe alone; close the subscription to end it.
	Subscribe(ctx context.Context, after string) (sub *Subscription, reset bool, err error)
	// Close ends all subscriptions.
	Close() error
}
