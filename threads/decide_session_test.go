package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// story carries a state through inputs at minutes after t0.
type story struct {
	t *testing.T
	s State
	p Policy
}

func newStory(t *testing.T, p Presence) *story {
	t.Helper()
	st := style(t, SocialMessaging, "")
	st.Presence = p
	return &story{t: t, p: Policy{Style: st, AssigneeAvailable: true}}
}

func minute(n float64) time.Time { return t0.Add(time.Duration(n * float64(time.Minute))) }

func (y *story) at(n float64, in Input) []Effect {
	y.t.Helper()
	in.ReceivedAt = minute(n)
	return y.late(n, in)
}

// late decides at the minute on an input that keeps its time of receipt.
func (y *story) late(n float64, in Input) []Effect {
	y.t.Helper()
	s, effects := Decide(y.s, in, y.p, minute(n))
	y.s = s
	return effects
}

// ring rings every alarm that is due at the minute.
func (y *story) ring(n float64) (effects []Effect) {
	for _, in := range y.s.silenceInputs(minute(n)) {
		effects = append(effects, y.late(n, in)...)
	}
	return effects
}

var (
	asks  = Input{Kind: InCustomerMessage}
	says  = Input{Kind: InAgentMessage, Actor: bea}
	takes = Input{Kind: InAccept, Assignee: "ag_bea", Actor: bea}
	ends  = Input{Kind: InEndSession, Actor: bea}
)

func becomes(s Status) Input { return Input{Kind: InSetStatus, Status: s, Actor: bea} }

func TestASessionIsInactiveSoLongAfterTheCustomersLastMessageWhateverAgentsSay(t *testing.T) {
	y := newStory(t, Presence{InactiveAfter: 5 * time.Minute})
	y.at(0, asks)
	y.at(0, takes)
	for _, n := range []float64{0, 2, 4} {
		y.at(n, says)
	}
	require.Equal(t, minute(5), y.s.WakeAt())
	require.Empty(t, y.ring(4.999))
	require.True(t, y.s.UsesCapacity(false))
	require.Equal(t, []Effect{SessionMoved{SessionActive, SessionInactive, CauseInactive}, Freed{"ag_bea"}}, y.ring(5))
	require.Equal(t, StatusOpen, y.s.Status, "the status stays")
	require.False(t, y.s.UsesCapacity(false))
	require.True(t, y.s.UsesCapacity(true))
	require.Empty(t, y.ring(60), "once")

	effects := y.at(61, asks)
	require.Equal(t, []Effect{SessionMoved{SessionInactive, SessionActive, CauseCustomerMessage}}, effects)
	require.True(t, y.s.UsesCapacity(false))
	require.Equal(t, minute(66), y.s.WakeAt())
}

func TestWhoSaysHowLongASessionIsActive(t *testing.T) {
	for _, c := range []struct {
		name       string
		style, hub time.Duration
		want       float64
	}{
		{"nobody: ten minutes", 0, 0, 10},
		{"the hub", 0, 3 * time.Minute, 3},
		{"the style before the hub", 7 * time.Minute, 3 * time.Minute, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newStory(t, Presence{InactiveAfter: c.style})
			y.p.InactiveAfter = c.hub
			y.at(0, asks)
			require.Equal(t, minute(c.want), y.s.WakeAt())
		})
	}
	t.Run("changed settings apply from the customer's next message", func(t *testing.T) {
		y := newStory(t, Presence{InactiveAfter: 5 * time.Minute})
		y.at(0, asks)
		y.p.Style.Presence.InactiveAfter = time.Minute
		y.at(1, says)
		require.Equal(t, minute(5), y.s.WakeAt())
		y.at(2, asks)
		require.Equal(t, minute(3), y.s.WakeAt())
	})
	t.Run("a style of the conversation's own moves what waits", func(t *testing.T) {
		y := newStory(t, Presence{InactiveAfter: 5 * time.Minute})
		y.at(0, asks)
		own := y.p.Style
		own.Presence.InactiveAfter = 2 * time.Minute
		y.at(1, Input{Kind: InSetStyle, Style: own, Actor: bea})
		require.Equal(t, minute(2), y.s.WakeAt())
		y.at(10, asks)
		require.Equal(t, minute(12), y.s.WakeAt(), "and stays when the channel's says otherwise")
	})
}

func TestWhetherInactiveConversationsCountIsTheStylesBeforeTheHubs(t *testing.T) {
	for own, want := range map[Switch][2]bool{"": {false, true}, SwitchOn: {true, true}, SwitchOff: {false, false}} {
		y := newStory(t, Presence{CountInactive: own})
		y.at(0, asks)
		y.at(0, takes)
		y.ring(10)
		require.Equal(t, SessionInactive, y.s.Session)
		require.Equal(t, want, [2]bool{y.s.UsesCapacity(false), y.s.UsesCapacity(true)}, own)
	}
	y := newStory(t, Presence{})
	y.p.CountInactive = true
	y.at(0, asks)
	y.at(0, takes)
	require.NotContains(t, y.ring(10), Effect(Freed{"ag_bea"}), "nothing is freed while inactive ones count")
}

func ladder() Ladder {
	return Ladder{
		RemindAfter: 5 * time.Minute, RemindText: "Are you still there?", AgainAfter: 10 * time.Minute, AgainText: "We close this soon.",
		ThenAfter: 15 * time.Minute, Then: StatusSolved,
	}
}

func TestALadderCountsFromTheFirstAnswerSinceTheCustomersLastMessage(t *testing.T) {
	y := newStory(t, Presence{Ladder: ladder(), InactiveAfter: 12 * time.Minute})
	y.at(0, asks)
	require.True(t, y.s.Silence.StepDueAt.IsZero(), "nobody has answered yet")
	y.at(1, says)
	y.at(4, says)
	require.Equal(t, minute(6), y.s.Silence.StepDueAt)
	before := y.s
	require.Equal(t, []Effect{Noted{Cause: CauseReminder}, Remind{0, "Are you still there?"}}, y.ring(6))
	require.Equal(t, before.FirstReplyAt, y.s.FirstReplyAt)
	require.Equal(t, before.LastAgentMessageAt, y.s.LastAgentMessageAt, "a reminder is no agent's reply")
	y.at(7, says)
	require.Equal(t, minute(11), y.s.Silence.StepDueAt)
	require.Equal(t, []Effect{Noted{Cause: CauseReminder}, Remind{1, "We close this soon."}}, y.ring(11))
	require.Equal(t, []Effect{SessionMoved{SessionActive, SessionInactive, CauseInactive}, Freed{"ag_bea"}}, y.ring(12))
	effects := y.ring(16)
	require.Contains(t, effects, Effect(Moved{StatusOpen, StatusSolved, CauseNoAnswer}))
	require.Equal(t, minute(16), y.s.SolvedAt)
	require.Equal(t, minute(16).Add(96*time.Hour), y.s.CloseDueAt)
	require.True(t, y.s.WakeAt().IsZero())
}

func TestAStepIsDoneOnce(t *testing.T) {
	y := newStory(t, Presence{Ladder: ladder()})
	y.at(0, asks)
	y.at(0, says)
	alarm := y.s.silenceInputs(minute(5))[0]
	require.Len(t, y.late(5, alarm), 2)
	require.Empty(t, y.late(5, alarm), "the same alarm again")
	require.Empty(t, y.late(60, alarm), "also when the next step is overdue")
	require.Equal(t, 1, y.s.Silence.Steps)
}

func TestWhatCallsALadderOff(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Input
		off  bool
	}{
		{"the customer writes", asks, true},
		{"solved", becomes(StatusSolved), true},
		{"on hold: somebody else is waited for", becomes(StatusOnHold), true},
		{"the session is ended", ends, true},
		{"pending waits for the customer too", becomes(StatusPending), false},
		{"a note", Input{Kind: InNote, Actor: bea}, false},
		{"the business writes in the platform's own app", Input{Kind: InExternalMessage}, false},
		{"another agent gets it", Input{Kind: InAssign, Assignee: "ag_cyd", Actor: bea}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newStory(t, Presence{Ladder: ladder()})
			y.at(0, asks)
			y.at(1, says)
			alarm := y.s.silenceInputs(minute(6))[0]
			y.at(2, c.in)
			before := y.s
			require.Equal(t, c.off, y.s.Silence.StepDueAt.IsZero())
			effects := y.late(6, alarm)
			if c.off {
				require.Empty(t, effects)
				require.Equal(t, before, y.s)
				return
			}
			require.Contains(t, effects, Effect(Remind{0, "Are you still there?"}))
		})
	}
	t.Run("and it begins anew only once the customer has written", func(t *testing.T) {
		y := newStory(t, Presence{Ladder: ladder()})
		y.at(0, asks)
		y.at(1, says)
		y.at(2, becomes(StatusSolved))
		y.at(3, becomes(StatusOpen))
		y.at(4, says)
		require.True(t, y.s.Silence.StepDueAt.IsZero())
		y.at(5, asks)
		y.at(6, says)
		require.Equal(t, minute(11), y.s.Silence.StepDueAt)
	})
}

func TestAReminderThatCannotBeSentIsLeftOutAndLogged(t *testing.T) {
	y := newStory(t, Presence{Ladder: ladder()})
	y.at(0, asks)
	y.at(0, says)
	in := y.s.silenceInputs(minute(5))[0]
	in.Hindrance = "the platform's reply window is closed"
	require.Equal(t, []Effect{Noted{CauseReminder, "not sent: the platform's reply window is closed"}}, y.late(5, in))
	require.Equal(t, minute(10), y.s.Silence.StepDueAt, "the next step comes all the same")
}

func TestStepsKeepTheirDistanceWhenTheHubWasAway(t *testing.T) {
	y := newStory(t, Presence{Ladder: ladder()})
	y.at(0, asks)
	y.at(0, says)
	y.ring(60)
	require.Equal(t, 1, y.s.Silence.Steps, "one step of those that are overdue")
	require.Equal(t, minute(65), y.s.Silence.StepDueAt)
	y.ring(65.1)
	require.Equal(t, minute(70), y.s.Silence.StepDueAt, "a few seconds move nothing")
}

func TestReminderlessLadderSetsPendingAlone(t *testing.T) {
	y := newStory(t, Presence{Ladder: Ladder{ThenAfter: 3 * time.Minute, Then: StatusPending}})
	y.at(0, asks)
	y.at(1, says)
	require.Contains(t, y.ring(4), Effect(Moved{StatusOpen, StatusPending, CauseNoAnswer}))
	require.True(t, y.s.Silence.StepDueAt.IsZero())
}

func TestALadderOfALiveChatSolvesAndCloses(t *testing.T) {
	y := newStory(t, Presence{})
	y.p.Style = style(t, LiveChat, "")
	y.p.Style.Presence.Ladder = Ladder{ThenAfter: 3 * time.Minute, Then: StatusSolved}
	y.at(0, asks)
	y.at(1, says)
	effects := y.ring(4)
	require.Equal(t, []Effect{Moved{StatusOpen, StatusSolved, CauseNoAnswer}, Moved{StatusSolved, StatusClosed, CauseSolvedStyle}, Freed{"ag_bea"}}, effects)
	require.True(t, y.s.WakeAt().IsZero(), "what is closed waits for nobody")
}

func TestAMessageAcceptedBeforeItsSessionEndedStays(t *testing.T) {
	early := Input{Kind: InCustomerMessage, ReceivedAt: minute(1)}
	begun := func(t *testing.T) *story {
		y := newStory(t, Presence{})
		y.at(0, asks)
		y.at(0, takes)
		y.at(2, ends)
		require.Equal(t, minute(2), y.s.SessionEndedAt)
		require.True(t, y.s.WakeAt().IsZero())
		return y
	}
	t.Run("worked later: the end yields to it", func(t *testing.T) {
		y := begun(t)
		effects := y.late(3, early)
		require.Equal(t, []Effect{SessionMoved{SessionEnded, SessionActive, CauseBeforeEnd}}, effects)
		require.True(t, y.s.UsesCapacity(false))
	})
	t.Run("at the moment of the end it is the next conversation's", func(t *testing.T) {
		y := begun(t)
		require.True(t, begins(y.at(2, asks)))
	})
	t.Run("not when the conversation was closed by a message after the end", func(t *testing.T) {
		y := begun(t)
		require.True(t, begins(y.at(5, asks)))
		require.Equal(t, StatusClosed, y.s.Status)
		y.late(6, Input{Kind: InCustomerMessage, ReceivedAt: minute(4)})
		require.Equal(t, StatusClosed, y.s.Status, "it was accepted after the end too")
	})
}

func TestAnEndedSessionLeavesTheQueueAndComesBackWithAnAgent(t *testing.T) {
	y := newStory(t, Presence{})
	y.at(0, asks)
	require.False(t, y.s.QueuedAt.IsZero())
	require.Equal(t, []Effect{SessionMoved{SessionActive, SessionEnded, CauseEndSession}}, y.at(1, ends))
	require.True(t, y.s.QueuedAt.IsZero())
	require.Equal(t, StatusNew, y.s.Status)
	require.Empty(t, y.at(2, ends), "again")
	y.s.Group = "gr_1"
	y.at(3, becomes(StatusOpen))
	require.Equal(t, SessionActive, y.s.Session)
	require.Equal(t, minute(13), y.s.WakeAt(), "an agent who goes on with it takes the session up")
}

func TestACountdownMovesToChangedSettingsWhenAskedTo(t *testing.T) {
	solvedAt := func(t *testing.T) *story {
		y := newStory(t, Presence{})
		y.at(0, asks)
		y.at(1, becomes(StatusSolved))
		return y
	}
	again := Input{Kind: InRecount, Actor: bea}
	t.Run("from the same solve, and the old alarm is void", func(t *testing.T) {
		y := solvedAt(t)
		y.p.Style.Close.After = time.Hour
		before := y.s
		require.Len(t, y.at(2, again), 2)
		require.Equal(t, minute(61), y.s.CloseDueAt)
		require.Greater(t, y.s.Generation, before.Generation)
		require.Empty(t, y.at(3, again), "doing it again changes nothing")
	})
	t.Run("one that has run out closes", func(t *testing.T) {
		y := solvedAt(t)
		y.p.Style.Close.After = time.Second
		require.Contains(t, y.at(2, again), Effect(Moved{StatusSolved, StatusClosed, CauseSettings}))
	})
	t.Run("changed hours of the same schedule count too", func(t *testing.T) {
		y := newStory(t, Presence{})
		y.p.Style.Close = Countdown{After: time.Hour, Clock: ClockBusiness, ScheduleID: "sc_1"}
		// t0 is a Sunday.
		sundays, err := NewCalendar(Hours{Zone: "UTC", Intervals: []WeekInterval{{"sunday", Interval{"00:00", "24:00"}}}})
		require.NoError(t, err)
		y.p.Calendar = &sundays
		y.at(0, asks)
		y.at(1, becomes(StatusSolved))
		require.Equal(t, minute(61), y.s.CloseDueAt)
		later, err := NewCalendar(Hours{Zone: "UTC", Intervals: []WeekInterval{{"sunday", Interval{"10:00", "24:00"}}}})
		require.NoError(t, err)
		y.p.Calendar = &later
		require.Len(t, y.at(2, again), 2)
		require.Equal(t, minute(120), y.s.CloseDueAt)
		y.p.Calendar = nil // deleted meanwhile
		require.Len(t, y.at(2, again), 2)
		require.Equal(t, ClockElapsed, y.s.Close.Clock)
		require.Empty(t, y.at(3, again))
	})
	t.Run("a style of the conversation's own stays", func(t *testing.T) {
		y := solvedAt(t)
		y.at(2, Input{Kind: InSetStyle, Style: style(t, SocialMessaging, "2h"), Actor: bea})
		y.p.Style.Close.After = time.Hour
		require.Empty(t, y.at(3, again))
	})
	t.Run("where nothing counts down nothing happens", func(t *testing.T) {
		y := newStory(t, Presence{})
		y.at(0, asks)
		before := y.s
		require.Empty(t, y.at(1, again))
		require.Equal(t, before, y.s)
	})
}
