package threads

import (
	"time"

	"threadhub/threads/rules"
)

// Cause is why a conversation changed: a closed set, kept in its log.
type Cause string

// Causes.
const (
	CauseCustomerMessage Cause = "customer_message" // the first message of a conversation
	CauseCustomerReply   Cause = "customer_reply"   // the customer answered while pending or on hold
	CauseReopened        Cause = "reopened"         // the customer wrote while solved
	CauseBeforeClose     Cause = "received_before_close"
	CauseAssigned        Cause = "assigned"
	CauseAgentReply      Cause = "agent_reply"
	CauseAgent           Cause = "agent"          // an agent or admin set the status
	CauseSolvedStyle     Cause = "style"          // the style closes at once
	CauseStyleChanged    Cause = "style_changed"  // an admin or agent chose another style
	CauseWindowElapsed   Cause = "window_elapsed" // the close countdown came due
	CauseStarted         Cause = "started"        // the business wrote first
	CauseEndSession      Cause = "session_ended"
	CauseBeforeEnd       Cause = "received_before_end" // a message accepted before its session was ended
	CauseInactive        Cause = "inactive"            // the customer did not write for long enough
	CauseReminder        Cause = "reminder"            // a step of the ladder
	CauseNoAnswer        Cause = "no_answer"           // the last step of the ladder
	CauseSettings        Cause = "settings_applied"    // an admin applied changed settings to what was running
	CauseRule            Cause = "rule"                // a trigger or an automation set the status
	CauseAgentLeft       Cause = "agent_left"          // and the conversation went back to the queue
	CauseOverCapacity    Cause = "over_capacity"       // it came back to an agent without a free place
)

// InputKind says what happened.
type InputKind string

// What can happen to a conversation.
const (
	InCustomerMessage InputKind = "customer_message"
	InOldMessage      InputKind = "old_message" // one the hub never got, known by an edit of it
	InAgentMessage    InputKind = "agent_message"
	InExternalMessage InputKind = "external_message" // the business, in the platform's own app
	InNote            InputKind = "note"
	InAssign          InputKind = "assign" // Assignee and Group; empty unassigns
	InAccept          InputKind = "accept"
	InStart           InputKind = "start" // an agent writes first
	InSetStatus       InputKind = "set_status"
	InSetStyle        InputKind = "set_style"
	InCloseDue        InputKind = "close_due"
	InInactiveDue     InputKind = "inactive_due"
	InStepDue         InputKind = "step_due" // of the ladder
	InRecount         InputKind = "recount"  // the running close countdown goes by today's settings
	InEndSession      InputKind = "end_session"
	InDeliveryFailed  InputKind = "delivery_failed"
	InAttended        InputKind = "attended" // somebody looked at what needed attention
	InOffer           InputKind = "offer"    // routing holds it out to Assignee, until Until
	InGive            InputKind = "give"     // routing assigns it to Assignee
	InDecline         InputKind = "decline"
	InOfferDue        InputKind = "offer_due" // nobody answered the offer in time
	InWithdraw        InputKind = "withdraw"  // of the offer, whose agent is not there any more
	InRequeue         InputKind = "requeue"   // Assignee is gone and leaves it to others
)

// Input is one thing that happened. ReceivedAt is when the hub knew: it
// decides windows and reopening.
type Input struct {
	Kind       InputKind
	Actor      Author
	ReceivedAt time.Time

	Assignee   AgentID   // InAssign, InAccept, InOffer, InGive, InDecline, InRequeue
	Group      GroupID   // InAssign
	Status     Status    // InSetStatus
	Style      Style     // InSetStyle
	Generation int64     // InCloseDue: the countdown the alarm was set for; InInactiveDue, InStepDue: the silence
	Step       int       // InStepDue: how many steps are done before it
	Hindrance  string    // InStepDue: why a reminder cannot be sent now, for people
	Admin      bool      // the actor may do what only admins may
	Offer      int       // InOfferDue, InWithdraw: the number of the offer
	Until      time.Time // InOffer
	// Rule is the rule that asks for it, if one does.
	Rule rules.ID
}

// replies tells whether the input is a reply to the customer: a public message
// by an agent, or typed in the platform's own app. Notes are none, nor is what
// the system writes, such as a reminder.
func (in Input) replies() bool {
	switch in.Kind {
	case InAgentMessage, InStart:
		return in.Actor.Type != AuthorSystem
	}
	return in.Kind == InExternalMessage
}

// Policy is everything Decide needs to know besides the conversation itself.
type Policy struct {
	// Style is that of a conversation that begins now and, for one that is
	// being solved, its style with the settings that apply today.
	Style Style
	// StyleRule is the rule that chose Style for a conversation that begins
	// now; empty: it is the channel's.
	StyleRule StyleRuleID
	// InactiveAfter is the hub's, for styles that have none of their own; 0
	// stands for DefaultInactiveAfter.
	InactiveAfter time.Duration
	// CountInactive tells whether the hub lets inactive conversations use
	// capacity.
	CountInactive bool
	// Group is the queue a new conversation waits in.
	Group GroupID
	// Weight is how many places a new conversation takes; 0: one.
	Weight int
	// Calendar is the business hours that the countdown which the input starts
	// counts in; nil counts elapsed time, whatever the style's clock.
	Calendar *Calendar
	// AssigneeAvailable tells whether the current assignee may get the
	// conversation back (see lifecycle, "Who gets it when it comes back").
	AssigneeAvailable bool
	// AssigneeRoom is the current assignee's, where it is counted when a
	// conversation comes back to them.
	AssigneeRoom Room
	// Previous is who had the contact's last conversation on the channel, for
	// one that begins now.
	Previous AgentID
}

// Room is how many places of an agent's are taken, and how many there are;
// without a Max nobody counts.
type Room struct{ Load, Max int }

// Effect is what follows from a decision besides the new state.
type Effect interface{ effect() }

// Moved is a change of status, to be logged.
type Moved struct {
	From, To Status
	Cause    Cause
}

// SessionMoved is a change of the session, to be logged.
type SessionMoved struct {
	From, To Session
	Cause    Cause
}

// Noted is something to be logged that changed neither status nor session.
type Noted struct {
	Cause  Cause
	Detail string // for people
}

// Remind says that a reminder is to be sent with this commit. Step counts the
// steps of the ladder from 0: with the generation of the silence it names the
// reminder, so that none is sent twice.
type Remind struct {
	Step int
	Text string
}

// Begin says that the input belongs to a new conversation that follows this
// one: decide again with the zero state.
type Begin struct{ FollowUp bool }

// Counting says that a close countdown now runs to Due.
type Counting struct {
	Due        time.Time
	Generation int64
}

// Queued says that the conversation waits for an agent.
type Queued struct{ Since time.Time }

// Freed says that the agent has a place less taken.
type Freed struct{ Agent AgentID }

// OverCapacity says that the conversation came back to an agent who holds more
// than they may because of it.
type OverCapacity struct {
	Agent     AgentID
	Load, Max int
}

// Refused says that the input is not allowed; the state is unchanged.
type Refused struct {
	Code   RefusalCode
	Detail string // for people: what to do instead
}

func (Moved) effect()        {}
func (SessionMoved) effect() {}
func (Noted) effect()        {}
func (Remind) effect()       {}
func (Begin) effect()        {}
func (Counting) effect()     {}
func (Queued) effect()       {}
func (Freed) effect()        {}
func (OverCapacity) effect() {}
func (Refused) effect()      {}

// RefusalCode is the stable name of a refusal.
type RefusalCode string

// Refusals. The first two are conflicts with the conversation's state, the
// last is an input that no state allows.
const (
	RefusedClosed  RefusalCode = "conversation_closed"
	RefusedIllegal RefusalCode = "illegal_transition"
	RefusedTaken   RefusalCode = "already_taken"
	RefusedInvalid RefusalCode = "invalid_status"
	// RefusedNotOffered is an answer to an offer that was not made to the
	// agent, or is over.
	RefusedNotOffered RefusalCode = "not_offered"
)
