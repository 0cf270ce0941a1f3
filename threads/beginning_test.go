package threads_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// rulebook is the style rules of a test.
type rulebook struct {
	rules []threads.StyleRule
	err   error
	asked int
}

func (b *rulebook) Rules(context.Context) ([]threads.StyleRule, error) {
	b.asked++
	return b.rules, b.err
}

// rule adds an enabled rule at the end.
func (b *rulebook) rule(id threads.StyleRuleID, style threads.Style, when threads.StyleConditions) {
	b.rules = append(b.rules, threads.StyleRule{ID: id, Name: string(id), Enabled: true, Style: style, When: when})
}

// ruled is a desk whose channel is social_messaging for a day, and its rules.
func ruled(t *testing.T) (*desk, *rulebook) {
	t.Helper()
	d, b := newDesk(t, after(t, threads.SocialMessaging, 24*time.Hour)), &rulebook{}
	d.StyleRules = b
	return d, b
}

// close ends the contact's conversation now, so that the next one begins.
func (d *desk) close(id threads.ConversationID) {
	d.t.Helper()
	d.set(id, threads.StatusSolved)
	closed := threads.StatusClosed
	_, err := d.Update(context.Background(), id, threads.UpdateCommand{Actor: bea, Admin: true, Status: &closed})
	require.NoError(d.t, err)
}

// newest is the state of the conversation that began last.
func (d *desk) newest() threads.State {
	d.t.Helper()
	list := d.conversations()
	return list[len(list)-1].State
}

func TestARuleChoosesTheStyleOfAConversationThatBegins(t *testing.T) {
	d, b := ruled(t)
	fast := after(t, threads.LiveChatReturning, time.Minute)
	b.rule("sr_off", after(t, threads.LiveChatReturning, time.Second), threads.StyleConditions{})
	b.rules[0].Enabled = false
	b.rule("sr_elsewhere", fast, threads.StyleConditions{Channels: []threads.ChannelID{"ch_2"}})
	b.rule("sr_bet", fast, threads.StyleConditions{Channels: []threads.ChannelID{channel}, TextContains: []string{"bet"}})

	d.take(d.text("My BET is lost"), d.text("hello?"))
	st := d.only().State
	require.Equal(t, threads.LiveChatReturning, st.Style)
	require.Equal(t, fast.Close, st.Close)
	require.EqualValues(t, "sr_bet", st.StyleRule)
	log, _, err := d.store.Transitions(context.Background(), d.only().ID, threads.Page{Limit: 10})
	require.NoError(t, err)
	require.EqualValues(t, "sr_bet", log[0].StyleRule, "the log says why")

	d.take(d.message("bo", "m-bo", "where is my order", d.clock()))
	st = d.newest()
	require.Equal(t, threads.SocialMessaging, st.Style, "no match: the channel's style")
	require.Empty(t, st.StyleRule)

	d.close(d.conversations()[0].ID)
	d.take(d.text("something else"))
	require.Empty(t, d.newest().StyleRule, "the next conversation is chosen for anew")
}

func TestRulesAreAskedOnlyWhenAConversationBegins(t *testing.T) {
	d, b := ruled(t)
	d.take(d.text("hello"))
	asked := b.asked
	require.Equal(t, 1, asked)
	d.take(d.text("more"), d.text("and more"))
	require.Equal(t, asked, b.asked)

	b.err = errors.New("store is away")
	d.take(d.text("still here"))
	late := d.message("bo", "m-bo", "hi", d.clock())
	require.ErrorIs(t, d.Ingest(context.Background(), []threads.Arrival{late})[0], b.err)
	require.Len(t, d.conversations(), 1, "rather late than with a style nobody chose")
	b.err = nil
	d.take(late)
	require.Len(t, d.conversations(), 2)
}

func TestAContactIsKnownOnceTheyWrote(t *testing.T) {
	ctx := context.Background()
	d, b := ruled(t)
	b.rule("sr_known_here", after(t, threads.SocialMessaging, time.Hour), threads.StyleConditions{Contact: threads.KnownOnChannel})
	b.rule("sr_known", after(t, threads.SocialMessaging, 2*time.Hour), threads.StyleConditions{Contact: threads.Known})
	b.rule("sr_unknown", after(t, threads.LiveChatReturning, time.Hour), threads.StyleConditions{Contact: threads.Unknown})

	hi := normalize.Message{Type: normalize.TypeTemplate, Template: &normalize.Template{Name: "hi", Language: "en"}}
	_, conv, err := d.Start(ctx, threads.StartCommand{Channel: channel, To: "ana", Send: threads.SendCommand{Author: bea, Content: hi}})
	require.NoError(t, err)
	require.EqualValues(t, "sr_unknown", conv.State.StyleRule)
	d.close(conv.ID)
	d.take(d.text("who is this?"))
	require.EqualValues(t, "sr_unknown", d.newest().StyleRule, "the business wrote; ana never did")
	d.close(d.conversations()[1].ID)
	d.take(d.text("me again"))
	require.EqualValues(t, "sr_known_here", d.newest().StyleRule)
	d.close(d.conversations()[2].ID)
	_, conv, err = d.Start(ctx, threads.StartCommand{Channel: channel, To: "ana", Send: threads.SendCommand{Author: bea, Content: hi}})
	require.NoError(t, err)
	require.EqualValues(t, "sr_known_here", conv.State.StyleRule)

	elsewhere := threads.Identity{Channel: "ch_2", Peer: "ana-2"}
	ana, err := d.store.Contact(ctx, conv.Contact.ID)
	require.NoError(t, err)
	ana.Identities = []threads.Identity{elsewhere}
	_, err = d.store.Claim(ctx, ana)
	require.NoError(t, err)
	d.Channels = anyChannel{d}
	a := d.message("ana-2", "m-2", "on another app", d.clock())
	a.Channel = elsewhere.Channel
	d.take(a)
	require.EqualValues(t, "sr_known", d.newest().StyleRule, "known to the hub, new to the channel")
}

// anyChannel has every channel like the desk's own.
type anyChannel struct{ *desk }

func (c anyChannel) ChannelInfo(ctx context.Context, id threads.ChannelID) (threads.ChannelInfo, error) {
	info, err := c.desk.ChannelInfo(ctx, channel)
	info.ID = id
	return info, err
}

func TestRulesAboutTagsReferralsAndVisitors(t *testing.T) {
	ctx := context.Background()
	d, b := ruled(t)
	b.rule("sr_vip", after(t, threads.SocialMessaging, time.Hour), threads.StyleConditions{ContactTags: []string{"vip"}})
	b.rule("sr_ad", after(t, threads.LiveChatReturning, time.Hour), threads.StyleConditions{Referral: &threads.ReferralCondition{Source: "ad", Payload: "spring"}})
	b.rule("sr_member", after(t, threads.LiveChatReturning, time.Minute), threads.StyleConditions{Verified: new(true)})

	d.take(d.text("hello"))
	first := d.only()
	require.Empty(t, first.State.StyleRule)
	_, err := d.EditContact(ctx, first.Contact.ID, func(c *threads.Contact) bool { c.Tags = []string{"new", "vip"}; return true })
	require.NoError(t, err)
	d.take(d.text("more"))
	require.Empty(t, d.only().State.StyleRule, "a conversation keeps the style it began with")
	d.close(first.ID)
	d.take(d.text("again"))
	require.EqualValues(t, "sr_vip", d.newest().StyleRule)

	ad := d.message("bo", "m-bo", "hi", d.clock())
	ad.Event.Message.Referral = &normalize.Referral{Source: "ad", ID: "1", Payload: "spring"}
	d.take(ad)
	require.EqualValues(t, "sr_ad", d.newest().StyleRule)

	member := d.message("cyd", "m-cyd", "hi", d.clock())
	member.Event.Peer.Verified = new(true)
	d.take(member)
	require.EqualValues(t, "sr_member", d.newest().StyleRule)
}

// hours are the schedules of a test; those that are absent do not exist.
type hours map[string]threads.Calendar

func (h hours) Calendar(_ context.Context, id string) (threads.Calendar, error) {
	if c, ok := h[id]; ok {
		return c, nil
	}
	return threads.Calendar{}, threads.ErrNotFound
}

func TestRulesAboutBusinessHoursLookAtWhenTheMessageWasReceived(t *testing.T) {
	d, b := ruled(t)
	office, err := threads.NewCalendar(threads.Hours{Zone: "UTC", Intervals: []threads.WeekInterval{
		{Day: "sunday", Interval: threads.Interval{From: "09:00", To: "10:00"}},
	}})
	require.NoError(t, err)
	d.Schedules = hours{"sc_office": office}
	for _, id := range []string{"sc_gone", "sc_office"} {
		b.rule(threads.StyleRuleID("sr_open_"+id), after(t, threads.LiveChatReturning, time.Minute), threads.StyleConditions{Hours: &threads.HoursCondition{ScheduleID: id, Open: true}})
		b.rule(threads.StyleRuleID("sr_closed_"+id), after(t, threads.SocialMessaging, time.Hour), threads.StyleConditions{Hours: &threads.HoursCondition{ScheduleID: id}})
	}
	received := d.text("on a Sunday at nine")
	d.wait(90 * time.Minute)
	d.take(received)
	require.EqualValues(t, "sr_open_sc_office", d.newest().StyleRule, "worked on late")
	d.take(d.message("bo", "m-bo", "hi", d.clock()))
	require.EqualValues(t, "sr_closed_sc_office", d.newest().StyleRule)
}

func TestASolveCopiesTodaysSettingsOfTheRule(t *testing.T) {
	minute := after(t, threads.LiveChatReturning, time.Minute)
	for name, c := range map[string]struct {
		change func(b *rulebook)
		want   time.Duration
	}{
		"as it was":                             {func(*rulebook) {}, time.Minute},
		"changed since":                         {func(b *rulebook) { b.rules[0].Style.Close.After = time.Hour }, time.Hour},
		"disabled since":                        {func(b *rulebook) { b.rules[0].Style.Close.After, b.rules[0].Enabled = time.Hour, false }, time.Hour},
		"gone: what was copied":                 {func(b *rulebook) { b.rules = nil }, time.Minute},
		"of another style now: what was copied": {func(b *rulebook) { b.rules[0].Style = after(t, threads.SocialMessaging, 2*time.Hour) }, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			d, b := ruled(t)
			b.rule("sr_1", minute, threads.StyleConditions{})
			d.take(d.text("hello"))
			c.change(b)
			solved := d.set(d.only().ID, threads.StatusSolved).State
			require.Equal(t, c.want, solved.CloseDueAt.Sub(solved.SolvedAt))
			require.EqualValues(t, "sr_1", solved.StyleRule)
		})
	}
}

func TestAStyleThatSomebodyChoseIsNoRulesAnyMore(t *testing.T) {
	d, b := ruled(t)
	b.rule("sr_1", after(t, threads.LiveChatReturning, time.Minute), threads.StyleConditions{})
	d.take(d.text("hello"))
	own := after(t, threads.LiveChatReturning, time.Hour)
	conv, err := d.Update(context.Background(), d.only().ID, threads.UpdateCommand{Actor: bea, Style: &own})
	require.NoError(t, err)
	require.Empty(t, conv.State.StyleRule)
	solved := d.set(conv.ID, threads.StatusSolved).State
	require.Equal(t, time.Hour, solved.CloseDueAt.Sub(solved.SolvedAt))
}
