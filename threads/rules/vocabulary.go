package rules

import (
	"slices"
	"strings"
)

// Term is a field with what conditions on it may ask.
type Term struct {
	Field Field
	// Sort is what kind of value it has: "word", "text", "list", "number",
	// "truth", "time" or "schedule".
	Sort string
	// Values are all there are; none where they are not few.
	Values []string
	// Trigger and Automation are the operators that rules of the kind may use;
	// none where they cannot ask for the field.
	Trigger, Automation []Op
}

// sortNames are what the sorts are called outside.
var sortNames = map[sort]string{word: "word", text: "text", list: "list", number: "number", truth: "truth", span: "time", hours: "schedule"}

// Terms lists all fields, by name.
func Terms() []Term {
	var all []Term
	for _, f := range fieldNames() {
		info := fields[f]
		t := Term{Field: f, Sort: sortNames[info.sort], Values: slices.Clone(info.values)}
		for _, op := range ops[info.sort] {
			changes := strings.HasPrefix(string(op), string(Changed))
			if !changes || f.kept() {
				t.Trigger = append(t.Trigger, op)
			}
			if !changes && !f.message() && f != Hours {
				t.Automation = append(t.Automation, op)
			}
		}
		all = append(all, t)
	}
	return all
}

// Takes is the field that an action of the type uses besides its type: "value",
// "style", "tags", "text" or "url".
func (t ActionType) Takes() string { return uses[t] }

// Values are those that an action of the type may set; none where they are not
// few.
func (t ActionType) Values() []string {
	switch t {
	case SetStatus:
		return []string{"open", "pending", "on_hold", "solved", "closed"}
	case SetPriority:
		return slices.Clone(fields[Priority].values)
	}
	return nil
}
