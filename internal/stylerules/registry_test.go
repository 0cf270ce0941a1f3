package stylerules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// world has the channel ch_1 and the schedule sc_1.
type world struct {
	*Registry
	store *directory.Memory
	now   time.Time
}

func newWorld(fresh time.Duration) *world {
	w := &world{store: &directory.Memory{}, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	w.Registry = NewRegistry(w.options(fresh))
	return w
}

func (w *world) options(fresh time.Duration) Options {
	return Options{
		Store: w.store, Now: func() time.Time { return w.now }, Fresh: fresh,
		ChannelExists:  func(_ context.Context, id threads.ChannelID) (bool, error) { return id == "ch_1", nil },
		ScheduleExists: func(_ context.Context, id string) (bool, error) { return id == "sc_1", nil },
	}
}

func style(t testing.TB, name threads.StyleName) threads.Style {
	s, ok := threads.DefaultStyle(name)
	require.True(t, ok)
	return s
}

// add makes a rule of the given name.
func (w *world) add(t testing.TB, name string, position *int) Rule {
	rule, err := w.Create(context.Background(), Draft{Name: name, Position: position, Style: style(t, threads.LiveChat)})
	require.NoError(t, err)
	return rule
}

func (w *world) names(t testing.TB) (names []string) {
	list, err := w.List(context.Background())
	require.NoError(t, err)
	for i, r := range list {
		require.Equal(t, i+1, r.Position)
		names = append(names, r.Name)
	}
	return names
}

func TestRulesAreKeptInTheirOrder(t *testing.T) {
	ctx, w := context.Background(), newWorld(0)
	require.Empty(t, w.names(t))
	a := w.add(t, "a", nil)
	w.add(t, "b", nil)
	c := w.add(t, "c", new(1))
	d := w.add(t, "d", new(99))
	require.Equal(t, []string{"c", "a", "b", "d"}, w.names(t))
	require.Equal(t, []int{1, 1, 4}, []int{a.Position, c.Position, d.Position})
	require.True(t, a.Enabled)

	w.now = w.now.Add(time.Minute)
	moved, err := w.Update(ctx, d.ID, Change{Position: new(2), IfVersion: new(int64(1))})
	require.NoError(t, err)
	require.Equal(t, []string{"c", "d", "a", "b"}, w.names(t))
	require.Equal(t, []any{2, int64(2), w.now}, []any{moved.Position, moved.Version, moved.UpdatedAt})
	_, err = w.Update(ctx, c.ID, Change{Position: new(4)})
	require.NoError(t, err)
	require.Equal(t, []string{"d", "a", "b", "c"}, w.names(t))
	got, err := w.Get(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, []any{2, int64(1)}, []any{got.Position, got.Version}, "moved past, not changed")

	require.NoError(t, w.Delete(ctx, a.ID))
	require.Equal(t, []string{"d", "b", "c"}, w.names(t))
	for _, err := range []error{
		w.Delete(ctx, a.ID),
		func() error { _, err := w.Get(ctx, a.ID); return err }(),
		func() error { _, err := w.Update(ctx, a.ID, Change{}); return err }(),
	} {
		require.ErrorIs(t, err, directory.ErrNotFound)
	}
}

func TestARuleIsChangedInPartsAndByItsVersion(t *testing.T) {
	ctx, w := context.Background(), newWorld(0)
	rule := w.add(t, "a", nil)
	when := threads.StyleConditions{Channels: []threads.ChannelID{"ch_1"}, TextMatches: "^bet", Referral: &threads.ReferralCondition{Source: "ad"}}
	business, err := threads.NewStyle(threads.SocialMessaging, new(8*time.Hour), threads.ClockBusiness, "sc_1")
	require.NoError(t, err)
	changed, err := w.Update(ctx, rule.ID, Change{Name: new("b"), Enabled: new(false), When: &when, Style: &business})
	require.NoError(t, err)
	require.Equal(t, threads.StyleRule{ID: rule.ID, Name: "b", When: when, Style: business}, changed.StyleRule)
	_, err = w.Update(ctx, rule.ID, Change{IfVersion: new(int64(1)), Name: new("late")})
	require.ErrorIs(t, err, directory.ErrConflict)
	again, err := w.Get(ctx, rule.ID)
	require.NoError(t, err)
	require.Equal(t, changed, again)
}

func TestWhatIsWrongIsToldByField(t *testing.T) {
	after := func(name threads.StyleName, d time.Duration) threads.Style {
		return threads.Style{Name: name, Close: threads.Countdown{After: d, Clock: threads.ClockElapsed}}
	}
	long := strings.Repeat("a", 501)
	many := strings.Split(strings.Repeat("a", 101), "")
	for name, c := range map[string]struct {
		draft Draft
		field string
	}{
		"no name":                         {Draft{Name: " "}, "name"},
		"a long name":                     {Draft{Name: long}, "name"},
		"a position of none":              {Draft{Position: new(0)}, "position"},
		"an unknown style":                {Draft{Style: after("chatty", time.Hour)}, "style.name"},
		"673 hours":                       {Draft{Style: after(threads.SocialMessaging, 673*time.Hour)}, "style.close_after"},
		"no time at all":                  {Draft{Style: after(threads.LiveChatReturning, 0)}, "style.close_after"},
		"time for live chat":              {Draft{Style: after(threads.LiveChat, time.Hour)}, "style.close_after"},
		"business without a schedule":     {Draft{Style: threads.Style{Name: threads.SocialMessaging, Close: threads.Countdown{After: time.Hour, Clock: threads.ClockBusiness}}}, "style.schedule_id"},
		"business by an unknown schedule": {Draft{Style: threads.Style{Name: threads.SocialMessaging, Close: threads.Countdown{After: time.Hour, Clock: threads.ClockBusiness, ScheduleID: "sc_9"}}}, "style.schedule_id"},
		"an unknown clock":                {Draft{Style: threads.Style{Name: threads.SocialMessaging, Close: threads.Countdown{After: time.Hour, Clock: "sun"}}}, "style.clock"},
		"an unknown channel":              {Draft{When: threads.StyleConditions{Channels: []threads.ChannelID{"ch_1", "ch_9"}}}, "conditions.channel_ids[1]"},
		"too many channels":               {Draft{When: threads.StyleConditions{Channels: make([]threads.ChannelID, 101)}}, "conditions.channel_ids"},
		"an unknown schedule":             {Draft{When: threads.StyleConditions{Hours: &threads.HoursCondition{ScheduleID: "sc_9"}}}, "conditions.business_hours.schedule_id"},
		"a bad pattern":                   {Draft{When: threads.StyleConditions{TextMatches: "(a"}}, "conditions.text_matches"},
		"a long pattern":                  {Draft{When: threads.StyleConditions{TextMatches: long}}, "conditions.text_matches"},
		"an odd acquaintance":             {Draft{When: threads.StyleConditions{Contact: "friend"}}, "conditions.contact"},
		"an empty tag":                    {Draft{When: threads.StyleConditions{ContactTags: []string{""}}}, "conditions.contact_tags"},
		"too many words":                  {Draft{When: threads.StyleConditions{TextContains: many}}, "conditions.text_contains"},
		"a referral of nothing":           {Draft{When: threads.StyleConditions{Referral: &threads.ReferralCondition{}}}, "conditions.referral"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, w := context.Background(), newWorld(0)
			if c.draft.Name == "" {
				c.draft.Name = "a"
			}
			if c.draft.Style == (threads.Style{}) {
				c.draft.Style = style(t, threads.SocialMessaging)
			}
			_, err := w.Create(ctx, c.draft)
			var wrong *InvalidError
			require.ErrorAs(t, err, &wrong)
			require.Len(t, wrong.Fields, 1, err)
			require.Equal(t, c.field, wrong.Fields[0].Field)
			require.NotEmpty(t, wrong.Fields[0].Message)
			require.Empty(t, w.names(t), "nothing is stored")

			rule := w.add(t, "good", nil)
			_, err = w.Update(ctx, rule.ID, Change{Name: &c.draft.Name, Position: c.draft.Position, When: &c.draft.When, Style: &c.draft.Style})
			require.ErrorAs(t, err, &wrong)
			again, err := w.Get(ctx, rule.ID)
			require.NoError(t, err)
			require.Equal(t, rule, again)
		})
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	_, err := newWorld(0).Create(context.Background(), Draft{
		Style: style(t, threads.LiveChat), When: threads.StyleConditions{TextMatches: "(", Channels: []threads.ChannelID{"ch_9"}},
	})
	var wrong *InvalidError
	require.ErrorAs(t, err, &wrong)
	require.Len(t, wrong.Fields, 3)
}

func TestTheListIsBounded(t *testing.T) {
	w := newWorld(0)
	for i := range MaxRules {
		w.add(t, fmt.Sprint(i), nil)
	}
	_, err := w.Create(context.Background(), Draft{Name: "one more", Style: style(t, threads.LiveChat)})
	var wrong *InvalidError
	require.ErrorAs(t, err, &wrong)
}

func TestChangesAtOnceAllCount(t *testing.T) {
	w := newWorld(0)
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			_, errs[i] = w.Create(context.Background(), Draft{Name: fmt.Sprint(i), Style: threads.Style{Name: threads.LiveChat}, Position: new(1)})
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Len(t, w.names(t), len(errs))
	rules, err := w.Rules(context.Background())
	require.NoError(t, err)
	require.Len(t, rules, len(errs))
	for i, name := range w.names(t) {
		require.Equal(t, name, rules[i].Name, "what is held is what is stored")
	}
}

func TestTheListIsReadFromTheStoreOnlyWhenItMayHaveChanged(t *testing.T) {
	ctx, w := context.Background(), newWorld(3*time.Second)
	names := func(r *Registry) (out []string) {
		rules, err := r.Rules(ctx)
		require.NoError(t, err)
		for _, rule := range rules {
			out = append(out, rule.Name)
		}
		return out
	}
	other := NewRegistry(w.options(3 * time.Second))
	alone := NewRegistry(w.options(0))
	require.Empty(t, names(other))
	require.Empty(t, names(alone))
	rule := w.add(t, "a", nil)
	require.Equal(t, []string{"a"}, names(w.Registry), "one's own change is seen at once")
	require.Empty(t, names(other), "another's within three seconds")
	w.now = w.now.Add(3 * time.Second)
	require.Equal(t, []string{"a"}, names(other))
	require.Empty(t, names(alone), "and never by one who believes to be alone")

	w.store.Err = errors.New("away")
	require.Equal(t, []string{"a"}, names(other), "held rules do without the store")
	w.now = w.now.Add(3 * time.Second)
	_, err := other.Rules(ctx)
	require.ErrorIs(t, err, w.store.Err)
	require.ErrorIs(t, w.Delete(ctx, rule.ID), w.store.Err)
	w.store.Err = nil
	require.NoError(t, w.Delete(ctx, rule.ID))
	require.Empty(t, names(w.Registry))
}

func TestHeldRulesMatchAsStoredOnes(t *testing.T) {
	ctx, w := context.Background(), newWorld(0)
	_, err := w.Create(ctx, Draft{Name: "a", Style: style(t, threads.LiveChat), When: threads.StyleConditions{TextMatches: "^b.t$"}})
	require.NoError(t, err)
	rules, err := w.Rules(ctx)
	require.NoError(t, err)
	for text, want := range map[string]bool{"bet": true, "a bet": false} {
		_, _, ok := threads.ChooseStyle(rules, threads.StyleFacts{Text: text})
		require.Equal(t, want, ok, text)
	}
}

func TestWhoUsesASchedule(t *testing.T) {
	ctx, w := context.Background(), newWorld(0)
	w.add(t, "neither", nil)
	business, err := threads.NewStyle(threads.SocialMessaging, nil, threads.ClockBusiness, "sc_1")
	require.NoError(t, err)
	_, err = w.Create(ctx, Draft{Name: "counts", Style: business})
	require.NoError(t, err)
	_, err = w.Create(ctx, Draft{Name: "asks", Style: style(t, threads.LiveChat), When: threads.StyleConditions{Hours: &threads.HoursCondition{ScheduleID: "sc_1"}}})
	require.NoError(t, err)
	users, err := w.UsersOfSchedule(ctx, "sc_1")
	require.NoError(t, err)
	require.Equal(t, []string{`style rule "counts"`, `style rule "asks"`}, users)
	users, err = w.UsersOfSchedule(ctx, "sc_2")
	require.NoError(t, err)
	require.Empty(t, users)
}

// TestTheOrderIsThatOfAPlainList holds any history of changes to a slice of
// names.
func TestTheOrderIsThatOfAPlainList(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx, w := context.Background(), newWorld(0)
		var model []threads.StyleRuleID
		place := func(i int) int { return min(i-1, len(model)) }
		insert := func(at int, id threads.StyleRuleID) {
			model = append(model[:at:at], append([]threads.StyleRuleID{id}, model[at:]...)...)
		}
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			position := rapid.IntRange(1, 8).Draw(rt, "position")
			what := rapid.IntRange(0, 2).Draw(rt, "what")
			if len(model) == 0 || what == 0 {
				insert(place(position), w.add(t, "x", &position).ID)
				continue
			}
			at := rapid.IntRange(0, len(model)-1).Draw(rt, "which")
			id := model[at]
			model = append(model[:at:at], model[at+1:]...)
			if what == 1 {
				require.NoError(t, w.Delete(ctx, id))
				continue
			}
			_, err := w.Update(ctx, id, Change{Position: &position})
			require.NoError(t, err)
			insert(place(position), id)
		}
		rules, err := w.Rules(ctx)
		require.NoError(t, err)
		got := make([]threads.StyleRuleID, len(rules))
		for i, r := range rules {
			got[i] = r.ID
		}
		require.Equal(t, append([]threads.StyleRuleID{}, model...), got)
	})
}
