package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// business is a style that counts the hours of the schedule sc_1.
func business(t testing.TB, after time.Duration) Style {
	t.Helper()
	s, err := NewStyle(SocialMessaging, &after, ClockBusiness, "sc_1")
	require.NoError(t, err)
	return s
}

// t0 is a Sunday, 09:00.
var monday = t0.Add(24 * time.Hour)

func solveIn(t testing.TB, st Style, hours *Calendar, at time.Time) State {
	t.Helper()
	p := Policy{Style: st, AssigneeAvailable: true, Calendar: hours}
	s, _ := Decide(State{}, Input{Kind: InCustomerMessage, ReceivedAt: at}, p, at)
	s, _ = Decide(s, Input{Kind: InSetStatus, Status: StatusSolved, Actor: bea, ReceivedAt: at}, p, at)
	return s
}

func TestABusinessCountdownRunsInOpenHours(t *testing.T) {
	hours := calendar(t, office("UTC"))
	s := solveIn(t, business(t, 4*time.Hour), &hours, t0)
	require.Equal(t, StatusSolved, s.Status)
	require.Equal(t, monday.Add(5*time.Hour), s.CloseDueAt, "09:00 to 12:00 and 13:00 to 14:00")
	require.Equal(t, Countdown{After: 4 * time.Hour, Clock: ClockBusiness, ScheduleID: "sc_1"}, s.Close)
	require.True(t, s == solveIn(t, business(t, 4*time.Hour), &hours, t0), "states can be compared")

	reopened, _ := Decide(s, Input{Kind: InCustomerMessage, ReceivedAt: s.CloseDueAt.Add(-time.Millisecond)}, Policy{AssigneeAvailable: true}, s.CloseDueAt)
	require.Equal(t, StatusOpen, reopened.Status)
	closed, effects := Decide(s, Input{Kind: InCustomerMessage, ReceivedAt: s.CloseDueAt}, Policy{AssigneeAvailable: true}, s.CloseDueAt)
	require.Equal(t, StatusClosed, closed.Status)
	require.True(t, begins(effects))
}

func TestNoClockRunsLongerThan28Days(t *testing.T) {
	rare := calendar(t, Hours{Zone: "UTC", Intervals: []WeekInterval{{"sunday", Interval{"10:00", "11:00"}}}})
	s := solveIn(t, business(t, MaxCloseAfter), &rare, t0)
	require.Equal(t, t0.Add(MaxCloseAfter), s.CloseDueAt, "four Sundays have passed, not 672")
	s = solveIn(t, business(t, 2*time.Hour), &rare, t0)
	require.Equal(t, t0.Add(7*24*time.Hour+2*time.Hour), s.CloseDueAt)
	require.Equal(t, t0.Add(MaxCloseAfter), Countdown{After: 9000 * time.Hour}.Due(t0, nil))
}

func TestWithoutItsScheduleACountdownIsElapsedTime(t *testing.T) {
	s := solveIn(t, business(t, 4*time.Hour), nil, t0)
	require.Equal(t, t0.Add(4*time.Hour), s.CloseDueAt)
	require.Equal(t, Countdown{After: 4 * time.Hour, Clock: ClockElapsed}, s.Close, "which the log shows")
}

func TestLiveChatClosesAtOnceEvenWhenBusinessIsClosed(t *testing.T) {
	hours := calendar(t, office("UTC"))
	st, err := NewStyle(LiveChat, nil, ClockBusiness, "sc_1")
	require.NoError(t, err)
	s := solveIn(t, st, &hours, t0)
	require.Equal(t, []any{StatusClosed, t0}, []any{s.Status, s.ClosedAt})
}

func TestChangingTheClockOfACountdownThatRuns(t *testing.T) {
	hours := calendar(t, office("UTC"))
	before := solveIn(t, style(t, SocialMessaging, "1h"), nil, t0)
	at := t0.Add(30 * time.Minute)
	s, _ := Decide(before, Input{Kind: InSetStyle, Style: business(t, 2*time.Hour), Actor: bea, ReceivedAt: at}, Policy{Calendar: &hours}, at)
	require.Equal(t, monday.Add(2*time.Hour), s.CloseDueAt)
	require.Greater(t, s.Generation, before.Generation)
	back, _ := Decide(s, Input{Kind: InSetStyle, Style: style(t, SocialMessaging, "1h"), Actor: bea, ReceivedAt: at}, Policy{}, at)
	require.Equal(t, t0.Add(time.Hour), back.CloseDueAt)
}

func TestWhichCountdownAnInputStarts(t *testing.T) {
	social, own := business(t, time.Hour), business(t, 2*time.Hour)
	p := Policy{Style: social}
	solve := Input{Kind: InSetStatus, Status: StatusSolved}
	state := func(s Status, ownStyle bool) State {
		return State{Status: s, Style: SocialMessaging, Close: own.Close, OwnStyle: ownStyle}
	}
	for name, c := range map[string]struct {
		state  State
		in     Input
		want   Countdown
		counts bool
	}{
		"a solve under the channel's settings":         {state(StatusOpen, false), solve, social.Close, true},
		"a solve under the conversation's own":         {state(StatusOpen, true), solve, own.Close, true},
		"solving what is solved":                       {state(StatusSolved, false), solve, Countdown{}, false},
		"solving what is closed":                       {state(StatusClosed, false), solve, Countdown{}, false},
		"another status":                               {state(StatusOpen, false), Input{Kind: InSetStatus, Status: StatusPending}, Countdown{}, false},
		"another style while solved":                   {state(StatusSolved, false), Input{Kind: InSetStyle, Style: own}, own.Close, true},
		"another style while open":                     {state(StatusOpen, false), Input{Kind: InSetStyle, Style: own}, Countdown{}, false},
		"a customer's message, which ends a countdown": {state(StatusSolved, false), Input{Kind: InCustomerMessage}, Countdown{}, false},
	} {
		got, counts := p.counts(c.state, c.in)
		require.Equal(t, c.counts, counts, name)
		if counts {
			require.Equal(t, c.want, got, name)
		}
	}
}
