package threads

import (
	"context"
	"errors"
	"time"

	"threadhub/normalize"
)

// Errors a store answers with, alone or wrapped. Anything else means that the
// store itself is in trouble.
var (
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("not found")
	// ErrConflict: somebody else changed the record since it was read. Nothing
	// was written; read again.
	ErrConflict = errors.New("changed by somebody else")
	// ErrSeen: a message of the change is already stored. Nothing was written.
	ErrSeen = errors.New("message already stored")
	// ErrCursor: the cursor is not one that this list has handed out.
	ErrCursor = errors.New("cursor is not of this list")
)

// Change is one commit on one conversation: all of it happens or nothing.
type Change struct {
	// Conversation is the new value. Its Version is Expected+1.
	Conversation Conversation
	// Expected is the version the change was decided on, 0 to create.
	Expected int64
	// Previous, when set, is the closed conversation this new one follows. It
	// is given its Successor in the same commit, at its expected version.
	Previous *Conversation
	// Messages to add, each with ConversationID set.
	Messages []Message
	// Unseen says that each of the messages was looked for with Store.Seen after
	// the slot was read, and not found, or has a key that only a change of this
	// conversation to this very version can have. The store need not look again:
	// if the message was stored in the slot since, the change is ErrConflict.
	Unseen      bool
	Transitions []Transition
	Deliveries  []Delivery
	// RuleRuns are the log of what rules did in this change.
	RuleRuns []RuleRun
	// RuleAlarm, when set, is when automations have to look at the conversation
	// again (see RuleAlarms), zero for never; nil leaves it as it is.
	RuleAlarm *time.Time
	// Place, when set, is the new one of the conversation (see
	// Conversation.Place); nil: it has not changed.
	Place *Place
	// Seat, when set, lets the change happen only while the agent has a free
	// place; otherwise it is ErrFull. Only for conversations that exist and
	// take no place of the agent's yet.
	Seat *Seat
	// Decisions are what routing decided that led to the change.
	Decisions []RoutingDecision
}

// Store is what this package asks of a database. Every method is safe for
// concurrent use by many goroutines and, on a shared database, many processes.
// Times are whole milliseconds, UTC.
type Store interface {
	// Owners answers who owns each identity; those nobody owns are absent.
	Owners(ctx context.Context, ids []Identity) (map[Identity]ContactID, error)
	// Claim gives the contact those of its identities that nobody owns and
	// stores the contact if it is new (by ID; an existing one is not changed).
	// It answers the owner of each identity, which may be somebody else. All
	// of it may be repeated after a crash.
	Claim(ctx context.Context, c Contact) (map[Identity]ContactID, error)
	Contact(ctx context.Context, id ContactID) (Contact, error)
	// SaveContact stores c if the stored version is c.Version-1, otherwise
	// ErrConflict.
	SaveContact(ctx context.Context, c Contact) error

	// Current answers the newest conversation of each slot, closed or not;
	// slots without any are absent.
	Current(ctx context.Context, slots []Slot) (map[Slot]Conversation, error)
	Conversation(ctx context.Context, id ConversationID) (Conversation, error)
	// Seen answers which of the channel's message keys are stored, and as
	// which message. Read after Current, it never misses a message that the
	// conversation answered by Current already counts.
	Seen(ctx context.Context, channel ChannelID, keys []MessageKey) (map[MessageKey]MessageID, error)
	// Commit carries out each change by itself and answers an error per
	// change: nil, ErrConflict, ErrSeen or ErrFull (that change wrote nothing), or a
	// failure of the store (that change may or may not be written; decide
	// again from a fresh read). The changes are of different slots.
	Commit(ctx context.Context, changes []Change) []error

	Message(ctx context.Context, id MessageID) (Message, error)
	// MessagesByExternal finds messages by the platform's ids, of any part, in
	// either direction. Unknown ids are absent.
	MessagesByExternal(ctx context.Context, channel ChannelID, ids []normalize.PlatformID) (map[normalize.PlatformID]Message, error)
	// SaveMessage replaces a message if the stored version is m.Version-1,
	// otherwise ErrConflict. Its ExternalIDs may have grown.
	SaveMessage(ctx context.Context, m Message) error

	// Due answers solved conversations whose CloseDueAt is at or before now,
	// the most overdue first.
	Due(ctx context.Context, now time.Time, limit int) ([]Conversation, error)
	// NextDue is the earliest CloseDueAt of all, zero when nothing counts down.
	NextDue(ctx context.Context) (time.Time, error)

	// Silent answers conversations whose State.WakeAt is at or before now, the
	// earliest first.
	Silent(ctx context.Context, now time.Time, limit int) ([]Conversation, error)
	// NextSilent is the earliest WakeAt of all, zero when nobody is waited for.
	// It may be earlier by what customers have put off since; Silent at that
	// time mends it.
	NextSilent(ctx context.Context) (time.Time, error)

	// Park keeps an event whose target is not known (idempotent by ID).
	Park(ctx context.Context, p Parked) error
	// ParkedFor answers what waits for the given targets, those of each channel
	// in the order of receipt.
	ParkedFor(ctx context.Context, targets map[ChannelID][]normalize.PlatformID) ([]Parked, error)
	// ParkedBefore answers events parked before the given time, oldest first.
	ParkedBefore(ctx context.Context, before time.Time, limit int) ([]Parked, error)
	Unpark(ctx context.Context, ids []string) error

	// Unsettled answers conversations whose latest commit before the given
	// time has not been announced (see Settle), for announcing it again.
	Unsettled(ctx context.Context, before time.Time, limit int) ([]Conversation, error)
	// Settle says that the commits which led to these versions were announced.
	// A store whose only readers live in its own process needs no record of
	// it and may do nothing.
	Settle(ctx context.Context, commits map[ConversationID]int64) error

	RuleStore
	RoutingStore
	ErasureStore
	RetentionStore
	Queries
}

// Queries are the reads that only lists need.
type Queries interface {
	// Conversations answers a page in the order of the filter's sort.
	Conversations(ctx context.Context, f Filter, p Page) ([]Conversation, Cursor, error)
	// CountConversations answers how many match each filter.
	CountConversations(ctx context.Context, filters []Filter) ([]int, error)
	// Messages answers a page of a conversation, in reading order. With
	// p.Before set it is the page that ends just before it; otherwise the page
	// that begins just after p.After (or at the beginning).
	Messages(ctx context.Context, id ConversationID, p MessagePage) ([]Message, bool, error)
	Transitions(ctx context.Context, id ConversationID, p Page) ([]Transition, Cursor, error)
	Contacts(ctx context.Context, q string, p Page) ([]Contact, Cursor, error)
	// OptedOut answers contacts that do not want something (see Contact.OptedOut),
	// the newest first.
	OptedOut(ctx context.Context, p Page) ([]Contact, Cursor, error)
	// DeadLetters answers a page of the messages that failed or whose fate is
	// unknown, the latest first (see Message.DeadLetter).
	DeadLetters(ctx context.Context, f DeadLetterFilter, p Page) ([]Message, Cursor, error)
	// Figures calls each with the figures of every conversation of the period,
	// once, in no order, and ends with the first error of each's. It reads the
	// period out of one index and nothing else. What is committed meanwhile may
	// be in it or not.
	Figures(ctx context.Context, p Period, each func(Figures) error) error
}

// Period selects conversations for a report: those whose time is at or after
// From and before To.
type Period struct {
	By       PeriodTime
	From, To time.Time
}

// PeriodTime says which time of a conversation puts it into a period.
type PeriodTime string

// Times of a period.
const (
	ByCreated PeriodTime = "created" // when it began
	BySolved  PeriodTime = "solved"  // its latest solve, while it is solved or closed
)

// Cursor names a place in a list, empty at its end. Only the store that made
// it looks inside; it stays right while data changes.
type Cursor string

// Page asks for up to Limit records after a cursor.
type Page struct {
	After Cursor
	Limit int
}

// MessagePage asks for messages around a message of the conversation.
type MessagePage struct {
	Before, After MessageID
	Limit         int
}

// Filter selects conversations; empty fields do not filter, lists match any of
// their values.
type Filter struct {
	Statuses  []Status
	Channels  []ChannelID
	Contacts  []ContactID
	Assignees []AgentID // "" in the list matches unassigned ones
	Groups    []GroupID
	Styles    []StyleName
	Tags      []string
	Unread    bool
	// Loads selects by what they take of their assignee's capacity (see
	// State.Load).
	Loads      []Load
	FollowUpOf ConversationID
	// Slot matches the conversations that have or had the place: a chain of
	// which each follows the one before. The zero Slot does not filter.
	Slot Slot
	// Reopened is about whether the customer ever brought it back from solved;
	// nil does not filter.
	Reopened *bool
	// CloseDueBefore matches those that count down and close before it.
	CloseDueBefore time.Time
	// Query is matched, ignoring case, against contact name, external id and
	// subject, as a literal part of them.
	Query string
	Sort  Sort
}

// Sort is the order of a list of conversations.
type Sort string

// Orders. The default is the latest change first.
const (
	SortUpdated  Sort = "-updated_at"
	SortCreated  Sort = "-created_at"
	SortOldest   Sort = "created_at"
	SortCloseDue Sort = "close_due_at" // only those counting down, the soonest first
	SortWaiting  Sort = "queued_at"    // only those waiting, the longest first
)
