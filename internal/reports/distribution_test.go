package reports

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestQuantilesAreAsExactAsTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := int64(1) << rapid.IntRange(0, 40).Draw(t, "size")
		values := rapid.SliceOfN(rapid.Int64Range(0, top), 1, 400).Draw(t, "values")
		values = slices.Repeat(values, rapid.IntRange(1, 3).Draw(t, "times"))
		var d Distribution
		sum := int64(0)
		for _, v := range values {
			d.add(v)
			sum += v
		}
		slices.Sort(values)
		require.Equal(t, []int64{int64(len(values)), sum, values[len(values)-1]}, []int64{int64(d.Count), d.Sum, d.Max})
		for _, q := range []float64{0.001, 0.5, 0.9, 1} {
			want := values[max(int(math.Ceil(q*float64(len(values)))), 1)-1]
			got, ok := d.Quantile(q)
			require.True(t, ok)
			if len(values) <= exactValues {
				require.Equal(t, want, got)
				continue
			}
			require.InDelta(t, want, got, 0.008*float64(want), "quantile %v", q)
		}
	})
}

func TestNothingHasNeitherMeanNorQuantile(t *testing.T) {
	var d Distribution
	_, ok := d.Mean()
	require.False(t, ok)
	_, ok = d.Quantile(0.5)
	require.False(t, ok)
}

func TestEachValueIsNearTheMiddleOfItsBucket(t *testing.T) {
	last := uint16(0)
	for v := int64(0); v < 1<<17; v++ {
		n := bucketOf(v)
		require.LessOrEqual(t, last, n)
		require.LessOrEqual(t, n-last, uint16(1), "no bucket is skipped")
		require.InDelta(t, v, middleOf(n), 0.008*float64(v))
		last = n
	}
	require.InEpsilon(t, int64(math.MaxInt64), middleOf(bucketOf(math.MaxInt64)), 0.008)
}
