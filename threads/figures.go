package threads

import "time"

// Figures are what reports count of one conversation: a small copy of its
// metrics, which stores keep under an index, so that a report over a period
// reads nothing else. They follow from the conversation alone ([FiguresOf]) and
// are written in the commit that changes it.
//
// A message of the customer's in a conversation that is new or open leaves them
// as they are, so that threading does not pay for reports: what adds up while a
// conversation goes on is taken in when it is solved.
type Figures struct {
	Channel  ChannelID
	Contact  ContactID
	Style    StyleName
	Assignee AgentID // who has it, or had it last; empty for nobody
	Group    GroupID

	CreatedAt time.Time
	SolvedAt  time.Time // of the latest solve; zero while it is not solved
	Closed    bool

	Reopens             int
	OverCapacityReturns int
	// Replies are counted when it is solved; 0 before.
	Replies int
	// OneTouch is nil until the first solve.
	OneTouch *bool

	Elapsed Spans
	// Business is nil when no schedule has measured the conversation.
	Business *Spans
}

// Timing is one of the times of a conversation.
type Timing int

// Timings, in the order of [Times]. The numbers are stored: add at the end.
const (
	TimingFirstReply Timing = iota
	TimingFirstAssignment
	TimingAssignmentToReply
	TimingRequesterWaitByStatus
	TimingRequesterWaitByMessage
	TimingAgentWait
	TimingOnHold
	TimingFirstResolution
	TimingFullResolution
	TimingHandle
	Timings // how many there are
)

// Spans are the times of a conversation in milliseconds, [NoSpan] for one that
// has no value.
type Spans [Timings]int64

// NoSpan stands for a time that has no value.
const NoSpan = -1

// countedWhen says from which moment on a report counts a time: a time that
// grows with the conversation would otherwise be half a time.
var countedWhen = [Timings]stage{
	TimingFirstReply: stageAny, TimingFirstAssignment: stageAny, TimingAssignmentToReply: stageAny,
	TimingRequesterWaitByStatus: stageSolved, TimingRequesterWaitByMessage: stageSolved,
	TimingAgentWait: stageSolved, TimingOnHold: stageSolved,
	TimingFirstResolution: stageAny, TimingFullResolution: stageClosed, TimingHandle: stageSolved,
}

// stage is how far a conversation is.
type stage int

const (
	stageAny stage = iota
	stageSolved
	stageClosed
)

func stageOf(s Status) stage {
	switch s {
	case StatusSolved:
		return stageSolved
	case StatusClosed:
		return stageClosed
	}
	return stageAny
}

// FiguresOf answers the figures of a conversation as it stands: those of
// [Conversation.ReadMetrics], of which the times that are added up count from
// the solve on and the full resolution from the close on. A reopening takes
// them back until the next solve.
func FiguresOf(c Conversation) Figures {
	at := stageOf(c.State.Status)
	f := Figures{
		Channel: c.ChannelID, Contact: c.Contact.ID, Style: c.State.Style,
		Assignee: c.State.Assignee, Group: c.State.Group,
		CreatedAt: c.CreatedAt, Closed: at == stageClosed,
		Reopens: c.State.ReopenCount, OverCapacityReturns: c.Metrics.OverCapacityReturns,
		OneTouch: c.Metrics.oneTouch(), Elapsed: spansOf(c.Metrics.Elapsed.read(c.Metrics.Marks), at),
	}
	if at >= stageSolved {
		f.SolvedAt, f.Replies = c.State.SolvedAt, c.Metrics.Replies
	}
	if c.Metrics.ScheduleID != "" {
		business := spansOf(c.Metrics.Business.read(c.Metrics.Marks), at)
		f.Business = &business
	}
	return f
}

func spansOf(t Times, at stage) Spans {
	list := [Timings]*time.Duration{
		t.FirstReply, t.FirstAssignment, t.AssignmentToReply, t.RequesterWaitByStatus, t.RequesterWaitByMessage,
		t.AgentWait, t.OnHold, t.FirstResolution, t.FullResolution, t.Handle,
	}
	var s Spans
	for i, d := range list {
		s[i] = NoSpan
		if d != nil && at >= countedWhen[i] {
			s[i] = d.Milliseconds()
		}
	}
	return s
}
