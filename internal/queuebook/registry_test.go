package queuebook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/internal/directory"
	"threadhub/threads"
	"threadhub/threads/routing"
)

// world is a registry with what it asks about.
type world struct {
	*Registry
	store *directory.Memory
	now   time.Time
	told  int
}

func newWorld(fresh time.Duration) *world {
	w := &world{store: &directory.Memory{}, now: time.Date(2030, 3, 4, 12, 0, 0, 0, time.UTC)}
	w.Registry = NewRegistry(Options{
		Store: w.store, Now: func() time.Time { return w.now }, Fresh: fresh, Changed: func() { w.told++ },
		ChannelExists:  func(_ context.Context, id threads.ChannelID) (bool, error) { return id == "ch_1", w.store.Err },
		ScheduleExists: func(_ context.Context, id string) (bool, error) { return id == "sc_1", w.store.Err },
		GroupExists:    func(_ context.Context, id threads.GroupID) (bool, error) { return id == "gr_1", w.store.Err },
		SkillExists:    func(_ context.Context, name string) (bool, error) { return name == "french", w.store.Err },
	})
	return w
}

func (w *world) add(t require.TestingT, name string, position *int) Queue {
	q, err := w.Create(context.Background(), Draft{Queue: routing.Queue{Name: name, Enabled: true}, Position: position})
	require.NoError(t, err)
	return q
}

func (w *world) names(t require.TestingT) (list []string) {
	queues, err := w.List(context.Background())
	require.NoError(t, err)
	for i, q := range queues {
		require.Equal(t, i+1, q.Position)
		list = append(list, q.Name)
	}
	return list
}

func TestQueuesAreReadFromMemoryUntilTheyChange(t *testing.T) {
	ctx, w := context.Background(), newWorld(0)
	got, err := w.Queues(ctx)
	require.NoError(t, err)
	require.Empty(t, got)
	q := w.add(t, "a", nil)
	require.Equal(t, 1, w.told)
	w.store.Err = errors.New("away")
	got, err = w.Queues(ctx)
	require.NoError(t, err)
	require.Equal(t, q.ID, got[0].ID)
	_, err = w.List(ctx)
	require.ErrorIs(t, err, w.store.Err)
	_, err = w.Create(ctx, Draft{Queue: routing.Queue{Name: "b", Groups: []threads.GroupID{"gr_1"}}})
	require.ErrorIs(t, err, w.store.Err)
	w.store.Err = nil
	require.NoError(t, w.Delete(ctx, q.ID))
	require.ErrorIs(t, w.Delete(ctx, q.ID), directory.ErrNotFound)
	_, err = w.Update(ctx, q.ID, Change{})
	require.ErrorIs(t, err, directory.ErrNotFound)
	_, err = w.Get(ctx, q.ID)
	require.ErrorIs(t, err, directory.ErrNotFound)
}

func TestAnotherProcessIsHeardOfInTime(t *testing.T) {
	ctx, w := context.Background(), newWorld(time.Second)
	_, err := w.Queues(ctx)
	require.NoError(t, err)
	other := newWorld(0)
	theirs := other.Options
	theirs.Store = w.store
	other.Registry = NewRegistry(theirs)
	other.add(t, "theirs", nil)
	got, err := w.Queues(ctx)
	require.NoError(t, err)
	require.Empty(t, got)
	w.now = w.now.Add(time.Second)
	got, err = w.Queues(ctx)
	require.NoError(t, err)
	require.Len(t, got, 1)
}

func TestWhatIsWrongIsToldAllAtOnce(t *testing.T) {
	w := newWorld(0)
	_, err := w.Create(context.Background(), Draft{Position: new(0), Queue: routing.Queue{
		Name: " ", Method: "dice", RelaxAfter: -time.Second, OverflowAfter: 200 * time.Hour, Groups: []threads.GroupID{"gr_1", "gr_2"}, Overflow: []threads.GroupID{"gr_3"},
		Required: []routing.Skill{{Name: "french", Level: 9}}, Preferred: []routing.Skill{{Name: "klingon"}},
		When: routing.Conditions{
			Channels: []threads.ChannelID{"ch_2"}, Tags: []string{""}, Styles: []threads.StyleName{"x"}, Priorities: []string{"asap"}, Hours: &routing.Hours{ScheduleID: "sc_2"},
		},
	}})
	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
	var fields []string
	for _, f := range invalid.Fields {
		fields = append(fields, f.Field)
		require.NotEmpty(t, f.Message)
	}
	slices.Sort(fields)
	require.Equal(t, []string{
		"conditions.business_hours.schedule_id", "conditions.channel_ids[0]", "conditions.priorities[0]", "conditions.styles[0]", "conditions.tags[0]",
		"groups[1]", "method", "name", "overflow_after", "overflow_groups[0]", "position", "preferred_skills[0]", "relax_after", "required_skills[0]",
	}, fields)
	require.Empty(t, w.names(t))
	require.Contains(t, err.Error(), "klingon")
}

func TestThereAreOnlySoManyQueues(t *testing.T) {
	w := newWorld(0)
	for i := range MaxQueues {
		w.add(t, fmt.Sprint(i), nil)
	}
	_, err := w.Create(context.Background(), Draft{Queue: routing.Queue{Name: "one more"}})
	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
}

func TestASchedulesQueuesAreNamed(t *testing.T) {
	ctx, w := context.Background(), newWorld(0)
	_, err := w.Create(ctx, Draft{Queue: routing.Queue{Name: "Night", When: routing.Conditions{Hours: &routing.Hours{ScheduleID: "sc_1"}}}})
	require.NoError(t, err)
	w.add(t, "Day", nil)
	users, err := w.UsersOfSchedule(ctx, "sc_1")
	require.NoError(t, err)
	require.Equal(t, []string{`queue "Night"`}, users)
}

func TestChangesAtOnceAllCount(t *testing.T) {
	w := newWorld(0)
	w.Changed = func() {}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() { w.add(t, fmt.Sprint(i), new(1)) })
	}
	all.Wait()
	require.Len(t, w.names(t), 10)
}

// Any history of changes is that of a plain list.
func TestTheOrderIsThatOfAPlainList(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx, w := context.Background(), newWorld(0)
		var model []string
		ids := map[string]threads.QueueID{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			position := rapid.IntRange(1, 8).Draw(rt, "position")
			what := rapid.IntRange(0, 2).Draw(rt, "what")
			if len(model) == 0 || what == 0 {
				name := fmt.Sprint("q", i)
				ids[name] = w.add(rt, name, &position).ID
				model = slices.Insert(model, min(position-1, len(model)), name)
				continue
			}
			at := rapid.IntRange(0, len(model)-1).Draw(rt, "which")
			name := model[at]
			model = slices.Delete(model, at, at+1)
			if what == 1 {
				require.NoError(rt, w.Delete(ctx, ids[name]))
				continue
			}
			_, err := w.Update(ctx, ids[name], Change{Position: &position, Enabled: new(false)})
			require.NoError(rt, err)
			model = slices.Insert(model, min(position-1, len(model)), name)
		}
		if len(model) == 0 {
			require.Empty(rt, w.names(rt))
			return
		}
		require.Equal(rt, model, w.names(rt))
	})
}
