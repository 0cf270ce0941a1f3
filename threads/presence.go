package threads

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// How long a customer may be silent before the session is inactive.
const (
	DefaultInactiveAfter = 10 * time.Minute
	MinInactiveAfter     = time.Minute
	MaxInactiveAfter     = 24 * time.Hour
)

// Bounds of a ladder: when a step may come, and the characters of a reminder.
const (
	MinStepAfter    = time.Second
	MaxStepAfter    = MaxCloseAfter
	MaxReminderText = 1000
)

// Presence is what a style says about a customer who is silent. The zero value
// leaves everything to the hub and sends no reminders.
type Presence struct {
	// InactiveAfter is how long after the customer's latest message the session
	// is inactive; 0: as long as the hub says.
	InactiveAfter time.Duration `json:"inactive_after,omitempty"`
	CountInactive Switch        `json:"count_inactive,omitempty"`
	Ladder        Ladder        `json:"ladder,omitzero"`
}

// Switch is on, off, or left to a wider setting.
type Switch string

// Switches. The zero value leaves it to the hub.
const (
	SwitchOn  Switch = "on"
	SwitchOff Switch = "off"
)

// On tells whether the switch is on; otherwise answers for one that is left open.
func (s Switch) On(otherwise bool) bool {
	return s == SwitchOn || (s == "" && otherwise)
}

// Ladder is what the hub does by itself while a customer does not answer: up to
// two reminders, then a status. All times count from the first message of an
// agent since the customer's latest one; a step whose time is 0 is left out.
type Ladder struct {
	RemindAfter time.Duration `json:"remind_after,omitempty"`
	RemindText  string        `json:"remind_text,omitempty"`
	AgainAfter  time.Duration `json:"again_after,omitempty"`
	AgainText   string        `json:"again_text,omitempty"`
	ThenAfter   time.Duration `json:"then_after,omitempty"`
	Then        Status        `json:"then,omitempty"` // pending or solved
}

// rung is one step of a ladder: a reminder, or a status.
type rung struct {
	after  time.Duration
	text   string
	status Status
}

// rung answers the step that comes after so many, false when none is left.
func (l Ladder) rung(done int) (rung, bool) {
	for _, r := range []rung{{after: l.RemindAfter, text: l.RemindText}, {after: l.AgainAfter, text: l.AgainText}, {after: l.ThenAfter, status: l.Then}} {
		if r.after == 0 {
			continue
		}
		if done == 0 {
			return r, true
		}
		done--
	}
	return rung{}, false
}

// FieldError names a setting that is wrong, relative to what it is a setting of,
// and what it should be.
type FieldError struct{ Field, Message string }

// Error is the field with the message.
func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

// Validate answers what is wrong with the settings, as a *FieldError.
func (p Presence) Validate() error {
	if p.InactiveAfter != 0 {
		if err := ValidateInactiveAfter(p.InactiveAfter); err != nil {
			return &FieldError{"inactive_after", err.Error()}
		}
	}
	switch p.CountInactive {
	case "", SwitchOn, SwitchOff:
	default:
		return &FieldError{"count_inactive", fmt.Sprintf("unknown value %q", p.CountInactive)}
	}
	return p.Ladder.validate()
}

// ValidateInactiveAfter refuses a time after which no session may be inactive.
// The error is for people.
func ValidateInactiveAfter(d time.Duration) error {
	if d < MinInactiveAfter || d > MaxInactiveAfter {
		return fmt.Errorf("must be between 1m and 24h, not %s", d)
	}
	return nil
}

func (l Ladder) validate() error {
	fail := func(field, format string, args ...any) error {
		return &FieldError{"ladder." + field, fmt.Sprintf(format, args...)}
	}
	before := time.Duration(0)
	for _, step := range []struct {
		field, text string
		after       time.Duration
		reminds     bool
	}{
		{"reminders[0]", l.RemindText, l.RemindAfter, true},
		{"reminders[1]", l.AgainText, l.AgainAfter, true},
		{"then", "", l.ThenAfter, false},
	} {
		switch {
		case step.after == 0 && step.text == "":
			continue
		case step.after < MinStepAfter || step.after > MaxStepAfter:
			return fail(step.field+".after", "must be between 1s and 672h, not %s", step.after)
		case step.after <= before:
			return fail(step.field+".after", "must be later than the step before it (%s): all steps count from the agent's first message", before)
		case step.reminds && strings.TrimSpace(step.text) == "":
			return fail(step.field+".text", "a reminder needs a text")
		case utf8.RuneCountInString(step.text) > MaxReminderText:
			return fail(step.field+".text", "has at most %d characters", MaxReminderText)
		}
		before = step.after
	}
	switch {
	case l.AgainAfter != 0 && l.RemindAfter == 0:
		return fail("reminders[0]", "the first reminder is missing")
	case l.ThenAfter == 0 && l.Then != "":
		return fail("then.after", "must be between 1s and 672h: when is the status set?")
	case l.ThenAfter != 0 && l.Then != StatusPending && l.Then != StatusSolved:
		return fail("then.status", "must be pending or solved, not %q", l.Then)
	}
	return nil
}

// Silence is what waits for the customer to go on not writing. Both its times
// are void as soon as the customer writes.
type Silence struct {
	// Generation grows whenever the customer writes and whenever something is
	// called off, so that an alarm set before can be told from a current one.
	Generation int64 `json:"generation,omitempty"`
	// InactiveDueAt is set exactly while the session is active, and the
	// conversation not closed.
	InactiveDueAt time.Time `json:"inactive_due_at,omitzero"`
	// AnsweredAt is the agent's first message since the customer's latest one,
	// from which the steps of the ladder count; zero without a ladder.
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Steps      int       `json:"steps,omitempty"`      // that are done
	StepDueAt  time.Time `json:"step_due_at,omitzero"` // of the next step, while one is to come
}

// WakeAt is when somebody has to look at the conversation because its customer
// has not written; zero: never.
func (s State) WakeAt() time.Time {
	inactive, step := s.Silence.InactiveDueAt, s.Silence.StepDueAt
	if inactive.IsZero() || (!step.IsZero() && step.Before(inactive)) {
		return step
	}
	return inactive
}

// Load says whether a conversation takes its places of its assignee's capacity:
// a function of the state, never a counter.
type Load int

// Loads. The numbers are stored.
const (
	LoadNone    Load = 0 // it takes none
	LoadFull    Load = 1 // it takes them
	LoadIfCount Load = 2 // it takes them if the hub counts inactive conversations
)

// Load of the conversation.
func (s State) Load() Load {
	switch {
	case s.Status != StatusOpen || s.Assignee == "" || s.Session == SessionEnded:
		return LoadNone
	case s.Session != SessionInactive || s.Presence.CountInactive == SwitchOn:
		return LoadFull
	case s.Presence.CountInactive == SwitchOff:
		return LoadNone
	}
	return LoadIfCount
}

// CapacityLoads lists the loads that take a place, given whether the hub counts
// inactive conversations.
func CapacityLoads(countInactive bool) []Load {
	if countInactive {
		return []Load{LoadFull, LoadIfCount}
	}
	return []Load{LoadFull}
}

// UsesCapacity tells whether the conversation takes a place of its assignee's
// capacity.
func (s State) UsesCapacity(countInactive bool) bool {
	l := s.Load()
	return l == LoadFull || (l == LoadIfCount && countInactive)
}

// MaxWeight is the most places that one conversation may take.
const MaxWeight = 100

// Places is how many places the conversation takes while it takes any: at least
// one.
func (s State) Places() int { return max(s.Weight, 1) }
