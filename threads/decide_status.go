package threads

import "time"

// setStatus is an agent or admin choosing a status.
func (d *decision) setStatus() {
	to := d.in.Status
	switch {
	case !d.s.Exists():
		d.refuse(RefusedIllegal, "there is no conversation yet")
	case d.s.Status == StatusClosed && (to == StatusClosed || to == StatusNew):
		// Closing what is closed asks for nothing; it begins anew by itself.
	case to == StatusNew:
		d.refuse(RefusedInvalid, "a conversation is new only until somebody takes it: use open")
	case to == StatusClosed:
		d.closeNow()
	case d.s.Status == StatusClosed:
		d.refuse(RefusedClosed, closedDetail)
	case to == StatusOpen:
		d.setOpen()
	case to == StatusPending, to == StatusOnHold:
		d.reopenByAgent()
		d.move(to, CauseAgent)
	case to == StatusSolved:
		d.solve(CauseAgent)
	default:
		d.refuse(RefusedInvalid, "unknown status "+string(to)+": use open, pending, on_hold or solved")
	}
}

func (d *decision) closeNow() {
	if d.s.Status != StatusSolved || !d.in.Admin {
		d.refuse(RefusedInvalid, "conversations close by their style: set solved; an admin may then set closed")
		return
	}
	d.close(d.in.ReceivedAt, CauseAgent)
}

func (d *decision) setOpen() {
	if d.s.Status == StatusNew && d.s.Assignee == "" && d.s.Group == "" {
		d.refuse(RefusedIllegal, "nobody has the conversation: set assignee_id or group_id with the status")
		return
	}
	d.reopenByAgent()
	d.move(StatusOpen, CauseAgent)
}

// reopenByAgent ends a solve without counting as the customer's reopening.
func (d *decision) reopenByAgent() {
	if d.s.Status == StatusSolved {
		d.s.SolvedAt = time.Time{}
	}
	d.resumeSession()
}

// solve copies the policy that applies today and starts its countdown, or
// closes at once where the style has none.
func (d *decision) solve(cause Cause) {
	if d.s.Status == StatusSolved {
		return
	}
	d.takeIfNobodyHas()
	d.s.Close = d.p.atSolve(d.s)
	d.move(StatusSolved, cause)
	d.s.SolvedAt = d.in.ReceivedAt
	d.s.Generation++
	d.count(CauseSolvedStyle)
}

// atSolve is the countdown that a solve copies onto the conversation.
func (p Policy) atSolve(s State) Countdown {
	if !s.OwnStyle && p.Style.Name == s.Style {
		return p.Style.Close
	}
	return s.Close
}

// counts answers the countdown that the input starts, if it is one that does.
func (p Policy) counts(s State, in Input) (Countdown, bool) {
	switch in.Kind {
	case InSetStatus:
		return p.atSolve(s), in.Status == StatusSolved && s.Status != StatusSolved && s.Status != StatusClosed
	case InStepDue:
		step, _ := s.Presence.Ladder.rung(s.Silence.Steps)
		return p.atSolve(s), step.status == StatusSolved
	case InRecount:
		return p.atSolve(s), s.Status == StatusSolved
	case InSetStyle:
		return in.Style.Close, s.Status == StatusSolved
	}
	return Countdown{}, false
}

// count starts the countdown that the style's rule asks for from the latest
// solve, and closes at once when it has run out already.
func (d *decision) count(cause Cause) {
	d.s.Close = d.p.countable(d.s.Close)
	_, due, closes := styleCloses(d.s, d.p.Calendar)
	if !closes {
		return
	}
	if !due.After(d.in.ReceivedAt) {
		d.close(d.in.ReceivedAt, cause)
		return
	}
	d.s.CloseDueAt = due
	d.effect(Counting{Due: due, Generation: d.s.Generation})
}

// countable is the countdown by the clock it will go by: without its schedule
// that is elapsed time. The log says what was counted, not what was asked for.
func (p Policy) countable(c Countdown) Countdown {
	if c.Clock == ClockBusiness && p.Calendar == nil {
		c.Clock, c.ScheduleID = ClockElapsed, ""
	}
	return c
}

// close ends the conversation for good, as of the given moment.
func (d *decision) close(at time.Time, cause Cause) {
	d.move(StatusClosed, cause)
	d.s.ClosedAt = at
}

// setStyle changes the style. A countdown that runs starts over from the same
// solve under the new style.
func (d *decision) setStyle() {
	d.s.Style, d.s.Close, d.s.OwnStyle, d.s.StyleRule = d.in.Style.Name, d.in.Style.Close, true, ""
	if d.s.Presence != d.in.Style.Presence {
		d.s.Presence = d.in.Style.Presence
		d.restyle()
	}
	if d.s.Status == StatusSolved {
		d.s.CloseDueAt = time.Time{}
		d.s.Generation++
		d.count(CauseStyleChanged)
	}
}

// recount moves the running countdown to today's settings of the style and
// today's hours, from the same solve. One that ends the same is left alone.
func (d *decision) recount() {
	if d.s.Status != StatusSolved {
		return
	}
	today, was := d.p.countable(d.p.atSolve(d.s)), d.s.CloseDueAt
	if today == d.s.Close && today.Due(d.s.SolvedAt, d.p.Calendar).Equal(was) {
		return
	}
	d.s.Close, d.s.CloseDueAt = today, time.Time{}
	d.s.Generation++
	d.effect(Noted{Cause: CauseSettings, Detail: "it would have closed at " + was.Format(time.RFC3339Nano)})
	d.count(CauseSettings)
}

// closeDue is an alarm. One that was set for another countdown, or rings too
// early, changes nothing.
func (d *decision) closeDue() {
	if d.s.Status != StatusSolved || d.in.Generation != d.s.Generation ||
		d.s.CloseDueAt.IsZero() || d.now.Before(d.s.CloseDueAt) {
		return
	}
	d.close(d.s.CloseDueAt, CauseWindowElapsed)
}
