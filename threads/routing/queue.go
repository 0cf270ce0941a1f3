package routing

import (
	"slices"
	"strings"
	"time"

	"threadhub/threads"
)

// Queue says who serves the conversations that it is for. The first enabled
// queue whose conditions hold is a conversation's; without one, everybody
// serves it.
type Queue struct {
	ID      threads.QueueID `json:"id"`
	Name    string          `json:"name"`
	Enabled bool            `json:"enabled"`
	When    Conditions      `json:"when,omitzero"`
	// Groups serve the queue; none: everybody. A conversation that has a group
	// of its own is served by that one.
	Groups []threads.GroupID `json:"groups,omitempty"`
	// Required skills are needed always.
	Required []Skill `json:"required,omitempty"`
	// Preferred skills are needed until a conversation has waited for
	// RelaxAfter, or nobody who has them is there; then they only come first.
	Preferred  []Skill       `json:"preferred,omitempty"`
	RelaxAfter time.Duration `json:"relax_after,omitempty"`
	// Overflow groups serve it too, after the others, once a conversation has
	// waited for OverflowAfter or nobody of the others is there.
	Overflow      []threads.GroupID `json:"overflow,omitempty"`
	OverflowAfter time.Duration     `json:"overflow_after,omitempty"`
	// Method of the queue; empty: the hub's.
	Method Method `json:"method,omitempty"`
}

// Conditions of a queue: all that are given have to hold, each for one of its
// values.
type Conditions struct {
	Channels   []threads.ChannelID `json:"channels,omitempty"`
	Tags       []string            `json:"tags,omitempty"`
	Styles     []threads.StyleName `json:"styles,omitempty"`
	Languages  []string            `json:"languages,omitempty"`
	Priorities []string            `json:"priorities,omitempty"`
	Hours      *Hours              `json:"hours,omitempty"`
}

// Hours holds while a schedule is open, or while it is closed.
type Hours struct {
	ScheduleID string `json:"schedule_id"`
	Open       bool   `json:"open"`
}

// Waiting is a conversation that waits, as far as routing looks at it.
type Waiting struct {
	ID       threads.ConversationID
	Channel  threads.ChannelID
	Style    threads.StyleName
	Group    threads.GroupID
	Priority string
	Tags     []string
	Language string // of the contact, such as "pt" or "pt-BR"; empty: not known
	QueuedAt time.Time
	Previous threads.AgentID
	Passes   []threads.Pass
	// Weight is how many places it takes; 0: one.
	Weight int
}

// places is how many places it takes, at least one.
func (w Waiting) places() int { return max(w.Weight, 1) }

// WaitingOf is the conversation as routing sees it, with its contact's language.
func WaitingOf(c threads.Conversation, language string) Waiting {
	return Waiting{
		ID: c.ID, Channel: c.ChannelID, Style: c.State.Style, Group: c.State.Group, Priority: c.Priority, Tags: c.Tags,
		Language: language, QueuedAt: c.State.QueuedAt, Previous: c.State.Previous, Passes: c.Passes, Weight: c.State.Weight,
	}
}

// match tells whether the queue is for the conversation. open are the schedules
// that are open; one that is not known there hinders.
func (q *Queue) match(w Waiting, open map[string]bool) bool {
	c := q.When
	priority := w.Priority
	if priority == "" {
		priority = "normal"
	}
	switch {
	case !q.Enabled,
		len(c.Channels) > 0 && !slices.Contains(c.Channels, w.Channel),
		len(c.Styles) > 0 && !slices.Contains(c.Styles, w.Style),
		len(c.Priorities) > 0 && !slices.Contains(c.Priorities, priority),
		len(c.Tags) > 0 && !slices.ContainsFunc(w.Tags, func(t string) bool { return slices.Contains(c.Tags, t) }),
		len(c.Languages) > 0 && !slices.ContainsFunc(c.Languages, func(l string) bool { return speaks(w.Language, l) }):
		return false
	case c.Hours != nil:
		is, known := open[c.Hours.ScheduleID]
		return known && is == c.Hours.Open
	}
	return true
}

// speaks tells whether a language is the wanted one, or a form of it.
func speaks(language, want string) bool {
	if len(language) < len(want) || !strings.EqualFold(language[:len(want)], want) {
		return false
	}
	return len(language) == len(want) || language[len(want)] == '-' || language[len(want)] == '_'
}

// AsksLanguage tells whether one of the queues looks at a contact's language.
func AsksLanguage(queues []Queue) bool {
	return slices.ContainsFunc(queues, func(q Queue) bool { return q.Enabled && len(q.When.Languages) > 0 })
}

// Schedules lists those that the queues ask for.
func Schedules(queues []Queue) []string {
	var ids []string
	for _, q := range queues {
		if h := q.When.Hours; q.Enabled && h != nil && !slices.Contains(ids, h.ScheduleID) {
			ids = append(ids, h.ScheduleID)
		}
	}
	return ids
}
