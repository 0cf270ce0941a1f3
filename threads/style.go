package threads

import (
	"fmt"
	"time"
)

// StyleName names a conversation style.
type StyleName string

// The three styles.
const (
	LiveChat          StyleName = "live_chat"           // solved is closed, in the same commit
	LiveChatReturning StyleName = "live_chat_returning" // open to the customer for an hour or so
	SocialMessaging   StyleName = "social_messaging"    // open to the customer for days
)

// StyleNames lists the styles, from the shortest life after the solve to the
// longest.
var StyleNames = []StyleName{LiveChat, LiveChatReturning, SocialMessaging}

// MaxCloseAfter is the hard cap on how long a solved conversation stays open.
const MaxCloseAfter = 672 * time.Hour

// MinCloseAfter is the shortest delay of the styles that have one.
const MinCloseAfter = time.Second

// Clock says which hours count.
type Clock string

// Clocks. Business time needs a schedule.
const (
	ClockElapsed  Clock = "elapsed"
	ClockBusiness Clock = "business"
)

// Countdown is the policy that turns solved into closed. It is copied onto the
// conversation at each solve, so that a change of settings does not move a
// countdown that is running.
type Countdown struct {
	After      time.Duration `json:"after"` // 0: closed at once
	Clock      Clock         `json:"clock"`
	ScheduleID string        `json:"schedule_id,omitempty"`
}

// Due is when a conversation solved at the given moment closes: once After has
// passed by the clock, and MaxCloseAfter of elapsed time later at the latest.
// hours are those of the countdown's schedule; business time without them is
// elapsed time.
func (c Countdown) Due(solved time.Time, hours *Calendar) time.Time {
	if c.Clock == ClockBusiness && hours != nil {
		return hours.AddWithin(solved, c.After, MaxCloseAfter)
	}
	return solved.Add(min(c.After, MaxCloseAfter))
}

// Style is a style with its settings.
type Style struct {
	Name     StyleName `json:"name"`
	Close    Countdown `json:"close"`
	Presence Presence  `json:"presence,omitzero"`
}

// DefaultStyle is the style of the given name with its default settings, false
// when there is no such style.
func DefaultStyle(name StyleName) (Style, bool) {
	switch name {
	case LiveChat:
		return Style{Name: name, Close: Countdown{Clock: ClockElapsed}}, true
	case LiveChatReturning:
		return Style{Name: name, Close: Countdown{After: time.Hour, Clock: ClockElapsed}}, true
	case SocialMessaging:
		return Style{Name: name, Close: Countdown{After: 96 * time.Hour, Clock: ClockElapsed}}, true
	}
	return Style{}, false
}

// NewStyle makes a style from an admin's settings. after nil means the style's
// default. The error is for people and names what is allowed.
func NewStyle(name StyleName, after *time.Duration, clock Clock, scheduleID string) (Style, error) {
	s, ok := DefaultStyle(name)
	if !ok {
		return Style{}, fmt.Errorf("unknown style %q: use live_chat, live_chat_returning or social_messaging", name)
	}
	if after != nil {
		s.Close.After = *after
	}
	switch clock {
	case "", ClockElapsed:
	case ClockBusiness:
		if scheduleID == "" {
			return Style{}, fmt.Errorf("clock business needs a schedule_id")
		}
		s.Close.Clock, s.Close.ScheduleID = ClockBusiness, scheduleID
	default:
		return Style{}, fmt.Errorf("unknown clock %q: use elapsed or business", clock)
	}
	if name == LiveChat {
		if s.Close.After != 0 {
			return Style{}, fmt.Errorf("live_chat closes at once: leave close_after out")
		}
		return s, nil
	}
	if s.Close.After < MinCloseAfter || s.Close.After > MaxCloseAfter {
		return Style{}, fmt.Errorf("close_after must be between 1s and 672h (28 days), not %s", s.Close.After)
	}
	return s, nil
}
