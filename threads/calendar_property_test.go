package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyHours draws business hours in whole minutes, with some holidays around
// the spring and autumn of 2026.
func anyHours(t *rapid.T) Hours {
	h := Hours{Zone: rapid.SampledFrom([]string{
		"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca",
	}).Draw(t, "zone")}
	intervals := func(day string, atLeast int) (out []Interval) {
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, 24*60), 2*atLeast, 6, rapid.ID).Draw(t, day)
		marks := map[int]bool{}
		for _, m := range cuts {
			marks[m] = true
		}
		begin := -1
		for m := range 24*60 + 1 {
			switch {
			case !marks[m]:
			case begin < 0:
				begin = m
			default:
				out = append(out, Interval{clockText(int64(begin) * 60), clockText(int64(m) * 60)})
				begin = -1
			}
		}
		return out
	}
	for _, day := range []string{"monday", "wednesday", "friday", "sunday"} {
		atLeast := 0
		if day == "sunday" { // the day on which clocks are changed
			atLeast = 1
		}
		for _, i := range intervals(day, atLeast) {
			h.Intervals = append(h.Intervals, WeekInterval{day, i})
		}
	}
	for _, date := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"}), rapid.ID).Draw(t, "holidays") {
		h.Holidays = append(h.Holidays, Holiday{Date: date, Intervals: intervals(date, 0)})
	}
	return h
}

// anyMoment draws a whole minute near a change of some zone's clock.
func anyMoment(t *rapid.T, name string) time.Time {
	near := rapid.SampledFrom([]string{
		"2026-03-08T07:00:00Z", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-11-01T06:00:00Z", "2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z",
		"2026-12-31T23:00:00Z", "2026-02-15T02:00:00Z",
	}).Draw(t, name)
	at, _ := time.Parse(time.RFC3339, near)
	return at.Add(time.Duration(rapid.IntRange(-4000, 4000).Draw(t, name+" minutes")) * time.Minute)
}

// wallOpen is the plain meaning of hours: what does the clock on the wall show?
func wallOpen(h Hours, zone *time.Location, at time.Time) bool {
	local := at.In(zone)
	clock := local.Format("15:04")
	day := local.Weekday()
	within := func(i Interval) bool { return i.From <= clock && (clock < i.To) }
	for _, holiday := range h.Holidays {
		if holiday.Date == local.Format(time.DateOnly) {
			for _, i := range holiday.Intervals {
				if within(i) {
					return true
				}
			}
			return false
		}
	}
	for _, w := range h.Intervals {
		if weekdays[w.Day] == day && within(w.Interval) {
			return true
		}
	}
	return false
}

func TestACalendarSaysWhatTheClockOnTheWallShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHours(t)
		cal, err := NewCalendar(h)
		require.NoError(t, err)
		from := anyMoment(t, "from")
		minutes := rapid.IntRange(0, 3000).Draw(t, "minutes")
		var want time.Duration
		var next time.Time
		for m := range minutes {
			at := from.Add(time.Duration(m) * time.Minute)
			open := wallOpen(h, cal.zone, at)
			if open {
				want += time.Minute
			}
			if open && next.IsZero() {
				next = at
			}
			if m%7 == 0 {
				require.Equal(t, open, cal.Open(at), at.In(cal.zone).String())
			}
		}
		require.Equal(t, want, cal.Between(from, from.Add(time.Duration(minutes)*time.Minute)))
		if !next.IsZero() {
			require.Equal(t, next, cal.NextOpen(from))
		}
	})
}

func TestAddingAndMeasuringBusinessTimeAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal, err := NewCalendar(anyHours(t))
		require.NoError(t, err)
		from := anyMoment(t, "from").Add(time.Duration(rapid.IntRange(0, 59_999).Draw(t, "milliseconds")) * time.Millisecond)
		d := time.Duration(rapid.Int64Range(0, int64(40*time.Hour)).Draw(t, "d"))
		more := d + time.Duration(rapid.Int64Range(0, int64(40*time.Hour)).Draw(t, "more"))

		due := cal.Add(from, d)
		require.False(t, due.Before(from), "never before it began")
		require.Equal(t, d, cal.Between(from, due), "as much has passed as was added")
		require.False(t, cal.Add(from, more).Before(due), "more time ends no earlier")
		require.False(t, cal.Add(from.Add(more-d), d).Before(due), "a later beginning ends no earlier")
		require.Equal(t, cal.Add(from, more), cal.Add(due, more-d), "in two steps is the same as in one")
		if d > 0 {
			require.Less(t, cal.Between(from, due.Add(-1)), d, "it is the earliest such moment")
		}
		capped := cal.AddWithin(from, more, MaxCloseAfter)
		require.Equal(t, earlier(cal.Add(from, more), from.Add(MaxCloseAfter)), capped)

		cut := from.Add(time.Duration(rapid.Int64Range(0, int64(60*24*time.Hour)).Draw(t, "cut")))
		end := cut.Add(time.Duration(rapid.Int64Range(0, int64(60*24*time.Hour)).Draw(t, "rest")))
		require.Equal(t, cal.Between(from, end), cal.Between(from, cut)+cal.Between(cut, end), "the parts make the whole")
	})
}
