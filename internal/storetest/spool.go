package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/spool"
)

// spooled is an event that waits in the lane.
func (f *fixture) spooled(subscription, lane string) spool.Event {
	return spool.Event{
		ID: f.id("ev"), Subscription: subscription, Lane: lane, Type: "message.created", At: start,
		Doc:     json.RawMessage(`{"text":"Grüße, \u0000 and \"quotes\"","n":1.50}`),
		Outcome: spool.Outcome{State: spool.Pending, ExpiresAt: start.Add(time.Hour)},
	}
}

func (f *fixture) spool(events ...spool.Event) {
	f.t.Helper()
	require.NoError(f.t, f.s.AddEvents(f.ctx, events, nil, start))
}

func (f *fixture) waitingIDs(subscription, lane string) (ids []string, held bool) {
	f.t.Helper()
	list, since, err := f.s.Waiting(f.ctx, subscription, lane, 10)
	require.NoError(f.t, err)
	held = !since.IsZero()
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids, held
}

// dueLanes takes all lanes that are due, and leaves them as they were.
func (f *fixture) dueLanes(subscription string, at time.Time) (names []string) {
	f.t.Helper()
	var taken []spool.Lane
	for {
		l, err := f.s.TakeLane(f.ctx, subscription, "run_look", at, at.Add(time.Minute))
		if errors.Is(err, spool.ErrNotFound) {
			break
		}
		require.NoError(f.t, err)
		require.Equal(f.t, []any{"run_look", at.Add(time.Minute)}, []any{l.Owner, l.NextAt})
		names, taken = append(names, l.Name), append(taken, l)
	}
	for _, l := range taken {
		l.Version, l.Owner, l.NextAt = l.Version+1, "", at
		require.NoError(f.t, f.s.SaveLane(f.ctx, l))
	}
	return names
}

func (f *fixture) spoolLane(subscription, lane string) spool.Lane {
	f.t.Helper()
	l, err := f.s.Lane(f.ctx, subscription, lane)
	require.NoError(f.t, err)
	return l
}

func (f *fixture) listedEvents(filter spool.Filter, pageOf int) (ids []string) {
	f.t.Helper()
	cursor := ""
	for page := 0; page == 0 || cursor != ""; page++ {
		list, next, err := f.s.Events(f.ctx, filter, cursor, pageOf)
		require.NoError(f.t, err)
		for _, e := range list {
			ids = append(ids, e.ID)
		}
		cursor = next
	}
	return ids
}

func (f *fixture) ended(e spool.Event, state spool.State) {
	f.t.Helper()
	e.Outcome = spool.Outcome{State: state, Attempts: 2, Status: 204, TriedAt: start, DoneAt: start, ExpiresAt: start.Add(2 * time.Hour)}
	require.NoError(f.t, f.s.SaveOutcomes(f.ctx, []spool.Event{e}))
}

var spoolTests = []test{
	{"events wait in their lane in their order, each subscription's by themselves", func(t *testing.T, f *fixture) {
		one, two, other, far := f.spooled("sub_1", "cv_1"), f.spooled("sub_1", "cv_1"), f.spooled("sub_1", "cv_2"), f.spooled("sub_2", "cv_1")
		f.spool(two, other)
		f.spool(one, far)
		ids, held := f.waitingIDs("sub_1", "cv_1")
		require.Equal(t, []string{one.ID, two.ID}, ids)
		require.False(t, held)
		ids, _ = f.waitingIDs("sub_2", "cv_1")
		require.Equal(t, []string{far.ID}, ids)
		ids, _ = f.waitingIDs("sub_2", "cv_2")
		require.Empty(t, ids)
		got, err := f.s.Event(f.ctx, "sub_1", one.ID)
		require.NoError(t, err)
		same(t, one, got)
		_, err = f.s.Event(f.ctx, "sub_2", one.ID)
		require.ErrorIs(t, err, spool.ErrNotFound)
		at, err := f.s.OldestWaiting(f.ctx, "sub_1")
		require.NoError(t, err)
		require.Equal(t, start, at)
		at, err = f.s.OldestWaiting(f.ctx, "sub_3")
		require.NoError(t, err)
		require.True(t, at.IsZero())
	}},
	{"an event that is added again stays as it is", func(t *testing.T, f *fixture) {
		e := f.spooled("sub_1", "cv_1")
		f.spool(e)
		f.ended(e, spool.Delivered)
		f.spool(e)
		got, err := f.s.Event(f.ctx, "sub_1", e.ID)
		require.NoError(t, err)
		require.Equal(t, spool.Delivered, got.State)
		ids, held := f.waitingIDs("sub_1", "cv_1")
		require.Empty(t, ids)
		require.False(t, held)
	}},
	{"what came after an intent waits until the intent is gone", func(t *testing.T, f *fixture) {
		first := f.spooled("sub_1", "cv_1")
		early := spool.Intent{ID: f.id("ev"), Lane: "cv_1", At: start, Owner: "hub_1", Doc: json.RawMessage(`{"version":3}`)}
		late := f.spooled("sub_1", "cv_1")
		elsewhere := spool.Intent{ID: early.ID + "x", Lane: "cv_2", At: start.Add(-time.Minute)}
		require.NoError(t, f.s.AddIntents(f.ctx, []spool.Intent{early, elsewhere}))
		f.spool(first, late)
		ids, held := f.waitingIDs("sub_1", "cv_1")
		require.Equal(t, []string{first.ID}, ids)
		require.True(t, held)
		f.ended(first, spool.Delivered)
		ids, held = f.waitingIDs("sub_1", "cv_1")
		require.Empty(t, ids)
		require.True(t, held, "it is not empty")

		own := f.spooled("sub_1", "cv_1")
		own.ID = spool.EventID(early.ID, 0)
		require.NoError(t, f.s.AddEvents(f.ctx, []spool.Event{own}, []string{early.ID}, start))
		ids, held = f.waitingIDs("sub_1", "cv_1")
		require.Equal(t, []string{own.ID, late.ID}, ids)
		require.False(t, held)
	}},
	{"intents are found by age, the oldest first, until they are dropped", func(t *testing.T, f *fixture) {
		at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
		b := spool.Intent{ID: "ev_b", Lane: "cv_1", At: at(2), Owner: "hub_1", Doc: json.RawMessage(`{"a":1}`)}
		a := spool.Intent{ID: "ev_a", Lane: "cv_1", At: at(3), Owner: "hub_2", Doc: json.RawMessage(`{}`)}
		require.NoError(t, f.s.AddIntents(f.ctx, []spool.Intent{a, b}))
		got, err := f.s.IntentsBefore(f.ctx, at(4), 10)
		require.NoError(t, err)
		same(t, []spool.Intent{b, a}, got)
		got, err = f.s.IntentsBefore(f.ctx, at(3), 10)
		require.NoError(t, err)
		same(t, []spool.Intent{b}, got)
		require.NoError(t, f.s.DropIntents(f.ctx, []string{"ev_b", "ev_none"}))
		require.NoError(t, f.s.DropIntents(f.ctx, nil))
		got, err = f.s.IntentsBefore(f.ctx, at(9), 10)
		require.NoError(t, err)
		same(t, []spool.Intent{a}, got)
	}},
	{"a lane is due from its first event on, and saved at its version", func(t *testing.T, f *fixture) {
		f.spool(f.spooled("sub_1", "cv_1"), f.spooled("sub_2", "cv_2"))
		require.Equal(t, []string{"cv_1"}, f.dueLanes("sub_1", start))
		require.Empty(t, f.dueLanes("sub_1", start.Add(-time.Millisecond)))
		l := f.spoolLane("sub_1", "cv_1")
		taken := l
		taken.Version, taken.Owner, taken.NextAt = l.Version+1, "me", start.Add(time.Minute)
		taken.Attempts, taken.FailingSince = 3, start
		require.NoError(t, f.s.SaveLane(f.ctx, taken))
		require.ErrorIs(t, f.s.SaveLane(f.ctx, taken), spool.ErrConflict, "once")
		same(t, taken, f.spoolLane("sub_1", "cv_1"))
		require.Empty(t, f.dueLanes("sub_1", start))
		require.Equal(t, []string{"cv_1"}, f.dueLanes("sub_1", start.Add(time.Minute)))
		_, err := f.s.Lane(f.ctx, "sub_1", "cv_9")
		require.ErrorIs(t, err, spool.ErrNotFound)
	}},
	{"an event that is added wakes its lane: whoever was about to drop it cannot", func(t *testing.T, f *fixture) {
		f.spool(f.spooled("sub_1", "cv_1"))
		l := f.spoolLane("sub_1", "cv_1")
		later := l
		later.Version, later.NextAt, later.Attempts, later.FailingSince = l.Version+1, start.Add(time.Hour), 1, start
		require.NoError(t, f.s.SaveLane(f.ctx, later))
		f.spool(f.spooled("sub_1", "cv_1"))
		require.ErrorIs(t, f.s.DropLane(f.ctx, later), spool.ErrConflict)
		require.ErrorIs(t, f.s.SaveLane(f.ctx, spool.Lane{Subscription: "sub_1", Name: "cv_1", NextAt: start, Version: later.Version + 1}), spool.ErrConflict)
		now := f.spoolLane("sub_1", "cv_1")
		require.Equal(t, []any{later.NextAt, 1, start}, []any{now.NextAt, now.Attempts, now.FailingSince}, "it is not tried sooner")
		require.NoError(t, f.s.DropLane(f.ctx, now))
		require.Empty(t, f.dueLanes("sub_1", start.Add(2*time.Hour)))
		f.spool(f.spooled("sub_1", "cv_1"))
		require.ErrorIs(t, f.s.DropLane(f.ctx, now), spool.ErrConflict, "it is another one")
		require.Equal(t, []string{"cv_1"}, f.dueLanes("sub_1", start))
	}},
	{"a lane that is taken is somebody's until then, and nobody holds its version", func(t *testing.T, f *fixture) {
		f.spool(f.spooled("sub_1", "cv_1"))
		before := f.spoolLane("sub_1", "cv_1")
		before.Attempts, before.FailingSince, before.Version = 2, start, before.Version+1
		require.NoError(t, f.s.SaveLane(f.ctx, before))
		until := start.Add(time.Minute)
		got, err := f.s.TakeLane(f.ctx, "sub_1", "me", start, until)
		require.NoError(t, err)
		want := before
		want.Owner, want.NextAt, want.Version = "me", until, before.Version+1
		same(t, want, got)
		same(t, want, f.spoolLane("sub_1", "cv_1"))
		require.ErrorIs(t, f.s.DropLane(f.ctx, before), spool.ErrConflict)
		_, err = f.s.TakeLane(f.ctx, "sub_1", "you", start, until)
		require.ErrorIs(t, err, spool.ErrNotFound)
		f.spool(f.spooled("sub_1", "cv_1"))
		_, err = f.s.TakeLane(f.ctx, "sub_1", "you", until.Add(-time.Millisecond), until)
		require.ErrorIs(t, err, spool.ErrNotFound, "also when something is added")
		_, err = f.s.TakeLane(f.ctx, "sub_2", "you", until, until)
		require.ErrorIs(t, err, spool.ErrNotFound)
		got, err = f.s.TakeLane(f.ctx, "sub_1", "you", until, until.Add(time.Minute))
		require.NoError(t, err)
		require.Equal(t, "you", got.Owner, "whoever has it is thought dead")
	}},
	{"lanes are due the longest due first, and can all be woken but those that somebody has", func(t *testing.T, f *fixture) {
		for i, s := range []int{30, 10, 20} {
			lane := fmt.Sprintf("cv_%d", i)
			f.spool(f.spooled("sub_1", lane))
			l := f.spoolLane("sub_1", lane)
			l.Version, l.NextAt = l.Version+1, start.Add(time.Duration(s)*time.Second)
			require.NoError(t, f.s.SaveLane(f.ctx, l))
		}
		require.Equal(t, []string{"cv_1", "cv_2", "cv_0"}, f.dueLanes("sub_1", start.Add(time.Minute)))
		l := f.spoolLane("sub_1", "cv_2")
		l.Version, l.Owner = l.Version+1, "me"
		require.NoError(t, f.s.SaveLane(f.ctx, l))
		before := f.spoolLane("sub_1", "cv_0")
		require.NoError(t, f.s.WakeLanes(f.ctx, "sub_1", start))
		require.ElementsMatch(t, []string{"cv_0", "cv_1"}, f.dueLanes("sub_1", start))
		require.ErrorIs(t, f.s.DropLane(f.ctx, before), spool.ErrConflict)
	}},
	{"events are listed the latest first, by state too, page by page", func(t *testing.T, f *fixture) {
		var all, failed []string
		for i := range 7 {
			e := f.spooled("sub_1", "cv_1")
			f.spool(e, f.spooled("sub_10", "cv_1"))
			all = append([]string{e.ID}, all...)
			if i%2 == 0 {
				f.ended(e, spool.Failed)
				failed = append([]string{e.ID}, failed...)
			}
		}
		require.Equal(t, all, f.listedEvents(spool.Filter{Subscription: "sub_1"}, 3))
		require.Equal(t, failed, f.listedEvents(spool.Filter{Subscription: "sub_1", State: spool.Failed}, 3))
		require.Empty(t, f.listedEvents(spool.Filter{Subscription: "sub_1", State: spool.Delivered}, 3))
		_, _, err := f.s.Events(f.ctx, spool.Filter{Subscription: "sub_1"}, "nonsense", 3)
		require.ErrorIs(t, err, spool.ErrCursor)
	}},
	{"an outcome replaces the former, and an event that is gone stays gone", func(t *testing.T, f *fixture) {
		e := f.spooled("sub_1", "cv_1")
		f.spool(e)
		e.Attempts, e.Status, e.Error, e.TriedAt, e.NextAt = 1, 500, "the receiver answered 500", start, start.Add(time.Minute)
		done, gone := f.spooled("sub_1", "cv_1"), f.spooled("sub_1", "cv_1")
		f.spool(done)
		done.State, done.DoneAt = spool.Delivered, start
		require.NoError(t, f.s.SaveOutcomes(f.ctx, []spool.Event{gone, e, done}))
		require.NoError(t, f.s.SaveOutcomes(f.ctx, nil))
		for _, want := range []spool.Event{e, done} {
			got, err := f.s.Event(f.ctx, "sub_1", want.ID)
			require.NoError(t, err)
			same(t, want, got)
		}
		ids, _ := f.waitingIDs("sub_1", "cv_1")
		require.Equal(t, []string{e.ID}, ids)
		_, err := f.s.Event(f.ctx, "sub_1", gone.ID)
		require.ErrorIs(t, err, spool.ErrNotFound)
	}},
	{"what is replayed waits again, in its lane, within the range", func(t *testing.T, f *fixture) {
		var all []spool.Event
		for i := range 6 {
			e := f.spooled("sub_1", fmt.Sprintf("cv_%d", i%2))
			f.spool(e)
			all = append(all, e)
			f.ended(e, []spool.State{spool.Delivered, spool.Failed, spool.Pending}[i%3])
		}
		for _, lane := range []string{"cv_0", "cv_1"} {
			require.NoError(t, f.s.DropLane(f.ctx, f.spoolLane("sub_1", lane)))
		}
		until, now := start.Add(9*time.Hour), start.Add(time.Minute)
		r := spool.Range{Subscription: "sub_1", From: all[1].ID, Before: all[5].ID, States: []spool.State{spool.Delivered, spool.Failed}}
		replayed := 0
		for pages := 0; r.From != ""; pages++ {
			n, next, err := f.s.Replay(f.ctx, r, 2, until, now)
			require.NoError(t, err)
			replayed, r.From = replayed+n, next
			require.Less(t, pages, 5)
		}
		require.Equal(t, 3, replayed, "1 and 4 had failed, 3 was delivered, 2 waits anyway")
		require.Equal(t, []string{all[4].ID, all[3].ID, all[1].ID}, f.listedWaiting(all[1], all[3], all[4]))
		got, err := f.s.Event(f.ctx, "sub_1", all[1].ID)
		require.NoError(t, err)
		same(t, spool.Outcome{State: spool.Pending, Attempts: 2, Status: 204, TriedAt: start, ExpiresAt: until}, got.Outcome)
		require.ElementsMatch(t, []string{"cv_0", "cv_1"}, f.dueLanes("sub_1", now))
		ids, _ := f.waitingIDs("sub_1", "cv_1")
		require.Equal(t, []string{all[1].ID, all[3].ID, all[5].ID}, ids, "in the order of what happened")
	}},
	{"what has expired is purged, a little at a time, with lanes nobody needs", func(t *testing.T, f *fixture) {
		for range 3 {
			f.spool(f.spooled("sub_1", "cv_1"))
		}
		kept := f.spooled("sub_1", "cv_2")
		kept.ExpiresAt = start.Add(3 * time.Hour)
		f.spool(kept)
		n, err := f.s.Purge(f.ctx, start.Add(time.Hour), start, 10)
		require.NoError(t, err)
		require.Zero(t, n, "not before its time")
		n, err = f.s.Purge(f.ctx, start.Add(2*time.Hour), start, 2)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.Len(t, f.dueLanes("sub_1", start), 2)
		n, err = f.s.Purge(f.ctx, start.Add(2*time.Hour), start.Add(time.Millisecond), 2)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, []string{kept.ID}, f.listedEvents(spool.Filter{Subscription: "sub_1"}, 9))
		require.Empty(t, f.dueLanes("sub_1", start))
	}},
	{"a subscription's spool is dropped, a little at a time", func(t *testing.T, f *fixture) {
		for range 3 {
			f.spool(f.spooled("sub_1", "cv_1"))
		}
		kept := f.spooled("sub_10", "cv_1")
		f.spool(kept)
		n, err := f.s.Drop(f.ctx, "sub_1", 2)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.Empty(t, f.dueLanes("sub_1", start))
		n, err = f.s.Drop(f.ctx, "sub_1", 2)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, []string{kept.ID}, f.listedEvents(spool.Filter{Subscription: "sub_10"}, 9))
		require.Equal(t, []string{"cv_1"}, f.dueLanes("sub_10", start))
	}},
	{"what a lane holds is erased for every subscription", func(t *testing.T, f *fixture) {
		gone, kept := f.spooled("sub_1", "cv_1"), f.spooled("sub_1", "cv_2")
		f.spool(gone, kept, f.spooled("sub_2", "cv_1"))
		f.ended(gone, spool.Delivered)
		require.NoError(t, f.s.AddIntents(f.ctx, []spool.Intent{{ID: "ev_1", Lane: "cv_1", At: start}, {ID: "ev_2", Lane: "cv_2", At: start}}))
		require.NoError(t, f.s.Erase(f.ctx, []string{"cv_1", "cv_none"}))
		require.NoError(t, f.s.Erase(f.ctx, nil))
		require.Equal(t, []string{kept.ID}, f.listedEvents(spool.Filter{Subscription: "sub_1"}, 9))
		require.Empty(t, f.listedEvents(spool.Filter{Subscription: "sub_2"}, 9))
		left, err := f.s.IntentsBefore(f.ctx, start.Add(time.Hour), 9)
		require.NoError(t, err)
		require.Len(t, left, 1)
	}},
}

// listedWaiting are those of the events that are pending, the latest first.
func (f *fixture) listedWaiting(of ...spool.Event) (ids []string) {
	f.t.Helper()
	meant := map[string]bool{}
	for _, e := range of {
		meant[e.ID] = true
	}
	for _, id := range f.listedEvents(spool.Filter{Subscription: "sub_1", State: spool.Pending}, 2) {
		if meant[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// drain delivers what the lane holds, as a worker would that dies of nothing,
// and answers when the lane is gone.
func (f *fixture) drain(subscription, lane string) error {
	for {
		l, err := f.s.Lane(f.ctx, subscription, lane)
		if errors.Is(err, spool.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		events, held, err := f.s.Waiting(f.ctx, subscription, lane, 2)
		if err != nil {
			return err
		}
		for i := range events {
			events[i].Outcome = spool.Outcome{State: spool.Delivered, ExpiresAt: start}
		}
		if err := f.s.SaveOutcomes(f.ctx, events); err != nil {
			return err
		}
		if !held.IsZero() || len(events) > 0 {
			continue
		}
		if err := f.s.DropLane(f.ctx, l); err != nil && !errors.Is(err, spool.ErrConflict) {
			return err
		}
	}
}

var concurrentSpoolTests = []test{
	{"a lane is taken by one", func(t *testing.T, f *fixture) {
		var want []string
		for i := range 24 {
			want = append(want, fmt.Sprint("cv_", i))
			f.spool(f.spooled("sub_1", want[i]))
		}
		var mu sync.Mutex
		var taken []string
		f.together(6, func(i int, f *fixture) error {
			for {
				l, err := f.s.TakeLane(f.ctx, "sub_1", fmt.Sprint("run_", i), start, start.Add(time.Minute))
				if errors.Is(err, spool.ErrNotFound) {
					return nil
				}
				if err != nil {
					return err
				}
				mu.Lock()
				taken = append(taken, l.Name)
				mu.Unlock()
			}
		})
		require.ElementsMatch(t, want, taken)
	}},
	{"no event is left without its lane while others drop it", func(t *testing.T, f *fixture) {
		f.together(12, func(i int, f *fixture) error {
			if i%2 == 0 {
				return f.drain("sub_1", "cv_1")
			}
			for n := range 8 {
				e := f.spooled("sub_1", "cv_1")
				e.ID = fmt.Sprintf("ev_%d_%d", i, n)
				if err := f.s.AddEvents(f.ctx, []spool.Event{e}, nil, start); err != nil {
					return err
				}
			}
			return nil
		})
		left, _ := f.waitingIDs("sub_1", "cv_1")
		require.Equal(t, len(left) > 0, len(f.dueLanes("sub_1", start)) > 0, "%d wait", len(left))
		require.NoError(t, f.drain("sub_1", "cv_1"))
		require.Len(t, f.listedEvents(spool.Filter{Subscription: "sub_1", State: spool.Delivered}, 100), 48)
	}},
}
