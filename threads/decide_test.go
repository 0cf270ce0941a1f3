package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var t0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func style(t *testing.T, name StyleName, after string) Style {
	t.Helper()
	var d *time.Duration
	if after != "" {
		v, err := time.ParseDuration(after)
		require.NoError(t, err)
		d = &v
	}
	s, err := NewStyle(name, d, "", "")
	require.NoError(t, err)
	return s
}

// in a given status, with Bea as the assignee of all but new ones.
func stateIn(t *testing.T, s Status, st Style) State {
	t.Helper()
	p := Policy{Style: st, AssigneeAvailable: true}
	out, _ := Decide(State{}, Input{Kind: InCustomerMessage, ReceivedAt: t0}, p, t0)
	if s == StatusNew {
		return out
	}
	out, _ = Decide(out, Input{Kind: InAssign, Assignee: "ag_bea", Actor: bea, ReceivedAt: t0}, p, t0)
	if s == StatusOpen {
		return out
	}
	target := s
	if s == StatusClosed {
		target = StatusSolved
	}
	out, _ = Decide(out, Input{Kind: InSetStatus, Status: target, Actor: bea, ReceivedAt: t0}, p, t0)
	if s == StatusClosed && out.Status != StatusClosed {
		out, _ = Decide(out, Input{Kind: InSetStatus, Status: StatusClosed, Admin: true, Actor: bea, ReceivedAt: t0}, p, t0)
	}
	require.Equal(t, s, out.Status)
	return out
}

var bea = Author{Type: AuthorAgent, ID: "ag_bea"}

func TestEveryCellOfTheTransitionTable(t *testing.T) {
	later := t0.Add(time.Minute)
	message := Input{Kind: InCustomerMessage}
	reply := Input{Kind: InAgentMessage, Actor: bea}
	accept := Input{Kind: InAccept, Assignee: "ag_bea", Actor: bea}
	assign := Input{Kind: InAssign, Assignee: "ag_cyd", Actor: bea}
	note := Input{Kind: InNote, Actor: bea}
	end := Input{Kind: InEndSession, Actor: bea}
	failed := Input{Kind: InDeliveryFailed}
	external := Input{Kind: InExternalMessage}
	set := func(s Status) Input { return Input{Kind: InSetStatus, Status: s, Actor: bea} }
	closeAsAdmin := Input{Kind: InSetStatus, Status: StatusClosed, Admin: true, Actor: bea}

	type want struct {
		status Status
		code   RefusalCode
		begin  bool
	}
	to := func(s Status) want { return want{status: s} }
	no := func(c RefusalCode) want { return want{code: c} }
	cases := []struct {
		name string
		in   Input
		// new, open, pending, on_hold, solved, closed
		want [6]want
	}{
		{"customer message", message, [6]want{to(StatusNew), to(StatusOpen), to(StatusOpen), to(StatusOpen), to(StatusOpen), {status: StatusClosed, begin: true}}},
		{"agent accepts", accept, [6]want{to(StatusOpen), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), no(RefusedClosed)}},
		{"agent is assigned", assign, [6]want{to(StatusOpen), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), no(RefusedClosed)}},
		{"agent message", reply, [6]want{to(StatusOpen), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), no(RefusedClosed)}},
		{"an old message, known by an edit", Input{Kind: InOldMessage}, [6]want{to(StatusNew), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), to(StatusClosed)}},
		{"internal note", note, [6]want{to(StatusNew), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), no(RefusedClosed)}},
		{"set pending", set(StatusPending), [6]want{to(StatusPending), to(StatusPending), to(StatusPending), to(StatusPending), to(StatusPending), no(RefusedClosed)}},
		{"set on hold", set(StatusOnHold), [6]want{to(StatusOnHold), to(StatusOnHold), to(StatusOnHold), to(StatusOnHold), to(StatusOnHold), no(RefusedClosed)}},
		{"set open", set(StatusOpen), [6]want{no(RefusedIllegal), to(StatusOpen), to(StatusOpen), to(StatusOpen), to(StatusOpen), no(RefusedClosed)}},
		{"set solved", set(StatusSolved), [6]want{to(StatusSolved), to(StatusSolved), to(StatusSolved), to(StatusSolved), to(StatusSolved), no(RefusedClosed)}},
		{"set new", set(StatusNew), [6]want{no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), to(StatusClosed)}},
		{"set closed as an agent", set(StatusClosed), [6]want{no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), to(StatusClosed)}},
		{"set closed as an admin", closeAsAdmin, [6]want{no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), to(StatusClosed), to(StatusClosed)}},
		{"set a status nobody knows", set("done"), [6]want{no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedClosed)}},
		{"session ended", end, [6]want{to(StatusNew), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), to(StatusClosed)}},
		{"delivery failed", failed, [6]want{to(StatusNew), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), to(StatusClosed)}},
		{"answer in the platform's own app", external, [6]want{to(StatusNew), to(StatusOpen), to(StatusPending), to(StatusOnHold), to(StatusSolved), to(StatusClosed)}},
		{"an input nobody knows", Input{Kind: "x"}, [6]want{no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid), no(RefusedInvalid)}},
	}
	for _, c := range cases {
		for i, from := range Statuses {
			t.Run(c.name+" while "+string(from), func(t *testing.T) {
				st := style(t, SocialMessaging, "")
				before := stateIn(t, from, st)
				in := c.in
				in.ReceivedAt = later
				after, effects := Decide(before, in, Policy{Style: st, AssigneeAvailable: true}, later)
				w := c.want[i]
				if w.code != "" {
					require.Equal(t, []Effect{effects[0]}, effects)
					require.Equal(t, w.code, effects[0].(Refused).Code)
					require.NotEmpty(t, effects[0].(Refused).Detail)
					require.Equal(t, before, after, "a refusal changes nothing")
					return
				}
				require.Equal(t, w.status, after.Status)
				require.Equal(t, w.begin, begins(effects))
			})
		}
	}
}

func TestReopeningByTheCustomer(t *testing.T) {
	st := style(t, LiveChatReturning, "3s")
	p := Policy{Style: st, AssigneeAvailable: true}
	solved := stateIn(t, StatusSolved, st)
	require.Equal(t, t0.Add(3*time.Second), solved.CloseDueAt)

	reopened, effects := Decide(solved, Input{Kind: InCustomerMessage, ReceivedAt: t0.Add(time.Second)}, p, t0.Add(time.Second))
	require.Equal(t, StatusOpen, reopened.Status)
	require.Equal(t, 1, reopened.ReopenCount)
	require.Equal(t, AgentID("ag_bea"), reopened.Assignee)
	require.True(t, reopened.CloseDueAt.IsZero())
	require.Contains(t, effects, Effect(Moved{StatusSolved, StatusOpen, CauseReopened}))

	stale, effects := Decide(reopened, Input{Kind: InCloseDue, Generation: solved.Generation}, p, t0.Add(time.Hour))
	require.Equal(t, reopened, stale, "the alarm of a countdown that was voided does nothing")
	require.Empty(t, effects)

	again, _ := Decide(reopened, Input{Kind: InSetStatus, Status: StatusSolved, Actor: bea, ReceivedAt: t0.Add(2 * time.Second)}, p, t0.Add(2*time.Second))
	require.Equal(t, t0.Add(5*time.Second), again.CloseDueAt, "counts from the second solve")
	early, _ := Decide(again, Input{Kind: InCloseDue, Generation: again.Generation}, p, t0.Add(4*time.Second))
	require.Equal(t, StatusSolved, early.Status)
	old, _ := Decide(again, Input{Kind: InCloseDue, Generation: solved.Generation}, p, t0.Add(6*time.Second))
	require.Equal(t, StatusSolved, old.Status)
	closed, _ := Decide(again, Input{Kind: InCloseDue, Generation: again.Generation}, p, t0.Add(6*time.Second))
	require.Equal(t, StatusClosed, closed.Status)
	require.Equal(t, t0.Add(5*time.Second), closed.ClosedAt, "closed as of the moment it was due")
}

func TestReopenedWithoutItsAgentGoesBackToTheQueueWithItsWaitingTime(t *testing.T) {
	st := style(t, SocialMessaging, "")
	solved := stateIn(t, StatusSolved, st)
	s, effects := Decide(solved, Input{Kind: InCustomerMessage, ReceivedAt: t0.Add(time.Hour)}, Policy{Style: st}, t0.Add(time.Hour))
	require.Equal(t, StatusOpen, s.Status)
	require.Empty(t, s.Assignee)
	require.Equal(t, t0, s.QueuedAt)
	require.Contains(t, effects, Effect(Queued{Since: t0}))
}

func TestLiveChatSolvesAndClosesInOneStep(t *testing.T) {
	st := style(t, LiveChat, "")
	open := stateIn(t, StatusOpen, st)
	s, effects := Decide(open, Input{Kind: InSetStatus, Status: StatusSolved, Actor: bea, ReceivedAt: t0}, Policy{Style: st}, t0)
	require.Equal(t, StatusClosed, s.Status)
	require.Equal(t, t0, s.ClosedAt)
	require.Equal(t, []Effect{
		Moved{StatusOpen, StatusSolved, CauseAgent}, Moved{StatusSolved, StatusClosed, CauseSolvedStyle}, Freed{"ag_bea"},
	}, effects)
	_, effects = Decide(s, Input{Kind: InCustomerMessage, ReceivedAt: t0.Add(time.Second)}, Policy{Style: st}, t0.Add(time.Second))
	require.Equal(t, []Effect{Begin{FollowUp: true}}, effects)
}

func TestReceiveTimeDecidesOverWorkingTime(t *testing.T) {
	st := style(t, SocialMessaging, "96h")
	p := Policy{Style: st, AssigneeAvailable: true}
	solved := stateIn(t, StatusSolved, st)
	worked := solved.CloseDueAt.Add(time.Minute)

	t.Run("accepted just before the close and worked after it: reopened", func(t *testing.T) {
		s, effects := Decide(solved, Input{Kind: InCustomerMessage, ReceivedAt: solved.CloseDueAt.Add(-time.Second)}, p, worked)
		require.Equal(t, StatusOpen, s.Status)
		require.False(t, begins(effects))
	})
	t.Run("accepted at the very moment of the close, which has not been carried out: closed, and a new one", func(t *testing.T) {
		s, effects := Decide(solved, Input{Kind: InCustomerMessage, ReceivedAt: solved.CloseDueAt}, p, worked)
		require.Equal(t, StatusClosed, s.Status)
		require.Equal(t, solved.CloseDueAt, s.ClosedAt)
		require.True(t, begins(effects))
	})
	closed, _ := Decide(solved, Input{Kind: InCloseDue, Generation: solved.Generation}, p, worked)
	t.Run("the close was faster than the message accepted before it: the close yields", func(t *testing.T) {
		s, effects := Decide(closed, Input{Kind: InCustomerMessage, ReceivedAt: solved.CloseDueAt.Add(-time.Second)}, p, worked)
		require.Equal(t, StatusOpen, s.Status)
		require.True(t, s.ClosedAt.IsZero())
		require.Contains(t, effects, Effect(Moved{StatusClosed, StatusOpen, CauseBeforeClose}))
	})
	t.Run("unless a newer conversation exists", func(t *testing.T) {
		closed := closed
		closed.Successor = "cv_next"
		s, effects := Decide(closed, Input{Kind: InCustomerMessage, ReceivedAt: solved.CloseDueAt.Add(-time.Second)}, p, worked)
		require.Equal(t, closed, s)
		require.Equal(t, []Effect{Begin{FollowUp: true}}, effects)
	})
}

func TestChangingTheStyle(t *testing.T) {
	social, live, returning := style(t, SocialMessaging, ""), style(t, LiveChat, ""), style(t, LiveChatReturning, "2h")
	p := Policy{Style: social, AssigneeAvailable: true}
	at := t0.Add(time.Hour)
	t.Run("to live chat while solved closes at once", func(t *testing.T) {
		s, _ := Decide(stateIn(t, StatusSolved, social), Input{Kind: InSetStyle, Style: live, ReceivedAt: at, Actor: bea}, p, at)
		require.Equal(t, StatusClosed, s.Status)
	})
	t.Run("to live chat while open closes at the next solve", func(t *testing.T) {
		s, _ := Decide(stateIn(t, StatusOpen, social), Input{Kind: InSetStyle, Style: live, ReceivedAt: at, Actor: bea}, p, at)
		require.Equal(t, StatusOpen, s.Status)
		s, _ = Decide(s, Input{Kind: InSetStatus, Status: StatusSolved, ReceivedAt: at, Actor: bea}, p, at)
		require.Equal(t, StatusClosed, s.Status)
	})
	t.Run("while solved the countdown starts over from the same solve and the old alarm is void", func(t *testing.T) {
		before := stateIn(t, StatusSolved, social)
		s, _ := Decide(before, Input{Kind: InSetStyle, Style: returning, ReceivedAt: at, Actor: bea}, p, at)
		require.Equal(t, t0.Add(2*time.Hour), s.CloseDueAt)
		require.Greater(t, s.Generation, before.Generation)
	})
	t.Run("closes at once when the new window is over already", func(t *testing.T) {
		late := t0.Add(3 * time.Hour)
		s, _ := Decide(stateIn(t, StatusSolved, social), Input{Kind: InSetStyle, Style: returning, ReceivedAt: late, Actor: bea}, p, late)
		require.Equal(t, StatusClosed, s.Status)
	})
}

func TestAnEndedSessionMakesTheNextMessageANewConversation(t *testing.T) {
	st := style(t, SocialMessaging, "")
	p := Policy{Style: st, AssigneeAvailable: true}
	s, effects := Decide(stateIn(t, StatusOpen, st), Input{Kind: InEndSession, Actor: bea, ReceivedAt: t0}, p, t0)
	require.Equal(t, StatusOpen, s.Status)
	require.Equal(t, []Effect{SessionMoved{SessionActive, SessionEnded, CauseEndSession}, Freed{"ag_bea"}}, effects)
	again, effects := Decide(s, Input{Kind: InEndSession, Actor: bea, ReceivedAt: t0}, p, t0)
	require.Equal(t, s, again)
	require.Empty(t, effects)
	s, effects = Decide(s, Input{Kind: InCustomerMessage, ReceivedAt: t0.Add(time.Second)}, p, t0.Add(time.Second))
	require.Equal(t, StatusClosed, s.Status)
	require.True(t, begins(effects))
}

func TestSolverAndSenderBecomeTheAssigneeOfWhatNobodyHas(t *testing.T) {
	st := style(t, SocialMessaging, "")
	for _, in := range []Input{{Kind: InSetStatus, Status: StatusSolved}, {Kind: InAgentMessage}} {
		in.Actor, in.ReceivedAt = bea, t0
		s, _ := Decide(stateIn(t, StatusNew, st), in, Policy{Style: st}, t0)
		require.Equal(t, AgentID("ag_bea"), s.Assignee)
		require.True(t, s.QueuedAt.IsZero())
	}
}

func TestAcceptingWhatAnotherAgentHasIsRefused(t *testing.T) {
	st := style(t, SocialMessaging, "")
	before := stateIn(t, StatusOpen, st)
	s, effects := Decide(before, Input{Kind: InAccept, Assignee: "ag_cyd", Actor: Author{Type: AuthorAgent, ID: "ag_cyd"}, ReceivedAt: t0}, Policy{Style: st}, t0)
	require.Equal(t, before, s)
	require.Equal(t, RefusedTaken, effects[0].(Refused).Code)
}

func TestStyleSettings(t *testing.T) {
	hours := func(h int) *time.Duration { d := time.Duration(h) * time.Hour; return &d }
	zero, second, less := time.Duration(0), time.Second, 999*time.Millisecond
	cases := []struct {
		name  string
		style StyleName
		after *time.Duration
		clock Clock
		ok    bool
	}{
		{"default of social messaging", SocialMessaging, nil, "", true},
		{"28 days", SocialMessaging, hours(672), ClockElapsed, true},
		{"28 days and an hour", SocialMessaging, hours(673), "", false},
		{"one second", LiveChatReturning, &second, "", true},
		{"less than a second", LiveChatReturning, &less, "", false},
		{"nothing at all where there must be a delay", SocialMessaging, &zero, "", false},
		{"live chat with a delay", LiveChat, hours(1), "", false},
		{"live chat with no delay", LiveChat, &zero, "", true},
		{"an unknown style", "chatty", nil, "", false},
		{"an unknown clock", SocialMessaging, nil, "lunar", false},
		{"business time without a schedule", SocialMessaging, nil, ClockBusiness, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewStyle(c.style, c.after, c.clock, "")
			require.Equal(t, c.ok, err == nil, "%v", err)
		})
	}
}
