package rulebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/callout"
	"threadhub/internal/directory"
	"threadhub/internal/seal"
	"threadhub/threads"
	"threadhub/threads/rules"
)

// world has one channel, schedule, agent and group, each called …_1.
type world struct {
	*Registry
	store *directory.Memory
	now   time.Time
}

func newWorld(t testing.TB, fresh time.Duration) *world {
	t.Helper()
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	w := &world{store: &directory.Memory{}, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	w.Registry = w.another(keys, fresh)
	return w
}

// another is the registry of another process on the same store.
func (w *world) another(keys *seal.Keyring, fresh time.Duration) *Registry {
	return NewRegistry(Options{
		Store: w.store, Keys: keys, Now: func() time.Time { return w.now }, Fresh: fresh,
		ChannelExists:  func(_ context.Context, id threads.ChannelID) (bool, error) { return id == "ch_1", nil },
		ScheduleExists: func(_ context.Context, id string) (bool, error) { return id == "sc_1", nil },
		AgentExists:    func(_ context.Context, id threads.AgentID) (bool, error) { return id == "ag_1", nil },
		GroupExists:    func(_ context.Context, id threads.GroupID) (bool, error) { return id == "gr_1", nil },
		CheckURL: func(url string) error {
			if strings.Contains(url, "private") {
				return errors.New("a private address")
			}
			return nil
		},
	})
}

func draft(name string, actions ...rules.Action) Draft {
	if actions == nil {
		actions = []rules.Action{{Type: rules.AddTags, Tags: []string{"a"}}}
	}
	return Draft{Rule: rules.Rule{
		Name: name, Kind: rules.Trigger, Enabled: true,
		All: []rules.Condition{{Field: rules.Status, Op: rules.Is, Values: []string{"open"}}}, Actions: actions,
	}}
}

// styled is the action that sets a style.
func styled(t testing.TB, s threads.Style) rules.Action {
	t.Helper()
	a, err := threads.SetStyle(s)
	require.NoError(t, err)
	return a
}

func (w *world) add(t testing.TB, d Draft) Rule {
	t.Helper()
	rule, err := w.Create(context.Background(), d)
	require.NoError(t, err)
	return rule
}

// names of the admin's rules, in their order.
func (w *world) names(t testing.TB) (names []string) {
	t.Helper()
	list, err := w.List(context.Background())
	require.NoError(t, err)
	for i, r := range list {
		if i < 3 {
			require.True(t, r.System)
			require.Zero(t, r.Position)
			continue
		}
		require.Equal(t, i-2, r.Position)
		names = append(names, r.Name)
	}
	return names
}

func TestRulesAreKeptInTheirOrderBehindTheShippedOnes(t *testing.T) {
	ctx, w := context.Background(), newWorld(t, 0)
	require.Empty(t, w.names(t))
	a := w.add(t, draft("a"))
	w.add(t, draft("b"))
	first := draft("c")
	first.Position = new(1)
	c := w.add(t, first)
	require.Equal(t, []string{"c", "a", "b"}, w.names(t))
	require.Equal(t, []int{1, 1}, []int{a.Position, c.Position})

	w.now = w.now.Add(time.Minute)
	moved, err := w.Update(ctx, c.ID, Change{Position: new(9), Enabled: new(false), IfVersion: new(int64(1))})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, w.names(t))
	require.Equal(t, []any{3, int64(2), false, w.now}, []any{moved.Position, moved.Version, moved.Enabled, moved.UpdatedAt})
	_, err = w.Update(ctx, c.ID, Change{Name: new("late"), IfVersion: new(int64(1))})
	require.ErrorIs(t, err, directory.ErrConflict)
	require.NoError(t, w.Delete(ctx, a.ID))
	require.Equal(t, []string{"b", "c"}, w.names(t))
	for _, err := range []error{
		w.Delete(ctx, a.ID),
		func() error { _, err := w.Get(ctx, a.ID); return err }(),
		func() error { _, err := w.Update(ctx, a.ID, Change{}); return err }(),
	} {
		require.ErrorIs(t, err, directory.ErrNotFound)
	}
}

func TestShippedRulesAreSeenAndNotChanged(t *testing.T) {
	ctx, w := context.Background(), newWorld(t, 0)
	rule, err := w.Get(ctx, threads.RuleLiveChat)
	require.NoError(t, err)
	require.True(t, rule.System)
	var system *SystemError
	_, err = w.Update(ctx, rule.ID, Change{Enabled: new(false)})
	require.ErrorAs(t, err, &system)
	require.ErrorAs(t, w.Delete(ctx, rule.ID), &system)
	d := draft("mine")
	d.Rule.System, d.Rule.ID = true, threads.RuleLiveChat
	mine := w.add(t, d)
	require.False(t, mine.System)
	require.NotEqual(t, threads.RuleLiveChat, mine.ID)
}

func TestWhatARuleNamesHasToExist(t *testing.T) {
	style := func(name threads.StyleName, after time.Duration, clock threads.Clock, schedule string) Draft {
		return draft("r", styled(t, threads.Style{Name: name, Close: threads.Countdown{After: after, Clock: clock, ScheduleID: schedule}}))
	}
	restless := threads.Style{Name: threads.SocialMessaging, Close: threads.Countdown{After: time.Hour}, Presence: threads.Presence{InactiveAfter: time.Second}}
	hook := func(url, secret string) Draft {
		d := draft("r", rules.Action{Type: rules.CallWebhook, URL: url})
		d.Secrets = map[string]string{url: secret}
		return d
	}
	asks := func(f rules.Field, op rules.Op, values ...string) Draft {
		d := draft("r")
		d.Rule.Any = []rules.Condition{{Field: f, Op: op, Values: values}}
		return d
	}
	at := func(position int) Draft {
		d := draft("r")
		d.Position = &position
		return d
	}
	for name, c := range map[string]struct {
		draft Draft
		field string
	}{
		"an unknown channel":          {asks(rules.Channel, rules.Is, "ch_1", "ch_9"), "conditions.any[0].values[1]"},
		"an unknown agent":            {asks(rules.Assignee, rules.ChangedTo, "ag_9"), "conditions.any[0].values[0]"},
		"an unknown group":            {asks(rules.Group, rules.IsNot, "gr_9"), "conditions.any[0].values[0]"},
		"an unknown schedule":         {asks(rules.Hours, rules.Closed, "sc_9"), "conditions.any[0].values[0]"},
		"an unknown field":            {asks("conversation.mood", rules.Is, "good"), "conditions.any[0].field"},
		"an agent to assign":          {draft("r", rules.Action{Type: rules.SetAssignee, Value: "ag_9"}), "actions[0].value"},
		"a group to assign":           {draft("r", rules.Action{Type: rules.SetGroup, Value: "gr_9"}), "actions[0].value"},
		"a style of 673 hours":        {style(threads.SocialMessaging, 673*time.Hour, "", ""), "actions[0].style"},
		"a style that does not exist": {style("chatty", 0, "", ""), "actions[0].style"},
		"hours of a style":            {style(threads.SocialMessaging, time.Hour, threads.ClockBusiness, "sc_9"), "actions[0].style.schedule_id"},
		"a session of a second":       {draft("r", styled(t, restless)), "actions[0].style.inactive_after"},
		"a style that is none":        {draft("r", rules.Action{Type: rules.SetStyle, Style: json.RawMessage(`7`)}), "actions[0].style"},
		"a private address":           {hook("https://private.example", ""), "actions[0].url"},
		"a secret that is none":       {hook("https://crm.example", "hunter2"), "actions[0].secret"},
		"a short secret":              {hook("https://crm.example", "whsec_c2hvcnQ="), "actions[0].secret"},
		"a position before the first": {at(0), "position"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, w := context.Background(), newWorld(t, 0)
			_, err := w.Create(ctx, c.draft)
			var wrong *InvalidError
			require.ErrorAs(t, err, &wrong)
			require.Len(t, wrong.Problems, 1, err)
			require.Equal(t, c.field, wrong.Problems[0].Field)
			require.Empty(t, w.names(t), "nothing is stored")
			good := w.add(t, draft("good"))
			_, err = w.Update(ctx, good.ID, Change{Position: c.draft.Position, Any: &c.draft.Rule.Any, Actions: &c.draft.Rule.Actions, Secrets: c.draft.Secrets})
			require.ErrorAs(t, err, &wrong)
			again, err := w.Get(ctx, good.ID)
			require.NoError(t, err)
			require.Equal(t, good, again)
		})
	}
}

func TestSecretsAreMadeKeptSealedAndShownOnce(t *testing.T) {
	ctx, w := context.Background(), newWorld(t, 0)
	const crm, log = "https://crm.example/hook", "https://log.example/hook"
	const given = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	call := func(url string) rules.Action { return rules.Action{Type: rules.CallWebhook, URL: url} }
	d := draft("r", call(crm), call(log))
	d.Secrets = map[string]string{log: given}
	rule := w.add(t, d)
	made := rule.Secrets[crm]
	require.Len(t, rule.Secrets, 1, "what was given is not shown")
	key, err := callout.SecretKey(made)
	require.NoError(t, err)
	require.Len(t, key, 32)
	secret := func(url string) string {
		hook, there, err := w.Webhook(ctx, rule.ID, url)
		require.NoError(t, err)
		require.True(t, there, url)
		return hook.Secret.Reveal()
	}
	require.Equal(t, []string{made, given}, []string{secret(crm), secret(log)})
	raw, err := w.store.Get(ctx, "rule", "list")
	require.NoError(t, err)
	require.NotContains(t, string(raw.Body), strings.TrimPrefix(given, "whsec_"))
	got, err := w.Get(ctx, rule.ID)
	require.NoError(t, err)
	require.Empty(t, got.Secrets)

	changed, err := w.Update(ctx, rule.ID, Change{Actions: &[]rules.Action{call(crm), call("https://new.example")}})
	require.NoError(t, err)
	require.Equal(t, made, secret(crm), "an address that stays keeps its secret")
	require.Contains(t, changed.Secrets, "https://new.example")
	_, there, err := w.Webhook(ctx, rule.ID, log)
	require.NoError(t, err)
	require.False(t, there)
	_, err = w.Update(ctx, rule.ID, Change{Secrets: map[string]string{crm: given}})
	require.NoError(t, err)
	require.Equal(t, given, secret(crm))
	require.NoError(t, w.Delete(ctx, rule.ID))
	_, there, err = w.Webhook(ctx, rule.ID, crm)
	require.NoError(t, err)
	require.False(t, there)
}

func TestRulesAreReadFromMemory(t *testing.T) {
	ctx, w := context.Background(), newWorld(t, time.Second)
	set, err := w.Rules(ctx)
	require.NoError(t, err)
	require.True(t, set.Idle(), "the rules of the styles are not among them: Decide goes by those")
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	other := w.another(keys, time.Second)
	_, err = other.Create(ctx, draft("theirs"))
	require.NoError(t, err)
	again, err := w.Rules(ctx)
	require.NoError(t, err)
	require.Same(t, set, again)
	w.now = w.now.Add(time.Second)
	again, err = w.Rules(ctx)
	require.NoError(t, err)
	require.Len(t, again.Rules(), 1)
	w.add(t, draft("mine"))
	again, err = w.Rules(ctx)
	require.NoError(t, err)
	require.Len(t, again.Rules(), 2, "one's own change is seen at once")
	require.Equal(t, []any{int64(2), w.now}, []any{again.Revision, again.ChangedAt})
}

func TestTheListIsBounded(t *testing.T) {
	w := newWorld(t, 0)
	for i := range MaxRules {
		w.add(t, draft(fmt.Sprint(i)))
	}
	_, err := w.Create(context.Background(), draft("one more"))
	var wrong *InvalidError
	require.ErrorAs(t, err, &wrong)
}

func TestChangesAtOnceAllCount(t *testing.T) {
	w := newWorld(t, 0)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { _, _ = w.Create(context.Background(), draft(fmt.Sprint(i))) })
	}
	all.Wait()
	require.Len(t, w.names(t), 20)
	set, err := w.Rules(context.Background())
	require.NoError(t, err)
	require.Len(t, set.Rules(), 20)
}

func TestUsersOfAScheduleAreNamed(t *testing.T) {
	w := newWorld(t, 0)
	asks := draft("after hours")
	asks.Rule.Any = []rules.Condition{{Field: rules.Hours, Op: rules.Closed, Values: []string{"sc_1"}}}
	w.add(t, asks)
	w.add(t, draft("slow", styled(t, threads.Style{Name: threads.SocialMessaging, Close: threads.Countdown{After: time.Hour, Clock: threads.ClockBusiness, ScheduleID: "sc_1"}})))
	w.add(t, draft("other"))
	users, err := w.UsersOfSchedule(context.Background(), "sc_1")
	require.NoError(t, err)
	require.Equal(t, []string{`rule "after hours"`, `rule "slow"`}, users)
}

func TestWhatIsGoneStandsNoMore(t *testing.T) {
	w := newWorld(t, 0)
	for value, stands := range map[string]bool{"ag_1": true, "ag_9": false, "": true} {
		ok, err := w.Stands(context.Background(), rules.Action{Type: rules.SetAssignee, Value: value})
		require.NoError(t, err)
		require.Equal(t, stands, ok)
	}
	ok, err := w.Stands(context.Background(), rules.Action{Type: rules.SetGroup, Value: "gr_9"})
	require.NoError(t, err)
	require.False(t, ok)
}

func TestARuleComesBackAsItWasStored(t *testing.T) {
	w := newWorld(t, 0)
	d := draft("full", styled(t, threads.Style{Name: threads.LiveChatReturning, Close: threads.Countdown{After: time.Minute, Clock: threads.ClockElapsed}}), rules.Action{Type: rules.SetAssignee})
	d.Rule.On = []rules.Event{rules.Created}
	d.Rule.Any = []rules.Condition{{Field: rules.MessageText, Op: rules.Matches, Values: []string{"^a"}}}
	stored := w.add(t, d)
	again, err := w.Get(context.Background(), stored.ID)
	require.NoError(t, err)
	want, err := json.Marshal(d.Rule)
	require.NoError(t, err)
	again.ID = ""
	got, err := json.Marshal(again.Rule)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}
