// Package channels keeps the channels an admin registered: their sealed
// credentials, their opened connectors and their health.
package channels

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/retention"
	"threadhub/threads"
)

// Channel is one registered account on a platform, without its secrets.
type Channel struct {
	ID             threads.ChannelID
	Kind           string
	Name           string
	Settings       json.RawMessage
	Style          threads.Style
	GroupID        threads.GroupID
	Enabled        bool
	Weight         int           // places of an agent's capacity that a conversation takes; 0: one
	SendFor        time.Duration // how long a message is tried; 0: see SendingFor
	Retention      retention.Policy
	CredentialKeys []string // which credentials are set
	// Warnings are what an admin has to be reminded of (connectors.Warner).
	Warnings []string
	// FormerUntil is how long the credentials before prove webhooks too; zero
	// when there are none. It may lie in the past.
	FormerUntil time.Time
	Health      Health
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
}

// Bounds of how long a message is tried before it fails as expired.
const (
	defaultSendFor = 24 * time.Hour
	minSendFor     = time.Minute
	maxSendFor     = 7 * 24 * time.Hour
)

// SendingFor is how long a message of the channel's is tried before it fails as
// expired.
func (c Channel) SendingFor() time.Duration { return cmp.Or(c.SendFor, defaultSendFor) }

// HealthState says whether a channel works.
type HealthState string

// States of health.
const (
	HealthUnchecked HealthState = "unchecked"
	HealthOK        HealthState = "ok"
	HealthFailing   HealthState = "failing"   // the latest calls or the check failed
	HealthSuspended HealthState = "suspended" // credentials are dead; nothing is sent until a check passes
)

// Health is what is known of a channel's working.
type Health struct {
	State     HealthState `json:"state"`
	Detail    string      `json:"detail,omitempty"`
	CheckedAt time.Time   `json:"checked_at,omitzero"`
	Since     time.Time   `json:"since,omitzero"` // when the state became what it is
}

// Trouble is why the channel sends nothing, in words for an agent; empty while it
// works.
func (c Channel) Trouble() string {
	switch {
	case !c.Enabled:
		return "The channel is paused. What was queued waits until an admin enables it again; nothing new can be sent."
	case c.Health.State == HealthSuspended:
		return "The platform no longer accepts the channel's credentials. Messages wait until an admin has renewed them."
	}
	return ""
}

// Draft is a channel to create.
type Draft struct {
	Kind        string
	Name        string
	Credentials map[string]string
	Settings    json.RawMessage
	Style       *threads.Style // nil: the hub's default
	GroupID     threads.GroupID
	Enabled     *bool // nil: enabled
	Weight      *int  // nil: one
	SendFor     time.Duration
	Retention   retention.Policy
}

// Change is what to change of a channel; nil fields stay. Credentials named
// replace those of the same name, an empty one is removed.
type Change struct {
	IfVersion   *int64
	Name        *string
	Credentials map[string]string
	Settings    json.RawMessage
	Style       *threads.Style
	GroupID     *threads.GroupID
	Enabled     *bool
	Weight      *int
	SendFor     *time.Duration
	// Retention alters for how long what the channel holds is kept.
	Retention func(*retention.Policy)
	// Overlap, with new Credentials, is how long webhooks that the ones before
	// prove are still taken; 0 ends that. nil: no longer.
	Overlap *time.Duration
}

// What is wrong with input is answered by field.
type (
	FieldError   = directory.FieldError
	InvalidError = directory.InvalidError
)

// InUseError refuses to delete a channel that still has open conversations.
type InUseError struct{ Open int }

// Error tells how many there are and what to do.
func (e *InUseError) Error() string {
	return fmt.Sprintf("%d conversations of the channel are not closed: close them first or delete with force=true", e.Open)
}
