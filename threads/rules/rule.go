package rules

import (
	"encoding/json"
	"regexp"
	"time"
)

// ID names a rule. It is opaque outside whoever mints it.
type ID string // rl_…

// Kind says what makes a rule act.
type Kind string

// Kinds.
const (
	Trigger    Kind = "trigger"    // something changed
	Automation Kind = "automation" // time passed
)

// Event is what a change was, as triggers ask for it.
type Event string

// Events. One change may be several of them.
const (
	Created         Event = "conversation_created"
	MessageReceived Event = "message_received" // from the contact
	MessageSent     Event = "message_sent"     // to the contact, by an agent or in the platform's own app
	NoteAdded       Event = "note_added"
	StatusChanged   Event = "status_changed"
	Assigned        Event = "assignee_changed"
	StyleChanged    Event = "style_changed"
	Reopened        Event = "conversation_reopened" // by the customer
	DeliveryFailed  Event = "delivery_failed"
	Updated         Event = "conversation_updated" // any of its fields
)

// Events lists all of them.
var Events = []Event{
	Created, MessageReceived, MessageSent, NoteAdded, StatusChanged, Assigned, StyleChanged, Reopened, DeliveryFailed, Updated,
}

// Rule says what to do when conditions hold: all of All and, unless Any is
// empty, at least one of Any.
type Rule struct {
	ID          ID     `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Kind        Kind   `json:"kind"`
	Enabled     bool   `json:"enabled"`
	// System rules are shipped with the hub and cannot be changed.
	System bool `json:"system,omitempty"`
	// On lists the events that a trigger acts on; none: every one.
	On      []Event     `json:"on,omitempty"`
	All     []Condition `json:"all,omitempty"`
	Any     []Condition `json:"any,omitempty"`
	Actions []Action    `json:"actions"`
}

// Condition asks one thing.
type Condition struct {
	Field  Field    `json:"field"`
	Op     Op       `json:"op"`
	Values []string `json:"values,omitempty"` // one is enough

	pattern *regexp.Regexp // of Matches, compiled
	length  time.Duration  // of a time's AtLeast and LessThan, parsed
}

// AfterPolicy is the value of a time that stands for the delay which the solve
// copied onto the conversation, by its clock. Only system rules have it.
const AfterPolicy = "close_after"

// Length is how much time the condition asks for; 0 for [AfterPolicy].
func (c Condition) Length() time.Duration { return c.length }

// Policy tells whether the condition asks for the conversation's own delay.
func (c Condition) Policy() bool { return len(c.Values) == 1 && c.Values[0] == AfterPolicy }

// ActionType says what an action does.
type ActionType string

// Actions, with the fields they use.
const (
	SetStatus   ActionType = "set_status"   // Value
	SetStyle    ActionType = "set_style"    // Style
	SetPriority ActionType = "set_priority" // Value; "" for none
	SetAssignee ActionType = "set_assignee" // Value; "" for nobody
	SetGroup    ActionType = "set_group"    // Value; "" for none
	AddTags     ActionType = "add_tags"     // Tags
	RemoveTags  ActionType = "remove_tags"  // Tags
	SendMessage ActionType = "send_message" // Text
	AddNote     ActionType = "add_note"     // Text
	CallWebhook ActionType = "call_webhook" // URL
)

// ActionTypes lists all of them.
var ActionTypes = []ActionType{
	SetStatus, SetStyle, SetPriority, SetAssignee, SetGroup, AddTags, RemoveTags, SendMessage, AddNote, CallWebhook,
}

// Action is one thing that a rule does.
type Action struct {
	Type  ActionType `json:"type"`
	Value string     `json:"value,omitempty"`
	Tags  []string   `json:"tags,omitempty"`
	Text  string     `json:"text,omitempty"`
	URL   string     `json:"url,omitempty"`
	// Style is a style with its settings, as its owner writes it: nobody looks
	// inside here.
	Style json.RawMessage `json:"style,omitempty"`
}
