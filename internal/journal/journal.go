// Package journal is the record of accepted webhooks: what a platform
// delivered, verified, before anybody looked at what it means. A webhook is
// answered 200 only after its entry is durable; a worker turns entries into
// messages later, and may do so again.
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// ErrNotFound: there is no such entry.
var ErrNotFound = errors.New("no such journal entry")

// State of an entry.
type State string

// States. Pending entries wait for a worker; the others are kept for the
// channel's event log until retention removes them.
const (
	Pending     State = "pending"
	Done        State = "done"        // every event found its place
	Quarantined State = "quarantined" // some did not: see Item
)

// AllOthers in Entry.Elsewhere says that nothing but the channel's own events
// is this entry's business.
const AllOthers = "*"

// TraceHeader is the header that carries the trace of a webhook.
const TraceHeader = "Traceparent"

// Entry is one accepted webhook.
type Entry struct {
	ID         string    `json:"id"` // ev_…, sortable by receipt
	ChannelID  string    `json:"channel_id"`
	ReceivedAt time.Time `json:"received_at"`
	Method     string    `json:"method"`
	URL        string    `json:"url,omitempty"` // public address, query without secrets
	// Header holds only the headers that the connector's Kind names, and
	// TraceHeader where traces are recorded.
	Header map[string]string `json:"header,omitempty"`
	Body   []byte            `json:"body,omitempty"`
	// Elsewhere lists the accounts of the webhook that have an entry of their
	// own, on their own channel; AllOthers stands for all but this channel's.
	Elsewhere []string `json:"elsewhere,omitempty"`

	State    State  `json:"state"`
	Attempts int    `json:"attempts,omitempty"` // processing attempts that failed
	Reason   string `json:"reason,omitempty"`   // of the latest failure or the quarantine
	Events   int    `json:"events,omitempty"`   // how many events it held, once processed
}

// Redacted tells of an entry that was read with its body whether what it held
// was taken out: it cannot be worked again.
func (e Entry) Redacted() bool { return e.URL == "" && len(e.Body) == 0 }

// Result is what became of an entry in a worker's hands.
type Result struct {
	ID     string
	State  State // Pending: try again, not before RetryAt
	Reason string
	Events int
	// RetryAt is when an entry that stays Pending may be claimed again.
	RetryAt time.Time
}

// Item is a part of a webhook that could not be used: kept with its reason
// until an admin has looked at it.
type Item struct {
	ID        string          `json:"id"` // entry id and index: the same when written again
	EntryID   string          `json:"entry_id"`
	ChannelID string          `json:"channel_id"`
	Kind      string          `json:"kind"` // "malformed", "panic", "account", "unknown", "orphan" …
	Reason    string          `json:"reason"`
	Event     json.RawMessage `json:"event,omitempty"`
	At        time.Time       `json:"at"`
}

// Store keeps the journal. Methods are safe for concurrent use; on a shared
// database also by many processes.
type Store interface {
	// Append makes the entries durable, all or none. It is the group commit of
	// the accept path: one synced write for the whole group.
	Append(ctx context.Context, entries []Entry) error
	// Claim leases up to limit pending entries, oldest first, to owner until
	// now+lease, skipping those leased to others, those not due for retry and
	// those of the channels that are to be left out.
	Claim(ctx context.Context, owner string, now time.Time, lease time.Duration, limit int, without ...string) ([]Entry, error)
	// Finish records what became of claimed entries and ends their leases.
	Finish(ctx context.Context, results []Result) error
	// Oldest is the receive time of the oldest pending entry, zero when there
	// is none. No message accepted before it is still unprocessed.
	Oldest(ctx context.Context) (time.Time, error)
	// Backlog counts pending entries.
	Backlog(ctx context.Context) (int, error)

	// Entry answers one entry with its body, or ErrNotFound.
	Entry(ctx context.Context, id string) (Entry, error)
	// Entries answers a channel's entries, newest first, without bodies,
	// starting before the given id ("" for the newest).
	Entries(ctx context.Context, channelID, before string, limit int) ([]Entry, error)
	// Reopen makes entries pending again that are not, as if they had just been
	// accepted, drops their items, and answers how many there were. Those that
	// are pending, redacted or gone are left alone.
	Reopen(ctx context.Context, ids []string) (int, error)
	// Quarantine keeps items (idempotent by ID).
	Quarantine(ctx context.Context, items []Item) error
	// Items answers quarantined items, newest first; channelID "" for all.
	Items(ctx context.Context, channelID, before string, limit int) ([]Item, error)
	// Redact takes what they hold out of entries that are not pending: body,
	// headers and address. That they came, and what became of them, stays.
	Redact(ctx context.Context, ids []string) error
	// DropItems removes quarantined items; those that are gone do not matter.
	DropItems(ctx context.Context, ids []string) error
	Retention
}

// Retention removes what was kept for long enough: of one channel, at most
// limit at a time, the oldest first. Pending entries stay as they are.
type Retention interface {
	// NextChannel answers the first channel, in the order of their ids and
	// after the given one, that has entries or items; "" when there is none.
	NextChannel(ctx context.Context, after string) (string, error)
	// Trim removes entries received before the given time and answers how many.
	Trim(ctx context.Context, channelID string, before time.Time, limit int) (int, error)
	// TrimItems removes items of before the given time and answers how many.
	TrimItems(ctx context.Context, channelID string, before time.Time, limit int) (int, error)
	// Blank redacts entries received before the given time, as Redact does. It
	// goes through those that come after the given id ("" for all) and answers
	// how many it redacted, and the id to go on after the next time. That is
	// never behind an entry that was pending.
	Blank(ctx context.Context, channelID, after string, before time.Time, limit int) (n int, last string, err error)
}
