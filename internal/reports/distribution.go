package reports

import (
	"math"
	"math/bits"
	"slices"
)

// Distribution is what a report keeps of many values: exactly how many, their
// sum and the highest, and their quantiles. Those are exact for up to 256
// values; beyond that they are at most 0.8 % off, since values are then counted
// in buckets of a 64th of a power of two.
//
// The zero value is empty. It is for one goroutine at a time.
type Distribution struct {
	Count int
	Sum   int64 // milliseconds
	Max   int64

	min     int64
	values  []int64 // while there are few
	buckets map[uint16]int
}

// exactValues is how many values are kept as they are.
const exactValues = 256

func (d *Distribution) add(v int64) {
	if d.Count == 0 || v < d.min {
		d.min = v
	}
	d.Max = max(d.Max, v)
	d.Count++
	d.Sum += v
	switch {
	case d.buckets != nil:
		d.buckets[bucketOf(v)]++
	case len(d.values) < exactValues:
		d.values = append(d.values, v)
	default:
		d.buckets = make(map[uint16]int, exactValues)
		for _, have := range d.values {
			d.buckets[bucketOf(have)]++
		}
		d.buckets[bucketOf(v)]++
		d.values = nil
	}
}

// Mean is the average; false without values.
func (d *Distribution) Mean() (float64, bool) { return rate(float64(d.Sum), d.Count) }

// Quantile is the smallest value that at least the share q of the values does
// not exceed, 0 < q <= 1; false without values.
func (d *Distribution) Quantile(q float64) (int64, bool) {
	if d.Count == 0 {
		return 0, false
	}
	rank := min(max(int(math.Ceil(q*float64(d.Count))), 1), d.Count)
	if d.buckets == nil {
		slices.Sort(d.values)
		return d.values[rank-1], true
	}
	numbers := make([]uint16, 0, len(d.buckets))
	for n := range d.buckets {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		if rank -= d.buckets[n]; rank <= 0 {
			return min(max(middleOf(n), d.min), d.Max), true
		}
	}
	return d.Max, true
}

// Buckets below 128 hold one value each; from there on a power of two has 64.
const bucketBits = 6

func bucketOf(v int64) uint16 {
	shift := max(bits.Len64(uint64(v))-bucketBits-1, 0)
	return uint16(shift<<bucketBits + int(v>>shift))
}

// middleOf is the value in the middle of a bucket.
func middleOf(n uint16) int64 {
	if n < 2<<bucketBits {
		return int64(n)
	}
	shift := n>>bucketBits - 1
	low := int64(n-shift<<bucketBits) << shift
	return low + (int64(1)<<shift-1)/2
}
