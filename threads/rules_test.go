package threads_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
	"threadhub/threads/rules"
	"threadhub/workers"
)

// ruleBook is the triggers and automations of a test.
type ruleBook struct {
	mu   sync.Mutex
	list []rules.Rule
	set  *rules.Set
	err  error
	gone string // an agent that was deleted
}

func (b *ruleBook) Rules(context.Context) (*rules.Set, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.set, b.err
}

func (b *ruleBook) Stands(_ context.Context, a rules.Action) (bool, error) {
	return b.gone == "" || a.Value != b.gone, nil
}

// add puts rules at the end, each as valid as the API would have it.
func (b *ruleBook) add(t *testing.T, list ...rules.Rule) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range list {
		r.Enabled = true
		if r.Name == "" {
			r.Name = "rule " + string(r.ID)
		}
		require.Empty(t, r.Check())
		b.list = append(b.list, r)
	}
	b.set = rules.NewSet(b.list, int64(len(b.list)), time.Time{})
}

// governed is a desk with triggers and automations.
func governed(t *testing.T) (*desk, *ruleBook) {
	t.Helper()
	d, b := newDesk(t, after(t, threads.SocialMessaging, 24*time.Hour)), &ruleBook{}
	d.Rules = b
	return d, b
}

func is(f rules.Field, values ...string) rules.Condition {
	return rules.Condition{Field: f, Op: rules.Is, Values: values}
}

func waited(f rules.Field, d string) rules.Condition {
	return rules.Condition{Field: f, Op: rules.AtLeast, Values: []string{d}}
}

func onMessage(id rules.ID, all []rules.Condition, actions ...rules.Action) rules.Rule {
	return rules.Rule{ID: id, Kind: rules.Trigger, On: []rules.Event{rules.MessageReceived}, All: all, Actions: actions}
}

func say(text string) rules.Action { return rules.Action{Type: rules.SendMessage, Text: text} }

func tag(tags ...string) rules.Action { return rules.Action{Type: rules.AddTags, Tags: tags} }

func to(s threads.Status) rules.Action { return rules.Action{Type: rules.SetStatus, Value: string(s)} }

// runs are the rules that acted on the conversation, first to last.
func (d *desk) runs(id threads.ConversationID) []threads.RuleRun {
	d.t.Helper()
	list, _, err := d.store.RuleRuns(context.Background(), threads.RuleRunFilter{Conversation: id}, threads.Page{Limit: 200})
	require.NoError(d.t, err)
	out := make([]threads.RuleRun, len(list))
	for i, r := range list {
		out[len(list)-1-i] = r
	}
	return out
}

func (d *desk) acted(id threads.ConversationID) (out []rules.ID) {
	d.t.Helper()
	for _, r := range d.runs(id) {
		out = append(out, r.Rule)
	}
	return out
}

// automate lets the automations look.
func (d *desk) automate() int {
	d.t.Helper()
	n, err := d.RunAutomations(context.Background(), time.Time{}, 100)
	require.NoError(d.t, err)
	return n
}

func TestATriggerActsWithinTheChangeItIsAbout(t *testing.T) {
	d, b := governed(t)
	b.add(t, onMessage("rl_bet", []rules.Condition{{Field: rules.MessageText, Op: rules.Contains, Values: []string{"bet"}}},
		tag("bets"), rules.Action{Type: rules.SetPriority, Value: "high"}, rules.Action{Type: rules.SetGroup, Value: "gr_bets"},
		say("We are on it."), rules.Action{Type: rules.AddNote, Text: "mind the odds"}))
	d.take(d.text("my BET is lost"))
	conv := d.only()
	require.Equal(t, []string{"bets"}, conv.Tags)
	require.Equal(t, "high", conv.Priority)
	require.EqualValues(t, "gr_bets", conv.State.Group)
	require.Equal(t, threads.StatusNew, conv.State.Status, "a rule's message is no reply of an agent's")
	require.True(t, conv.State.FirstReplyAt.IsZero())
	require.EqualValues(t, 1, conv.Version, "one commit")
	require.Equal(t, []string{"my BET is lost", "We are on it.", "mind the odds"}, d.texts(conv.ID))
	out, err := d.store.ClaimDeliveries(context.Background(), "w", d.clock(), time.Minute, workers.Room{All: 10})
	require.NoError(t, err)
	require.Len(t, out, 1)

	runs := d.runs(conv.ID)
	require.Len(t, runs, 1)
	require.Equal(t, []rules.Event{rules.Created, rules.MessageReceived}, runs[0].Events)
	require.NotEmpty(t, runs[0].MessageID)
	require.Equal(t, out[0].MessageID, runs[0].Actions[3].MessageID)
	for _, a := range runs[0].Actions {
		require.Equal(t, threads.RuleDone, a.Outcome)
	}
	require.Equal(t, 1, conv.Rules.Updates)

	again := d.text("another")
	d.take(again, again)
	require.Len(t, d.runs(conv.ID), 1, "the text of another message is none of the rule's")
}

func TestATriggerActsOncePerMessageAndNeverTwiceOnOne(t *testing.T) {
	d, b := governed(t)
	b.add(t, onMessage("rl_each", nil, rules.Action{Type: rules.CallWebhook, URL: "https://crm.example/hook"}))
	one, two := d.text("one"), d.text("two")
	d.take(one, two)
	d.take(one, two, one)
	conv := d.only()
	runs := d.runs(conv.ID)
	require.Len(t, runs, 2)
	require.NotEqual(t, runs[0].MessageID, runs[1].MessageID)
	require.Equal(t, []rules.Event{rules.Created, rules.MessageReceived}, runs[0].Events)
	require.Equal(t, []rules.Event{rules.MessageReceived}, runs[1].Events, "it is created once")
	var body struct {
		Type string
		Data struct {
			Message      struct{ Text string }
			Conversation struct{ ID string }
		}
	}
	require.NoError(t, json.Unmarshal(runs[1].Payload, &body))
	require.Equal(t, []string{"rule.fired", "two", string(conv.ID)}, []string{body.Type, body.Data.Message.Text, body.Data.Conversation.ID})
	require.Equal(t, 2, conv.Rules.Calls)
	require.Zero(t, conv.Rules.Updates, "a call changes nothing")
}

func TestATransitionTellsWhichRuleMadeIt(t *testing.T) {
	d, b := governed(t)
	b.add(t, rules.Rule{
		ID: "rl_thanks", Kind: rules.Trigger, On: []rules.Event{rules.MessageReceived},
		All:     []rules.Condition{{Field: rules.MessageText, Op: rules.Matches, Values: []string{"(?i)^thanks"}}, is(rules.Status, "open")},
		Actions: []rules.Action{to(threads.StatusSolved)},
	})
	d.take(d.text("help"))
	id := d.only().ID
	_, err := d.Accept(context.Background(), id, bea)
	require.NoError(t, err)
	d.take(d.text("Thanks!"))
	require.Equal(t, threads.StatusSolved, d.only().State.Status)
	last := d.log(id)[2]
	require.Equal(t, []any{threads.CauseRule, rules.ID("rl_thanks"), "rl_thanks"}, []any{last.Cause, last.Rule, last.Actor.ID})

	d.wait(25 * time.Hour)
	n, err := d.CloseDue(context.Background(), time.Time{}, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	closing := d.log(id)[3]
	require.Equal(t, []any{threads.CauseWindowElapsed, threads.RuleSocialMessaging}, []any{closing.Cause, closing.Rule})
}

func TestARuleThatSolvesCopiesTheStylesDelay(t *testing.T) {
	d, b := governed(t)
	d.style = after(t, threads.LiveChat, 0)
	b.add(t, onMessage("rl_solve", nil, to(threads.StatusSolved)))
	d.take(d.text("hello"))
	conv := d.only()
	require.Equal(t, threads.StatusClosed, conv.State.Status, "live chat: solved is closed, in the same commit")
	log := d.log(conv.ID)
	require.Equal(t, []rules.ID{"", "rl_solve", threads.RuleLiveChat}, []rules.ID{log[0].Rule, log[1].Rule, log[2].Rule})
}

func TestWhatIsRefusedIsLoggedAndHindersNothing(t *testing.T) {
	d, b := governed(t)
	b.gone = "ag_gone"
	b.add(t, onMessage("rl_1", nil, to(threads.StatusClosed), rules.Action{Type: rules.SetAssignee, Value: "ag_gone"}, tag("a")),
		onMessage("rl_2", nil, say(strings.Repeat("long ", 700)), tag("a", "b")))
	d.style = after(t, threads.SocialMessaging, time.Hour)
	d.take(d.text("hi"))
	conv := d.only()
	require.Equal(t, []string{"a", "b"}, conv.Tags)
	runs := d.runs(conv.ID)
	outcomes := func(r threads.RuleRun) (out []threads.RuleOutcome) {
		for _, a := range r.Actions {
			out = append(out, a.Outcome)
		}
		return out
	}
	require.Equal(t, []threads.RuleOutcome{threads.RuleRefused, threads.RuleRefused, threads.RuleDone}, outcomes(runs[0]))
	require.Contains(t, runs[0].Actions[0].Detail, "invalid_status")
	require.Contains(t, runs[0].Actions[1].Detail, "ag_gone is gone")
	require.Equal(t, threads.RuleDone, runs[1].Actions[1].Outcome)
}

func TestRulesAreBoundedOnOneConversation(t *testing.T) {
	d, b := governed(t)
	b.add(t, onMessage("rl_flip", []rules.Condition{is(rules.Priority, "high")}, rules.Action{Type: rules.SetPriority, Value: "low"}),
		onMessage("rl_flop", []rules.Condition{{Field: rules.Priority, Op: rules.IsNot, Values: []string{"high"}}}, rules.Action{Type: rules.SetPriority, Value: "high"}))
	for range 80 {
		d.take(d.text("again"))
	}
	conv := d.only()
	require.Equal(t, threads.MaxRuleUpdates, conv.Rules.Updates)
	require.True(t, conv.Rules.Stopped)
	runs := d.runs(conv.ID)
	require.Len(t, runs, threads.MaxRuleUpdates+1)
	require.True(t, runs[threads.MaxRuleUpdates].Limited, "the log tells once that no more is done")
	require.Equal(t, 80, conv.MessageCount, "messages are taken in all the same")
}

func TestRulesCostNothingWhereThereAreNone(t *testing.T) {
	d, b := governed(t)
	d.take(d.text("hi"))
	require.Zero(t, d.only().Rules)
	b.add(t, rules.Rule{ID: "rl_off", Kind: rules.Automation, All: []rules.Condition{waited(rules.InStatus, "1s")}, Actions: []rules.Action{tag("x")}})
	b.list[0].Enabled = false
	b.set = rules.NewSet(b.list, 2, time.Time{})
	d.take(d.text("again"))
	d.wait(time.Hour)
	require.Zero(t, d.automate())
	require.Empty(t, d.runs(d.only().ID))
}

func TestAMessageIsNotLostWhenTheRulesCannotBeRead(t *testing.T) {
	d, b := governed(t)
	b.err = errors.New("disk I/O error")
	a := d.text("hi")
	require.Error(t, d.Ingest(context.Background(), []threads.Arrival{a})[0])
	require.Empty(t, d.conversations(), "going on without the rules would be wrong without a trace")
	b.err = nil
	d.take(a)
	require.Equal(t, 1, d.only().MessageCount)
}

func TestADryRunTellsAndChangesNothing(t *testing.T) {
	d, b := governed(t)
	d.take(d.text("my bet"))
	id := d.only().ID
	d.set(id, threads.StatusSolved)
	before := d.only()
	list := append(threads.SystemRules(),
		rules.Rule{
			ID: "rl_bet", Kind: rules.Trigger, On: []rules.Event{rules.MessageReceived},
			All:     []rules.Condition{{Field: rules.MessageText, Op: rules.Contains, Values: []string{"bet"}}},
			Actions: []rules.Action{tag("bets"), say("hello"), {Type: rules.CallWebhook, URL: "https://crm.example"}},
		},
		rules.Rule{ID: "rl_tagged", Kind: rules.Trigger, All: []rules.Condition{{Field: rules.Tags, Op: rules.Includes, Values: []string{"bets"}}}, Actions: []rules.Action{tag("bets")}},
		rules.Rule{ID: "rl_later", Kind: rules.Automation, All: []rules.Condition{is(rules.Status, "solved"), waited(rules.InStatus, "3h")}, Actions: []rules.Action{tag("x")}},
	)
	got, _, err := d.DryRunRules(context.Background(), threads.DryRun{Conversation: id, Rules: list})
	require.NoError(t, err)
	matches := map[rules.ID]bool{}
	for _, r := range got {
		matches[r.Rule.ID] = r.Matches
	}
	require.Equal(t, map[rules.ID]bool{
		threads.RuleLiveChat: false, threads.RuleLiveChatReturning: false, threads.RuleSocialMessaging: false,
		"rl_bet": true, "rl_tagged": true, "rl_later": false,
	}, matches, "one that asks for the first one's tag sees it")
	require.Equal(t, before.State.CloseDueAt, got[2].DueAt, "when the style closes it")
	require.Equal(t, []bool{true, true, false}, got[2].All)
	require.Equal(t, d.clock().Add(3*time.Hour), got[5].DueAt)
	require.Len(t, got[3].Actions, 3)
	require.Equal(t, threads.RuleDone, got[3].Actions[1].Outcome)
	require.Equal(t, threads.RuleUnchanged, got[4].Actions[0].Outcome)

	got, _, err = d.DryRunRules(context.Background(), threads.DryRun{Conversation: id, Rules: list[3:4], Event: rules.StatusChanged})
	require.NoError(t, err)
	require.False(t, got[0].Matches)
	require.False(t, got[0].EventMatches)
	d.wait(25 * time.Hour)
	got, _, err = d.DryRunRules(context.Background(), threads.DryRun{Conversation: id, Rules: list[:3]})
	require.NoError(t, err)
	require.True(t, got[2].Matches)
	require.Equal(t, threads.RuleDone, got[2].Actions[0].Outcome)

	require.Equal(t, before, d.only())
	require.Equal(t, []string{"my bet"}, d.texts(id))
	require.Empty(t, d.runs(id))
	require.Empty(t, b.list)
	_, _, err = d.DryRunRules(context.Background(), threads.DryRun{Conversation: "cv_none", Rules: list})
	require.ErrorIs(t, err, threads.ErrNotFound)
	_, _, err = d.DryRunRules(context.Background(), threads.DryRun{Conversation: id, Rules: list, Message: "msg_none"})
	require.ErrorIs(t, err, threads.ErrNotFound)
}

func TestManyAtOnceActOnceEach(t *testing.T) {
	d, b := governed(t)
	b.add(t, onMessage("rl_each", nil, rules.Action{Type: rules.CallWebhook, URL: "https://crm.example"}), rules.Rule{
		ID: "rl_wait", Kind: rules.Automation, All: []rules.Condition{waited(rules.SinceCreated, "1m")}, Actions: []rules.Action{tag("waited")},
	})
	arrivals := make([]threads.Arrival, 30)
	for i := range arrivals {
		arrivals[i] = d.text("hi")
	}
	var all sync.WaitGroup
	for i := range arrivals {
		for range 2 {
			all.Go(func() { d.Ingest(context.Background(), arrivals[i:i+1]) })
		}
	}
	all.Wait()
	d.take(arrivals...)
	d.wait(time.Minute)
	for range 8 {
		all.Go(func() { _, _ = d.RunAutomations(context.Background(), time.Time{}, 10) })
	}
	all.Wait()
	conv := d.only()
	counts := map[rules.ID]int{}
	for _, id := range d.acted(conv.ID) {
		counts[id]++
	}
	require.Equal(t, map[rules.ID]int{"rl_each": 30, "rl_wait": 1}, counts)
}

func TestARuleSetsAStyleWithAllItsSettings(t *testing.T) {
	d, b := governed(t)
	slow := after(t, threads.SocialMessaging, 48*time.Hour)
	slow.Presence.InactiveAfter = time.Hour
	set, err := threads.SetStyle(slow)
	require.NoError(t, err)
	fast, err := threads.SetStyle(after(t, threads.LiveChat, 0))
	require.NoError(t, err)
	b.add(t, onMessage("rl_slow", []rules.Condition{{Field: rules.MessageText, Op: rules.Contains, Values: []string{"dispute"}}}, set),
		rules.Rule{ID: "rl_fast", Kind: rules.Trigger, All: []rules.Condition{{Field: rules.Tags, Op: rules.Includes, Values: []string{"trivial"}}}, Actions: []rules.Action{fast}})
	d.take(d.text("a dispute"))
	conv := d.only()
	require.Equal(t, []any{slow.Close, slow.Presence, true}, []any{conv.State.Close, conv.State.Presence, conv.State.OwnStyle})
	d.take(d.text("that dispute"))
	require.Equal(t, threads.RuleUnchanged, d.runs(conv.ID)[1].Actions[0].Outcome)
	d.set(conv.ID, threads.StatusSolved)
	_, err = d.Update(context.Background(), conv.ID, threads.UpdateCommand{Actor: bea, Tags: &[]string{"trivial"}})
	require.NoError(t, err)
	require.Equal(t, threads.StatusClosed, d.only().State.Status, "live chat: what is solved is closed")
	log := d.log(conv.ID)
	require.Equal(t, threads.RuleLiveChat, log[len(log)-1].Rule)
}
