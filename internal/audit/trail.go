package audit

import (
	"context"
	"sync"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
)

// Actor is who changes something.
type Actor struct {
	Type string `json:"type"` // ActorToken …
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Agent is the agent that the token acts as or who signed in, if any.
	Agent string `json:"agent_id,omitempty"`
}

// Types of actors.
const (
	ActorToken   = "token"
	ActorSession = "session"
	ActorHost    = "host"    // somebody on the hub's own machine
	ActorVisitor = "visitor" // somebody who is just signing in
)

// Outcome of what somebody did.
type Outcome string

// Outcomes.
const (
	Done Outcome = "done"
	// Unknown: the hub was cut off in the midst of it, or is at it.
	Unknown Outcome = "unknown"
)

// Verb says what became of a record.
type Verb string

// Verbs.
const (
	Created Verb = "created"
	Updated Verb = "updated"
	Deleted Verb = "deleted"
)

// Change is one record that was changed. Before and After hold the fields that
// differ, with secrets masked.
type Change struct {
	Kind   string         `json:"kind"`
	ID     string         `json:"id"`
	Verb   Verb           `json:"verb"`
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
	Made   bool           `json:"made,omitempty"`
}

// Entry is one line of the log: one request, with all that it changed.
type Entry struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Actor     Actor     `json:"actor"`
	Address   string    `json:"address,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Action    string    `json:"action"` // the operation of the API, or the command
	Target    string    `json:"target,omitempty"`
	Changes   []Change  `json:"changes,omitempty"`
	// Place is where it stands in the log, for the list's cursor.
	Place string `json:"-"`
}

// Outcome tells whether all of it was made.
func (e Entry) Outcome() Outcome {
	for _, c := range e.Changes {
		if !c.Made {
			return Unknown
		}
	}
	return Done
}

// Trail is what one request leaves in the log. It is safe for concurrent use.
type Trail struct {
	entry Entry

	mu    sync.Mutex
	item  directory.Item[Entry]
	begun bool // the log has the entry
}

// NewTrail starts the trail of a request. Its entry is written with its first
// change; ID, At and Changes of what is given count for nothing.
func NewTrail(e Entry) *Trail {
	e.ID, e.Changes = ident.New("au"), nil
	return &Trail{entry: e}
}

type trailKey struct{}

// With puts a trail into a context: what is changed under it is logged.
func With(ctx context.Context, t *Trail) context.Context {
	return context.WithValue(ctx, trailKey{}, t)
}

// Of answers the context's trail, nil if it has none.
func Of(ctx context.Context) *Trail {
	t, _ := ctx.Value(trailKey{}).(*Trail)
	return t
}

// save writes the entry as it now is.
func (t *Trail) save(ctx context.Context, log directory.Collection[Entry], now time.Time) (err error) {
	if t.begun {
		t.item.Value = t.entry
		t.item, err = log.Update(ctx, t.item)
		return err
	}
	t.entry.At = now.UTC().Truncate(time.Millisecond)
	t.item, err = log.Create(ctx, place(now, t.entry.ID), t.entry)
	t.begun = err == nil
	return err
}

// begin writes that a change is about to be made.
func (t *Trail) begin(ctx context.Context, log directory.Collection[Entry], now time.Time, c Change) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entry.Changes = append(t.entry.Changes, c)
	if id, ok := c.After["agent_id"].(string); ok && t.entry.Actor.Type == ActorVisitor {
		t.entry.Actor.Agent = id // who has just signed in
	}
	err := t.save(ctx, log, now)
	if err != nil {
		t.entry.Changes = t.entry.Changes[:len(t.entry.Changes)-1]
	}
	return err
}

// end writes that the latest change was made, or takes it back.
func (t *Trail) end(ctx context.Context, log directory.Collection[Entry], now time.Time, made bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := len(t.entry.Changes) - 1
	if made {
		t.entry.Changes[last].Made = true
		return t.save(ctx, log, now)
	}
	t.entry.Changes = t.entry.Changes[:last]
	if last > 0 {
		return t.save(ctx, log, now)
	}
	t.begun = false
	return log.Delete(ctx, t.item.ID)
}
