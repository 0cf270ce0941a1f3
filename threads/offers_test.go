package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// requireOffers holds a decision to what is always true of offers and of what
// comes back.
func requireOffers(t *rapid.T, before, after State, in Input, p Policy, effects []Effect) {
	require.True(t, after.Offer.Agent == "" || after.Waits(), "offered only while it waits")
	require.GreaterOrEqual(t, after.Offers, before.Offers)
	switch {
	case after.Offer == before.Offer, after.Offer.Agent == "":
		require.True(t, after.Offers == before.Offers || !before.Exists())
	default:
		require.Equal(t, InOffer, in.Kind, "only an offer offers")
		require.Empty(t, before.Offer.Agent, "one at a time")
		require.Equal(t, []int{before.Offers + 1, before.Offers + 1}, []int{after.Offers, after.Offer.Number})
		require.Equal(t, in.Assignee, after.Offer.Agent)
	}
	if before.Offer.Agent != "" && after.Offer == before.Offer && in.Kind == InAccept && in.Assignee != before.Offer.Agent && in.Assignee != "" {
		require.Equal(t, before, after, "who was not asked does not get what is offered to another")
	}
	for _, e := range effects {
		over, ok := e.(OverCapacity)
		if !ok {
			continue
		}
		require.False(t, before.UsesCapacity(p.CountInactive))
		require.True(t, after.UsesCapacity(p.CountInactive) && after.Assignee == before.Assignee && after.Assignee == over.Agent)
		require.Greater(t, over.Load, over.Max)
	}
	if in.Kind == InGive && after != before {
		require.Equal(t, in.Assignee, after.Assignee)
		require.True(t, before.Waits() && !after.Waits())
	}
}

// waitingState is a conversation that waits, offered to bea if told.
func waitingState(t *testing.T, offered bool) State {
	t.Helper()
	s := stateIn(t, StatusNew, style(t, SocialMessaging, ""))
	if offered {
		s, _ = Decide(s, Input{Kind: InOffer, Assignee: "ag_bea", ReceivedAt: t0, Until: t0.Add(30 * time.Second)}, Policy{}, t0)
		require.Equal(t, Offer{Agent: "ag_bea", Number: 1, At: t0, Until: t0.Add(30 * time.Second)}, s.Offer)
	}
	return s
}

func TestHowOffersEnd(t *testing.T) {
	late := t0.Add(30 * time.Second)
	for _, c := range []struct {
		name    string
		in      Input
		now     time.Time
		refused RefusalCode
		offered AgentID // after it
		has     AgentID
	}{
		{name: "the agent accepts", in: Input{Kind: InAccept, Assignee: "ag_bea"}, has: "ag_bea"},
		{name: "another accepts", in: Input{Kind: InAccept, Assignee: "ag_cyd"}, refused: RefusedTaken, offered: "ag_bea"},
		{name: "the agent declines", in: Input{Kind: InDecline, Assignee: "ag_bea"}},
		{name: "another declines", in: Input{Kind: InDecline, Assignee: "ag_cyd"}, refused: RefusedNotOffered, offered: "ag_bea"},
		{name: "its time is over", in: Input{Kind: InOfferDue, Offer: 1}, now: late},
		{name: "its alarm rings too early", in: Input{Kind: InOfferDue, Offer: 1}, now: late.Add(-1), offered: "ag_bea"},
		{name: "the alarm is another offer's", in: Input{Kind: InOfferDue, Offer: 2}, now: late, offered: "ag_bea"},
		{name: "it is withdrawn", in: Input{Kind: InWithdraw, Offer: 1}},
		{name: "another one is withdrawn", in: Input{Kind: InWithdraw, Offer: 0}, offered: "ag_bea"},
		{name: "a second offer", in: Input{Kind: InOffer, Assignee: "ag_cyd"}, refused: RefusedTaken, offered: "ag_bea"},
		{name: "an assignment by routing", in: Input{Kind: InGive, Assignee: "ag_cyd"}, refused: RefusedTaken, offered: "ag_bea"},
		{name: "an assignment by hand", in: Input{Kind: InAssign, Assignee: "ag_cyd"}, has: "ag_cyd"},
		{name: "another answers the customer", in: Input{Kind: InAgentMessage, Actor: Author{Type: AuthorAgent, ID: "ag_cyd"}}, has: "ag_cyd"},
		{name: "the customer writes more", in: Input{Kind: InCustomerMessage}, offered: "ag_bea"},
		{name: "it moves to another group", in: Input{Kind: InAssign, Group: "gr_2"}},
		{name: "its session ends", in: Input{Kind: InEndSession}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := waitingState(t, true)
			c.in.ReceivedAt = t0.Add(time.Second)
			if c.now.IsZero() {
				c.now = c.in.ReceivedAt
			}
			after, effects := Decide(before, c.in, Policy{}, c.now)
			if c.refused != "" {
				require.Equal(t, c.refused, effects[0].(Refused).Code)
				require.NotEmpty(t, effects[0].(Refused).Detail)
			}
			require.Equal(t, c.offered, after.Offer.Agent)
			require.Equal(t, c.has, after.Assignee)
			require.Equal(t, 1, after.Offers)
		})
	}
}

func TestPassesAreRememberedWhileItWaits(t *testing.T) {
	c := Conversation{State: waitingState(t, true)}
	step := func(in Input) {
		before := c.State
		in.ReceivedAt = t0.Add(time.Minute)
		c.State, _ = Decide(c.State, in, Policy{}, in.ReceivedAt)
		c.passed(before, in)
	}
	step(Input{Kind: InDecline, Assignee: "ag_bea"})
	require.Equal(t, []Pass{{"ag_bea", t0.Add(time.Minute), PassDeclined}}, c.Passes)
	step(Input{Kind: InOffer, Assignee: "ag_cyd", Until: t0})
	step(Input{Kind: InOfferDue, Offer: 2})
	require.Equal(t, []PassReason{PassDeclined, PassTimedOut}, []PassReason{c.Passes[0].Why, c.Passes[1].Why})
	step(Input{Kind: InOffer, Assignee: "ag_bea", Until: t0})
	step(Input{Kind: InWithdraw, Offer: 3})
	require.Len(t, c.Passes, 2, "nobody passed")
	step(Input{Kind: InOffer, Assignee: "ag_bea", Until: t0})
	step(Input{Kind: InOfferDue, Offer: 4})
	require.Equal(t, "ag_bea", string(c.Passes[1].Agent), "the latest of each agent counts")
	require.Len(t, c.Passes, 2)
	step(Input{Kind: InAccept, Assignee: "ag_dan"})
	require.Empty(t, c.Passes)
	step(Input{Kind: InAssign})
	require.Equal(t, []Pass{{"ag_dan", t0.Add(time.Minute), PassReleased}}, c.Passes)
	require.Empty(t, c.State.Previous, "it was taken away on purpose")
}

func TestWhatIsOpenIsTakenFromAnAgentWhoLeft(t *testing.T) {
	st := style(t, SocialMessaging, "")
	in := Input{Kind: InRequeue, Assignee: "ag_bea", ReceivedAt: t0.Add(time.Hour)}
	after, effects := Decide(stateIn(t, StatusOpen, st), in, Policy{}, in.ReceivedAt)
	require.Equal(t, []any{AgentID(""), AgentID("ag_bea"), t0}, []any{after.Assignee, after.Previous, after.QueuedAt})
	require.Contains(t, effects, Noted{Cause: CauseAgentLeft, Detail: "ag_bea"})
	require.Contains(t, effects, Freed{Agent: "ag_bea"})
	for _, s := range []Status{StatusNew, StatusPending, StatusOnHold, StatusSolved, StatusClosed} {
		before := stateIn(t, s, st)
		after, effects := Decide(before, in, Policy{}, in.ReceivedAt)
		require.Equal(t, before, after, s)
		require.Empty(t, effects)
	}
	before := stateIn(t, StatusOpen, st)
	in.Assignee = "ag_cyd"
	after, _ = Decide(before, in, Policy{}, in.ReceivedAt)
	require.Equal(t, before, after, "it is another's")
}

func TestWhoKnowsAllButTheOffersMayChangeIt(t *testing.T) {
	c := Conversation{Version: 7, OfferCommits: 2}
	for version, want := range map[int64]bool{4: false, 5: true, 6: true, 7: true, 8: false} {
		require.Equal(t, want, c.Knows(version), version)
	}
	next := change(c, c, nil, Author{}, t0)
	require.Equal(t, []int64{8, 0}, []int64{next.Conversation.Version, next.Conversation.OfferCommits})
}

func TestWhatAnOfferCameTo(t *testing.T) {
	was := Conversation{State: State{Offer: Offer{Agent: "ag_bea", Number: 3, At: t0}}}
	for name, c := range map[string]struct {
		after Conversation
		want  RoutingOutcome
	}{
		"still open":       {was, ""},
		"accepted":         {Conversation{State: State{Assignee: "ag_bea"}}, OfferAccepted},
		"declined":         {Conversation{Passes: []Pass{{"ag_bea", t0.Add(1), PassDeclined}}}, OfferDeclined},
		"timed out":        {Conversation{Passes: []Pass{{"ag_bea", t0, PassTimedOut}}}, OfferTimedOut},
		"an older pass":    {Conversation{Passes: []Pass{{"ag_bea", t0.Add(-1), PassTimedOut}}}, OfferWithdrawn},
		"taken by another": {Conversation{State: State{Assignee: "ag_cyd"}}, OfferWithdrawn},
	} {
		got, over := OfferEnd(was, c.after)
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.want != "", over, name)
	}
}
