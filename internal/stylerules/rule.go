// Package stylerules keeps the rules by which conversations get their style:
// an ordered list that admins write and threads reads.
package stylerules

import (
	"slices"
	"time"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// Rule is a style rule with what is known of its record.
type Rule struct {
	threads.StyleRule
	Position  int // in the list, from 1
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64 // of the rule; it stays when others move past it
}

// Draft is a rule to create.
type Draft struct {
	Name     string
	Enabled  *bool // nil: enabled
	Position *int  // from 1; nil, or beyond the end: last
	When     threads.StyleConditions
	Style    threads.Style
}

// Change is what to change of a rule; nil fields stay. Conditions are replaced
// as a whole.
type Change struct {
	IfVersion *int64
	Name      *string
	Enabled   *bool
	Position  *int // from 1; beyond the end: last
	When      *threads.StyleConditions
	Style     *threads.Style
}

// What is wrong with input is answered by field.
type (
	FieldError   = directory.FieldError
	InvalidError = directory.InvalidError
)

// entry is how a rule is stored.
type entry struct {
	threads.StyleRule
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// record is how the list is stored: as one document, so that the order of the
// rules is changed at once and nobody ever reads half a move.
type record struct {
	Rules []entry `json:"rules"`
}

func (r record) rule(i int) Rule {
	e := r.Rules[i]
	return Rule{StyleRule: e.StyleRule, Position: i + 1, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt, Version: e.Version}
}

func (r record) index(id threads.StyleRuleID) int {
	return slices.IndexFunc(r.Rules, func(e entry) bool { return e.ID == id })
}
