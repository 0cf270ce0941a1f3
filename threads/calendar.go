package threads

import (
	"iter"
	"math"
	"time"
)

const secondsPerDay = 24 * 60 * 60

// Calendar counts business time. Business is open exactly while the wall clock
// of its zone shows a time within an interval of the day, so that an hour the
// clock skips never counts, and one it repeats counts twice. The zero value is
// never open. A Calendar does not change and is safe for concurrent use.
type Calendar struct {
	zone     *time.Location
	week     [7][]span        // by time.Weekday, in order
	holidays map[int64][]span // by days since 1970-01-01, in place of the week's
}

// span is a part of a day, in seconds since midnight by the wall clock.
type span struct{ from, to int64 }

// forever is as far as a duration reaches, 292 years.
const forever = time.Duration(math.MaxInt64)

// Add answers the earliest moment at which d of business time has passed since
// from: from itself unless d is positive. It looks 292 years ahead, no further.
func (c Calendar) Add(from time.Time, d time.Duration) time.Time {
	return c.AddWithin(from, d, forever)
}

// AddWithin is Add, but answers no later moment than most after from and looks
// no further.
func (c Calendar) AddWithin(from time.Time, d, most time.Duration) time.Time {
	if d <= 0 {
		return from
	}
	for begin, end := range c.open(from, most) {
		if end-begin >= d {
			return from.Add(begin + d)
		}
		d -= end - begin
	}
	return from.Add(most)
}

// Between answers how much business time lies between two moments, 0 when to is
// not after from. Of more than 292 years it counts the first.
func (c Calendar) Between(from, to time.Time) time.Duration {
	var sum time.Duration
	for begin, end := range c.open(from, to.Sub(from)) {
		sum += end - begin
	}
	return sum
}

// Open tells whether business is open at a moment.
func (c Calendar) Open(at time.Time) bool {
	for range c.open(at, 1) {
		return true
	}
	return false
}

// NextOpen answers the earliest moment from at on when business is open: at
// itself if it is open then, the zero time if it never is again.
func (c Calendar) NextOpen(at time.Time) time.Time {
	for begin := range c.open(at, forever) {
		return at.Add(begin)
	}
	return time.Time{}
}

// open yields the stretches of business time that begin less than most after
// from, in order, as times since from. Stretches may touch.
//
// It goes from one change of the zone's offset to the next: in between, the
// wall clock runs like any other. Reckoning from wall-clock times instead would
// have to guess which of two moments a repeated one is.
func (c Calendar) open(from time.Time, most time.Duration) iter.Seq2[time.Duration, time.Duration] {
	return func(yield func(begin, end time.Duration) bool) {
		if c.zone == nil || most <= 0 {
			return
		}
		from := from.Round(0) // the monotonic clock stands still while a machine sleeps
		end := from.Add(most)
		for at := from; at.Before(end); {
			local := at.In(c.zone)
			_, offset := local.Zone()
			_, change := local.ZoneBounds()
			if change.IsZero() || change.After(end) {
				change = end
			}
			for a, b := range c.steady(at, change, int64(offset)) {
				if !yield(a.Sub(from), b.Sub(from)) {
					return
				}
			}
			at = change
		}
	}
}

// steady yields the stretches of business time within [from, to), while the
// zone is offset seconds east of UTC.
func (c Calendar) steady(from, to time.Time, offset int64) iter.Seq2[time.Time, time.Time] {
	return func(yield func(begin, end time.Time) bool) {
		for day := floorDiv(from.Unix()+offset, secondsPerDay); ; day++ {
			midnight := day*secondsPerDay - offset
			if !time.Unix(midnight, 0).Before(to) {
				return
			}
			for _, s := range c.spans(day) {
				begin, end := later(time.Unix(midnight+s.from, 0), from), earlier(time.Unix(midnight+s.to, 0), to)
				if begin.Before(end) && !yield(begin, end) {
					return
				}
			}
		}
	}
}

// spans of a day, counted from 1970-01-01.
func (c Calendar) spans(day int64) []span {
	if s, holiday := c.holidays[day]; holiday {
		return s
	}
	const thursday = int64(time.Thursday) // 1970-01-01
	return c.week[(day%7+thursday+7)%7]
}

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return (a - b + 1) / b
	}
	return a / b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
