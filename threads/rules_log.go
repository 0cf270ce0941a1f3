package threads

import (
	"context"
	"encoding/json"
	"time"

	"threadhub/threads/rules"
)

// RuleBook answers the rules in force. The answer is shared.
type RuleBook interface {
	// Rules answers the triggers and automations; it costs a read of memory.
	Rules(ctx context.Context) (*rules.Set, error)
	// Stands tells whether what the action names (an agent, a group) is still
	// there.
	Stands(ctx context.Context, a rules.Action) (bool, error)
}

// noRules is a hub without rules of its own.
type noRules struct{}

func (noRules) Rules(context.Context) (*rules.Set, error)          { return nil, nil }
func (noRules) Stands(context.Context, rules.Action) (bool, error) { return true, nil }

// Bounds of what rules do on one conversation in all its life.
const (
	// MaxRuleUpdates is how many runs of rules may change it.
	MaxRuleUpdates = 100
	// MaxRuleCalls is how many webhooks rules may call about it.
	MaxRuleCalls = 1000
)

// RuleMarks is what a conversation knows of the rules that acted on it.
type RuleMarks struct {
	Updates int `json:"updates,omitempty"` // runs that changed it
	Calls   int `json:"calls,omitempty"`   // webhooks that were asked for
	// Stopped is set once a rule was kept from acting by a bound.
	Stopped bool `json:"stopped,omitempty"`
	// Fired is, for each automation that acted, the moment it acted for, in
	// milliseconds since 1970: it acts again only for a later one.
	Fired map[string]int64 `json:"fired,omitempty"`
}

// RuleRunID names a run of a rule.
type RuleRunID string // rr_…

// RuleRun is one time that a rule acted: a line of the run log. It is written
// in the commit that holds what the rule did, and changes only as its calls
// are made.
type RuleRun struct {
	ID             RuleRunID      `json:"id"`
	Rule           rules.ID       `json:"rule_id"`
	RuleName       string         `json:"rule_name"` // as it was then
	Kind           rules.Kind     `json:"kind"`
	ConversationID ConversationID `json:"conversation_id"`
	ChannelID      ChannelID      `json:"channel_id"`
	// ConversationVersion is the version that the commit made.
	ConversationVersion int64         `json:"conversation_version"`
	At                  time.Time     `json:"at"`
	Events              []rules.Event `json:"events,omitempty"`
	MessageID           MessageID     `json:"message_id,omitempty"` // that a trigger looked at
	// DueAt is the moment an automation acted for.
	DueAt   time.Time    `json:"due_at,omitzero"`
	Actions []RuleAction `json:"actions"`
	// Limited says that the rule held and was kept from acting, because rules
	// have done as much here as they may.
	Limited bool `json:"limited,omitempty"`

	Calls []RuleCall `json:"calls,omitempty"`
	// Payload is the body of the calls: things as they were in the commit.
	Payload json.RawMessage `json:"payload,omitempty"`
	// CallAt is when the next call is to be made, zero when none is left.
	CallAt  time.Time `json:"call_at,omitzero"`
	Version int64     `json:"version"`
}

// RuleOutcome is how an action of a rule ended.
type RuleOutcome string

// Outcomes.
const (
	RuleDone      RuleOutcome = "done"
	RuleUnchanged RuleOutcome = "unchanged" // it was so already
	RuleRefused   RuleOutcome = "refused"   // Detail says why; nothing of the action was done
)

// RuleAction is what became of one action of a rule.
type RuleAction struct {
	Type      rules.ActionType `json:"type"`
	Outcome   RuleOutcome      `json:"outcome"`
	Detail    string           `json:"detail,omitempty"` // for people
	MessageID MessageID        `json:"message_id,omitempty"`
}

// RuleCallState is where a call of a webhook stands.
type RuleCallState string

// States of a call.
const (
	RuleCallPending RuleCallState = "pending"
	RuleCallDone    RuleCallState = "done"
	RuleCallFailed  RuleCallState = "failed" // it will not be tried again
)

// RuleCall is a webhook that a rule calls.
type RuleCall struct {
	URL      string        `json:"url"`
	State    RuleCallState `json:"state"`
	Attempts int           `json:"attempts,omitempty"`
	Status   int           `json:"status,omitempty"` // HTTP status of the latest answer
	Error    string        `json:"error,omitempty"`  // of the latest attempt, for people
	NextAt   time.Time     `json:"next_at,omitzero"` // while pending
}

// RuleRunFilter selects runs; empty fields do not filter. One of them is set.
type RuleRunFilter struct {
	Conversation ConversationID
	Rule         rules.ID
}

// RuleAlarm is when automations have to look at a conversation.
type RuleAlarm struct {
	Conversation ConversationID
	// Version is that of the conversation it was worked out for: an alarm for
	// another version is not stored.
	Version int64
	At      time.Time // zero: never
}

// RuleStore is what rules ask of a database.
type RuleStore interface {
	// RuleAlarms answers alarms at or before now, the earliest first.
	RuleAlarms(ctx context.Context, now time.Time, limit int) ([]RuleAlarm, error)
	// SetRuleAlarms stores the alarms of conversations that still have the
	// given version; the others have had a commit, which set its own.
	SetRuleAlarms(ctx context.Context, alarms []RuleAlarm) error
	// RuleRuns answers a page of the run log, the latest first.
	RuleRuns(ctx context.Context, f RuleRunFilter, p Page) ([]RuleRun, Cursor, error)
	// RuleCalls answers runs whose CallAt is at or before now, the earliest
	// first.
	RuleCalls(ctx context.Context, now time.Time, limit int) ([]RuleRun, error)
	// SaveRuleRun replaces a run if the stored version is r.Version-1,
	// otherwise ErrConflict.
	SaveRuleRun(ctx context.Context, r RuleRun) error
}
