package queuebook

import (
	"context"
	"fmt"
	"slices"
	"strconv"
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
	list *directory.Sheet[record, []routing.Queue]
}

// NewRegistry returns a registry over the given parts.
func NewRegistry(o Options) *Registry {
	if o.Changed == nil {
		o.Changed = func() {}
	}
	return &Registry{Options: o, list: directory.NewSheet(directory.SheetOptions[record, []routing.Queue]{
		Store: o.Store, Kind: "queue", What: "queues", Now: o.Now, Fresh: o.Fresh, View: inOrder,
	})}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// Queues answers the list from memory, as long as it is fresh. It is shared: it
// must not be changed.
func (r *Registry) Queues(ctx context.Context) ([]routing.Queue, error) { return r.list.Held(ctx) }

func inOrder(item directory.Item[record]) []routing.Queue {
	queues := make([]routing.Queue, len(item.Value.Queues))
	for i, e := range item.Value.Queues {
		queues[i] = e.Queue
	}
	return queues
}

// List answers all queues in their order.
func (r *Registry) List(ctx context.Context) ([]Queue, error) {
	item, err := r.list.Read(ctx)
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
	item, err := r.list.Read(ctx)
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

// edit changes the list. change answers the queue it was about.
func (r *Registry) edit(ctx context.Context, change func(*record) (threads.QueueID, error)) (Queue, error) {
	var about threads.QueueID
	item, err := r.list.Edit(ctx, func(list *record) (err error) {
		about, err = change(list)
		return err
	})
	if err != nil {
		return Queue{}, err
	}
	r.Changed()
	if i := item.Value.index(about); i >= 0 {
		return item.Value.queue(i), nil
	}
	return Queue{}, nil
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
			return "", directory.Invalid("", fmt.Sprintf("there are %d queues already, the most there can be: delete one first", MaxQueues))
		}
		now := r.now()
		list.Queues = directory.InsertAt(list.Queues, d.Position, entry{Queue: d.Queue, CreatedAt: now, UpdatedAt: now, Version: 1})
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
		list.Queues = directory.ReplaceAt(list.Queues, i, c.Position, e)
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
