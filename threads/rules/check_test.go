package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsWrongIsToldByField(t *testing.T) {
	good := func() Rule {
		return Rule{
			Name: "r", Kind: Trigger, All: []Condition{{Field: Status, Op: Is, Values: []string{"open"}}},
			Actions: []Action{{Type: AddTags, Tags: []string{"a"}}},
		}
	}
	require.Empty(t, good().Check())
	cond := func(f Field, op Op, values ...string) func(*Rule) {
		return func(r *Rule) { r.All = []Condition{{Field: f, Op: op, Values: values}} }
	}
	timed := func(c ...Condition) func(*Rule) {
		return func(r *Rule) {
			r.Kind = Automation
			r.All = append([]Condition{{Field: InStatus, Op: AtLeast, Values: []string{"1h"}}}, c...)
		}
	}
	act := func(a ...Action) func(*Rule) { return func(r *Rule) { r.Actions = a } }
	for name, c := range map[string]struct {
		edit  func(*Rule)
		field string
	}{
		"no name":                      {func(r *Rule) { r.Name = " " }, "name"},
		"a long name":                  {func(r *Rule) { r.Name = strings.Repeat("n", 201) }, "name"},
		"an unknown kind":              {func(r *Rule) { r.Kind = "macro" }, "kind"},
		"an unknown event":             {func(r *Rule) { r.On = []Event{Created, "rain"} }, "events[1]"},
		"an automation with events":    {func(r *Rule) { timed()(r); r.On = []Event{Created} }, "events"},
		"an automation without a time": {func(r *Rule) { r.Kind = Automation }, "conditions.all"},
		"a trigger for everything":     {func(r *Rule) { r.All = nil }, "conditions"},
		"too many conditions":          {func(r *Rule) { r.Any = make([]Condition, maxConditions); copyAll(r.Any, r.All[0]) }, "conditions"},
		"an unknown field":             {cond("conversation.mood", Is, "good"), "conditions.all[0].field"},
		"an operator of another field": {cond(Status, Contains, "op"), "conditions.all[0].operator"},
		"no value":                     {cond(Status, Is), "conditions.all[0].values"},
		"a value too many":             {cond(Status, Present, "x"), "conditions.all[0].values"},
		"two counts":                   {cond(ReopenCount, AtLeast, "1", "2"), "conditions.all[0].values"},
		"an unknown status":            {cond(Status, Is, "open", "done"), "conditions.all[0].values[1]"},
		"an unknown style":             {cond(StyleName, Is, "chatty"), "conditions.all[0].values[0]"},
		"no count":                     {cond(ReopenCount, AtLeast, "few"), "conditions.all[0].values[0]"},
		"a negative count":             {cond(ReopenCount, AtLeast, "-1"), "conditions.all[0].values[0]"},
		"neither true nor false":       {cond(FollowUp, Is, "maybe"), "conditions.all[0].values[0]"},
		"no time":                      {cond(InStatus, AtLeast, "soon"), "conditions.all[0].values[0]"},
		"a time of nothing":            {cond(InStatus, AtLeast, "0s"), "conditions.all[0].values[0]"},
		"a time before":                {cond(InStatus, AtLeast, "-1h"), "conditions.all[0].values[0]"},
		"too long a time":              {cond(InStatus, AtLeast, "8761h"), "conditions.all[0].values[0]"},
		"the style's own delay":        {cond(SinceSolved, AtLeast, AfterPolicy), "conditions.all[0].values[0]"},
		"a bad pattern":                {cond(MessageText, Matches, "("), "conditions.all[0].values[0]"},
		"an empty value":               {cond(Subject, Is, ""), "conditions.all[0].values[0]"},
		"a long value":                 {cond(Subject, Is, strings.Repeat("v", 501)), "conditions.all[0].values[0]"},
		"too many values":              {cond(Subject, Contains, strings.Split(strings.Repeat("a", 101), "")...), "conditions.all[0].values"},
		"a change of the contact":      {cond(ContactTags, Changed), "conditions.all[0].operator"},
		"a change when time passes":    {timed(Condition{Field: Status, Op: Changed}), "conditions.all[1].operator"},
		"a message when time passes":   {timed(Condition{Field: MessageText, Op: Present}), "conditions.all[1].field"},
		"hours when time passes":       {timed(Condition{Field: Hours, Op: Open, Values: []string{"sc_1"}}), "conditions.all[1].field"},
		"a condition of any":           {func(r *Rule) { r.Any = []Condition{{Field: "x", Op: Is}} }, "conditions.any[0].field"},
		"no action":                    {act(), "actions"},
		"too many actions":             {act(make([]Action, maxActions+1)...), "actions"},
		"an unknown action":            {act(Action{Type: "sing"}), "actions[0].type"},
		"a field of another action":    {act(Action{Type: AddTags, Tags: []string{"a"}, Text: "x"}), "actions[0].text"},
		"no status":                    {act(Action{Type: SetStatus}), "actions[0].value"},
		"new again":                    {act(Action{Type: SetStatus, Value: "new"}), "actions[0].value"},
		"an unknown priority":          {act(Action{Type: SetPriority, Value: "top"}), "actions[0].value"},
		"no style":                     {act(Action{Type: SetStyle}), "actions[0].style"},
		"no tags":                      {act(Action{Type: AddTags}), "actions[0].tags"},
		"an empty tag":                 {act(Action{Type: RemoveTags, Tags: []string{"a", " "}}), "actions[0].tags[1]"},
		"no text":                      {act(Action{Type: SendMessage, Text: "\n"}), "actions[0].text"},
		"a long text":                  {act(Action{Type: AddNote, Text: strings.Repeat("t", 4097)}), "actions[0].text"},
		"no address":                   {act(Action{Type: CallWebhook}), "actions[0].url"},
		"one address twice":            {act(Action{Type: CallWebhook, URL: "https://a.example"}, Action{Type: CallWebhook, URL: "https://a.example"}), "actions[1].url"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			c.edit(&r)
			problems := r.Check()
			require.Len(t, problems, 1, "%v", problems)
			require.Equal(t, c.field, problems[0].Field)
			require.NotEmpty(t, problems[0].Message)
		})
	}
}

func copyAll(list []Condition, c Condition) {
	for i := range list {
		list[i] = c
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	r := Rule{Kind: "x", On: []Event{"y"}, All: []Condition{{Field: "z"}}}
	require.Len(t, r.Check(), 5)
}

func FuzzCheckNeverFails(f *testing.F) {
	f.Add("name", "trigger", "message.text", "matches", "(a|b)", "send_message", "hi")
	f.Add("", "automation", "time.in_status", "at_least", "1h", "set_status", "solved")
	f.Fuzz(func(t *testing.T, name, kind, field, op, value, action, text string) {
		r := Rule{
			ID: "rl_1", Name: name, Kind: Kind(kind), Enabled: true, All: []Condition{{Field: Field(field), Op: Op(op), Values: []string{value}}},
			Actions: []Action{{Type: ActionType(action), Value: text, Text: text}},
		}
		problems := r.Check()
		set := NewSet([]Rule{r}, 1, noon)
		c := newCounter()
		set.React(c, noon)
		set.Elapse(c, noon)
		for _, p := range problems {
			require.NotEmpty(t, p.Message)
		}
	})
}
