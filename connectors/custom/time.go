package custom

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// readTime reads a time as a platform writes it: a number in the unit, or
// RFC 3339. With the unit auto, or none, the magnitude of the number tells. A
// time outside of this and the next centuries is none.
func readTime(text, unit string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if unit == "rfc3339" || strings.ContainsAny(text, "T:") {
		at, err := time.Parse(time.RFC3339, text)
		return bounded(at, err == nil && unit != "s" && unit != "ms" && unit != "us" && unit != "ns")
	}
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return bounded(wholeTime(whole, unit), true)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e18 {
		return time.Time{}, false
	}
	if unit == "" || unit == "auto" {
		unit = magnitude(int64(f))
	}
	per := map[string]float64{"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1}[unit]
	nanos := f * per
	if math.Abs(nanos) > math.MaxInt64/2 {
		return time.Time{}, false
	}
	return bounded(time.Unix(0, int64(nanos)), true)
}

func magnitude(n int64) string {
	switch {
	case n < 1e11:
		return "s"
	case n < 1e14:
		return "ms"
	case n < 1e17:
		return "us"
	}
	return "ns"
}

func wholeTime(n int64, unit string) time.Time {
	if unit == "" || unit == "auto" {
		unit = magnitude(n)
	}
	switch unit {
	case "ms":
		return time.UnixMilli(n)
	case "us":
		return time.UnixMicro(n)
	case "ns":
		return time.Unix(0, n)
	}
	return time.Unix(n, 0)
}

func bounded(at time.Time, ok bool) (time.Time, bool) {
	at = at.UTC().Truncate(time.Millisecond)
	if !ok || at.Year() < 2000 || at.Year() > 2200 {
		return time.Time{}, false
	}
	return at, true
}
