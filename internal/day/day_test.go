package day

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADayGoesWellAndTheSameEveryTime(t *testing.T) {
	o := Options{Seed: 7, Agents: 50, Conversations: 5000}
	r := Run(o)
	t.Logf("%+v ratio %.3f same %.3f", r, r.Ratio(), r.SameShare())
	require.Zero(t, r.Breaches)
	require.Zero(t, r.Miscounted)
	require.Zero(t, r.Left)
	require.GreaterOrEqual(t, r.Conversations, 5000)
	require.GreaterOrEqual(t, r.SameShare(), 0.95)
	require.Positive(t, r.IdealP95)
	require.Positive(t, r.OverCapacityReturns)
	require.Equal(t, r, Run(o))
}

func TestPercentiles(t *testing.T) {
	require.Zero(t, percentile(nil, 95))
	list := make([]time.Duration, 100)
	for i := range list {
		list[i] = time.Duration(100 - i)
	}
	require.EqualValues(t, 96, percentile(list, 95))
}

func TestFirstMessagesComeMostlyByDay(t *testing.T) {
	require.Zero(t, moment(0).Truncate(time.Minute))
	last := time.Duration(0)
	for i := range 101 {
		at := moment(float64(i) / 100)
		require.GreaterOrEqual(t, at, last)
		last = at
	}
	require.InDelta(t, 13, moment(0.5).Hours(), 1)
}
