package threads

import "time"

// Measure tells how much of the time between two moments counts, such as the
// business hours in it ([Calendar.Between]). from is never after to, both are
// whole milliseconds, and measures add up: a to c is a to b and b to c.
type Measure func(from, to time.Time) time.Duration

// Metrics are the figures of one conversation. They are kept with it and
// carried over every decision ([Metrics.Advance]), so that nobody has to work
// them out from the history; [Conversation.ReadMetrics] answers them, and
// docs/lifecycle.md defines each.
//
// An event takes place when the hub received it, or at the latest moment that
// is counted already if that is later: what is worked late does not change what
// was added up. The metrics of a closed conversation are final.
type Metrics struct {
	// Until is the moment up to which the times are added up, in milliseconds
	// since 1970.
	Until   int64  `json:"until,omitempty"`
	Marks   Marks  `json:"marks,omitempty"`
	Replies int    `json:"replies,omitempty"`
	Elapsed Totals `json:"elapsed,omitzero"`
	// Business is kept from the beginning of a conversation whose style has a
	// schedule, by that schedule (ScheduleID) to the end. Once it cannot be
	// measured it is given up: a time with a gap would be a wrong one.
	Business   Totals `json:"business,omitzero"`
	ScheduleID string `json:"schedule_id,omitempty"`
	// OverCapacityReturns counts how often the conversation came back to an
	// agent without a free place. Routing counts it.
	OverCapacityReturns int `json:"over_capacity_returns,omitempty"`
}

// Marks say what has happened to a conversation and what is going on, as far as
// metrics depend on it. They are bits because they are written with every
// message.
type Marks uint32

// The numbers are stored: add at the end, never reorder.
const (
	markAssigned     Marks = 1 << iota // an agent got it
	markReplied                        // the customer got a reply
	markRepliedAfter                   // and one since the first assignment
	markAgentReplied                   // a reply of an agent's, not from the platform's app
	markAnswered                       // a message of the customer's got its reply
	markSolved
	markReturned  // it was taken back from solved, by whomever
	markRequester // it was new, open or on hold
	markPending
	markOnHold
	markHandled  // a stretch of handling with an agent's message has ended
	markWaiting  // now: the customer waits for a reply to a message
	markHandling // now: a stretch of handling runs
	markTouched  // now: an agent wrote in it
)

// Has tells whether all of the given marks are set.
func (m Marks) Has(all Marks) bool { return m&all == all }

// Totals are the times of a conversation by one measure, in milliseconds. The
// marks tell which of them stand for something.
type Totals struct {
	Age             int64 `json:"age,omitempty"` // since the conversation began
	FirstAssignment int64 `json:"first_assignment,omitempty"`
	FirstReply      int64 `json:"first_reply,omitempty"`
	AssignedToReply int64 `json:"assigned_to_reply,omitempty"`
	FirstSolve      int64 `json:"first_solve,omitempty"`
	LastSolve       int64 `json:"last_solve,omitempty"`
	Requester       int64 `json:"requester,omitempty"` // in new, open and on_hold
	Pending         int64 `json:"pending,omitempty"`
	OnHold          int64 `json:"on_hold,omitempty"`
	Answered        int64 `json:"answered,omitempty"` // waits for a reply that came
	Waiting         int64 `json:"waiting,omitempty"`  // the wait going on
	Handled         int64 `json:"handled,omitempty"`  // stretches that ended with an agent's message in them
	Stretch         int64 `json:"stretch,omitempty"`  // the stretch going on
}

// Advance carries the metrics over a decision: the state before and after it,
// and its input. business measures by the conversation's schedule, nil when it
// has none. It is pure.
func (m Metrics) Advance(before, after State, in Input, business Measure) Metrics {
	if before.Status == StatusClosed && after.Status == StatusClosed {
		return m
	}
	at := in.ReceivedAt
	if after.Status == StatusClosed {
		at = after.ClosedAt // when it was due, which may be before it was done
	}
	if !before.Exists() && business != nil {
		m.ScheduleID = after.Close.ScheduleID
	}
	m.spend(before.Status, at, business)
	var n news
	m.Marks, n = m.Marks.advance(before, after, in)
	if n.replied {
		m.Replies++
	}
	if n == (news{}) {
		return m
	}
	m.Elapsed.book(n)
	if m.ScheduleID != "" {
		m.Business.book(n)
	}
	return m
}

// spend adds the time up to a moment, all of it spent in one status.
func (m *Metrics) spend(in Status, at time.Time, business Measure) {
	if m.ScheduleID != "" && business == nil {
		m.ScheduleID, m.Business = "", Totals{}
	}
	until := at.UnixMilli()
	if m.Until == 0 {
		m.Until = until
	}
	if until <= m.Until {
		return
	}
	m.Elapsed.spend(in, m.Marks, until-m.Until)
	if m.ScheduleID != "" {
		d := business(time.UnixMilli(m.Until).UTC(), time.UnixMilli(until).UTC())
		m.Business.spend(in, m.Marks, d.Milliseconds())
	}
	m.Until = until
}

func (t *Totals) spend(in Status, marks Marks, ms int64) {
	t.Age += ms
	switch in {
	case StatusNew, StatusOpen:
		t.Requester += ms
	case StatusOnHold:
		t.Requester += ms
		t.OnHold += ms
	case StatusPending:
		t.Pending += ms
	}
	if marks.Has(markWaiting) {
		t.Waiting += ms
	}
	if marks.Has(markHandling) {
		t.Stretch += ms
	}
}

// news is what a decision means to the totals. The fields are in the order in
// which they happen.
type news struct {
	assigned      bool // for the first time
	stretchEnded  bool
	stretchCounts bool // an agent wrote in the stretch that ended
	askedAnew     bool // a reopening message: an older one is not waited for any more
	replied       bool
	firstReply    bool
	repliedAfter  bool // for the first time since the first assignment
	answered      bool // the wait of the customer ended
	solved        bool
	firstSolve    bool
}

// advance answers the marks after a decision, and what is new.
func (m Marks) advance(before, after State, in Input) (Marks, news) {
	var n news
	m |= markOf(after.Status)
	if done(before.Status) && !done(after.Status) {
		m |= markReturned
	}
	m = m.handle(before, after, in, &n)
	if in.Kind == InCustomerMessage && after.Status != StatusClosed {
		n.askedAnew = done(before.Status)
		m |= markWaiting
	}
	if in.replies() && after.Status != StatusClosed {
		m = m.reply(in, &n)
	}
	if !after.SolvedAt.IsZero() && !after.SolvedAt.Equal(before.SolvedAt) {
		n.solved, n.firstSolve = true, !m.Has(markSolved)
		m |= markSolved
	}
	return m, n
}

func done(s Status) bool { return s == StatusSolved || s == StatusClosed }

// markOf is the mark of having been in a status.
func markOf(s Status) Marks {
	switch s {
	case StatusNew, StatusOpen:
		return markRequester
	case StatusOnHold:
		return markRequester | markOnHold
	case StatusPending:
		return markPending
	}
	return 0
}

// handle follows the assignee's stretches: each begins when an agent gets the
// open conversation or the customer brings it back to them, and ends when it
// stops being open or theirs.
func (m Marks) handle(before, after State, in Input, n *news) Marks {
	moved := after.Assignee != before.Assignee
	if moved && after.Assignee != "" && !m.Has(markAssigned) {
		n.assigned = true
		m |= markAssigned
	}
	open := after.Status == StatusOpen
	if m.Has(markHandling) && (moved || !open) {
		n.stretchEnded, n.stretchCounts = true, m.Has(markTouched)
		if n.stretchCounts {
			m |= markHandled
		}
		m &^= markHandling | markTouched
	}
	back := in.Kind == InCustomerMessage && before.Exists() && before.Status != StatusOpen
	if open && after.Assignee != "" && (moved || back) {
		m |= markHandling
	}
	return m
}

func (m Marks) reply(in Input, n *news) Marks {
	n.replied = true
	n.firstReply = !m.Has(markReplied)
	n.repliedAfter = m.Has(markAssigned) && !m.Has(markRepliedAfter)
	n.answered = m.Has(markWaiting)
	m |= markReplied
	if n.repliedAfter {
		m |= markRepliedAfter
	}
	if n.answered {
		m = m&^markWaiting | markAnswered
	}
	if in.Kind != InExternalMessage {
		m |= markAgentReplied
		if m.Has(markHandling) {
			m |= markTouched
		}
	}
	return m
}

// book takes the news over into the totals, whose age is that of the news.
func (t *Totals) book(n news) {
	if n.assigned {
		t.FirstAssignment = t.Age
	}
	if n.stretchEnded {
		if n.stretchCounts {
			t.Handled += t.Stretch
		}
		t.Stretch = 0
	}
	if n.askedAnew {
		t.Waiting = 0
	}
	if n.firstReply {
		t.FirstReply = t.Age
	}
	if n.repliedAfter {
		t.AssignedToReply = t.Age - t.FirstAssignment
	}
	if n.answered {
		t.Answered += t.Waiting
		t.Waiting = 0
	}
	if n.solved {
		t.LastSolve = t.Age
	}
	if n.firstSolve {
		t.FirstSolve = t.Age
	}
}

// countReturns counts a conversation that came back to an agent without a free
// place.
func (m *Metrics) countReturns(effects []Effect) {
	for _, e := range effects {
		if _, ok := e.(OverCapacity); ok {
			m.OverCapacityReturns++
		}
	}
}
