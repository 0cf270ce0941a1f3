package routing

import (
	"fmt"
	"time"

	"threadhub/threads"
)

// Mode says how agents come by conversations.
type Mode string

// Modes.
const (
	Manual Mode = "manual" // agents pick for themselves
	Offer  Mode = "offer"  // one agent is asked, then the next
	Auto   Mode = "auto"   // the agent has it at once
)

// Method chooses among the agents who could have a conversation.
type Method string

// Methods. Ties go to whoever has waited longest for something.
const (
	MostSpare        Method = "most_spare"         // the most free places
	MostSparePercent Method = "most_spare_percent" // the largest share of their places free
	RoundRobin       Method = "round_robin"        // in turn
)

// ReturnTo says to whom a conversation comes back that its customer reopens.
type ReturnTo string

// Where to.
const (
	ToAssignee       ReturnTo = "assignee"             // its agent, even beyond what they may hold
	ToAssigneeIfRoom ReturnTo = "assignee_if_capacity" // its agent, if they have a free place
	ToQueue          ReturnTo = "queue"
)

// Leave says what becomes of open conversations whose agent went offline.
type Leave string

// What becomes of them.
const (
	Keep    Leave = "keep"    // they stay the agent's
	Requeue Leave = "requeue" // others get them, after LeaveAfter
)

// Settings of routing for the whole hub.
type Settings struct {
	Mode   Mode   `json:"mode"`
	Method Method `json:"method"`
	// OfferTimeout is how long an agent has to accept. Who did not is asked for
	// the same conversation again after the same time at the earliest.
	OfferTimeout time.Duration `json:"offer_timeout"`
	ReturnTo     ReturnTo      `json:"return_to"`
	// ReturnAway lets conversations come back to agents who are away.
	ReturnAway bool `json:"return_away,omitempty"`
	// OfflineAfter is how long after the last sign of an agent's browser they
	// count as offline; 0: never.
	OfflineAfter time.Duration `json:"offline_after"`
	Leave        Leave         `json:"leave"`
	LeaveAfter   time.Duration `json:"leave_after"`
	// CountInactive tells whether inactive conversations take a place. It is
	// kept with the settings of sessions.
	CountInactive bool `json:"-"`
}

// Defaults are the settings of a hub on which none were set.
func Defaults() Settings {
	return Settings{
		Mode: Offer, Method: MostSpare, OfferTimeout: 30 * time.Second, ReturnTo: ToAssignee,
		OfflineAfter: 2 * time.Minute, Leave: Keep, LeaveAfter: 5 * time.Minute,
	}
}

// Bounds of the settings.
const (
	MinOfferTimeout = time.Second
	MaxOfferTimeout = time.Hour
	MinOfflineAfter = 45 * time.Second // three times the pulse of an event stream
	MaxOfflineAfter = 24 * time.Hour
	MaxLeaveAfter   = 7 * 24 * time.Hour
)

// Validate answers what is wrong with the settings, as a *threads.FieldError.
func (s Settings) Validate() error {
	fail := func(field, format string, args ...any) error {
		return &threads.FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
	}
	switch s.Mode {
	case Manual, Offer, Auto:
	default:
		return fail("mode", "must be manual, offer or auto, not %q", s.Mode)
	}
	if err := s.Method.Validate(); err != nil {
		return fail("method", "%v", err)
	}
	switch s.ReturnTo {
	case ToAssignee, ToAssigneeIfRoom, ToQueue:
	default:
		return fail("return_to", "must be assignee, assignee_if_capacity or queue, not %q", s.ReturnTo)
	}
	switch s.Leave {
	case Keep, Requeue:
	default:
		return fail("leave", "must be keep or requeue, not %q", s.Leave)
	}
	switch {
	case s.OfferTimeout < MinOfferTimeout || s.OfferTimeout > MaxOfferTimeout:
		return fail("offer_timeout", "must be between %s and %s, not %s", MinOfferTimeout, MaxOfferTimeout, s.OfferTimeout)
	case s.OfflineAfter != 0 && (s.OfflineAfter < MinOfflineAfter || s.OfflineAfter > MaxOfflineAfter):
		return fail("offline_after", "must be 0s, for never, or between %s and %s, not %s", MinOfflineAfter, MaxOfflineAfter, s.OfflineAfter)
	case s.LeaveAfter < 0 || s.LeaveAfter > MaxLeaveAfter:
		return fail("leave_after", "must be between 0s and %s, not %s", MaxLeaveAfter, s.LeaveAfter)
	}
	return nil
}

// Validate answers what is wrong with the method, for people.
func (m Method) Validate() error {
	switch m {
	case MostSpare, MostSparePercent, RoundRobin:
		return nil
	}
	return fmt.Errorf("must be most_spare, most_spare_percent or round_robin, not %q", string(m))
}
