package threads

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyPresence draws settings of silence; most ladders are off.
func anyPresence(t *rapid.T, name string) Presence {
	p := Presence{
		InactiveAfter: time.Duration(rapid.IntRange(0, 90).Draw(t, name+" inactive after")) * time.Minute,
		CountInactive: rapid.SampledFrom([]Switch{"", SwitchOn, SwitchOff}).Draw(t, name+" counts inactive"),
	}
	if !rapid.Bool().Draw(t, name+" has a ladder") {
		return p
	}
	step := func(what string) time.Duration {
		return time.Duration(rapid.IntRange(1, 100).Draw(t, name+" "+what)) * time.Minute
	}
	p.Ladder.RemindAfter, p.Ladder.RemindText = step("reminder"), "Are you there?"
	at := p.Ladder.RemindAfter
	if rapid.Bool().Draw(t, name+" reminds again") {
		at += step("second")
		p.Ladder.AgainAfter, p.Ladder.AgainText = at, "Still there?"
	}
	if rapid.Bool().Draw(t, name+" ends") {
		p.Ladder.ThenAfter = at + step("end")
		p.Ladder.Then = rapid.SampledFrom([]Status{StatusPending, StatusSolved}).Draw(t, name+" ends as")
	}
	return p
}

// requireSilence holds a decision to what waits for the customer's silence.
func requireSilence(t *rapid.T, before, after State, in Input, effects []Effect) {
	s := after.Silence
	live := after.Exists() && after.Status != StatusClosed
	require.Equal(t, live && after.Session == SessionActive, !s.InactiveDueAt.IsZero(), "a session waits to be inactive exactly while it is active")
	require.Equal(t, after.Session == SessionEnded, !after.SessionEndedAt.IsZero())
	if !s.StepDueAt.IsZero() {
		require.Contains(t, []Status{StatusOpen, StatusPending}, after.Status, "steps wait only while the customer is waited for")
		require.NotEqual(t, SessionEnded, after.Session)
		require.False(t, s.AnsweredAt.IsZero())
	}
	require.GreaterOrEqual(t, s.Generation, before.Silence.Generation)
	sessions, moved := before.Session, false
	for _, e := range effects {
		switch e := e.(type) {
		case SessionMoved:
			moved = true
			require.Equal(t, sessions, e.From, "the log of the session has no gap")
			sessions = e.To
		case Remind:
			require.Equal(t, InStepDue, in.Kind)
			require.Empty(t, in.Hindrance)
			require.Equal(t, before.Silence.Steps, e.Step)
			require.Equal(t, before.Silence.Steps+1, s.Steps, "a step is done once")
			require.NotEmpty(t, e.Text)
		}
	}
	if moved || before.Exists() {
		require.Equal(t, sessions, after.Session, "every change of the session is logged")
	}
	switch {
	case in.Kind == InCustomerMessage && live:
		require.Equal(t, SessionActive, after.Session)
		require.Zero(t, s.Steps, "the customer's message calls the ladder off")
		require.True(t, s.StepDueAt.IsZero())
		require.Greater(t, s.Generation, before.Silence.Generation, "and voids the alarms set before")
	case in.Kind == InInactiveDue || in.Kind == InStepDue:
		if in.Generation != before.Silence.Generation {
			require.Equal(t, before, after, "a stale alarm changes nothing")
			require.Empty(t, effects)
		}
		require.Equal(t, before.FirstReplyAt, after.FirstReplyAt, "a reminder is no reply")
		require.Equal(t, before.LastAgentMessageAt, after.LastAgentMessageAt)
	}
	requireFreed(t, before, after, effects)
}

// requireFreed holds the news of a free place to capacity as a function of the
// state.
func requireFreed(t *rapid.T, before, after State, effects []Effect) {
	freed := slices.ContainsFunc(effects, func(e Effect) bool { f, ok := e.(Freed); return ok && f.Agent == before.Assignee })
	lost := before.UsesCapacity(false) && (!after.UsesCapacity(false) || after.Assignee != before.Assignee)
	require.Equal(t, lost, freed)
	for _, s := range []State{before, after} {
		if s.UsesCapacity(false) {
			require.True(t, s.UsesCapacity(true), "counting inactive ones never frees a place")
		}
		require.Equal(t, s.UsesCapacity(true), slices.Contains(CapacityLoads(true), s.Load()))
		require.Equal(t, s.UsesCapacity(false), slices.Contains(CapacityLoads(false), s.Load()))
	}
}

// TestAnAlarmOfAnEarlierSilenceChangesNothing lets time pass in which the
// customer writes, and then rings every alarm that was ever set.
func TestAnAlarmOfAnEarlierSilenceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st, _ := DefaultStyle(SocialMessaging)
		st.Presence = anyPresence(t, "style")
		p := Policy{Style: st, AssigneeAvailable: true}
		now := t0
		s, _ := Decide(State{}, Input{Kind: InCustomerMessage, ReceivedAt: now}, p, now)
		var alarms []Input
		for range rapid.IntRange(1, 10).Draw(t, "exchanges") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "pause")) * time.Minute)
			in := Input{Kind: InAgentMessage, Actor: bea, ReceivedAt: now}
			if rapid.Bool().Draw(t, "the customer writes") {
				in = Input{Kind: InCustomerMessage, ReceivedAt: now}
			}
			alarms = append(alarms, s.silenceInputs(now.Add(24*time.Hour))...)
			s, _ = Decide(s, in, p, now)
		}
		now = now.Add(time.Minute)
		s, _ = Decide(s, Input{Kind: InCustomerMessage, ReceivedAt: now}, p, now)
		late := now.Add(1000 * time.Hour)
		for _, alarm := range alarms {
			after, effects := Decide(s, alarm, p, late)
			require.Equal(t, s, after)
			require.Empty(t, effects)
		}
	})
}
