package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a rule.
const (
	maxConditions = 50
	maxActions    = 20
	maxTags       = 20
	maxName       = 200  // characters
	maxValues     = 100  // of a condition
	maxValue      = 500  // characters
	maxText       = 4096 // characters of a message
	maxTag        = 100  // characters
	maxURL        = 2048 // bytes

	// minTime and maxTime bound what a rule may wait for.
	minTime = time.Second
	maxTime = 365 * 24 * time.Hour
)

// Problem names one field that is wrong, as the API names it, and what it
// should be.
type Problem struct{ Field, Message string }

// checker gathers what is wrong.
type checker struct{ problems []Problem }

func (c *checker) fail(field, format string, args ...any) {
	c.problems = append(c.problems, Problem{field, fmt.Sprintf(format, args...)})
}

// Check says all that is wrong with the rule by itself; whether what it names
// exists is not its matter.
func (r Rule) Check() []Problem {
	c := &checker{}
	if strings.TrimSpace(r.Name) == "" || utf8.RuneCountInString(r.Name) > maxName {
		c.fail("name", "a name of 1 to %d characters is needed", maxName)
	}
	if r.Kind != Trigger && r.Kind != Automation {
		c.fail("kind", "unknown kind %q: use trigger, for what happens, or automation, for time that passes", r.Kind)
	}
	if r.Kind == Automation && len(r.On) > 0 {
		c.fail("events", "an automation acts when time has passed, not on events: leave them out or make it a trigger")
	}
	for i, e := range r.On {
		if !slices.Contains(Events, e) {
			c.fail(fmt.Sprintf("events[%d]", i), "unknown event %q: use one of %s", e, listed(Events))
		}
	}
	c.conditions(r)
	c.actions(r)
	return c.problems
}

func (c *checker) conditions(r Rule) {
	if len(r.All)+len(r.Any) > maxConditions {
		c.fail("conditions", "at most %d conditions: make two rules of it", maxConditions)
	}
	waits := false
	for _, group := range [2]struct {
		name string
		list []Condition
	}{{"all", r.All}, {"any", r.Any}} {
		for i, cond := range group.list {
			at := fmt.Sprintf("conditions.%s[%d]", group.name, i)
			c.condition(at, r, cond)
			waits = waits || (group.name == "all" && cond.Field.time() && cond.Op == AtLeast)
		}
	}
	switch {
	case r.Kind == Automation && !waits:
		c.fail("conditions.all", "an automation needs a time it waits for: a condition such as time.in_status at_least 24h; what acts on an event is a trigger")
	case len(r.All)+len(r.Any) == 0 && len(r.On) == 0 && r.Kind == Trigger:
		c.fail("conditions", "the trigger would act on every change of every conversation: give it conditions or events")
	}
}

func (c *checker) condition(at string, r Rule, cond Condition) {
	info, known := fields[cond.Field]
	if !known {
		c.fail(at+".field", "unknown field %q: use one of %s", cond.Field, listed(fieldNames()))
		return
	}
	if !slices.Contains(ops[info.sort], cond.Op) {
		c.fail(at+".operator", "%s takes %s, not %q", cond.Field, listed(ops[info.sort]), cond.Op)
		return
	}
	switch cond.Op {
	case Changed, ChangedTo, ChangedFrom:
		if !cond.Field.kept() {
			c.fail(at+".operator", "%s does not change with a conversation: use another operator", cond.Field)
		}
		if r.Kind == Automation {
			c.fail(at+".operator", "nothing changes when only time passes: make it a trigger, or ask for the value with is")
		}
	}
	if r.Kind == Automation && (cond.Field.message() || cond.Field == Hours) {
		c.fail(at+".field", "%s is known only when something happens: automations cannot ask for it, triggers can", cond.Field)
	}
	c.values(at+".values", cond, info.sort, info.values)
}

func (c *checker) values(at string, cond Condition, s sort, allowed []string) {
	switch {
	case cond.Op == Present || cond.Op == Absent || cond.Op == Changed:
		if len(cond.Values) > 0 {
			c.fail(at, "the operator %s takes no value", cond.Op)
		}
		return
	case len(cond.Values) == 0:
		c.fail(at, "at least one value is needed")
		return
	case len(cond.Values) > maxValues:
		c.fail(at, "at most %d values", maxValues)
		return
	case len(cond.Values) > 1 && (s == span || s == number || s == truth || cond.Op == Matches):
		c.fail(at, "the operator %s takes one value", cond.Op)
		return
	}
	for i, v := range cond.Values {
		c.value(fmt.Sprintf("%s[%d]", at, i), cond, s, allowed, v)
	}
}

func (c *checker) value(at string, cond Condition, s sort, allowed []string, v string) {
	switch {
	case v == "" || utf8.RuneCountInString(v) > maxValue:
		c.fail(at, "values have 1 to %d characters; ask for an empty field with the operator absent", maxValue)
	case s == truth && v != "true" && v != "false":
		c.fail(at, "%q is neither true nor false", v)
	case s == number:
		if n, err := strconv.ParseInt(v, 10, 64); err != nil || n < 0 {
			c.fail(at, "%q is not a count: use a whole number from 0", v)
		}
	case s == span:
		if d, err := time.ParseDuration(v); err != nil {
			c.fail(at, "%q is not a time: use one such as 30m or 48h", v)
		} else if d < minTime || d > maxTime {
			c.fail(at, "%s is out of bounds: use 1s to 8760h (365 days)", v)
		}
	case cond.Op == Matches:
		if _, err := ParsePattern(v); err != nil {
			c.fail(at, "%v", err)
		}
	case len(allowed) > 0 && !slices.Contains(allowed, v):
		c.fail(at, "unknown value %q: use one of %s", v, strings.Join(allowed, ", "))
	}
}

func listed[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

func (c *checker) actions(r Rule) {
	if len(r.Actions) == 0 || len(r.Actions) > maxActions {
		c.fail("actions", "a rule does 1 to %d things", maxActions)
		return
	}
	hooks := map[string]bool{}
	for i, a := range r.Actions {
		at := fmt.Sprintf("actions[%d]", i)
		c.action(at, a)
		if a.Type == CallWebhook && hooks[a.URL] {
			c.fail(at+".url", "the rule calls this address already: one call tells all there is to tell")
		}
		hooks[a.URL] = hooks[a.URL] || a.Type == CallWebhook
	}
}

// uses are the fields that an action of each type has, besides its type.
var uses = map[ActionType]string{
	SetStatus: "value", SetStyle: "style", SetPriority: "value", SetAssignee: "value", SetGroup: "value",
	AddTags: "tags", RemoveTags: "tags", SendMessage: "text", AddNote: "text", CallWebhook: "url",
}

func (c *checker) action(at string, a Action) {
	use, known := uses[a.Type]
	if !known {
		c.fail(at+".type", "unknown action %q: use one of %s", a.Type, listed(ActionTypes))
		return
	}
	for _, f := range [...]struct {
		name  string
		given bool
	}{{"value", a.Value != ""}, {"style", len(a.Style) > 0}, {"tags", len(a.Tags) > 0}, {"text", a.Text != ""}, {"url", a.URL != ""}} {
		if f.given && f.name != use {
			c.fail(at+"."+f.name, "%s takes %s: leave this out", a.Type, use)
		}
	}
	switch a.Type {
	case SetStatus:
		if !slices.Contains(SetStatus.Values(), a.Value) {
			c.fail(at+".value", "unknown status %q: use open, pending, on_hold, solved or, for what is solved, closed", a.Value)
		}
	case SetPriority:
		if a.Value != "" && !slices.Contains(fields[Priority].values, a.Value) {
			c.fail(at+".value", "unknown priority %q: use %s, or nothing for none", a.Value, strings.Join(fields[Priority].values, ", "))
		}
	case SetStyle:
		if len(a.Style) == 0 {
			c.fail(at+".style", "name the style to set")
		}
	case AddTags, RemoveTags:
		c.tags(at+".tags", a.Tags)
	case SendMessage, AddNote:
		if strings.TrimSpace(a.Text) == "" || utf8.RuneCountInString(a.Text) > maxText {
			c.fail(at+".text", "a text of 1 to %d characters is needed", maxText)
		}
	case CallWebhook:
		if a.URL == "" || len(a.URL) > maxURL {
			c.fail(at+".url", "an address of at most %d bytes is needed", maxURL)
		}
	}
}

func (c *checker) tags(at string, tags []string) {
	if len(tags) == 0 || len(tags) > maxTags {
		c.fail(at, "1 to %d tags are needed", maxTags)
		return
	}
	for i, t := range tags {
		if strings.TrimSpace(t) == "" || utf8.RuneCountInString(t) > maxTag {
			c.fail(fmt.Sprintf("%s[%d]", at, i), "a tag has 1 to %d characters", maxTag)
		}
	}
}

// Prepare answers the rule ready to be held to many conversations.
func (r Rule) Prepare() Rule {
	r.All, r.Any = prepare(r.All), prepare(r.Any)
	return r
}

func prepare(list []Condition) []Condition {
	list = slices.Clone(list)
	for i := range list {
		c := &list[i]
		if len(c.Values) != 1 {
			continue
		}
		switch {
		case c.Op == Matches:
			c.pattern, _ = ParsePattern(c.Values[0]) // nil never matches
		case c.Field.time() && !c.Policy():
			d, err := time.ParseDuration(c.Values[0])
			if err != nil {
				d = never
			}
			c.length = d
		}
	}
	return list
}

// never is a time nobody waits out.
const never = time.Duration(1<<63 - 1)
