// Package queuebook keeps the queues: an ordered list that admins write and
// routing reads.
package queuebook

import (
	"slices"
	"time"

	"threadhub/internal/directory"
	"threadhub/threads"
	"threadhub/threads/routing"
)

// Queue is a queue with what is known of its record.
type Queue struct {
	routing.Queue
	Position  int // in the list, from 1
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64 // of the queue; it stays when others move past it
}

// Draft is a queue to create. Enabled is as it is given.
type Draft struct {
	routing.Queue
	Position *int // from 1; nil, or beyond the end: last
}

// Change is what to change of a queue; nil fields stay. Conditions and lists
// are replaced as a whole.
type Change struct {
	IfVersion     *int64
	Name          *string
	Enabled       *bool
	Position      *int // from 1; beyond the end: last
	When          *routing.Conditions
	Groups        *[]threads.GroupID
	Required      *[]routing.Skill
	Preferred     *[]routing.Skill
	RelaxAfter    *time.Duration
	Overflow      *[]threads.GroupID
	OverflowAfter *time.Duration
	Method        *routing.Method
}

func (c Change) apply(q *routing.Queue) {
	set(&q.Name, c.Name)
	set(&q.Enabled, c.Enabled)
	set(&q.When, c.When)
	set(&q.Groups, c.Groups)
	set(&q.Required, c.Required)
	set(&q.Preferred, c.Preferred)
	set(&q.RelaxAfter, c.RelaxAfter)
	set(&q.Overflow, c.Overflow)
	set(&q.OverflowAfter, c.OverflowAfter)
	set(&q.Method, c.Method)
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// What is wrong with input is answered by field.
type (
	FieldError   = directory.FieldError
	InvalidError = directory.InvalidError
)

// entry is how a queue is stored.
type entry struct {
	routing.Queue
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// record is how the list is stored: as one document, so that the order of the
// queues is changed at once and nobody ever reads half a move.
type record struct {
	Queues []entry `json:"queues"`
}

func (r record) queue(i int) Queue {
	e := r.Queues[i]
	return Queue{Queue: e.Queue, Position: i + 1, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt, Version: e.Version}
}

func (r record) index(id threads.QueueID) int {
	return slices.IndexFunc(r.Queues, func(e entry) bool { return e.ID == id })
}
