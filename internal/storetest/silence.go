package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

// waiting is the conversation while its customer's silence is waited for.
func waiting(c threads.Conversation, inactive, step time.Time) threads.Change {
	return next(c, func(c *threads.Conversation) {
		c.State.Status, c.State.Assignee = threads.StatusOpen, "ag_1"
		c.State.Presence = threads.Presence{
			InactiveAfter: 5 * time.Minute, CountInactive: threads.SwitchOff,
			Ladder: threads.Ladder{RemindAfter: time.Minute, RemindText: "Are you there?", ThenAfter: time.Hour, Then: threads.StatusPending},
		}
		c.State.Silence = threads.Silence{Generation: 7, InactiveDueAt: inactive, AnsweredAt: start, Steps: 1, StepDueAt: step}
	})
}

var silenceTests = []test{
	{"what waits for silence reads back, the earliest of its times first", func(t *testing.T, f *fixture) {
		var all []threads.Conversation
		for i, due := range [][2]time.Time{
			{after(30), after(90)}, {after(60), after(10)}, {{}, after(20)}, {after(40), {}},
		} {
			c := f.stored(channelA, threads.ContactID(fmt.Sprintf("ct_%d", i)))
			change := waiting(c, due[0], due[1])
			f.commit(change)
			all = append(all, change.Conversation)
		}
		f.stored(channelA, "ct_nobody_waits_for")

		got, err := f.s.Silent(f.ctx, after(30), 10)
		require.NoError(t, err)
		require.Equal(t, ids([]threads.Conversation{all[1], all[2], all[0]}), ids(got), "the one that is due this instant too")
		same(t, all[1], got[0])
		require.Equal(t, all[1].State, got[0].State)
		got, err = f.s.Silent(f.ctx, after(30), 2)
		require.NoError(t, err)
		require.Equal(t, ids([]threads.Conversation{all[1], all[2]}), ids(got))
		got, err = f.s.Silent(f.ctx, after(10).Add(-time.Millisecond), 10)
		require.NoError(t, err)
		require.Empty(t, got)
	}},
	{"next silent is the earliest time, zero when nobody is waited for", func(t *testing.T, f *fixture) {
		none, err := f.s.NextSilent(f.ctx)
		require.NoError(t, err)
		require.True(t, none.IsZero())
		f.commit(waiting(f.stored(channelA, "ct_1"), after(60), time.Time{}))
		early := waiting(f.stored(channelA, "ct_2"), after(20), after(30))
		f.commit(early)
		got, err := f.s.NextSilent(f.ctx)
		require.NoError(t, err)
		require.Equal(t, after(20), got)

		spoke := next(early.Conversation, func(c *threads.Conversation) { c.State.Silence = threads.Silence{InactiveDueAt: after(90)} })
		f.commit(spoke)
		got, err = f.s.NextSilent(f.ctx)
		require.NoError(t, err)
		require.Equal(t, after(60), got)
		f.commit(next(spoke.Conversation, func(c *threads.Conversation) { c.State.Silence = threads.Silence{} }))
		list, err := f.s.Silent(f.ctx, after(1000), 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
	}},
	{"a conversation made with something to wait for is found", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		c.State.Silence.InactiveDueAt = after(5)
		f.commit(create(c))
		list, err := f.s.Silent(f.ctx, after(5), 10)
		require.NoError(t, err)
		require.Equal(t, ids([]threads.Conversation{c}), ids(list))
	}},
	{"capacity is counted by the state, and follows it", func(t *testing.T, f *fixture) {
		state := func(session threads.Session, count threads.Switch, status threads.Status) func(*threads.Conversation) {
			return func(c *threads.Conversation) {
				c.State.Assignee, c.State.Status = "ag_1", status
				c.State.Session, c.State.Presence.CountInactive = session, count
			}
		}
		active := f.listed(1, state(threads.SessionActive, "", threads.StatusOpen))
		f.listed(2, state(threads.SessionInactive, "", threads.StatusOpen))
		f.listed(3, state(threads.SessionInactive, threads.SwitchOn, threads.StatusOpen))
		f.listed(4, state(threads.SessionInactive, threads.SwitchOff, threads.StatusOpen))
		f.listed(5, state(threads.SessionEnded, "", threads.StatusOpen))
		f.listed(6, state(threads.SessionActive, "", threads.StatusPending))
		f.listed(7, func(c *threads.Conversation) {
			c.State.Status, c.State.Assignee = threads.StatusOpen, "ag_2"
		})
		f.listed(8, func(c *threads.Conversation) { c.State.Status = threads.StatusOpen })
		load := func(agent threads.AgentID, countInactive bool) int {
			n, err := f.s.CountConversations(f.ctx, []threads.Filter{{
				Assignees: []threads.AgentID{agent}, Loads: threads.CapacityLoads(countInactive),
			}})
			require.NoError(t, err)
			return n[0]
		}
		require.Equal(t, []int{2, 3, 1}, []int{load("ag_1", false), load("ag_1", true), load("ag_2", false)})
		none, err := f.s.CountConversations(f.ctx, []threads.Filter{{Loads: []threads.Load{threads.LoadNone}}})
		require.NoError(t, err)
		require.Equal(t, []int{4}, none)
		list, _, err := f.s.Conversations(f.ctx, threads.Filter{Loads: threads.CapacityLoads(true), Channels: []threads.ChannelID{channelA}}, threads.Page{Limit: 2})
		require.NoError(t, err)
		require.Len(t, list, 2)

		quiet := next(active, func(c *threads.Conversation) { c.State.Session = threads.SessionInactive })
		f.commit(quiet)
		require.Equal(t, []int{1, 3}, []int{load("ag_1", false), load("ag_1", true)})
		f.commit(next(quiet.Conversation, func(c *threads.Conversation) { c.State.Assignee = "ag_2" }))
		require.Equal(t, []int{1, 2, 1, 2}, []int{load("ag_1", false), load("ag_1", true), load("ag_2", false), load("ag_2", true)})
	}},
}
