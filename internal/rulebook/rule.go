// Package rulebook keeps the triggers and automations: an ordered list that
// admins write and threads reads, with the secrets of the webhooks they call.
package rulebook

import (
	"slices"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/threads/rules"
)

// Rule is a rule with what is known of its record.
type Rule struct {
	rules.Rule
	Position  int // among the admin's rules, from 1; 0 for system rules
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64 // of the rule; it stays when others move past it
	// Secrets are those that were made for webhooks just now, by their
	// address. They are answered this once.
	Secrets map[string]string
}

// Draft is a rule to create.
type Draft struct {
	Rule     rules.Rule // its ID and System are ignored
	Position *int       // from 1; nil, or beyond the end: last
	// Secrets are what calls are signed with, by the webhook's address; one is
	// made where none is given.
	Secrets map[string]string
}

// Change is what to change of a rule; nil fields stay. Lists are replaced as a
// whole.
type Change struct {
	IfVersion *int64
	Name      *string
	Enabled   *bool
	Position  *int // from 1; beyond the end: last
	On        *[]rules.Event
	All, Any  *[]rules.Condition
	Actions   *[]rules.Action
	// Secrets replace those of the webhooks with these addresses. The others
	// keep theirs.
	Secrets map[string]string
}

// InvalidError is input that cannot be a rule: nothing was stored.
type InvalidError struct{ Problems []rules.Problem }

// Error lists the fields.
func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Field + ": " + p.Message
	}
	return strings.Join(parts, "; ")
}

// SystemError is an attempt to change a rule that is shipped with the hub.
type SystemError struct{ Rule rules.ID }

// Error tells what to do instead.
func (e *SystemError) Error() string {
	return "the rule " + string(e.Rule) + " is shipped with the hub and shows what a style does: change the style's settings, or add a rule of your own"
}

// Webhook is where a rule's calls go, and what they are signed with.
type Webhook struct {
	URL    string
	Secret connectors.Secret
}

// entry is how a rule is stored.
type entry struct {
	rules.Rule
	// Secrets are sealed, each bound to its rule and address.
	Secrets   map[string]string `json:"secrets,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	Version   int64             `json:"version"`
}

// record is how the list is stored: as one document, so that the order of the
// rules is changed at once and nobody ever reads half a move.
type record struct {
	Rules     []entry   `json:"rules"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (r record) rule(i int) Rule {
	e := r.Rules[i]
	return Rule{Rule: e.Rule, Position: i + 1, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt, Version: e.Version}
}

func (r record) index(id rules.ID) int {
	return slices.IndexFunc(r.Rules, func(e entry) bool { return e.ID == id })
}
