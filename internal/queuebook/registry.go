package queuebook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
	"threadhub/threads/routing"
)

// MaxQueues bounds the list: all of it may be gone through for every
// conversation that waits.
const MaxQueues = 100

// Options are what a Registry works with. All are required but Fresh and
// Changed.
type Options struct {
	Store directory.Store
	Now   func() time.Time
	// ChannelExists, ScheduleExists and GroupExists tell whether there is such
	// a record, SkillExists whether any agent has the skill.
	ChannelExists  func(ctx context.Context, id threads.ChannelID) (bool, error)
	ScheduleExists func(ctx context.Context, id string) (bool, error)
	GroupExists    func(ctx context.Context, id threads.GroupID) (bool, error)
	SkillExists    func(ctx context.Context, name string) (bool, error)
	// Fresh is how long the list is used without looking whether another
	// process changed it; 0 on a store that only this process writes.
	Fresh time.Duration
	// Changed is called after a change of the list.
	Changed func()
}

// Registry is the list of queues. It is safe for concurrent use.
type Registry struct {
	Options
	records directory.Collection[record]

	mu   sync.RWMutex
	held *held
}

// held is the list as it was read.
type held struct {
	version int64
	queues  []routing.Queue
	readAt  time.Time
}

// id of the only record.
const id = "list"

// NewRegistry returns a registry over the given parts.
func NewRegistry(o Options) *Registry {
	if o.Changed == nil {
		o.Changed = func() {}
	}
	return &Registry{Options: o, records: directory.NewCollection[record](o.Store, "queue", nil)}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// load reads the list; its version is 0 before the first queue.
func (r *Registry) load(ctx context.Context) (directory.Item[record], error) {
	item, err := r.records.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Item[record]{ID: id}, nil
	}
	if err != nil {
		return item, fmt.Errorf("queues: %w", err)
	}
	return item, nil
}

// Queues answers the list from memory, as long as it is fresh. It is shared: it
// must not be changed.
func (r *Registry) Queues(ctx context.Context) ([]routing.Queue, error) {
	r.mu.RLock()
	h := r.held
	r.mu.RUnlock()
	if h != nil && (r.Fresh == 0 || r.Now().Sub(h.readAt) < r.Fresh) {
		return h.queues, nil
	}
	readAt := r.Now()
	item, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	return r.hold(item, readAt), nil
}

// hold keeps the list unless a newer one is held already, and answers the one
// that is.
func (r *Registry) hold(item directory.Item[record], readAt time.Time) []routing.Queue {
	queues := make([]routing.Queue, len(item.Value.Queues))
	for i, e := range item.Value.Queues {
		queues[i] = e.Queue
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil || r.held.version <= item.Version {
		r.held = &held{version: item.Version, queues: queues, readAt: readAt}
	}
	return r.held.queues
}

// List answers all queues in their order.
func (r *Registry) List(ctx context.Context) ([]Queue, error) {
	item, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Queue, len(item.Value.Queues))
	for i := range out {
		out[i] = item.Value.queue(i)
	}
	return out, nil
}

// Get answers a queue; directory.ErrNotFound for an unknown one.
func (r *Registry) Get(ctx context.Context, queue threads.QueueID) (Queue, error) {
	item, err := r.load(ctx)
	if err != nil {
		return Queue{}, err
	}
	i := item.Value.index(queue)
	if i < 0 {
		return Queue{}, unknown(queue)
	}
	return item.Value.queue(i), nil
}

func unknown(queue threads.QueueID) error {
	return fmt.Errorf("queue %s: %w", queue, directory.ErrNotFound)
}

// edit changes the list, again if somebody else was faster. change answers the
// queue it was about.
func (r *Registry) edit(ctx context.Context, change func(*record) (threads.QueueID, error)) (Queue, error) {
	for {
		item, err := r.load(ctx)
		if err != nil {
			return Queue{}, err
		}
		about, err := change(&item.Value)
		if err != nil {
			return Queue{}, err
		}
		readAt := r.Now()
		if item.Version == 0 {
			item, err = r.records.Create(ctx, id, item.Value)
		} else {
			item, err = r.records.Update(ctx, item)
		}
		if errors.Is(err, directory.ErrConflict) {
			continue
		}
		if err != nil {
			return Queue{}, fmt.Errorf("queues: %w", err)
		}
		r.hold(item, readAt)
		r.Changed()
		if i := item.Value.index(about); i >= 0 {
			return item.Value.queue(i), nil
		}
		return Queue{}, nil
	}
}

// Create adds a queue. What is wrong with the draft is answered by field
// (*InvalidError) and nothing is stored.
func (r *Registry) Create(ctx context.Context, d Draft) (Queue, error) {
	if err := r.validate(ctx, Change{
		Name: &d.Name, Position: d.Position, When: &d.When, Groups: &d.Groups, Required: &d.Required, Preferred: &d.Preferred,
		RelaxAfter: &d.RelaxAfter, Overflow: &d.Overflow, OverflowAfter: &d.OverflowAfter, Method: &d.Method,
	}); err != nil {
		return Queue{}, err
	}
	d.ID = threads.QueueID(ident.New("qu"))
	return r.edit(ctx, func(list *record) (threads.QueueID, error) {
		if len(list.Queues) >= MaxQueues {
			return "", &InvalidError{[]FieldError{{"", fmt.Sprintf("there are %d queues already, the most there can be: delete one first", MaxQueues)}}}
		}
		at := len(list.Queues)
		if d.Position != nil {
			at = min(*d.Position-1, at)
		}
		now := r.now()
		list.Queues = slices.Insert(list.Queues, at, entry{Queue: d.Queue, CreatedAt: now, UpdatedAt: now, Version: 1})
		return d.ID, nil
	})
}

// Update changes a queue; what is wrong is answered by field. A queue that is
// moved makes the others close the gap.
func (r *Registry) Update(ctx context.Context, queue threads.QueueID, c Change) (Queue, error) {
	if err := r.validate(ctx, c); err != nil {
		return Queue{}, err
	}
	return r.edit(ctx, func(list *record) (threads.QueueID, error) {
		i := list.index(queue)
		if i < 0 {
			return "", unknown(queue)
		}
		e := list.Queues[i]
		if c.IfVersion != nil && *c.IfVersion != e.Version {
			return "", fmt.Errorf("queue %s: version is %d, not %d: %w", queue, e.Version, *c.IfVersion, directory.ErrConflict)
		}
		c.apply(&e.Queue)
		e.UpdatedAt = r.now()
		e.Version++
		list.Queues = slices.Delete(list.Queues, i, i+1)
		if c.Position != nil {
			i = min(*c.Position-1, len(list.Queues))
		}
		list.Queues = slices.Insert(list.Queues, i, e)
		return queue, nil
	})
}

// Delete removes a queue. What waits in it is for the next one that matches.
func (r *Registry) Delete(ctx context.Context, queue threads.QueueID) error {
	_, err := r.edit(ctx, func(list *record) (threads.QueueID, error) {
		i := list.index(queue)
		if i < 0 {
			return "", unknown(queue)
		}
		list.Queues = slices.Delete(list.Queues, i, i+1)
		return "", nil
	})
	return err
}

// UsersOfSchedule names, for people, the queues that ask for a schedule.
func (r *Registry) UsersOfSchedule(ctx context.Context, schedule string) ([]string, error) {
	queues, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, q := range queues {
		if q.When.Hours != nil && q.When.Hours.ScheduleID == schedule {
			users = append(users, "queue "+strconv.Quote(q.Name))
		}
	}
	return users, nil
}
