package threads

import "time"

// Identifiers are opaque outside the package that mints them.
type (
	ConversationID string // cv_…
	MessageID      string // msg_…
	ContactID      string // ct_…
	ChannelID      string // ch_…
	AgentID        string // ag_…
	GroupID        string // gr_…
	StyleRuleID    string // sr_…
	QueueID        string // qu_…
	DecisionID     string // rd_…
)

// Status is the state of a conversation.
type Status string

// The six states. The zero value stands for "does not exist yet".
const (
	StatusNew     Status = "new"     // the customer wrote, nobody has taken it
	StatusOpen    Status = "open"    // an agent has it and must act
	StatusPending Status = "pending" // waiting for the customer
	StatusOnHold  Status = "on_hold" // waiting for a third party
	StatusSolved  Status = "solved"  // done, the customer can still bring it back
	StatusClosed  Status = "closed"  // final
)

// Statuses lists the states in the order of a conversation's life.
var Statuses = []Status{StatusNew, StatusOpen, StatusPending, StatusOnHold, StatusSolved, StatusClosed}

// Session says whether the customer is there right now, apart from the status.
type Session string

// States of a session.
const (
	SessionActive   Session = "active"
	SessionInactive Session = "inactive"
	SessionEnded    Session = "ended"
)

// State is what [Decide] looks at: the part of a conversation that has rules.
type State struct {
	Status Status    `json:"status"`
	Style  StyleName `json:"style"`
	Close  Countdown `json:"close"` // of the conversation's style; in force from the latest solve
	// OwnStyle is set when somebody chose the style's settings for this very
	// conversation: then the channel's do not apply at the next solve.
	OwnStyle bool `json:"own_style,omitempty"`
	// StyleRule is the rule that chose the style when the conversation began;
	// empty when none did, or somebody chose another style since.
	StyleRule StyleRuleID `json:"style_rule,omitempty"`

	Assignee AgentID `json:"assignee_id,omitempty"`
	Group    GroupID `json:"group_id,omitempty"`
	Session  Session `json:"session"`
	// SessionEndedAt is set exactly while the session is ended.
	SessionEndedAt time.Time `json:"session_ended_at,omitzero"`
	// Weight is how many places the conversation takes of an agent's capacity, as
	// its channel had it when it began; 0: one. See [State.Places].
	Weight int `json:"weight,omitempty"`
	// Presence is what the style said about silence when the customer last
	// wrote, or when the style was chosen for this very conversation.
	Presence Presence `json:"presence,omitzero"`
	Silence  Silence  `json:"silence,omitzero"`
	// Generation grows with every solve and every reopening, so that an alarm
	// set for an earlier countdown can be told from the current one.
	Generation  int64 `json:"generation"`
	ReopenCount int   `json:"reopen_count,omitempty"`
	// CloseDueAt is set exactly while the conversation is solved and a close
	// is pending.
	CloseDueAt time.Time `json:"close_due_at,omitzero"`
	SolvedAt   time.Time `json:"solved_at,omitzero"`
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	BeganAt    time.Time `json:"began_at,omitzero"`
	QueuedAt   time.Time `json:"queued_at,omitzero"` // set exactly while waiting for an agent: since when
	// Offer is what one agent is asked to take; only while waiting.
	Offer  Offer `json:"offer,omitzero"`
	Offers int   `json:"offers,omitempty"` // that were made
	// Previous is the agent who had the conversation before it went back to
	// the queue, or the contact's last conversation on the channel.
	Previous              AgentID   `json:"previous_agent_id,omitempty"`
	FirstReplyAt          time.Time `json:"first_reply_at,omitzero"`
	LastCustomerMessageAt time.Time `json:"last_customer_message_at,omitzero"` // receive time
	LastAgentMessageAt    time.Time `json:"last_agent_message_at,omitzero"`
	NeedsAttention        bool      `json:"needs_attention,omitempty"`
	// Successor is the conversation that followed this closed one. Once it is
	// set the conversation can never be reopened.
	Successor ConversationID `json:"successor,omitempty"`
}

// Exists tells a conversation from the zero state.
func (s State) Exists() bool { return s.Status != "" }
