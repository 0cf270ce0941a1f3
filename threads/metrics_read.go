package threads

import "time"

// Times are the times of one conversation as they are read. A nil one has no
// value yet: one of its events has not happened.
type Times struct {
	FirstReply             *time.Duration // beginning to first reply
	FirstAssignment        *time.Duration // beginning to first assignment
	AssignmentToReply      *time.Duration // first assignment to the first reply after it
	RequesterWaitByStatus  *time.Duration // in new, open and on_hold
	RequesterWaitByMessage *time.Duration // sum of the customer's waits, from a message to its reply
	AgentWait              *time.Duration // in pending
	OnHold                 *time.Duration // in on_hold
	FirstResolution        *time.Duration // beginning to first solve
	FullResolution         *time.Duration // beginning to latest solve; final once closed
	Handle                 *time.Duration // sum of the stretches with an agent's message in them
}

// MetricValues are the metrics of one conversation as they are read.
type MetricValues struct {
	Elapsed Times
	// Business is nil when no schedule has measured the conversation from its
	// beginning.
	Business            *Times
	Replies             int
	Reopens             int
	OverCapacityReturns int
	// OneTouch is nil until the first solve.
	OneTouch *bool
}

// ReadMetrics answers the conversation's metrics at a moment: the times it
// spends in its state go on until then. business measures by the schedule that
// Metrics.ScheduleID names; when it is nil, business times are those of the
// latest change.
func (c Conversation) ReadMetrics(now time.Time, business Measure) MetricValues {
	m := c.Metrics
	if c.State.Status != StatusClosed {
		if business == nil {
			business = func(_, _ time.Time) time.Duration { return 0 }
		}
		m.spend(c.State.Status, now, business)
	}
	v := MetricValues{
		Elapsed: m.Elapsed.read(m.Marks), Replies: m.Replies,
		Reopens: c.State.ReopenCount, OverCapacityReturns: m.OverCapacityReturns,
	}
	if m.ScheduleID != "" {
		times := m.Business.read(m.Marks)
		v.Business = &times
	}
	v.OneTouch = m.oneTouch()
	return v
}

// oneTouch is nil until the first solve.
func (m Metrics) oneTouch() *bool {
	if !m.Marks.Has(markSolved) {
		return nil
	}
	oneTouch := m.Marks.Has(markAgentReplied) && m.Marks&(markPending|markOnHold|markReturned) == 0
	return &oneTouch
}

func (t Totals) read(marks Marks) Times {
	when := func(mark Marks, ms int64) *time.Duration {
		if !marks.Has(mark) {
			return nil
		}
		d := time.Duration(ms) * time.Millisecond
		return &d
	}
	out := Times{
		FirstReply:             when(markReplied, t.FirstReply),
		FirstAssignment:        when(markAssigned, t.FirstAssignment),
		AssignmentToReply:      when(markRepliedAfter, t.AssignedToReply),
		RequesterWaitByStatus:  when(markRequester, t.Requester),
		RequesterWaitByMessage: when(markAnswered, t.Answered),
		AgentWait:              when(markPending, t.Pending),
		OnHold:                 when(markOnHold, t.OnHold),
		FirstResolution:        when(markSolved, t.FirstSolve),
		FullResolution:         when(markSolved, t.LastSolve),
		Handle:                 when(markHandled, t.Handled),
	}
	if marks.Has(markTouched) {
		d := time.Duration(t.Handled+t.Stretch) * time.Millisecond
		out.Handle = &d
	}
	return out
}
