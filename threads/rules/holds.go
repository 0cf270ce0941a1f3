package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Facts are what conditions are held to. Answers are shared and never changed.
type Facts interface {
	// Values of a field, none when it is empty. A list may have several.
	Values(f Field) []string
	// Was are the values before the change that is looked at.
	Was(f Field) []string
	// Moment is when as much time will have passed as the condition asks for;
	// false while that time does not run.
	Moment(c Condition) (time.Time, bool)
	// Open tells whether a schedule is open; not known for one that is gone.
	Open(schedule string) (open, known bool)
}

// Holds tells whether the rule's conditions hold at a moment.
func (r Rule) Holds(f Facts, now time.Time) bool {
	for _, c := range r.All {
		if !c.Holds(f, now) {
			return false
		}
	}
	return len(r.Any) == 0 || slices.ContainsFunc(r.Any, func(c Condition) bool { return c.Holds(f, now) })
}

// Holds tells whether the condition holds at a moment. One that is not valid
// never does.
func (c Condition) Holds(f Facts, now time.Time) bool {
	switch {
	case c.Field == Hours:
		return c.hoursHold(f)
	case c.Field.time():
		at, runs := f.Moment(c)
		return runs && (c.Op == AtLeast) == !now.Before(at)
	}
	is := f.Values(c.Field)
	switch c.Op {
	case Is, Includes:
		return shares(is, c.Values)
	case IsNot, Excludes:
		return !shares(is, c.Values)
	case Contains:
		return c.contained(is)
	case NotContains:
		return !c.contained(is)
	case Matches:
		return c.pattern != nil && slices.ContainsFunc(is, func(s string) bool { return c.pattern.MatchString(LookedAt(s)) })
	case AtLeast, LessThan:
		return c.counts(is)
	case Present:
		return len(is) > 0
	case Absent:
		return len(is) == 0
	case Changed:
		return !slices.Equal(f.Was(c.Field), is)
	case ChangedTo:
		return shares(is, c.Values) && !slices.Equal(f.Was(c.Field), is)
	case ChangedFrom:
		was := f.Was(c.Field)
		return shares(was, c.Values) && !slices.Equal(was, is)
	}
	return false
}

func (c Condition) hoursHold(f Facts) bool {
	return slices.ContainsFunc(c.Values, func(schedule string) bool {
		open, known := f.Open(schedule)
		return known && open == (c.Op == Open)
	})
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) })
}

func (c Condition) contained(is []string) bool {
	return slices.ContainsFunc(is, func(s string) bool {
		s = strings.ToLower(LookedAt(s))
		return slices.ContainsFunc(c.Values, func(part string) bool { return strings.Contains(s, strings.ToLower(part)) })
	})
}

func (c Condition) counts(is []string) bool {
	if len(is) != 1 || len(c.Values) != 1 {
		return false
	}
	have, err := strconv.ParseInt(is[0], 10, 64)
	want, bad := strconv.ParseInt(c.Values[0], 10, 64)
	return err == nil && bad == nil && (c.Op == AtLeast) == (have >= want)
}

// matchedText is how much of a text conditions look at, in bytes: rules are the
// admin's, but texts are anybody's.
const matchedText = 4096

// LookedAt answers the part of a text that conditions look at.
func LookedAt(s string) string {
	if len(s) <= matchedText {
		return s
	}
	end := matchedText
	for !utf8.RuneStart(s[end]) && end > matchedText-utf8.UTFMax {
		end--
	}
	return s[:end]
}

// Due answers the earliest moment at which the rule's conditions hold if
// nothing changes but the time: the zero time when they ask for none and hold.
// It may have passed.
func (r Rule) Due(f Facts) (time.Time, bool) { return r.dueAfter(f, time.Time{}) }

// dueAfter is Due, looking at no moment before the given one.
func (r Rule) dueAfter(f Facts, from time.Time) (time.Time, bool) {
	// Whether a rule holds changes only when enough time has passed for one of
	// its conditions: these moments, and the beginning, are all there is to try.
	moments := []time.Time{from}
	for _, group := range [2][]Condition{r.All, r.Any} {
		for _, c := range group {
			if !c.Field.time() || c.Op != AtLeast {
				continue
			}
			if at, runs := f.Moment(c); runs && at.After(from) {
				moments = append(moments, at)
			}
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	for _, at := range moments {
		if r.Holds(f, at) {
			return at, true
		}
	}
	return time.Time{}, false
}
