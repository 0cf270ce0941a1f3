package rules

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// counter is a conversation of a few counts and flags on which rules act.
type counter struct {
	given
	events []Event
	fired  map[ID]time.Time
	log    []ID
	limit  int // of runs; 0: none
}

func (c *counter) Facts() Facts               { return c.given }
func (c *counter) Events() []Event            { return c.events }
func (c *counter) Fired(rule ID) time.Time    { return c.fired[rule] }
func (c *counter) values(f Field, v []string) { c.is[f] = v }

func (c *counter) Fire(r Rule, due time.Time) bool {
	if c.limit > 0 && len(c.log) >= c.limit {
		return false
	}
	c.log = append(c.log, r.ID)
	if !due.IsZero() {
		c.fired[r.ID] = due
	}
	for _, a := range r.Actions {
		switch a.Type {
		case SetStatus:
			c.values(Status, []string{a.Value})
		case SetPriority:
			c.values(Priority, []string{a.Value})
		}
	}
	return true
}

func newCounter() *counter {
	return &counter{
		given: given{is: map[Field][]string{Status: {"new"}}, was: map[Field][]string{}, since: map[Field]time.Time{InStatus: noon}},
		fired: map[ID]time.Time{},
	}
}

func trigger(id ID, all []Condition, actions ...Action) Rule {
	return Rule{ID: id, Name: string(id), Kind: Trigger, Enabled: true, All: all, Actions: actions}
}

func TestARuleSeesWhatEarlierRulesDid(t *testing.T) {
	urgent := Action{Type: SetPriority, Value: "urgent"}
	set := NewSet([]Rule{
		trigger("late", []Condition{when(Priority, Is, "urgent")}, Action{Type: SetStatus, Value: "open"}),
		trigger("first", []Condition{when(Status, Is, "new")}, urgent),
		trigger("second", []Condition{when(Priority, Is, "urgent")}, Action{Type: SetPriority, Value: "high"}),
		trigger("never", []Condition{when(Status, Is, "solved")}, urgent),
	}, 1, noon)
	c := newCounter()
	set.React(c, noon)
	require.Equal(t, []ID{"first", "second"}, c.log, "what the second undid, the one before the first never saw")

	c = newCounter()
	set = NewSet([]Rule{set.Rules()[0], set.Rules()[1]}, 2, noon)
	set.React(c, noon)
	require.Equal(t, []ID{"first", "late"}, c.log, "a rule that stands before sees it in a second pass")
	require.Equal(t, []string{"open"}, c.is[Status])
}

func TestRulesThatUndoEachOtherEnd(t *testing.T) {
	set := NewSet([]Rule{
		trigger("a", []Condition{when(Status, Is, "new", "pending")}, Action{Type: SetStatus, Value: "open"}),
		trigger("b", []Condition{when(Status, Is, "open")}, Action{Type: SetStatus, Value: "pending"}),
	}, 1, noon)
	c := newCounter()
	set.React(c, noon)
	require.Equal(t, []ID{"a", "b"}, c.log)
}

func TestATriggerActsOnItsEvents(t *testing.T) {
	r := trigger("a", nil)
	r.On = []Event{MessageReceived, Created}
	off := trigger("off", nil)
	off.Enabled = false
	set := NewSet([]Rule{r, off}, 1, noon)
	c := newCounter()
	c.events = []Event{StatusChanged}
	set.React(c, noon)
	require.Empty(t, c.log)
	c.events = append(c.events, Created)
	set.React(c, noon)
	require.Equal(t, []ID{"a"}, c.log)
}

func automation(id ID, after string, all ...Condition) Rule {
	return Rule{ID: id, Name: string(id), Kind: Automation, Enabled: true, All: append(all, when(InStatus, AtLeast, after))}
}

func TestAnAutomationActsOnceForAStretchOfTime(t *testing.T) {
	set := NewSet([]Rule{automation("hour", "1h"), automation("two", "2h")}, 1, noon)
	c := newCounter()
	next, ok := set.Next(c, noon)
	require.True(t, ok)
	require.Equal(t, noon.Add(time.Hour), next)
	set.Elapse(c, noon.Add(time.Hour-1))
	require.Empty(t, c.log)
	set.Elapse(c, noon.Add(time.Hour))
	set.Elapse(c, noon.Add(time.Hour+1))
	require.Equal(t, []ID{"hour"}, c.log)
	next, ok = set.Next(c, noon.Add(time.Hour))
	require.True(t, ok)
	require.Equal(t, noon.Add(2*time.Hour), next)
	set.Elapse(c, noon.Add(30*time.Hour))
	require.Equal(t, []ID{"hour", "two"}, c.log)
	_, ok = set.Next(c, noon.Add(30*time.Hour))
	require.False(t, ok)

	c.since[InStatus] = noon.Add(31 * time.Hour)
	next, ok = set.Next(c, noon.Add(31*time.Hour))
	require.True(t, ok)
	require.Equal(t, noon.Add(32*time.Hour), next, "another stretch begins")
	set.Elapse(c, next)
	require.Equal(t, []ID{"hour", "two", "hour"}, c.log)
}

func TestAnAutomationSeesWhatLaterOnesDid(t *testing.T) {
	first, second := automation("first", "1h", when(Status, Is, "pending")), automation("second", "1h", when(Status, Is, "new"))
	first.Actions = []Action{{Type: SetStatus, Value: "new"}}
	second.Actions = []Action{{Type: SetStatus, Value: "pending"}}
	set := NewSet([]Rule{first, second}, 1, noon)
	c := newCounter()
	set.Elapse(c, noon.Add(time.Hour))
	require.Equal(t, []ID{"second", "first"}, c.log, "and those that undo each other end")
}

func TestAnAutomationThatActedIsNotWokenForTheOtherOfItsTimes(t *testing.T) {
	r := automation("either", "1h")
	r.Any = []Condition{when(InStatus, LessThan, "90m"), when(InStatus, AtLeast, "3h")}
	set := NewSet([]Rule{r}, 1, noon)
	c := newCounter()
	later := noon.Add(2 * time.Hour)
	next, ok := set.Next(c, later)
	require.True(t, ok, "its first time was missed")
	require.Equal(t, noon.Add(3*time.Hour), next)
	set.Elapse(c, noon.Add(time.Hour))
	require.Equal(t, []ID{"either"}, c.log)
	_, ok = set.Next(c, later)
	require.False(t, ok)
}

func TestAnAutomationThatCameTooLateDoesNotAct(t *testing.T) {
	early := automation("early", "1h", when(InStatus, LessThan, "3h"))
	set := NewSet([]Rule{early}, 1, noon)
	c := newCounter()
	late := noon.Add(4 * time.Hour)
	set.Elapse(c, late)
	require.Empty(t, c.log, "its time was over when the hub was back")
	_, ok := set.Next(c, late)
	require.False(t, ok, "and no alarm is left of it")
}

func TestAnAutomationThatIsDueAlreadyHasToActNow(t *testing.T) {
	set := NewSet([]Rule{automation("hour", "1h")}, 1, noon)
	now := noon.Add(9 * time.Hour)
	next, ok := set.Next(newCounter(), now)
	require.True(t, ok)
	require.Equal(t, now, next)
}

func TestNobodyHasRules(t *testing.T) {
	var set *Set
	require.True(t, set.Idle())
	require.False(t, set.Timed())
	require.Empty(t, set.Rules())
	require.Empty(t, set.Schedules())
	require.False(t, set.AsksContact())
	set.React(newCounter(), noon)
	set.Elapse(newCounter(), noon)
	_, ok := set.Next(newCounter(), noon)
	require.False(t, ok)
	require.True(t, NewSet(nil, 0, noon).Idle())
}

func TestASetKnowsWhatItsRulesAskFor(t *testing.T) {
	r := trigger("a", []Condition{when(ContactTags, Includes, "vip"), when(Hours, Closed, "sc_1", "sc_2")})
	r.Any = []Condition{when(Hours, Open, "sc_1")}
	off := trigger("b", []Condition{when(Hours, Closed, "sc_3")})
	off.Enabled = false
	set := NewSet([]Rule{r, off}, 1, noon)
	require.True(t, set.AsksContact())
	require.Equal(t, []string{"sc_1", "sc_2"}, set.Schedules())
	require.Len(t, set.Rules(), 2)
	require.False(t, set.Timed())
}

// anySet draws rules that often match, undo each other and wait.
func anySet(t *rapid.T) *Set {
	list := make([]Rule, rapid.IntRange(0, 12).Draw(t, "rules"))
	for i := range list {
		status := rapid.SampledFrom([]string{"new", "open", "pending", "solved"})
		r := Rule{
			ID: ID(strconv.Itoa(i)), Kind: rapid.SampledFrom([]Kind{Trigger, Automation}).Draw(t, "kind"), Enabled: rapid.IntRange(0, 5).Draw(t, "enabled") > 0,
			Actions: []Action{{Type: SetStatus, Value: status.Draw(t, "to")}},
		}
		if rapid.Bool().Draw(t, "asks the status") {
			r.All = append(r.All, when(Status, rapid.SampledFrom([]Op{Is, IsNot}).Draw(t, "op"), status.Draw(t, "status")))
		}
		if r.Kind == Automation {
			r.All = append(r.All, when(InStatus, AtLeast, fmt.Sprintf("%dm", rapid.IntRange(1, 90).Draw(t, "after"))))
		}
		if rapid.IntRange(0, 3).Draw(t, "has an end") == 0 {
			r.Any = append(r.Any, when(InStatus, LessThan, fmt.Sprintf("%dm", rapid.IntRange(1, 120).Draw(t, "until"))))
		}
		list[i] = r
	}
	return NewSet(list, 1, noon)
}

func TestRulesEndAreBoundedAndTheSameEveryTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := anySet(t)
		limit := rapid.IntRange(0, 4).Draw(t, "limit")
		minutes := rapid.SliceOfN(rapid.IntRange(0, 60), 1, 10).Draw(t, "pauses")
		run := func() []ID {
			c := newCounter()
			c.limit = limit
			now := noon
			for _, m := range minutes {
				now = now.Add(time.Duration(m) * time.Minute)
				before := len(c.log)
				set.React(c, now)
				acted := map[ID]bool{}
				for _, id := range c.log[before:] {
					require.False(t, acted[id], "a trigger acts once on a change")
					acted[id] = true
				}
				before = len(c.log)
				set.Elapse(c, now)
				set.Elapse(c, now)
				acted = map[ID]bool{}
				for _, id := range c.log[before:] {
					require.False(t, acted[id], "an automation acts once for a moment")
					acted[id] = true
				}
				if next, ok := set.Next(c, now); ok && limit == 0 {
					require.True(t, next.After(now), "what was due has acted")
				}
			}
			if limit > 0 {
				require.LessOrEqual(t, len(c.log), limit)
			}
			return c.log
		}
		require.Equal(t, run(), run())
	})
}

// An alarm has to ring no later than an automation would act: looking only when
// it rings is the same as looking all the time.
func TestLookingWhenTheAlarmRingsIsLookingAllTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := anySet(t)
		always, alarmed := newCounter(), newCounter()
		now := noon
		next, ok := set.Next(alarmed, now)
		for range 150 {
			now = now.Add(time.Minute)
			before := len(always.log)
			set.Elapse(always, now)
			if len(always.log) > before {
				always.since[InStatus] = now
			}
			if ok && !next.After(now) {
				before = len(alarmed.log)
				set.Elapse(alarmed, now)
				if len(alarmed.log) > before {
					alarmed.since[InStatus] = now
				}
				next, ok = set.Next(alarmed, now)
			}
			require.Equal(t, always.log, alarmed.log, "at %s", now)
		}
	})
}
