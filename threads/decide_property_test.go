package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyInput draws one thing that could happen at the given time.
func anyInput(t *rapid.T, s State, now time.Time) Input {
	kinds := []InputKind{
		InCustomerMessage, InAgentMessage, InExternalMessage, InNote, InAssign, InAccept, InStart, InSetStatus,
		InSetStyle, InCloseDue, InEndSession, InDeliveryFailed, InAttended, InInactiveDue, InStepDue, InRecount,
		InOffer, InOffer, InGive, InDecline, InOfferDue, InWithdraw, InRequeue, "nonsense",
	}
	agents := []AgentID{"", "ag_bea", "ag_cyd"}
	st := anyStyle(t, "style")
	in := Input{
		Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Actor: Author{Type: AuthorAgent, ID: "ag_bea"},
		ReceivedAt: now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "backlog")) * time.Minute),
		Assignee:   rapid.SampledFrom(agents).Draw(t, "assignee"),
		Status:     rapid.SampledFrom(append([]Status{"odd"}, Statuses...)).Draw(t, "status"),
		Style:      st, Admin: rapid.Bool().Draw(t, "admin"),
		Generation: s.Generation - int64(rapid.IntRange(0, 1).Draw(t, "stale")),
		Step:       s.Silence.Steps - rapid.IntRange(0, 1).Draw(t, "an earlier step"),
		Offer:      s.Offer.Number - rapid.IntRange(0, 1).Draw(t, "an earlier offer"),
		Until:      now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "offered for")) * time.Minute),
		Hindrance:  rapid.SampledFrom([]string{"", "the reply window is closed"}).Draw(t, "hindrance"),
	}
	if in.Kind == InInactiveDue || in.Kind == InStepDue {
		in.Generation = s.Silence.Generation - int64(rapid.IntRange(0, 1).Draw(t, "stale silence"))
	}
	if in.Kind != InCustomerMessage {
		in.ReceivedAt = now
	}
	return in
}

// anyStyle draws a style, by either clock.
func anyStyle(t *rapid.T, name string) Style {
	st, _ := DefaultStyle(rapid.SampledFrom([]StyleName{LiveChat, LiveChatReturning, SocialMessaging}).Draw(t, name))
	if rapid.Bool().Draw(t, name+" in business time") {
		st.Close.Clock, st.Close.ScheduleID = ClockBusiness, "sc_1"
	}
	st.Presence = anyPresence(t, name)
	return st
}

func TestDecideKeepsItsPromisesOnAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{Style: anyStyle(t, "style of the channel")}
		hours, err := NewCalendar(anyHours(t))
		require.NoError(t, err)
		now := t0
		var s State
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "pause")) * time.Minute)
			p.AssigneeRoom = Room{Load: rapid.IntRange(0, 3).Draw(t, "load"), Max: rapid.IntRange(0, 3).Draw(t, "max")}
			p.AssigneeAvailable = rapid.Bool().Draw(t, "available")
			p.Calendar = nil
			if rapid.Bool().Draw(t, "the schedule is there") {
				p.Calendar = &hours
			}
			in := anyInput(t, s, now)
			next, effects := Decide(s, in, p, now)
			requireCounted(t, s, next, p)
			again, effectsAgain := Decide(s, in, p, now)
			require.Equal(t, next, again, "the same input answers the same state")
			require.Equal(t, effects, effectsAgain)
			requireSound(t, s, next, in, effects)
			requireSilence(t, s, next, in, effects)
			requireOffers(t, s, next, in, p, effects)
			s = next
			if begins(effects) {
				require.Equal(t, StatusClosed, s.Status, "a new conversation begins only after a closed one")
				s = State{}
			}
		}
	})
}

// requireCounted holds a countdown that began to the clock of its style.
func requireCounted(t *rapid.T, before, after State, p Policy) {
	if after.Status != StatusSolved || after.Generation == before.Generation {
		return
	}
	elapsed := after.CloseDueAt.Sub(after.SolvedAt)
	require.LessOrEqual(t, elapsed, MaxCloseAfter)
	if after.Close.Clock != ClockBusiness {
		require.Equal(t, after.Close.After, elapsed)
		return
	}
	require.NotNil(t, p.Calendar, "business time is never counted without a schedule")
	if elapsed < MaxCloseAfter {
		require.Equal(t, after.Close.After, p.Calendar.Between(after.SolvedAt, after.CloseDueAt))
	}
}

func requireSound(t *rapid.T, before, after State, in Input, effects []Effect) {
	status := before.Status
	for _, e := range effects {
		switch e := e.(type) {
		case Refused:
			require.Equal(t, before, after, "a refusal changes nothing")
			require.Len(t, effects, 1)
		case Moved:
			require.Equal(t, status, e.From, "the log has no gap")
			require.NotEqual(t, e.From, e.To)
			status = e.To
		case SessionMoved:
			require.NotEqual(t, e.From, e.To)
			require.Equal(t, after.Session, e.To)
		case Counting:
			require.Equal(t, after.CloseDueAt, e.Due)
			require.Equal(t, after.Generation, e.Generation)
		}
	}
	require.Equal(t, after.Status, status, "the log ends where the state is")
	require.Equal(t, after.Status == StatusSolved, !after.CloseDueAt.IsZero(), "counts down exactly while solved")
	require.Equal(t, after.Status == StatusClosed, !after.ClosedAt.IsZero())
	require.GreaterOrEqual(t, after.Generation, before.Generation)
	if !before.CloseDueAt.IsZero() && !before.CloseDueAt.Equal(after.CloseDueAt) && after.Status != StatusClosed {
		require.Greater(t, after.Generation, before.Generation, "a countdown that ends or moves voids its alarm")
	}
	reopened := before.ReopenCount != after.ReopenCount
	if reopened {
		require.Equal(t, InCustomerMessage, in.Kind, "only the customer reopens")
		require.Equal(t, before.ReopenCount+1, after.ReopenCount)
		require.Contains(t, []Status{StatusSolved, StatusClosed}, before.Status)
	}
	if before.Status == StatusClosed && after.Status != StatusClosed {
		require.True(t, reopened && in.ReceivedAt.Before(before.ClosedAt) && before.Successor == "", "closed is final but for what was accepted before it")
	}
	waits := after.Assignee == "" && after.Session != SessionEnded && (after.Status == StatusNew || after.Status == StatusOpen)
	require.Equal(t, waits, !after.QueuedAt.IsZero(), "in the queue exactly while waiting for an agent")
}
