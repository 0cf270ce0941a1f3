package threads

import "time"

// setSession changes the session, to be logged.
func (d *decision) setSession(to Session, cause Cause) {
	from := d.s.Session
	if from == to {
		return
	}
	d.s.Session = to
	d.s.SessionEndedAt = time.Time{}
	if to == SessionEnded {
		d.s.SessionEndedAt = d.in.ReceivedAt
	}
	d.effect(SessionMoved{From: from, To: to, Cause: cause})
}

// presence is what the style says today about silence.
func (p Policy) presence(s State) Presence {
	if !s.OwnStyle && p.Style.Name == s.Style {
		return p.Style.Presence
	}
	return s.Presence
}

// inactiveAfter is how long the customer may be silent.
func (d *decision) inactiveAfter() time.Duration {
	switch {
	case d.s.Presence.InactiveAfter > 0:
		return d.s.Presence.InactiveAfter
	case d.p.InactiveAfter > 0:
		return d.p.InactiveAfter
	}
	return DefaultInactiveAfter
}

// listen begins a silence anew: of an active session, from the given moment.
func (d *decision) listen(from time.Time) {
	d.s.Silence = Silence{
		Generation: d.s.Silence.Generation + 1, InactiveDueAt: from.Add(d.inactiveAfter()),
	}
}

// hush calls off everything that waits for silence.
func (d *decision) hush() {
	if d.s.WakeAt().IsZero() {
		return
	}
	d.s.Silence.Generation++
	d.s.Silence.InactiveDueAt, d.s.Silence.StepDueAt = time.Time{}, time.Time{}
}

// stopLadder calls off the steps that are to come.
func (d *decision) stopLadder() {
	if d.s.Silence.StepDueAt.IsZero() {
		return
	}
	d.s.Silence.Generation++
	d.s.Silence.StepDueAt = time.Time{}
}

// answered begins the ladder with the first message of an agent since the
// customer's latest one, where the conversation waits for the customer.
func (d *decision) answered() {
	waits := d.s.Status == StatusOpen || d.s.Status == StatusPending
	_, ladder := d.s.Presence.Ladder.rung(0)
	if !ladder || !waits || d.s.Session == SessionEnded || d.s.LastCustomerMessageAt.IsZero() || !d.s.Silence.AnsweredAt.IsZero() {
		return
	}
	d.s.Silence.AnsweredAt = d.in.ReceivedAt
	d.armLadder()
}

// armLadder sets the time of the next step, if there is one.
func (d *decision) armLadder() {
	d.s.Silence.StepDueAt = time.Time{}
	if next, more := d.s.Presence.Ladder.rung(d.s.Silence.Steps); more {
		d.s.Silence.StepDueAt = d.s.Silence.AnsweredAt.Add(next.after)
	}
}

// restyle brings what waits under the settings of another style. Steps that
// are done stay done, and then none of the other ladder follow.
func (d *decision) restyle() {
	waiting := !d.s.Silence.StepDueAt.IsZero()
	if d.s.WakeAt().IsZero() {
		return
	}
	d.s.Silence.Generation++
	if !d.s.Silence.InactiveDueAt.IsZero() {
		d.s.Silence.InactiveDueAt = d.heardAt().Add(d.inactiveAfter())
	}
	d.s.Silence.StepDueAt = time.Time{}
	if waiting && d.s.Silence.Steps == 0 {
		d.armLadder()
	}
}

// heardAt is since when the customer has been silent.
func (d *decision) heardAt() time.Time {
	if d.s.LastCustomerMessageAt.IsZero() {
		return d.s.BeganAt
	}
	return d.s.LastCustomerMessageAt
}

// inactiveDue is an alarm. One that was set for an earlier silence, or rings
// too early, changes nothing.
func (d *decision) inactiveDue() {
	due := d.s.Silence.InactiveDueAt
	if d.in.Generation != d.s.Silence.Generation || due.IsZero() || d.now.Before(due) {
		return
	}
	d.s.Silence.InactiveDueAt = time.Time{}
	d.setSession(SessionInactive, CauseInactive)
}

// ladderGrace is how late a step may be before those after it move with it: a
// hub that was away must not send two reminders and solve in one breath.
const ladderGrace = 10 * time.Second

// stepDue is the alarm of a step of the ladder. One that was set for an earlier
// silence or another step, or rings too early, changes nothing.
func (d *decision) stepDue() {
	silence := &d.s.Silence
	if d.in.Generation != silence.Generation || d.in.Step != silence.Steps ||
		silence.StepDueAt.IsZero() || d.now.Before(silence.StepDueAt) {
		return
	}
	step, ok := d.s.Presence.Ladder.rung(silence.Steps)
	if late := d.now.Sub(silence.StepDueAt); late > ladderGrace {
		silence.AnsweredAt = silence.AnsweredAt.Add(late)
	}
	silence.Steps++
	d.armLadder()
	switch {
	case !ok:
	case step.status == StatusSolved:
		d.solve(CauseNoAnswer)
	case step.status != "":
		d.move(step.status, CauseNoAnswer)
	case d.in.Hindrance != "":
		d.effect(Noted{Cause: CauseReminder, Detail: "not sent: " + d.in.Hindrance})
	default:
		d.effect(Noted{Cause: CauseReminder})
		d.effect(Remind{Step: d.in.Step, Text: step.text})
	}
}

// endSession takes the conversation out of the way; its status stays.
func (d *decision) endSession() {
	if !d.s.Exists() || d.s.Status == StatusClosed || d.s.Session == SessionEnded {
		return
	}
	d.setSession(SessionEnded, CauseEndSession)
	d.hush()
}

// resumeSession takes an ended session up again, because an agent goes on with
// the conversation.
func (d *decision) resumeSession() {
	if d.s.Session == SessionEnded {
		d.setSession(SessionActive, CauseAgent)
		d.listen(d.in.ReceivedAt)
	}
}

// afterSession tells whether a message was accepted when the session had ended.
// One accepted before belongs to the conversation it was written into.
func (d *decision) afterSession() bool {
	return d.s.Session == SessionEnded && !d.in.ReceivedAt.Before(d.s.SessionEndedAt)
}
