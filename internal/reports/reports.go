// Package reports adds the figures of conversations up: by channel, style,
// agent, group and day, as far as a query asks. It keeps nothing: a report is
// made from the figures that a store reads out of an index.
package reports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/threads"
)

// Source reads the figures of a period; every threads.Store does.
type Source interface {
	Figures(ctx context.Context, p threads.Period, each func(threads.Figures) error) error
}

// Dimension is what a report groups by.
type Dimension string

// Dimensions. The agent is the assignee, or the last one.
const (
	Day     Dimension = "day"
	Channel Dimension = "channel"
	Style   Dimension = "style"
	Agent   Dimension = "agent"
	Group   Dimension = "group"
)

// Query asks for a report.
type Query struct {
	Period threads.Period
	// Zone is where days begin; nil is UTC.
	Zone    *time.Location
	GroupBy []Dimension
	// The rest narrows the report to some conversations; empty lists do not.
	// "" in Agents matches conversations of nobody.
	Channels []threads.ChannelID
	Styles   []threads.StyleName
	Agents   []threads.AgentID
	Groups   []threads.GroupID
}

// Key names a row: the values of the dimensions that the query groups by. The
// others are empty, as are values that a conversation does not have.
type Key struct {
	Day     string // of the time that the period is about: "2026-03-01"
	Channel threads.ChannelID
	Style   threads.StyleName
	Agent   threads.AgentID
	Group   threads.GroupID
}

// Row is a line of a report.
type Row struct {
	Key Key
	Sums
}

// Report is what a query found. Rows are in the order of their keys.
type Report struct {
	Rows  []Row
	Total Sums
}

// MaxRows bounds the rows of a report.
const MaxRows = 10_000

// ErrTooManyRows says that a report would have more than [MaxRows].
var ErrTooManyRows = fmt.Errorf("the report has more than %d rows", MaxRows)

// Make reads the period and adds it up. A report by day alone has a row for
// each day of the period, one by style alone a row for each style, also where
// there is nothing to count. It answers [ErrTooManyRows] where a query groups
// too finely.
func Make(ctx context.Context, from Source, q Query) (Report, error) {
	r := newRun(q)
	if err := r.prefill(); err != nil {
		return Report{}, err
	}
	n := 0
	err := from.Figures(ctx, q.Period, func(f threads.Figures) error {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return r.add(&f)
	})
	if err != nil {
		if errors.Is(err, ErrTooManyRows) {
			return Report{}, ErrTooManyRows
		}
		return Report{}, fmt.Errorf("report: %w", err)
	}
	return r.report(), nil
}

// run is a report in the making.
type run struct {
	Query
	by       [5]bool // the dimensions, by their place in places
	contacts map[threads.ContactID]uint32
	total    *cell
	cells    map[Key]*cell
	day      dayCache
}

// places is the order of the dimensions in a key.
var places = [...]Dimension{Day, Channel, Style, Agent, Group}

func newRun(q Query) *run {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	r := &run{
		Query: q, contacts: map[threads.ContactID]uint32{}, total: newCell(), cells: map[Key]*cell{}, day: dayCache{zone: q.Zone},
	}
	for i, d := range places {
		r.by[i] = slices.Contains(q.GroupBy, d)
	}
	return r
}

// prefill makes the rows that are there whatever is counted.
func (r *run) prefill() error {
	if len(r.GroupBy) != 1 {
		return nil
	}
	var err error
	add := func(k Key) {
		if err == nil {
			_, err = r.cell(k)
		}
	}
	switch r.GroupBy[0] {
	case Style:
		for _, name := range threads.StyleNames {
			if len(r.Styles) == 0 || slices.Contains(r.Styles, name) {
				add(Key{Style: name})
			}
		}
	case Day:
		at := r.Period.From.In(r.Zone)
		for day := at; day.Before(r.Period.To) && err == nil; {
			add(Key{Day: day.Format(time.DateOnly)})
			day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, r.Zone)
		}
	}
	return err
}

func (r *run) add(f *threads.Figures) error {
	if !r.wanted(f) {
		return nil
	}
	contact, known := r.contacts[f.Contact]
	if !known {
		contact = uint32(len(r.contacts))
		r.contacts[threads.ContactID(strings.Clone(string(f.Contact)))] = contact
	}
	r.total.add(f, contact)
	if len(r.GroupBy) == 0 {
		return nil
	}
	c, err := r.cell(r.keyOf(f))
	if err == nil {
		c.add(f, contact)
	}
	return err
}

func (r *run) wanted(f *threads.Figures) bool {
	return among(r.Channels, f.Channel) && among(r.Styles, f.Style) && among(r.Agents, f.Assignee) && among(r.Groups, f.Group)
}

func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func (r *run) keyOf(f *threads.Figures) Key {
	var k Key
	if r.by[0] {
		at := f.CreatedAt
		if r.Period.By == threads.BySolved {
			at = f.SolvedAt
		}
		k.Day = r.day.of(at)
	}
	if r.by[1] {
		k.Channel = f.Channel
	}
	if r.by[2] {
		k.Style = f.Style
	}
	if r.by[3] {
		k.Agent = f.Assignee
	}
	if r.by[4] {
		k.Group = f.Group
	}
	return k
}

// cell is the one of a key, made if it is not there.
func (r *run) cell(k Key) (*cell, error) {
	if c, ok := r.cells[k]; ok {
		return c, nil
	}
	if len(r.cells) == MaxRows {
		return nil, ErrTooManyRows
	}
	// The texts of a key share memory with all that was read with them.
	k = Key{
		Day: k.Day, Channel: threads.ChannelID(strings.Clone(string(k.Channel))), Style: threads.StyleName(strings.Clone(string(k.Style))),
		Agent: threads.AgentID(strings.Clone(string(k.Agent))), Group: threads.GroupID(strings.Clone(string(k.Group))),
	}
	c := newCell()
	r.cells[k] = c
	return c, nil
}

func (r *run) report() Report {
	out := Report{Total: r.total.sums(), Rows: make([]Row, 0, len(r.cells))}
	for k, c := range r.cells {
		out.Rows = append(out.Rows, Row{Key: k, Sums: c.sums()})
	}
	slices.SortFunc(out.Rows, func(a, b Row) int { return a.Key.compare(b.Key) })
	return out
}

func (k Key) compare(o Key) int {
	for _, c := range [...]int{
		strings.Compare(k.Day, o.Day), strings.Compare(string(k.Channel), string(o.Channel)),
		strings.Compare(string(k.Style), string(o.Style)), strings.Compare(string(k.Agent), string(o.Agent)),
	} {
		if c != 0 {
			return c
		}
	}
	return strings.Compare(string(k.Group), string(o.Group))
}

// dayCache names the day of a time; figures mostly come by the day.
type dayCache struct {
	zone       *time.Location
	begin, end time.Time
	name       string
}

func (c *dayCache) of(at time.Time) string {
	if at.Before(c.begin) || !at.Before(c.end) {
		local := at.In(c.zone)
		y, m, d := local.Date()
		c.name = local.Format(time.DateOnly)
		c.begin, c.end = time.Date(y, m, d, 0, 0, 0, 0, c.zone), time.Date(y, m, d+1, 0, 0, 0, 0, c.zone)
	}
	return c.name
}
