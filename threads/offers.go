package threads

import (
	"fmt"
	"time"
)

// Offer is a waiting conversation held out to one agent, who has a place kept
// for it until they accept, decline or let the time pass. The zero value is no
// offer.
type Offer struct {
	Agent AgentID `json:"agent_id,omitempty"`
	// Number counts the offers of the conversation from 1, so that an alarm set
	// for an earlier one can be told from the current one.
	Number int       `json:"number,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Until  time.Time `json:"until,omitzero"`
}

// PassReason says why an agent did not take what was offered.
type PassReason string

// Reasons.
const (
	PassDeclined PassReason = "declined"
	PassTimedOut PassReason = "timed_out"
	PassReleased PassReason = "released" // they had it, and somebody took it away from them
)

// Pass is a conversation that an agent did not take, or was to have no longer,
// while it waited. All are forgotten when somebody has it.
type Pass struct {
	Agent AgentID    `json:"agent_id"`
	At    time.Time  `json:"at"`
	Why   PassReason `json:"why"`
}

// maxPasses bounds how many are remembered: the latest.
const maxPasses = 50

// Waits tells whether the conversation waits for an agent, offered or not.
func (s State) Waits() bool { return !s.QueuedAt.IsZero() }

// Holder is the agent of whose capacity the conversation takes a place, as
// theirs or as offered to them; "" when it takes nobody's.
func (s State) Holder(countInactive bool) AgentID {
	if s.UsesCapacity(countInactive) {
		return s.Assignee
	}
	return s.Offer.Agent
}

// Knows tells whether somebody who read the version knows the conversation as
// it is, apart from offers, which come and go by themselves.
func (c Conversation) Knows(version int64) bool {
	return version <= c.Version && version >= c.Version-c.OfferCommits
}

// offer holds the conversation out to an agent.
func (d *decision) offer() {
	switch {
	case !d.s.Waits() || d.in.Assignee == "":
		d.refuse(RefusedIllegal, "the conversation does not wait for an agent")
		return
	case d.s.Offer.Agent != "":
		d.refuse(RefusedTaken, "the conversation is offered to another agent")
		return
	}
	d.s.Offers++
	d.s.Offer = Offer{Agent: d.in.Assignee, Number: d.s.Offers, At: d.in.ReceivedAt, Until: d.in.Until}
}

// give assigns the conversation as routing found.
func (d *decision) give() {
	if !d.s.Waits() || d.s.Offer.Agent != "" || d.in.Assignee == "" {
		d.refuse(RefusedTaken, "the conversation does not wait for an agent any more")
		return
	}
	d.s.Assignee = d.in.Assignee
	if d.s.Status == StatusNew {
		d.move(StatusOpen, CauseAssigned)
	}
}

// decline is the agent's no to what is offered to them.
func (d *decision) decline() {
	if d.in.Assignee == "" || d.s.Offer.Agent != d.in.Assignee {
		d.refuse(RefusedNotOffered, "the conversation is not offered to you, or no longer: GET /v1/queue lists what waits")
		return
	}
	d.s.Offer = Offer{}
}

// offerDue is an alarm. One that was set for another offer, or rings too early,
// changes nothing.
func (d *decision) offerDue() {
	if d.offered() && !d.now.Before(d.s.Offer.Until) {
		d.s.Offer = Offer{}
	}
}

// withdraw takes the offer back, because its agent is not there any more.
func (d *decision) withdraw() {
	if d.offered() {
		d.s.Offer = Offer{}
	}
}

// offered tells whether the offer that the input is about is the current one.
func (d *decision) offered() bool {
	return d.s.Offer.Agent != "" && d.s.Offer.Number == d.in.Offer
}

// requeue takes a conversation from an agent who left, back to its place among
// those that wait. What nobody has to act on stays with them.
func (d *decision) requeue() {
	if d.in.Assignee == "" || d.s.Assignee != d.in.Assignee || d.s.Status != StatusOpen || d.s.Session == SessionEnded {
		return
	}
	d.leave()
	d.effect(Noted{Cause: CauseAgentLeft, Detail: string(d.in.Assignee)})
}

// leave takes the assignee away and remembers them.
func (d *decision) leave() {
	if d.s.Assignee != "" {
		d.s.Previous, d.s.Assignee = d.s.Assignee, ""
	}
}

// comesBack notes that the conversation takes a place of its agent's again, of
// which there is none. That is allowed, and counted.
func (d *decision) comesBack() {
	room := d.p.AssigneeRoom
	uses := d.p.CountInactive
	load := room.Load + d.s.Places()
	if room.Max <= 0 || load <= room.Max || d.s.Assignee == "" || d.s.Assignee != d.before.Assignee ||
		d.before.UsesCapacity(uses) || !d.s.UsesCapacity(uses) {
		return
	}
	d.effect(OverCapacity{Agent: d.s.Assignee, Load: load, Max: room.Max})
}

// passed brings the passes up to what an input did to the state.
func (c *Conversation) passed(before State, in Input) {
	if !c.State.Waits() {
		c.Passes = nil
		return
	}
	agent, why := before.Offer.Agent, PassReason("")
	switch {
	case in.Kind == InAssign && before.Assignee != "":
		agent, why = before.Assignee, PassReleased
	case agent == "" || c.State.Offer == before.Offer:
		return
	case in.Kind == InDecline:
		why = PassDeclined
	case in.Kind == InOfferDue:
		why = PassTimedOut
	default:
		return
	}
	kept := make([]Pass, 0, len(c.Passes)+1)
	for _, p := range c.Passes {
		if p.Agent != agent {
			kept = append(kept, p)
		}
	}
	kept = append(kept, Pass{Agent: agent, At: in.ReceivedAt, Why: why})
	c.Passes = kept[max(0, len(kept)-maxPasses):]
}

// String says for people how much the agent holds.
func (o OverCapacity) String() string {
	return fmt.Sprintf("%s holds %d of %d", o.Agent, o.Load, o.Max)
}
