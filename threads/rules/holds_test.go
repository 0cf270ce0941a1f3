package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// given is facts as a test writes them.
type given struct {
	is, was map[Field][]string
	since   map[Field]time.Time
	open    map[string]bool
}

func (g given) Values(f Field) []string { return g.is[f] }
func (g given) Was(f Field) []string    { return g.was[f] }

func (g given) Moment(c Condition) (time.Time, bool) {
	from, ok := g.since[c.Field]
	return from.Add(c.Length()), ok
}

func (g given) Open(id string) (open, known bool) {
	open, known = g.open[id]
	return open, known
}

func when(f Field, op Op, values ...string) Condition {
	return prepare([]Condition{{Field: f, Op: op, Values: values}})[0]
}

func TestAConditionHoldsExactlyForWhatItAsks(t *testing.T) {
	facts := given{
		is: map[Field][]string{
			Status: {"open"}, Tags: {"vip", "new"}, MessageText: {"My BET is lost"}, ReopenCount: {"3"}, NeedsAttention: {"true"},
		},
		was:   map[Field][]string{Status: {"pending"}, Tags: {"vip", "new"}, ReopenCount: {"2"}, Priority: {"high"}},
		since: map[Field]time.Time{InStatus: noon.Add(-time.Hour)},
		open:  map[string]bool{"sc_open": true, "sc_shut": false},
	}
	for name, c := range map[string]struct {
		asks  Condition
		holds bool
	}{
		"is one of the values":               {when(Status, Is, "new", "open"), true},
		"is none of them":                    {when(Status, Is, "new"), false},
		"is not":                             {when(Status, IsNot, "new"), true},
		"is not, but is":                     {when(Status, IsNot, "open", "new"), false},
		"an empty field is not anything":     {when(Assignee, IsNot, "ag_1"), true},
		"present":                            {when(Status, Present), true},
		"not present":                        {when(Assignee, Present), false},
		"absent":                             {when(Assignee, Absent), true},
		"a list includes":                    {when(Tags, Includes, "x", "new"), true},
		"a list includes none":               {when(Tags, Includes, "x"), false},
		"a list excludes":                    {when(Tags, Excludes, "x"), true},
		"a list does not exclude":            {when(Tags, Excludes, "x", "vip"), false},
		"a text contains, whatever the case": {when(MessageText, Contains, "bet"), true},
		"a text does not contain":            {when(MessageText, NotContains, "ride"), true},
		"a text that does":                   {when(MessageText, NotContains, "LOST"), false},
		"a text that is not there":           {when(Subject, Contains, "a"), false},
		"a text that is not there has none":  {when(Subject, NotContains, "a"), true},
		"a pattern":                          {when(MessageText, Matches, `(?i)^my bet`), true},
		"a pattern that does not match":      {when(MessageText, Matches, `^my bet`), false},
		"a pattern that cannot be compiled":  {when(MessageText, Matches, `(`), false},
		"a count that is reached":            {when(ReopenCount, AtLeast, "3"), true},
		"a count that is not":                {when(ReopenCount, AtLeast, "4"), false},
		"a count below":                      {when(ReopenCount, LessThan, "4"), true},
		"a count that is not below":          {when(ReopenCount, LessThan, "3"), false},
		"true":                               {when(NeedsAttention, Is, "true"), true},
		"not false":                          {when(NeedsAttention, Is, "false"), false},
		"changed":                            {when(Status, Changed), true},
		"a list that did not change":         {when(Tags, Changed), false},
		"changed to":                         {when(Status, ChangedTo, "open"), true},
		"changed to something else":          {when(Status, ChangedTo, "solved"), false},
		"changed from":                       {when(Status, ChangedFrom, "pending"), true},
		"changed from something else":        {when(Status, ChangedFrom, "new"), false},
		"changed to nothing":                 {when(Priority, Changed), true},
		"a schedule that is open":            {when(Hours, Open, "sc_open"), true},
		"a schedule that is not":             {when(Hours, Open, "sc_shut"), false},
		"a schedule that is closed":          {when(Hours, Closed, "sc_shut"), true},
		"a schedule that is gone":            {when(Hours, Closed, "sc_gone"), false},
		"enough time to the instant":         {when(InStatus, AtLeast, "1h"), true},
		"not enough time":                    {when(InStatus, AtLeast, "1h0m0.001s"), false},
		"less time":                          {when(InStatus, LessThan, "1h0m1s"), true},
		"no less time":                       {when(InStatus, LessThan, "1h"), false},
		"time that does not run":             {when(Queued, AtLeast, "1s"), false},
		"nor is it less":                     {when(Queued, LessThan, "1s"), false},
		"a field nobody knows":               {when("conversation.mood", Is, "good"), false},
		"an operator nobody knows":           {when(Status, "resembles", "open"), false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.holds, c.asks.Holds(facts, noon)) })
	}
}

func TestAllHaveToHoldAndOneOfAny(t *testing.T) {
	facts := given{is: map[Field][]string{Status: {"open"}, Priority: {"high"}}}
	yes, no := when(Status, Is, "open"), when(Status, Is, "new")
	for name, c := range map[string]struct {
		all, some []Condition
		holds     bool
	}{
		"no conditions":        {nil, nil, true},
		"all of all":           {[]Condition{yes, yes}, nil, true},
		"not all of all":       {[]Condition{yes, no}, nil, false},
		"one of any":           {nil, []Condition{no, yes}, true},
		"none of any":          {nil, []Condition{no, no}, false},
		"all, but none of any": {[]Condition{yes}, []Condition{no}, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.holds, Rule{All: c.all, Any: c.some}.Holds(facts, noon))
		})
	}
}

func TestOnlyTheBeginningOfALongTextIsLookedAt(t *testing.T) {
	facts := given{is: map[Field][]string{MessageText: {strings.Repeat("é", 3000) + "bet"}}}
	require.False(t, when(MessageText, Contains, "bet").Holds(facts, noon))
	require.True(t, when(MessageText, Contains, "é").Holds(facts, noon))
}

func TestDueIsTheFirstMomentAtWhichARuleHolds(t *testing.T) {
	facts := given{
		is:    map[Field][]string{Status: {"pending"}},
		since: map[Field]time.Time{InStatus: noon, SinceCreated: noon.Add(-time.Hour)},
	}
	for name, c := range map[string]struct {
		rule Rule
		due  time.Time
		ok   bool
	}{
		"no time asked for": {Rule{All: []Condition{when(Status, Is, "pending")}}, time.Time{}, true},
		"one time":          {Rule{All: []Condition{when(InStatus, AtLeast, "2h")}}, noon.Add(2 * time.Hour), true},
		"the later of two":  {Rule{All: []Condition{when(InStatus, AtLeast, "2h"), when(SinceCreated, AtLeast, "5h")}}, noon.Add(4 * time.Hour), true},
		"the earlier of two": {
			Rule{Any: []Condition{when(InStatus, AtLeast, "2h"), when(SinceCreated, AtLeast, "2h")}},
			noon.Add(time.Hour), true,
		},
		"too late for the other": {Rule{All: []Condition{when(InStatus, AtLeast, "2h"), when(SinceCreated, LessThan, "3h")}}, time.Time{}, false},
		"just in time":           {Rule{All: []Condition{when(InStatus, AtLeast, "1h"), when(SinceCreated, LessThan, "2h1s")}}, noon.Add(time.Hour), true},
		"in the wrong state":     {Rule{All: []Condition{when(InStatus, AtLeast, "2h"), when(Status, Is, "open")}}, time.Time{}, false},
		"time that does not run": {Rule{All: []Condition{when(Queued, AtLeast, "2h")}}, time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			due, ok := c.rule.Due(facts)
			require.Equal(t, c.ok, ok)
			require.Equal(t, c.due, due)
		})
	}
}

func TestEveryFieldHasOperatorsAndEveryActionItsField(t *testing.T) {
	for _, f := range fieldNames() {
		require.NotEmpty(t, ops[fields[f].sort], f)
	}
	for _, a := range ActionTypes {
		require.Contains(t, uses, a)
	}
	require.Len(t, uses, len(ActionTypes))
}
