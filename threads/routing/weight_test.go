package routing

import (
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

func weighing(places int) Waiting { return someone(func(w *Waiting) { w.Weight = places }) }

func TestAHeavyConversationNeedsSoManyPlaces(t *testing.T) {
	f := floorOf(noon, nil, online("ag_a", 2, 3), online("ag_b", 1, 4), online("ag_c", 0, 2))
	d := f.Decide(weighing(3))
	require.Equal(t, threads.AgentID("ag_b"), d.Agent)
	require.Equal(t, 3, d.Places)
	require.Contains(t, d.Detail, "needs 3, has 3 left")
	require.Equal(t, []threads.RoutingExclusion{
		{Agent: "ag_a", Reason: threads.ExcludedFull, Detail: "holds 2 of 3; needs 3, has 1 left"},
		{Agent: "ag_c", Reason: threads.ExcludedFull, Detail: "holds 0 of 2; needs 3, which is more than they may hold at all"},
	}, d.Excluded)

	f.Take("ag_b", weighing(3), false)
	b, _ := f.Agent("ag_b")
	require.Equal(t, 4, b.Load)
	d = f.Decide(weighing(3))
	require.Equal(t, threads.WhyAllFull, d.Why)
	require.Equal(t, "it needs 3 places: none of the 3 who are there has so many left", d.Detail)
	require.Zero(t, f.Decide(someone()).Places, "one place is not worth saying")
}

func TestPlacesAreKeptForAHeavyConversationAtTheHeadOfTheLine(t *testing.T) {
	agents := []Agent{online("ag_a", 2, 3), online("ag_b", 2, 4), online("ag_c", 0, 2), online("ag_d", 2, 2)}
	f := floorOf(noon, nil, agents...)
	f.Keep(weighing(3))
	d := f.Decide(someone())
	require.Equal(t, threads.AgentID("ag_c"), d.Agent, "not ag_b, whose two places are kept")
	require.Contains(t, d.Excluded, threads.RoutingExclusion{
		Agent: "ag_b", Reason: threads.ExcludedFull, Detail: "holds 2 of 4; has 2 left, kept for an earlier one that needs 3",
	})
	f.Keep(weighing(3))
	f.Keep(weighing(3))
	require.Equal(t, threads.AgentID("ag_c"), f.Decide(someone()).Agent, "they could never have it: nothing is kept of theirs")

	f = floorOf(noon, nil, agents...)
	f.Keep(someone())
	require.Equal(t, threads.AgentID("ag_b"), f.Decide(someone()).Agent, "what takes one place waits for nobody's others")
	f = floorOf(noon, nil, agents[0], agents[1])
	f.Keep(weighing(3))
	f.Keep(weighing(2))
	require.False(t, f.HasRoom(), "what is left is kept")
}

func TestWhatTheStoreRefusedToAHeavyOneMayFitALightOne(t *testing.T) {
	f := floorOf(noon, nil, online("ag_a", 0, 5))
	f.Fill("ag_a", weighing(3))
	require.Equal(t, threads.WhyAllFull, f.Decide(weighing(3)).Why)
	require.Equal(t, threads.AgentID("ag_a"), f.Decide(weighing(2)).Agent)
}
