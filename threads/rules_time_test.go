package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/threads/rules"
)

func TestAnAutomationActsOnTimeAndOnceForAStretch(t *testing.T) {
	d, b := governed(t)
	b.add(t, rules.Rule{
		ID: "rl_nudge", Kind: rules.Automation, All: []rules.Condition{is(rules.Status, "pending"), waited(rules.InStatus, "2h")},
		Actions: []rules.Action{say("Are you still there?"), tag("nudged")},
	})
	d.take(d.text("hi"))
	id := d.only().ID
	_, err := d.Accept(context.Background(), id, bea)
	require.NoError(t, err)
	alarms, err := d.store.RuleAlarms(context.Background(), d.clock().Add(1000*time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, alarms, "no alarm while the state is not one it waits in")
	d.set(id, threads.StatusPending)
	due := d.clock().Add(2 * time.Hour)
	alarms, err = d.store.RuleAlarms(context.Background(), due, 10)
	require.NoError(t, err)
	require.Equal(t, []threads.RuleAlarm{{Conversation: id, Version: d.only().Version, At: due}}, alarms)

	d.wait(2*time.Hour - time.Millisecond)
	require.Zero(t, d.automate())
	d.wait(time.Millisecond)
	require.Equal(t, 1, d.automate())
	require.Zero(t, d.automate())
	require.Equal(t, []rules.ID{"rl_nudge"}, d.acted(id))
	require.Equal(t, due, d.runs(id)[0].DueAt)
	require.Equal(t, []string{"nudged"}, d.only().Tags)

	d.take(d.text("yes"))
	require.Equal(t, threads.StatusOpen, d.only().State.Status)
	d.set(id, threads.StatusPending)
	d.wait(2 * time.Hour)
	require.Equal(t, 1, d.automate())
	require.Equal(t, []rules.ID{"rl_nudge", "rl_nudge"}, d.acted(id), "another stretch")
}

func TestAVoidedAlarmDoesNothing(t *testing.T) {
	d, b := governed(t)
	b.add(t, rules.Rule{
		ID: "rl_wait", Kind: rules.Automation, All: []rules.Condition{is(rules.Status, "new"), waited(rules.Queued, "10m")},
		Actions: []rules.Action{{Type: rules.SetPriority, Value: "urgent"}},
	})
	d.take(d.text("hi"))
	conv := d.only()
	_, err := d.Accept(context.Background(), conv.ID, bea)
	require.NoError(t, err)
	// An alarm of another process that still went by the old state.
	require.NoError(t, d.store.SetRuleAlarms(context.Background(), []threads.RuleAlarm{{Conversation: conv.ID, Version: d.only().Version, At: d.clock()}}))
	d.wait(time.Hour)
	before := d.only()
	require.Equal(t, 1, d.automate())
	require.Equal(t, before, d.only(), "looked at, not touched")
	require.Zero(t, d.automate(), "and the alarm is gone")
}

func TestAnAutomationsChangeIsOneTriggersSee(t *testing.T) {
	d, b := governed(t)
	b.add(t, rules.Rule{
		ID: "rl_solve", Kind: rules.Automation, All: []rules.Condition{is(rules.Status, "new"), waited(rules.InStatus, "1h")},
		Actions: []rules.Action{to(threads.StatusSolved)},
	}, rules.Rule{
		ID: "rl_bye", Kind: rules.Trigger, On: []rules.Event{rules.StatusChanged},
		All:     []rules.Condition{{Field: rules.Status, Op: rules.ChangedTo, Values: []string{"solved"}}},
		Actions: []rules.Action{tag("done")},
	})
	d.take(d.text("hi"))
	d.wait(time.Hour)
	d.automate()
	conv := d.only()
	require.Equal(t, []string{"done"}, conv.Tags)
	require.Equal(t, []rules.ID{"rl_solve", "rl_bye"}, d.acted(conv.ID))
	require.Equal(t, 2, conv.Rules.Updates)
	require.False(t, conv.State.CloseDueAt.IsZero())
}

func TestAlarmsYieldToWebhooksAcceptedBefore(t *testing.T) {
	d, b := governed(t)
	b.add(t, rules.Rule{
		ID: "rl_wait", Kind: rules.Automation, All: []rules.Condition{waited(rules.SinceCustomerMessage, "1h")}, Actions: []rules.Action{tag("silent")},
	})
	d.take(d.text("hi"))
	accepted := d.clock().Add(30 * time.Minute)
	d.wait(2 * time.Hour)
	n, err := d.RunAutomations(context.Background(), accepted, 10)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Empty(t, d.only().Tags)
	require.Equal(t, 1, d.automate())
}

func TestNewAutomationsFindConversationsThatAreThere(t *testing.T) {
	d, b := governed(t)
	for _, from := range []string{"ana", "ben", "cyd", "dan"} {
		d.take(d.message(normalize.PeerID(from), from, "hi", d.clock()))
	}
	list := d.conversations()
	d.set(list[0].ID, threads.StatusSolved)
	d.set(list[1].ID, threads.StatusPending)
	d.close(list[2].ID)
	d.wait(3 * time.Hour)
	before := d.conversations()
	b.add(t, rules.Rule{
		ID: "rl_old", Kind: rules.Automation, All: []rules.Condition{waited(rules.SinceCreated, "2h")}, Actions: []rules.Action{tag("old")},
	})
	require.Zero(t, d.automate(), "nobody has looked for them yet")
	p := threads.RulePass{Revision: 1}
	for pages := 0; !p.Done; pages++ {
		require.Less(t, pages, 20)
		var err error
		p, err = d.SetAlarms(context.Background(), p, 1)
		require.NoError(t, err)
	}
	require.Equal(t, before, d.conversations(), "working alarms out changes no conversation")
	require.Equal(t, 3, d.automate())
	for i, conv := range d.conversations() {
		if i == 2 {
			require.Empty(t, conv.Tags, "closed")
			continue
		}
		require.Equal(t, []string{"old"}, conv.Tags)
	}
}

func TestOutsideTheReplyWindowNothingIsSent(t *testing.T) {
	d, b := governed(t)
	b.add(t, rules.Rule{
		ID: "rl_late", Kind: rules.Automation, All: []rules.Condition{waited(rules.SinceCustomerMessage, "30h")},
		Actions: []rules.Action{say("still there?"), tag("late")},
	})
	d.take(d.text("hi"))
	d.wait(30 * time.Hour)
	require.Equal(t, 1, d.automate())
	conv := d.only()
	require.Equal(t, []string{"hi"}, d.texts(conv.ID))
	require.Equal(t, []string{"late"}, conv.Tags)
	require.Contains(t, d.runs(conv.ID)[0].Actions[0].Detail, "outside_reply_window")
}

func TestConversationsOfADeletedChannelStillCloseAndHaveRules(t *testing.T) {
	d, b := governed(t)
	b.add(t, rules.Rule{
		ID: "rl_closed", Kind: rules.Trigger, On: []rules.Event{rules.StatusChanged}, All: []rules.Condition{is(rules.Status, "closed")},
		Actions: []rules.Action{tag("over"), say("bye")},
	}, rules.Rule{
		ID: "rl_wait", Kind: rules.Automation, All: []rules.Condition{waited(rules.InStatus, "1h")}, Actions: []rules.Action{tag("waited")},
	})
	d.take(d.text("hi"))
	id := d.only().ID
	d.set(id, threads.StatusSolved)
	d.gone = true
	d.wait(time.Hour)
	require.Equal(t, 1, d.automate())
	d.wait(24 * time.Hour)
	n, err := d.CloseDue(context.Background(), time.Time{}, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"waited", "over"}, d.only().Tags)
	runs := d.runs(id)
	require.Equal(t, threads.RuleRefused, runs[len(runs)-1].Actions[1].Outcome)
}
