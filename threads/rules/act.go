package rules

import (
	"slices"
	"time"
)

// Host is a conversation, as far as rules act on it.
type Host interface {
	// Facts answers how things are now, after what the rules did so far.
	Facts() Facts
	// Events answers what the change was, with what the rules did so far.
	Events() []Event
	// Fired is the moment for which an automation acted last; zero if never.
	Fired(rule ID) time.Time
	// Fire carries out what a rule does. due is the moment an automation acts
	// for. It answers false when rules may do no more here.
	Fire(r Rule, due time.Time) bool
}

// React has the triggers act on a change: in their order, each that holds, and
// then those that hold because of what others did. No trigger acts twice on one
// change, so that this ends.
func (s *Set) React(h Host, now time.Time) {
	if s == nil {
		return
	}
	acted := make([]bool, len(s.triggers))
	for again := true; again; {
		again = false
		for i, r := range s.triggers {
			if acted[i] || !r.asksFor(h.Events()) || !r.Holds(h.Facts(), now) {
				continue
			}
			acted[i], again = true, true
			if !h.Fire(r, time.Time{}) {
				return
			}
		}
	}
}

// Acts tells whether the rule acts on the event: a trigger that names it, or
// none. Automations act on time alone, whatever happens.
func (r Rule) Acts(e Event) bool { return r.Kind == Automation || r.asksFor([]Event{e}) }

// asksFor tells whether one of the events is one the trigger acts on.
func (r Rule) asksFor(events []Event) bool {
	return len(r.On) == 0 || slices.ContainsFunc(events, func(e Event) bool { return slices.Contains(r.On, e) })
}

// Elapse has the automations act whose time has come: in their order, and then
// those whose time has come because of what others did, each once. An
// automation acts once for a moment, and again only for a later one.
func (s *Set) Elapse(h Host, now time.Time) {
	if s == nil {
		return
	}
	acted := make([]bool, len(s.automations))
	for again := true; again; {
		again = false
		for i, r := range s.automations {
			due, ripe := r.ripe(h, now)
			if acted[i] || !ripe {
				continue
			}
			acted[i], again = true, true
			if !h.Fire(r, due) {
				return
			}
		}
	}
}

// ripe answers the moment for which the automation has to act now, if it has.
func (r Rule) ripe(h Host, now time.Time) (time.Time, bool) {
	f := h.Facts()
	due, ok := r.Due(f)
	return due, ok && !due.After(now) && due.After(h.Fired(r.ID)) && r.Holds(f, now)
}

// Next is when automations have to be looked at next if nothing changes: now,
// when one has to act; false when never.
func (s *Set) Next(h Host, now time.Time) (next time.Time, ok bool) {
	if s == nil {
		return time.Time{}, false
	}
	f := h.Facts()
	for _, r := range s.automations {
		if _, ripe := r.ripe(h, now); ripe {
			return now, true
		}
		due, will := r.dueAfter(f, now)
		if !will || !due.After(now) || !due.After(h.Fired(r.ID)) {
			continue
		}
		if first, _ := r.Due(f); !first.After(h.Fired(r.ID)) {
			continue // it has acted for this stretch of time
		}
		if !ok || due.Before(next) {
			next, ok = due, true
		}
	}
	return next, ok
}
