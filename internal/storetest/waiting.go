package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// isLost tells that an error of a commit means a lost race.
func isLost(err error) bool {
	return errors.Is(err, threads.ErrConflict) || errors.Is(err, threads.ErrSeen)
}

// solved is the change that solves the conversation, to close at due.
func solved(c threads.Conversation, due time.Time) threads.Change {
	return next(c, func(c *threads.Conversation) {
		c.State.Status, c.State.SolvedAt, c.State.CloseDueAt = threads.StatusSolved, start, due
		c.State.Generation++
	})
}

var dueTests = []test{
	{"due answers countdowns that ended, the most overdue first", func(t *testing.T, f *fixture) {
		at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
		var all []threads.Conversation
		for i, s := range []int{30, 10, 20, 40} {
			c := f.stored(channelA, threads.ContactID(fmt.Sprintf("ct_%d", i)))
			change := solved(c, at(s))
			f.commit(change)
			all = append(all, change.Conversation)
		}
		f.stored(channelA, "ct_open")

		due, err := f.s.Due(f.ctx, at(30), 10)
		require.NoError(t, err)
		require.Equal(t, ids([]threads.Conversation{all[1], all[2], all[0]}), ids(due), "the one that is due this instant too")
		same(t, all[1], due[0])
		due, err = f.s.Due(f.ctx, at(30), 2)
		require.NoError(t, err)
		require.Equal(t, ids([]threads.Conversation{all[1], all[2]}), ids(due))
		due, err = f.s.Due(f.ctx, at(10).Add(-time.Millisecond), 10)
		require.NoError(t, err)
		require.Empty(t, due)
	}},
	{"next due is the earliest countdown, zero without any", func(t *testing.T, f *fixture) {
		none, err := f.s.NextDue(f.ctx)
		require.NoError(t, err)
		require.True(t, none.IsZero())
		late := f.stored(channelA, "ct_1")
		f.commit(solved(late, start.Add(time.Hour)))
		early := f.stored(channelA, "ct_2")
		change := solved(early, start.Add(time.Minute))
		f.commit(change)
		got, err := f.s.NextDue(f.ctx)
		require.NoError(t, err)
		require.Equal(t, start.Add(time.Minute), got)

		f.commit(next(change.Conversation, func(c *threads.Conversation) {
			c.State.Status, c.State.CloseDueAt = threads.StatusOpen, time.Time{}
		}))
		got, err = f.s.NextDue(f.ctx)
		require.NoError(t, err)
		require.Equal(t, start.Add(time.Hour), got)
		due, err := f.s.Due(f.ctx, start.Add(30*time.Minute), 10)
		require.NoError(t, err)
		require.Empty(t, due, "a reopened conversation is not due")
	}},
	{"a closed conversation is not due", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		change := solved(c, start)
		f.commit(change)
		f.commit(next(change.Conversation, func(c *threads.Conversation) {
			c.State.Status, c.State.CloseDueAt = threads.StatusClosed, time.Time{}
		}))
		due, err := f.s.Due(f.ctx, start.Add(time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, due)
	}},
}

// parkedEvent is a receipt for a message nobody knows.
func parkedEvent(t *testing.T, key string, channel threads.ChannelID, target normalize.PlatformID, at time.Time) threads.Parked {
	t.Helper()
	event, err := json.Marshal(normalize.Event{
		Key: key, Type: normalize.EventReceipt, At: at,
		Receipt: &normalize.Receipt{Target: target, Status: normalize.StatusDelivered},
	})
	require.NoError(t, err)
	return threads.Parked{ID: string(channel) + "/" + key, ChannelID: channel, Target: target, Event: event, ReceivedAt: at}
}

// waitingFor are messages of a channel that have come.
func waitingFor(channel threads.ChannelID, ids ...normalize.PlatformID) map[threads.ChannelID][]normalize.PlatformID {
	return map[threads.ChannelID][]normalize.PlatformID{channel: ids}
}

var parkedTests = []test{
	{"parked events are found by their targets, on their channel", func(t *testing.T, f *fixture) {
		one := parkedEvent(t, "rct:1", channelA, "p-1", start)
		two := parkedEvent(t, "rct:2", channelA, "p-2", start)
		other := parkedEvent(t, "rct:1", channelB, "p-1", start)
		for _, p := range []threads.Parked{one, two, other} {
			require.NoError(t, f.s.Park(f.ctx, p))
		}
		got, err := f.s.ParkedFor(f.ctx, waitingFor(channelA, "p-1", "p-3"))
		require.NoError(t, err)
		same(t, []threads.Parked{one}, got)
		got, err = f.s.ParkedFor(f.ctx, waitingFor(channelA, "p-1", "p-2"))
		require.NoError(t, err)
		require.Len(t, got, 2)
		got, err = f.s.ParkedFor(f.ctx, map[threads.ChannelID][]normalize.PlatformID{channelA: {"p-2"}, channelB: {"p-1"}})
		require.NoError(t, err)
		require.ElementsMatch(t, []string{two.ID, other.ID}, []string{got[0].ID, got[1].ID})
		got, err = f.s.ParkedFor(f.ctx, waitingFor(channelA))
		require.NoError(t, err)
		require.Empty(t, got)
	}},
	{"events for one target come in the order of receipt", func(t *testing.T, f *fixture) {
		late := parkedEvent(t, "rct:a", channelA, "p-1", start.Add(time.Second))
		early := parkedEvent(t, "rct:b", channelA, "p-1", start)
		require.NoError(t, f.s.Park(f.ctx, late))
		require.NoError(t, f.s.Park(f.ctx, early))
		got, err := f.s.ParkedFor(f.ctx, waitingFor(channelA, "p-1"))
		require.NoError(t, err)
		same(t, []threads.Parked{early, late}, got)
	}},
	{"parking an event again keeps one", func(t *testing.T, f *fixture) {
		p := parkedEvent(t, "rct:1", channelA, "p-1", start)
		for range 3 {
			require.NoError(t, f.s.Park(f.ctx, p))
		}
		got, err := f.s.ParkedFor(f.ctx, waitingFor(channelA, "p-1"))
		require.NoError(t, err)
		same(t, []threads.Parked{p}, got)
	}},
	{"old parked events are answered oldest first", func(t *testing.T, f *fixture) {
		var all []threads.Parked
		for _, s := range []int{3, 1, 2, 4} {
			p := parkedEvent(t, fmt.Sprint("rct:", s), channelA, "p-1", start.Add(time.Duration(s)*time.Second))
			require.NoError(t, f.s.Park(f.ctx, p))
			all = append(all, p)
		}
		got, err := f.s.ParkedBefore(f.ctx, start.Add(4*time.Second), 10)
		require.NoError(t, err)
		same(t, []threads.Parked{all[1], all[2], all[0]}, got)
		got, err = f.s.ParkedBefore(f.ctx, start.Add(4*time.Second), 1)
		require.NoError(t, err)
		same(t, []threads.Parked{all[1]}, got)
	}},
	{"unparked events are gone, and unparking again is harmless", func(t *testing.T, f *fixture) {
		one := parkedEvent(t, "rct:1", channelA, "p-1", start)
		two := parkedEvent(t, "rct:2", channelA, "p-1", start)
		require.NoError(t, f.s.Park(f.ctx, one))
		require.NoError(t, f.s.Park(f.ctx, two))
		for range 2 {
			require.NoError(t, f.s.Unpark(f.ctx, []string{one.ID, "none"}))
		}
		require.NoError(t, f.s.Unpark(f.ctx, nil))
		got, err := f.s.ParkedBefore(f.ctx, start.Add(time.Hour), 10)
		require.NoError(t, err)
		same(t, []threads.Parked{two}, got)
	}},
}

// announcementTests are those of a store that records announcements, or of one
// that need not.
func announcementTests(o Options) []test {
	if o.Unsettled {
		return recordedAnnouncementTests
	}
	return []test{
		{"nothing is ever unsettled", func(t *testing.T, f *fixture) {
			c := f.stored(channelA, "ct_1")
			left, err := f.s.Unsettled(f.ctx, start.Add(1000*time.Hour), 10)
			require.NoError(t, err)
			require.Empty(t, left)
			require.NoError(t, f.s.Settle(f.ctx, map[threads.ConversationID]int64{c.ID: c.Version}))
		}},
	}
}

// recordedAnnouncementTests read with a time that is later than any clock
// that a store may note commits by.
var recordedAnnouncementTests = []test{
	{"a commit is unsettled until it is settled", func(t *testing.T, f *fixture) {
		one, two := f.stored(channelA, "ct_1"), f.stored(channelA, "ct_2")
		require.ElementsMatch(t, ids([]threads.Conversation{one, two}), ids(f.unsettled()))
		require.NoError(t, f.s.Settle(f.ctx, map[threads.ConversationID]int64{one.ID: 1}))
		left := f.unsettled()
		require.Equal(t, ids([]threads.Conversation{two}), ids(left))
		same(t, two, left[0])
		require.NoError(t, f.s.Settle(f.ctx, map[threads.ConversationID]int64{two.ID: 1, "cv_none": 4}))
		require.Empty(t, f.unsettled())
		same(t, one, f.read(one.ID))
	}},
	{"settling an earlier version leaves a later one unsettled", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		change := next(c, nil)
		f.commit(change)
		require.NoError(t, f.s.Settle(f.ctx, map[threads.ConversationID]int64{c.ID: 1}))
		left := f.unsettled()
		require.Len(t, left, 1)
		require.EqualValues(t, 2, left[0].Version)
		require.NoError(t, f.s.Settle(f.ctx, map[threads.ConversationID]int64{c.ID: 2}))
		require.Empty(t, f.unsettled())
	}},
	{"settling late does not unsettle", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		f.commit(next(c, nil))
		require.NoError(t, f.s.Settle(f.ctx, map[threads.ConversationID]int64{c.ID: 2}))
		require.NoError(t, f.s.Settle(f.ctx, map[threads.ConversationID]int64{c.ID: 1}))
		require.Empty(t, f.unsettled())
	}},
	{"commits from the given time on are left alone, and the limit holds", func(t *testing.T, f *fixture) {
		for i := range 5 {
			f.stored(channelA, threads.ContactID(fmt.Sprint("ct_", i)))
		}
		none, err := f.s.Unsettled(f.ctx, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), 10)
		require.NoError(t, err)
		require.Empty(t, none)
		some, err := f.s.Unsettled(f.ctx, start.Add(time.Hour), 3)
		require.NoError(t, err)
		require.Len(t, some, 3)
	}},
}

// unsettled answers all conversations that are.
func (f *fixture) unsettled() []threads.Conversation {
	f.t.Helper()
	list, err := f.s.Unsettled(f.ctx, start.Add(time.Hour), 100)
	require.NoError(f.t, err)
	return list
}

// onlyIf is nil for the error that was to be expected, and err otherwise.
func onlyIf(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
