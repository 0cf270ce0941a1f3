package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
	"threadhub/threads/rules"
)

// run is one of a rule on the conversation, not stored yet.
func (f *fixture) run(c threads.Conversation, rule rules.ID) threads.RuleRun {
	return threads.RuleRun{
		ID: threads.RuleRunID(f.id("rr")), Rule: rule, RuleName: "Ask again", Kind: rules.Trigger,
		ConversationID: c.ID, ChannelID: c.ChannelID, ConversationVersion: c.Version + 1, At: start,
		Events: []rules.Event{rules.MessageReceived}, MessageID: "msg_1",
		Actions: []threads.RuleAction{{Type: rules.AddTags, Outcome: threads.RuleDone}, {Type: rules.SendMessage, Outcome: threads.RuleRefused, Detail: "no"}},
		Version: 1,
	}
}

// calling is the run with a webhook to be called.
func calling(r threads.RuleRun, at time.Time) threads.RuleRun {
	r.Calls = []threads.RuleCall{{URL: "https://crm.example/hook", State: threads.RuleCallPending, NextAt: at}}
	r.Payload, r.CallAt = json.RawMessage(`{"type":"rule.fired"}`), at
	return r
}

func runIDs(list []threads.RuleRun) []threads.RuleRunID {
	out := make([]threads.RuleRunID, len(list))
	for i, r := range list {
		out[i] = r.ID
	}
	return out
}

// alarmed is the conversation's next change, with an alarm.
func alarmed(c threads.Conversation, at time.Time) threads.Change {
	change := next(c, nil)
	change.RuleAlarm = &at
	return change
}

func alarm(c threads.ConversationID, version int64, at time.Time) threads.RuleAlarm {
	return threads.RuleAlarm{Conversation: c, Version: version, At: at}
}

func (f *fixture) alarms(until time.Time) []threads.RuleAlarm {
	f.t.Helper()
	list, err := f.s.RuleAlarms(f.ctx, until, 100)
	require.NoError(f.t, err)
	return list
}

var ruleTests = []test{
	{"a commit keeps what rules did, and knows it of the conversation and of the rule", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		other := f.stored(channelA, "ct_2")
		first, second := f.run(c, "rl_1"), f.run(c, "rl_2")
		change := next(c, func(c *threads.Conversation) {
			c.StatusSince = start
			c.Rules = threads.RuleMarks{Updates: 2, Calls: 1, Stopped: true, Fired: map[string]int64{"rl_1": 17, "rl.$2": 18}}
		})
		change.RuleRuns = []threads.RuleRun{first, second}
		f.commit(change)
		third := f.run(other, "rl_1")
		again := next(other, nil)
		again.RuleRuns = []threads.RuleRun{third}
		f.commit(again)

		got, cursor, err := f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Conversation: c.ID}, threads.Page{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, cursor)
		same(t, []threads.RuleRun{second, first}, got)
		got, _, err = f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Rule: "rl_1"}, threads.Page{Limit: 10})
		require.NoError(t, err)
		same(t, []threads.RuleRun{third, first}, got)
		got, _, err = f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Rule: "rl_9"}, threads.Page{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, got)
		same(t, change.Conversation, f.read(c.ID))
	}},
	{"a commit that creates a conversation keeps runs and alarm too", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		change := create(c)
		at := start.Add(time.Hour)
		change.RuleRuns, change.RuleAlarm = []threads.RuleRun{f.run(c, "rl_1")}, &at
		f.commit(change)
		got, _, err := f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Conversation: c.ID}, threads.Page{})
		require.NoError(t, err)
		same(t, change.RuleRuns, got)
		require.Equal(t, []threads.RuleAlarm{{Conversation: c.ID, Version: 1, At: at}}, f.alarms(at))
	}},
	{"a commit that loses keeps nothing of its rules", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		f.commit(next(c, nil))
		late := alarmed(c, start)
		late.RuleRuns = []threads.RuleRun{f.run(c, "rl_1")}
		require.ErrorIs(t, f.commitErr(late), threads.ErrConflict)
		got, _, err := f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Conversation: c.ID}, threads.Page{})
		require.NoError(t, err)
		require.Empty(t, got)
		require.Empty(t, f.alarms(start.Add(time.Hour)))
	}},
	{"the run log goes from the latest to the first, page by page", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		var want []threads.RuleRunID
		for range 7 {
			r := f.run(c, "rl_1")
			change := next(c, nil)
			change.RuleRuns = []threads.RuleRun{r}
			f.commit(change)
			c = change.Conversation
			want = append([]threads.RuleRunID{r.ID}, want...)
		}
		for _, filter := range []threads.RuleRunFilter{{Conversation: c.ID}, {Rule: "rl_1"}} {
			var got []threads.RuleRunID
			var after threads.Cursor
			for page := 0; page == 0 || after != ""; page++ {
				list, cursor, err := f.s.RuleRuns(f.ctx, filter, threads.Page{After: after, Limit: 3})
				require.NoError(t, err)
				got, after = append(got, runIDs(list)...), cursor
			}
			require.Equal(t, want, got)
		}
		_, _, err := f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Rule: "rl_1"}, threads.Page{After: "nonsense"})
		require.ErrorIs(t, err, threads.ErrCursor)
	}},
	{"calls are found when they are due, the earliest first", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		change := next(c, nil)
		for _, s := range []int{30, 10, 20} {
			change.RuleRuns = append(change.RuleRuns, calling(f.run(c, "rl_1"), start.Add(time.Duration(s)*time.Second)))
		}
		change.RuleRuns = append(change.RuleRuns, f.run(c, "rl_1"))
		f.commit(change)
		due, err := f.s.RuleCalls(f.ctx, start.Add(20*time.Second), 10)
		require.NoError(t, err)
		same(t, []threads.RuleRun{change.RuleRuns[1], change.RuleRuns[2]}, due)
		due, err = f.s.RuleCalls(f.ctx, start.Add(time.Hour), 1)
		require.NoError(t, err)
		require.Equal(t, []threads.RuleRunID{change.RuleRuns[1].ID}, runIDs(due))
	}},
	{"a run is saved at its version, once", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		change := next(c, nil)
		change.RuleRuns = []threads.RuleRun{calling(f.run(c, "rl_1"), start)}
		f.commit(change)
		r := change.RuleRuns[0]
		r.Version, r.CallAt = 2, start.Add(time.Minute)
		require.NoError(t, f.s.SaveRuleRun(f.ctx, r))
		require.ErrorIs(t, f.s.SaveRuleRun(f.ctx, r), threads.ErrConflict)
		due, err := f.s.RuleCalls(f.ctx, start, 10)
		require.NoError(t, err)
		require.Empty(t, due, "taken")
		due, err = f.s.RuleCalls(f.ctx, start.Add(time.Minute), 10)
		require.NoError(t, err)
		same(t, []threads.RuleRun{r}, due)

		r.Version, r.CallAt = 3, time.Time{}
		r.Calls[0] = threads.RuleCall{URL: r.Calls[0].URL, State: threads.RuleCallDone, Attempts: 1, Status: 204}
		require.NoError(t, f.s.SaveRuleRun(f.ctx, r))
		due, err = f.s.RuleCalls(f.ctx, start.Add(time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, due)
		got, _, err := f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Conversation: c.ID}, threads.Page{})
		require.NoError(t, err)
		same(t, []threads.RuleRun{r}, got)
	}},
	{"alarms ring the earliest first, and a commit moves or ends them", func(t *testing.T, f *fixture) {
		at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
		var all []threads.Conversation
		for i, s := range []int{30, 10, 20} {
			change := alarmed(f.stored(channelA, threads.ContactID(fmt.Sprintf("ct_%d", i))), at(s))
			f.commit(change)
			all = append(all, change.Conversation)
		}
		f.stored(channelA, "ct_none")
		require.Equal(t, []threads.RuleAlarm{alarm(all[1].ID, 2, at(10)), alarm(all[2].ID, 2, at(20))}, f.alarms(at(20)))
		first, err := f.s.RuleAlarms(f.ctx, at(60), 1)
		require.NoError(t, err)
		require.Equal(t, []threads.RuleAlarm{alarm(all[1].ID, 2, at(10))}, first)

		f.commit(alarmed(all[1], at(40)), alarmed(all[2], time.Time{}))
		untouched := next(all[0], nil)
		f.commit(untouched)
		got := f.alarms(at(60))
		require.Len(t, got, 2)
		require.Equal(t, at(30), got[0].At, "a commit that says nothing leaves it")
		require.Equal(t, threads.RuleAlarm{Conversation: all[1].ID, Version: 3, At: at(40)}, got[1])
	}},
	{"alarms are set for the version they were worked out for, and change nothing else", func(t *testing.T, f *fixture) {
		one, two := f.stored(channelA, "ct_1"), f.stored(channelA, "ct_2")
		later := next(two, nil)
		f.commit(later)
		require.NoError(t, f.s.SetRuleAlarms(f.ctx, []threads.RuleAlarm{alarm(one.ID, 1, start), alarm(two.ID, 1, start), alarm("cv_none", 1, start)}))
		require.NoError(t, f.s.SetRuleAlarms(f.ctx, nil))
		require.Equal(t, []threads.RuleAlarm{alarm(one.ID, 1, start)}, f.alarms(start))
		same(t, one, f.read(one.ID))
		require.NoError(t, f.s.SetRuleAlarms(f.ctx, []threads.RuleAlarm{alarm(one.ID, 1, time.Time{})}))
		require.Empty(t, f.alarms(start))
		require.NoError(t, f.s.SetRuleAlarms(f.ctx, []threads.RuleAlarm{alarm(one.ID, 1, time.Time{})}), "again")
	}},
}
