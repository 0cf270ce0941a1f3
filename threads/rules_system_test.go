package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/threads/rules"
)

// The styles are the shipped rules: on any history, a conversation is solved
// exactly as long as none of them holds, and closes when the first does.
func TestDecideClosesWhenTheShippedRulesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{Style: anyStyle(t, "style of the channel"), AssigneeAvailable: true}
		hours, err := NewCalendar(anyHours(t))
		require.NoError(t, err)
		p.Calendar = &hours
		now := t0
		var s State
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "pause")) * time.Minute)
			in := anyInput(t, s, now)
			in.ReceivedAt = now
			before := s.Generation
			next, effects := Decide(s, in, p, now)
			s = next
			if begins(effects) {
				s = State{}
			}
			rule, due, closes := styleCloses(s, &hours)
			require.Equal(t, s.Status == StatusSolved, closes)
			if !closes {
				continue
			}
			require.Equal(t, due, s.CloseDueAt)
			if s.Generation != before {
				require.True(t, due.After(now), "a countdown that has run out when it starts closes at once")
			}
			early, _ := Decide(s, Input{Kind: InCloseDue, Generation: s.Generation, ReceivedAt: due}, p, due.Add(-time.Millisecond))
			require.Equal(t, s, early)
			closed, moves := Decide(s, Input{Kind: InCloseDue, Generation: s.Generation, ReceivedAt: due}, p, due)
			require.Equal(t, StatusClosed, closed.Status)
			require.Len(t, moves, 1)
			for _, r := range systemSet.Rules() {
				require.Equal(t, r.ID == rule, r.Holds(closingFacts{s, &hours}, due))
				require.False(t, r.Holds(closingFacts{s, &hours}, due.Add(-time.Millisecond)))
				require.False(t, r.Holds(closingFacts{closed, &hours}, due))
			}
		}
	})
}

func TestEveryStyleIsAShippedRule(t *testing.T) {
	for name, id := range map[StyleName]rules.ID{
		LiveChat: RuleLiveChat, LiveChatReturning: RuleLiveChatReturning, SocialMessaging: RuleSocialMessaging,
	} {
		style, _ := DefaultStyle(name)
		require.Equal(t, id, styleRuleOf(State{Style: name, Close: style.Close, Status: StatusClosed, SolvedAt: t0}))
	}
	for _, r := range SystemRules() {
		require.True(t, r.System && r.Enabled)
		require.NotEmpty(t, r.Name)
		require.NotEmpty(t, r.Description)
	}
	require.Len(t, systemSet.Rules(), 3)
}
