// Package spool is what is kept of the events that subscribers have yet to
// get: rows that outlive the process, in lanes that keep their order, and the
// intents that come before them.
//
// An event stands in a lane: its conversation, or the contact or channel it is
// about. A lane's events leave in the order of their ids, one at a time. Every
// subscription has lanes of its own.
//
// An intent is written before a change that subscribers hear of, and taken away
// when the events of the change are here. One that stays tells of a process
// that died in between. The ids of events begin with their intent's, and while
// an intent stands in a lane, what came after it waits: so events leave in the
// order of the changes, whoever was faster to tell of them.
package spool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Errors of a [Store], alone or wrapped.
var (
	ErrNotFound = errors.New("no such event or lane")
	// ErrConflict: the lane is not what it was when it was read.
	ErrConflict = errors.New("lane was changed by somebody else")
	// ErrCursor: the cursor is not one that the list has handed out.
	ErrCursor = errors.New("cursor is not of this list")
)

// State is where an event stands.
type State string

// States.
const (
	Pending   State = "pending"   // to be delivered
	Delivered State = "delivered" // the subscriber took it
	Failed    State = "failed"    // given up; it can be replayed
)

// Event is something that a subscriber is to be told of.
type Event struct {
	// ID is unique in the subscription, the same in all subscriptions, and
	// sorts by time.
	ID           string
	Subscription string
	Lane         string
	Type         string
	At           time.Time
	// Doc is what happened, with the records as they were just after it.
	Doc json.RawMessage
	Outcome
}

// Outcome is what has come of delivering an event.
type Outcome struct {
	State    State     `json:"state"`
	Attempts int       `json:"attempts,omitempty"`
	Status   int       `json:"status,omitempty"` // of the last answer, 0 for none
	Error    string    `json:"error,omitempty"`  // of the last attempt, for people
	TriedAt  time.Time `json:"tried_at,omitzero"`
	NextAt   time.Time `json:"next_at,omitzero"` // of the next attempt, after a failed one
	DoneAt   time.Time `json:"done_at,omitzero"`
	// ExpiresAt is when the row may go.
	ExpiresAt time.Time `json:"expires_at"`
}

// EventID names the nth event of an intent.
func EventID(intent string, n int) string { return fmt.Sprintf("%s-%03d", intent, n) }

// LastEventID names the event of an intent that comes after all others.
func LastEventID(intent string) string { return intent + "-last" }

// Lane is a line of events that leave one after the other. It is there while
// some wait.
type Lane struct {
	Subscription string
	Name         string
	// NextAt is when it may be taken: after a failure later, and while
	// somebody has it when they will be thought dead.
	NextAt time.Time
	// Owner is a mark of whoever has the lane, "" for nobody.
	Owner string
	// Attempts are the failures in a row of its first event, since FailingSince.
	Attempts     int
	FailingSince time.Time
	// Version grows with every change of the lane and with every event that is
	// added to it; it begins with FirstVersion.
	Version int64
}

// FirstVersion is the version of a lane that is made: any number. A lane that is
// made again after it was dropped must not come to a version of the former one,
// which somebody may still hold and drop it by.
func FirstVersion() int64 { return rand.Int64N(1 << 62) }

// Intent is a change that may be about to happen.
type Intent struct {
	ID   string // the beginning of its events' ids
	Lane string
	At   time.Time
	// Owner is the process.
	Owner string
	// Doc tells what to look for when the process is gone.
	Doc json.RawMessage
}

// Range selects finished events of a subscription by id.
type Range struct {
	Subscription string
	From         string // the first that may be meant
	Before       string // the first that is not meant any more
	States       []State
}

// Filter selects events of a subscription; an empty state does not filter.
type Filter struct {
	Subscription string
	State        State
}

// Store keeps the spool. Methods are safe for concurrent use and, on a shared
// database, by many processes. Times are whole milliseconds, UTC.
type Store interface {
	// AddIntents stores intents, durably.
	AddIntents(ctx context.Context, intents []Intent) error
	// DropIntents takes intents away; those that are gone do not matter.
	DropIntents(ctx context.Context, ids []string) error
	// IntentsBefore answers intents of before the time, the oldest first.
	IntentsBefore(ctx context.Context, before time.Time, limit int) ([]Intent, error)

	// AddEvents stores the events, leaving those that are stored already as
	// they are; then their lanes are there, due at now if they are new, with a
	// version that no one has seen; then the intents are taken away. After a
	// failure it may be repeated.
	AddEvents(ctx context.Context, events []Event, intents []string, now time.Time) error
	// Waiting answers the lane's pending events in their order, at most limit,
	// up to the first that an intent of the lane comes before. held is not zero
	// if there is, or may be, such a one: when it happened. The lane is not
	// empty then; look again soon.
	Waiting(ctx context.Context, subscription, lane string, limit int) (events []Event, held time.Time, err error)
	// SaveOutcomes replaces the events' outcomes. Events that are gone stay gone.
	SaveOutcomes(ctx context.Context, events []Event) error
	// Event answers one event.
	Event(ctx context.Context, subscription, id string) (Event, error)
	// Events answers a page of a subscription's events, the latest first. The
	// cursor is "" at the beginning and, in the answer, at the end.
	Events(ctx context.Context, f Filter, cursor string, limit int) ([]Event, string, error)
	// OldestWaiting answers when the subscription's first pending event
	// happened, zero when none is pending.
	OldestWaiting(ctx context.Context, subscription string) (time.Time, error)
	// Replay makes events of the range pending again, kept until the time, at
	// most limit of them, and wakes their lanes, due at now. It answers how
	// many, and where to go on: "" when the range is through.
	Replay(ctx context.Context, r Range, limit int, until, now time.Time) (n int, next string, err error)

	// TakeLane gives the owner, until the time, the lane of the subscription that
	// is due for longest, and answers it as it is then; ErrNotFound when none is
	// due.
	TakeLane(ctx context.Context, subscription, owner string, now, until time.Time) (Lane, error)
	// SaveLane replaces a lane if its stored version is l.Version-1, otherwise
	// ErrConflict.
	SaveLane(ctx context.Context, l Lane) error
	// DropLane takes a lane away if its stored version is l.Version, otherwise
	// ErrConflict.
	DropLane(ctx context.Context, l Lane) error
	// Lane answers one lane.
	Lane(ctx context.Context, subscription, lane string) (Lane, error)
	// WakeLanes makes all lanes of the subscription that nobody has due now.
	WakeLanes(ctx context.Context, subscription string, now time.Time) error

	// Purge takes away events that expired before now, at most limit, and
	// lanes that nobody has touched since idle. It answers how many events.
	Purge(ctx context.Context, now, idle time.Time, limit int) (int, error)
	// Drop takes away what is kept for a subscription, at most limit events,
	// and answers how many.
	Drop(ctx context.Context, subscription string, limit int) (int, error)
	// Erase takes away all events and intents of the lanes, of every
	// subscription.
	Erase(ctx context.Context, lanes []string) error
}

// Again is the outcome of an event that is to be delivered once more and kept
// until the time.
func (o Outcome) Again(until time.Time) Outcome {
	return Outcome{State: Pending, Attempts: o.Attempts, Status: o.Status, TriedAt: o.TriedAt, ExpiresAt: until}
}
