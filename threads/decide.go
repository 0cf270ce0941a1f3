package threads

import "time"

// Decide says what becomes of a conversation when something happens. It is
// total, pure and deterministic: no I/O, no wall clock, no randomness. An input
// that is not allowed answers the state unchanged and one Refused effect.
//
// The zero state stands for a conversation that does not exist yet. An effect
// Begin means: commit the returned state, then decide the same input again on
// the zero state of a new conversation.
func Decide(s State, in Input, p Policy, now time.Time) (State, []Effect) {
	d := &decision{before: s, s: s, in: in, p: p, now: now}
	switch in.Kind {
	case InCustomerMessage:
		d.customerMessage()
	case InOldMessage:
		d.oldMessage()
	case InStart:
		d.start()
	case InAgentMessage:
		d.agentMessage()
	case InExternalMessage:
		d.externalMessage()
	case InNote:
		d.unlessClosed(func() {})
	case InAssign:
		d.unlessClosed(d.assign)
	case InAccept:
		d.unlessClosed(d.accept)
	case InSetStatus:
		d.setStatus()
	case InSetStyle:
		d.unlessClosed(d.setStyle)
	case InCloseDue:
		d.closeDue()
	case InInactiveDue:
		d.inactiveDue()
	case InStepDue:
		d.stepDue()
	case InRecount:
		d.recount()
	case InEndSession:
		d.endSession()
	case InOffer:
		d.unlessClosed(d.offer)
	case InGive:
		d.unlessClosed(d.give)
	case InDecline:
		d.unlessClosed(d.decline)
	case InOfferDue:
		d.offerDue()
	case InWithdraw:
		d.withdraw()
	case InRequeue:
		d.requeue()
	case InDeliveryFailed:
		d.s.NeedsAttention = true
	case InAttended:
		d.s.NeedsAttention = false
	default:
		d.refuse(RefusedInvalid, "unknown input "+string(in.Kind))
	}
	return d.end()
}

// decision is one run of Decide.
type decision struct {
	before, s State
	in        Input
	p         Policy
	now       time.Time
	effects   []Effect
	refused   bool
}

func (d *decision) end() (State, []Effect) {
	if d.refused {
		return d.before, d.effects
	}
	d.queue()
	d.comesBack()
	if d.before.UsesCapacity(d.p.CountInactive) && (!d.s.UsesCapacity(d.p.CountInactive) || d.s.Assignee != d.before.Assignee) {
		d.effect(Freed{Agent: d.before.Assignee})
	}
	return d.s, d.effects
}

// queue keeps QueuedAt true: set exactly while the conversation waits for an
// agent. One that comes back waits since it began, not since it came back.
func (d *decision) queue() {
	waits := d.s.Assignee == "" && d.s.Session != SessionEnded &&
		(d.s.Status == StatusNew || d.s.Status == StatusOpen)
	switch {
	case !waits:
		d.s.QueuedAt, d.s.Offer = time.Time{}, Offer{}
	case d.s.QueuedAt.IsZero():
		d.s.QueuedAt = d.s.BeganAt
		d.effect(Queued{Since: d.s.QueuedAt})
	}
}

func (d *decision) effect(e Effect) { d.effects = append(d.effects, e) }

func (d *decision) refuse(code RefusalCode, detail string) {
	d.refused = true
	d.effects = []Effect{Refused{Code: code, Detail: detail}}
}

const closedDetail = "the conversation is closed: start a follow-up with POST /v1/conversations/{id}/follow-up"

func (d *decision) unlessClosed(do func()) {
	switch d.s.Status {
	case "":
		d.refuse(RefusedIllegal, "there is no conversation yet")
	case StatusClosed:
		d.refuse(RefusedClosed, closedDetail)
	default:
		do()
	}
}

// move changes the status and what hangs on it.
func (d *decision) move(to Status, cause Cause) {
	from := d.s.Status
	if from == to {
		return
	}
	if from == StatusSolved && to != StatusClosed {
		d.s.Generation++ // voids the countdown
	}
	if from == StatusSolved {
		d.s.CloseDueAt = time.Time{}
	}
	d.s.Status = to
	switch to {
	case StatusSolved, StatusOnHold:
		d.stopLadder()
	case StatusClosed:
		d.hush()
	}
	if cause == CauseAgent && d.in.Rule != "" {
		cause = CauseRule
	}
	d.effect(Moved{From: from, To: to, Cause: cause})
}

// begin starts a conversation that does not exist yet.
func (d *decision) begin(status Status, cause Cause) {
	d.s = State{
		Style: d.p.Style.Name, Close: d.p.Style.Close, StyleRule: d.p.StyleRule, Group: d.p.Group, Weight: d.p.Weight,
		Session: SessionActive, BeganAt: d.in.ReceivedAt, Presence: d.p.Style.Presence, Previous: d.p.Previous,
	}
	d.listen(d.in.ReceivedAt)
	d.move(status, cause)
}

func (d *decision) customerMessage() {
	switch {
	case d.s.Status == "":
		d.begin(StatusNew, CauseCustomerMessage)
	case d.s.Status == StatusClosed:
		d.customerAfterClose()
		return
	case d.s.Status == StatusSolved && d.windowOver():
		d.close(d.s.CloseDueAt, CauseWindowElapsed)
		d.effect(Begin{FollowUp: true})
		return
	case d.afterSession():
		// Whoever ended the session wanted the next word to be a new subject.
		d.close(d.in.ReceivedAt, CauseEndSession)
		d.effect(Begin{FollowUp: true})
		return
	case d.s.Status == StatusSolved:
		d.reopen(CauseReopened)
	case d.s.Status == StatusPending || d.s.Status == StatusOnHold:
		d.move(StatusOpen, CauseCustomerReply)
	}
	d.customerWrote()
}

// oldMessage takes in what was written before the hub listened: an edit is all
// there is of it, and an edit never changes a state.
func (d *decision) oldMessage() {
	if d.s.Status == "" {
		d.begin(StatusNew, CauseCustomerMessage)
	}
}

func (d *decision) customerWrote() {
	cause := CauseCustomerMessage
	if d.s.Session == SessionEnded {
		cause = CauseBeforeEnd
	}
	d.setSession(SessionActive, cause)
	if d.in.ReceivedAt.After(d.s.LastCustomerMessageAt) {
		d.s.LastCustomerMessageAt = d.in.ReceivedAt
	}
	d.s.Presence = d.p.presence(d.s)
	d.listen(d.s.LastCustomerMessageAt)
}

// windowOver tells whether the message was accepted when the countdown had run
// out, whether or not the close has been carried out.
func (d *decision) windowOver() bool {
	return !d.s.CloseDueAt.IsZero() && !d.in.ReceivedAt.Before(d.s.CloseDueAt)
}

// customerAfterClose: what the hub had accepted before the moment of closing
// belongs to the conversation it was written into; the close yields to it. Not
// what came after the session was ended: that was to be a new subject.
func (d *decision) customerAfterClose() {
	if d.s.Successor != "" || !d.in.ReceivedAt.Before(d.s.ClosedAt) || d.afterSession() {
		d.effect(Begin{FollowUp: true})
		return
	}
	d.s.ClosedAt = time.Time{}
	d.s.Generation++
	d.reopen(CauseBeforeClose)
	d.customerWrote()
}

func (d *decision) reopen(cause Cause) {
	d.s.ReopenCount++
	d.s.SolvedAt = time.Time{}
	if !d.p.AssigneeAvailable {
		d.leave()
	}
	d.move(StatusOpen, cause)
}

func (d *decision) start() {
	switch d.s.Status {
	case "":
		d.begin(StatusOpen, CauseStarted)
		d.takeIfNobodyHas()
		d.agentWrote()
	case StatusClosed:
		d.effect(Begin{FollowUp: true})
	default:
		d.agentMessage()
	}
}

func (d *decision) agentMessage() {
	d.unlessClosed(func() {
		if d.s.Status == StatusNew || d.s.Status == StatusOpen {
			d.takeIfNobodyHas()
		}
		if d.s.Status == StatusNew {
			d.move(StatusOpen, CauseAgentReply)
		}
		d.agentWrote()
	})
}

func (d *decision) takeIfNobodyHas() {
	if d.s.Assignee == "" && d.in.Actor.Type == AuthorAgent {
		d.s.Assignee = AgentID(d.in.Actor.ID)
	}
}

func (d *decision) agentWrote() {
	if !d.in.replies() {
		return
	}
	if d.s.FirstReplyAt.IsZero() {
		d.s.FirstReplyAt = d.in.ReceivedAt
	}
	d.s.LastAgentMessageAt = d.in.ReceivedAt
	if d.in.Kind != InExternalMessage {
		d.answered()
	}
}

// externalMessage is an answer the business typed in the platform's own app: a
// reply for the metrics, but it never reopens and never changes the state.
func (d *decision) externalMessage() {
	switch d.s.Status {
	case "":
		d.begin(StatusPending, CauseStarted)
	case StatusClosed:
		return
	}
	d.agentWrote()
}

func (d *decision) assign() {
	if d.in.Group != d.s.Group {
		d.s.Offer = Offer{} // made to an agent of the other group
	}
	if d.in.Assignee == "" && d.s.Assignee != "" {
		d.s.Previous = "" // taken away on purpose: not to be given back first of all
	}
	d.s.Assignee, d.s.Group = d.in.Assignee, d.in.Group
	if d.s.Status == StatusNew && d.s.Assignee != "" {
		d.move(StatusOpen, CauseAssigned)
	}
}

func (d *decision) accept() {
	switch {
	case d.s.Assignee == d.in.Assignee && d.s.Status != StatusNew:
		return
	case d.s.Assignee != "" && d.s.Assignee != d.in.Assignee:
		d.refuse(RefusedTaken, "another agent has the conversation already")
		return
	case d.s.Offer.Agent != "" && d.s.Offer.Agent != d.in.Assignee:
		d.refuse(RefusedTaken, "the conversation is offered to another agent")
		return
	}
	d.s.Assignee = d.in.Assignee
	if d.s.Status == StatusNew {
		d.move(StatusOpen, CauseAssigned)
	}
}
