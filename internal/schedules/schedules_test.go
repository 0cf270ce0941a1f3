package schedules

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/threads"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newRegistry(store directory.Store) *Registry {
	return New(Options{
		Store: store, Now: func() time.Time { return start },
		Users: func(context.Context, string) ([]string, error) { return nil, nil },
	})
}

func mornings(zone string) threads.Hours {
	return threads.Hours{Zone: zone, Intervals: []threads.WeekInterval{
		{Day: "monday", Interval: threads.Interval{From: "09:00", To: "12:00"}},
	}}
}

func TestAScheduleIsAddedChangedAndRemoved(t *testing.T) {
	ctx, r := context.Background(), newRegistry(&directory.Memory{})
	made, err := r.Create(ctx, " Support ", mornings("Europe/Berlin"))
	require.NoError(t, err)
	require.Equal(t, Schedule{ID: made.ID, Name: "Support", Hours: mornings("Europe/Berlin"), CreatedAt: start, UpdatedAt: start, Version: 1}, made)
	got, err := r.Get(ctx, made.ID)
	require.NoError(t, err)
	require.Equal(t, made, got)
	_, err = r.Create(ctx, "SUPPORT", mornings("UTC"))
	require.ErrorIs(t, err, directory.ErrTaken)

	changed, err := r.Update(ctx, made.ID, Change{IfVersion: new(int64(1)), Zone: new("Asia/Kathmandu"), Holidays: &[]threads.Holiday{{Date: "2026-12-25"}}})
	require.NoError(t, err)
	require.Equal(t, []any{"Support", "Asia/Kathmandu", int64(2), 1}, []any{changed.Name, changed.Zone, changed.Version, len(changed.Holidays)})
	require.Equal(t, made.Intervals, changed.Intervals, "what is not named stays")
	_, err = r.Update(ctx, made.ID, Change{IfVersion: new(int64(1)), Name: new("x")})
	require.ErrorIs(t, err, directory.ErrConflict)

	other, err := r.Create(ctx, "Nights", mornings("UTC"))
	require.NoError(t, err)
	list, err := r.List(ctx, made.ID, 10)
	require.NoError(t, err)
	require.Equal(t, []Schedule{other}, list)

	require.NoError(t, r.Delete(ctx, made.ID))
	require.ErrorIs(t, r.Delete(ctx, made.ID), directory.ErrNotFound)
	_, err = r.Get(ctx, made.ID)
	require.ErrorIs(t, err, directory.ErrNotFound)
}

func TestWhatIsNoScheduleIsNotStored(t *testing.T) {
	ctx, store := context.Background(), &directory.Memory{}
	r := newRegistry(store)
	_, err := r.Create(ctx, "  ", threads.Hours{Zone: "Europe/Atlantis"})
	var wrong *threads.HoursError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, []string{"name", "zone", "intervals"}, []string{wrong.Problems[0].Field, wrong.Problems[1].Field, wrong.Problems[2].Field})
	list, err := r.List(ctx, "", 10)
	require.NoError(t, err)
	require.Empty(t, list)

	made, err := r.Create(ctx, "Support", mornings("UTC"))
	require.NoError(t, err)
	_, err = r.Update(ctx, made.ID, Change{Intervals: &[]threads.WeekInterval{}})
	require.ErrorAs(t, err, &wrong)
	_, err = r.Update(ctx, made.ID, Change{Name: new(" ")})
	require.ErrorAs(t, err, &wrong)
	got, err := r.Get(ctx, made.ID)
	require.NoError(t, err)
	require.Equal(t, made, got)
}

func TestAScheduleInUseIsNotDeleted(t *testing.T) {
	ctx, r := context.Background(), newRegistry(&directory.Memory{})
	made, err := r.Create(ctx, "Support", mornings("UTC"))
	require.NoError(t, err)
	var users []string
	for i := range 7 {
		users = append(users, fmt.Sprintf("channel %d", i))
	}
	r.Users = func(_ context.Context, id string) ([]string, error) {
		require.Equal(t, made.ID, id)
		return users, nil
	}
	err = r.Delete(ctx, made.ID)
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	require.ErrorContains(t, err, "channel 4 and 2 more")
	r.Users = func(context.Context, string) ([]string, error) { return nil, errors.New("away") }
	require.ErrorContains(t, r.Delete(ctx, made.ID), "away")
	_, err = r.Get(ctx, made.ID)
	require.NoError(t, err)
}

func TestTheCalendarIsThatOfTheLatestVersion(t *testing.T) {
	ctx, store := context.Background(), &directory.Memory{}
	here, elsewhere := newRegistry(store), newRegistry(store) // two processes on one store
	made, err := here.Create(ctx, "Support", mornings("UTC"))
	require.NoError(t, err)
	for range 2 {
		cal, err := here.Calendar(ctx, made.ID)
		require.NoError(t, err)
		require.True(t, cal.Open(start))
	}
	_, err = elsewhere.Update(ctx, made.ID, Change{Zone: new("America/New_York")})
	require.NoError(t, err)
	cal, err := here.Calendar(ctx, made.ID)
	require.NoError(t, err)
	require.False(t, cal.Open(start), "four in the morning there")
	require.NoError(t, elsewhere.Delete(ctx, made.ID))
	_, err = here.Calendar(ctx, made.ID)
	require.ErrorIs(t, err, threads.ErrNotFound)
	require.Empty(t, here.known)
}

func TestAZoneThatIsNotOfThisMachineIsTold(t *testing.T) {
	ctx, store := context.Background(), &directory.Memory{}
	require.NoError(t, store.Put(ctx, directory.Document{Kind: "schedule", ID: "sc_1", Version: 1, Body: []byte(`{"hours":{"zone":"Mars/Olympus","intervals":[{"day":"monday","from":"09:00","to":"12:00"}]}}`)}))
	_, err := newRegistry(store).Calendar(ctx, "sc_1")
	var wrong *threads.HoursError
	require.ErrorAs(t, err, &wrong)
	require.NotErrorIs(t, err, threads.ErrNotFound)
}

func TestChangesAtOnceAllCount(t *testing.T) {
	ctx, r := context.Background(), newRegistry(&directory.Memory{})
	made, err := r.Create(ctx, "Support", mornings("UTC"))
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			_, err := r.Update(ctx, made.ID, Change{Name: new(fmt.Sprint(i))})
			if err == nil {
				_, err = r.Calendar(ctx, made.ID)
			}
			require.NoError(t, err)
		})
	}
	all.Wait()
	got, err := r.Get(ctx, made.ID)
	require.NoError(t, err)
	require.EqualValues(t, 11, got.Version)
}

func TestAStoreThatIsAwayIsAnError(t *testing.T) {
	ctx, away := context.Background(), errors.New("away")
	r := newRegistry(&directory.Memory{Err: away})
	_, err := r.Create(ctx, "Support", mornings("UTC"))
	require.ErrorIs(t, err, away)
	_, err = r.Calendar(ctx, "sc_1")
	require.ErrorIs(t, err, away)
	_, err = r.List(ctx, "", 1)
	require.ErrorIs(t, err, away)
	_, err = r.Update(ctx, "sc_1", Change{})
	require.ErrorIs(t, err, away)
	require.ErrorIs(t, r.Delete(ctx, "sc_1"), away)
}
