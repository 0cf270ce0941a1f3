// Package schedules keeps the hub's schedules: the business hours that styles
// count in.
package schedules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// Schedule is business hours with a name.
type Schedule struct {
	ID   string
	Name string // unique, ignoring case
	threads.Hours
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Change is what to change of a schedule; nil fields stay.
type Change struct {
	IfVersion *int64
	Name      *string
	Zone      *string
	Intervals *[]threads.WeekInterval // all of them
	Holidays  *[]threads.Holiday      // all of them
}

// InUseError refuses to delete a schedule that styles count in.
type InUseError struct{ By []string }

// namedUsers bounds how many users of a schedule the refusal names.
const namedUsers = 5

// Error names who uses it and says what to do.
func (e *InUseError) Error() string {
	by := e.By[:min(len(e.By), namedUsers)]
	more := ""
	if n := len(e.By) - len(by); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("the schedule is used by %s%s: give them another style or schedule first", strings.Join(by, ", "), more)
}

// record is how a schedule is stored.
type record struct {
	Name      string        `json:"name"`
	Hours     threads.Hours `json:"hours"`
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`
}

// Options are what a Registry works with.
type Options struct {
	Store directory.Store
	Now   func() time.Time
	// Users names, for people, whatever refers to a schedule.
	Users func(ctx context.Context, id string) ([]string, error)
}

// Registry is the list of schedules. It is safe for concurrent use.
type Registry struct {
	Options
	records directory.Collection[record]

	mu    sync.Mutex
	known map[string]known
}

// known is the calendar of a version of a schedule: reading a zone is slow
// next to reading a record.
type known struct {
	version  int64
	calendar threads.Calendar
}

var _ threads.Schedules = (*Registry)(nil)

// New returns a registry over the given parts.
func New(o Options) *Registry {
	return &Registry{
		Options: o, known: map[string]known{},
		records: directory.NewCollection(o.Store, "schedule", func(r record) string { return strings.ToLower(r.Name) }),
	}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

func scheduleOf(i directory.Item[record]) Schedule {
	return Schedule{
		ID: i.ID, Name: i.Value.Name, Hours: i.Value.Hours,
		CreatedAt: i.Value.CreatedAt, UpdatedAt: i.Value.UpdatedAt, Version: i.Version,
	}
}

// check refuses, as a *threads.HoursError, what cannot be a schedule.
func check(v record) error {
	_, err := threads.NewCalendar(v.Hours)
	if v.Name != "" {
		return err
	}
	problems := []threads.HoursProblem{{Field: "name", Message: "is empty"}}
	var wrong *threads.HoursError
	if errors.As(err, &wrong) {
		problems = append(problems, wrong.Problems...)
	}
	return &threads.HoursError{Problems: problems}
}

// Create adds a schedule. What is wrong with it is answered as a
// *threads.HoursError, a name that is another's as directory.ErrTaken.
func (r *Registry) Create(ctx context.Context, name string, hours threads.Hours) (Schedule, error) {
	now := r.now()
	v := record{Name: strings.TrimSpace(name), Hours: hours, CreatedAt: now, UpdatedAt: now}
	if err := check(v); err != nil {
		return Schedule{}, fmt.Errorf("create schedule: %w", err)
	}
	item, err := r.records.Create(ctx, ident.New("sc"), v)
	if err != nil {
		return Schedule{}, fmt.Errorf("create schedule: %w", err)
	}
	return scheduleOf(item), nil
}

// Get answers a schedule; directory.ErrNotFound for an unknown one.
func (r *Registry) Get(ctx context.Context, id string) (Schedule, error) {
	item, err := r.records.Get(ctx, id)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule: %w", err)
	}
	return scheduleOf(item), nil
}

// List answers up to limit schedules in the order of their creation, after the
// given one.
func (r *Registry) List(ctx context.Context, after string, limit int) ([]Schedule, error) {
	items, err := r.records.List(ctx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("schedules: %w", err)
	}
	out := make([]Schedule, len(items))
	for i, item := range items {
		out[i] = scheduleOf(item)
	}
	return out, nil
}

// Update changes a schedule; errors are those of Create, and
// directory.ErrConflict when its version is not the expected one. Countdowns
// that run keep the moment they were given.
func (r *Registry) Update(ctx context.Context, id string, c Change) (Schedule, error) {
	for {
		item, err := r.records.Get(ctx, id)
		if err != nil {
			return Schedule{}, fmt.Errorf("update schedule: %w", err)
		}
		if c.IfVersion != nil && *c.IfVersion != item.Version {
			return Schedule{}, fmt.Errorf("update schedule: version is %d: %w", item.Version, directory.ErrConflict)
		}
		item.Value = c.apply(item.Value)
		item.Value.UpdatedAt = r.now()
		if err := check(item.Value); err != nil {
			return Schedule{}, fmt.Errorf("update schedule: %w", err)
		}
		item, err = r.records.Update(ctx, item)
		if errors.Is(err, directory.ErrConflict) && c.IfVersion == nil {
			continue
		}
		if err != nil {
			return Schedule{}, fmt.Errorf("update schedule: %w", err)
		}
		return scheduleOf(item), nil
	}
}

func (c Change) apply(v record) record {
	if c.Name != nil {
		v.Name = strings.TrimSpace(*c.Name)
	}
	if c.Zone != nil {
		v.Hours.Zone = *c.Zone
	}
	if c.Intervals != nil {
		v.Hours.Intervals = *c.Intervals
	}
	if c.Holidays != nil {
		v.Hours.Holidays = *c.Holidays
	}
	return v
}

// Delete removes a schedule. It is refused (*InUseError) while a style refers
// to it. A style that is given the schedule at the same moment may be left
// with it; it then counts elapsed time.
func (r *Registry) Delete(ctx context.Context, id string) error {
	if _, err := r.records.Get(ctx, id); err != nil {
		return fmt.Errorf("delete schedule: %w", err)
	}
	users, err := r.Users(ctx, id)
	if err != nil {
		return fmt.Errorf("delete schedule: who uses it: %w", err)
	}
	if len(users) > 0 {
		return fmt.Errorf("delete schedule: %w", &InUseError{users})
	}
	if err := r.records.Delete(ctx, id); err != nil {
		return fmt.Errorf("delete schedule: %w", err)
	}
	r.forget(id)
	return nil
}

// Calendar answers the hours of a schedule as they are now. threads.ErrNotFound
// when there is none; a *threads.HoursError when this machine does not know
// its zone.
func (r *Registry) Calendar(ctx context.Context, id string) (threads.Calendar, error) {
	item, err := r.records.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		r.forget(id)
		return threads.Calendar{}, fmt.Errorf("schedule %s: %w", id, threads.ErrNotFound)
	}
	if err != nil {
		return threads.Calendar{}, fmt.Errorf("schedule %s: %w", id, err)
	}
	r.mu.Lock()
	k, ok := r.known[id]
	r.mu.Unlock()
	if ok && k.version == item.Version {
		return k.calendar, nil
	}
	calendar, err := threads.NewCalendar(item.Value.Hours)
	if err != nil {
		return threads.Calendar{}, fmt.Errorf("schedule %s: %w", id, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[id] = known{item.Version, calendar}
	return calendar, nil
}

func (r *Registry) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, id)
}
