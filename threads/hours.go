package threads

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours are business hours as an admin writes them; [NewCalendar] reads them.
type Hours struct {
	// Zone is an IANA time zone, such as "America/Sao_Paulo".
	Zone string `json:"zone"`
	// Intervals are those of an ordinary week, in any order. Those of a day do
	// not overlap; what crosses midnight is two.
	Intervals []WeekInterval `json:"intervals"`
	// Holidays are days that are not ordinary.
	Holidays []Holiday `json:"holidays,omitempty"`
}

// Interval is a part of a day by the wall clock of the zone, from From until
// just before To, as "15:04" or "15:04:05". To may be "24:00".
type Interval struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// WeekInterval is an interval of every week.
type WeekInterval struct {
	Day string `json:"day"` // "monday" … "sunday"
	Interval
}

// Holiday is a day with hours of its own: closed, unless it has intervals.
type Holiday struct {
	Date      string     `json:"date"` // "2006-01-02", by the zone's calendar
	Name      string     `json:"name,omitempty"`
	Intervals []Interval `json:"intervals,omitempty"`
}

// HoursProblem says what is wrong with a field, such as "intervals[2].to".
type HoursProblem struct{ Field, Message string }

// HoursError is hours that make no calendar. It is for people.
type HoursError struct{ Problems []HoursProblem }

// Error lists the fields.
func (e *HoursError) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Field + ": " + p.Message
	}
	return strings.Join(parts, "; ")
}

// NewCalendar reads business hours. All that is wrong with them is answered at
// once, as an *HoursError.
func NewCalendar(h Hours) (Calendar, error) {
	var r hoursReader
	c := Calendar{zone: r.zone(h.Zone), holidays: map[int64][]span{}}
	if len(h.Intervals) == 0 {
		r.wrong("intervals", "is empty: give at least one interval, or no time would ever count")
	}
	for i, w := range h.Intervals {
		at := fmt.Sprintf("intervals[%d]", i)
		day, known := weekdays[w.Day]
		if !known {
			r.wrong(at+".day", "is not a day of the week: use monday, tuesday, wednesday, thursday, friday, saturday or sunday")
			continue
		}
		r.interval(&c.week[day], at, w.Interval)
	}
	for i, h := range h.Holidays {
		r.holiday(&c, fmt.Sprintf("holidays[%d]", i), h)
	}
	if len(r.problems) > 0 {
		return Calendar{}, &HoursError{r.problems}
	}
	return c, nil
}

// weekdays by the names that hours use. It is never changed.
var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday,
	"thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday,
}

// hoursReader gathers what is wrong while it reads.
type hoursReader struct{ problems []HoursProblem }

func (r *hoursReader) wrong(field, message string) {
	r.problems = append(r.problems, HoursProblem{field, message})
}

func (r *hoursReader) zone(name string) *time.Location {
	// The package time takes these two for UTC and for the zone of the
	// machine; neither is something an admin can have meant.
	if name != "" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	r.wrong("zone", fmt.Sprintf("%q is not a time zone: use a name of the IANA list, such as Europe/Berlin or America/Sao_Paulo", name))
	return nil
}

// interval adds an interval to those of a day, which stay in order.
func (r *hoursReader) interval(day *[]span, at string, i Interval) {
	from, okFrom := parseClock(i.From)
	to, okTo := parseClock(i.To)
	okFrom = okFrom && from < secondsPerDay
	if !okFrom {
		r.wrong(at+".from", fmt.Sprintf("%q is not a time of day: use 00:00 to 23:59", i.From))
	}
	if !okTo {
		r.wrong(at+".to", fmt.Sprintf("%q is not a time of day: use 00:01 to 24:00", i.To))
	}
	if !okFrom || !okTo {
		return
	}
	if to <= from {
		r.wrong(at+".to", fmt.Sprintf("%s is not after %s: write what crosses midnight as two intervals, until 24:00 and from 00:00 of the next day", i.To, i.From))
		return
	}
	for _, other := range *day {
		if from < other.to && other.from < to {
			r.wrong(at, fmt.Sprintf("%s to %s overlaps %s to %s of the same day", i.From, i.To, clockText(other.from), clockText(other.to)))
			return
		}
	}
	*day = append(*day, span{from, to})
	slices.SortFunc(*day, func(a, b span) int { return cmp.Compare(a.from, b.from) })
}

func (r *hoursReader) holiday(c *Calendar, at string, h Holiday) {
	date, err := time.Parse(time.DateOnly, h.Date)
	if err != nil {
		r.wrong(at+".date", fmt.Sprintf("%q is not a day of the calendar: use the form 2026-12-25", h.Date))
		return
	}
	day := date.Unix() / secondsPerDay
	if date.Unix() < 0 {
		r.wrong(at+".date", fmt.Sprintf("%s is before 1970", h.Date))
		return
	}
	if _, twice := c.holidays[day]; twice {
		r.wrong(at+".date", h.Date+" is listed twice: give all its intervals in one place")
		return
	}
	var spans []span
	for i, v := range h.Intervals {
		r.interval(&spans, fmt.Sprintf("%s.intervals[%d]", at, i), v)
	}
	c.holidays[day] = spans
}

// parseClock reads a time of day, in seconds since midnight by the wall clock.
func parseClock(s string) (int64, bool) {
	if s == "24:00" || s == "24:00:00" {
		return secondsPerDay, true
	}
	for _, layout := range [...]string{"15:04", "15:04:05"} {
		if len(s) != len(layout) {
			continue // time.Parse would take an hour of one digit
		}
		if t, err := time.Parse(layout, s); err == nil {
			return int64(t.Hour()*3600 + t.Minute()*60 + t.Second()), true
		}
	}
	return 0, false
}

// clockText is the time of day that [parseClock] reads.
func clockText(seconds int64) string {
	if s := seconds % 60; s != 0 {
		return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, s)
	}
	return fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60)
}
