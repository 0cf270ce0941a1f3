package rules

import (
	"slices"
	"time"
)

// Set is rules ready to be held to conversations, in their order. It does not
// change and is safe for concurrent use. nil is the empty set.
type Set struct {
	// Revision grows with every change of the rules.
	Revision int64
	// ChangedAt is when the rules were changed last.
	ChangedAt time.Time

	all, triggers, automations []Rule
	contact                    bool
	schedules                  []string
}

// NewSet makes a set of those of the rules that are enabled. What does not
// stand up to [Rule.Check] never holds: it was stored by another version.
func NewSet(list []Rule, revision int64, changedAt time.Time) *Set {
	s := &Set{Revision: revision, ChangedAt: changedAt}
	for _, r := range list {
		r = r.Prepare()
		s.all = append(s.all, r)
		switch {
		case !r.Enabled:
			continue
		case r.Kind == Trigger:
			s.triggers = append(s.triggers, r)
		case r.Kind == Automation:
			s.automations = append(s.automations, r)
		}
		s.learn(r)
	}
	return s
}

// learn notes what the facts have to hold for the rule.
func (s *Set) learn(r Rule) {
	for _, c := range slices.Concat(r.All, r.Any) {
		s.contact = s.contact || c.Field.contact()
		if c.Field != Hours {
			continue
		}
		for _, id := range c.Values {
			if !slices.Contains(s.schedules, id) {
				s.schedules = append(s.schedules, id)
			}
		}
	}
}

// Rules lists all rules of the set, those that are not enabled too.
func (s *Set) Rules() []Rule {
	if s == nil {
		return nil
	}
	return s.all
}

// Idle tells whether no rule can act.
func (s *Set) Idle() bool { return s == nil || len(s.triggers)+len(s.automations) == 0 }

// Timed tells whether there are automations.
func (s *Set) Timed() bool { return s != nil && len(s.automations) > 0 }

// AsksContact tells whether a rule asks for the contact's record.
func (s *Set) AsksContact() bool { return s != nil && s.contact }

// Schedules lists those whose hours rules ask for.
func (s *Set) Schedules() []string {
	if s == nil {
		return nil
	}
	return s.schedules
}
