package httpapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/api"
	"threadhub/internal/directory"
	"threadhub/internal/settings"
	"threadhub/threads"
)

// styleOf reads a style; field is where it stands in the body. What it leaves
// out is as the hub has it for that style. A style that counts business time
// names a schedule that exists.
func (s *server) styleOf(ctx context.Context, field string, d *api.StyleDraft) (*threads.Style, error) {
	if d == nil {
		return nil, nil //nolint:nilnil // no style given is not an error
	}
	hub, err := s.Settings.Get(ctx)
	if err != nil {
		return nil, err
	}
	style, err := s.styleOver(ctx, field, *d, hub.Styles[threads.StyleName(d.Name)])
	if err != nil {
		return nil, err
	}
	return &style, nil
}

// styleOver reads a style that leaves out what is as in another one.
func (s *server) styleOver(ctx context.Context, field string, d api.StyleDraft, base threads.Style) (threads.Style, error) {
	style, err := readStyle(field, d, base)
	if err != nil || style.Close.ScheduleID == "" {
		return style, err
	}
	_, err = s.Schedules.Get(ctx, style.Close.ScheduleID)
	if errors.Is(err, directory.ErrNotFound) {
		return style, invalid(fieldError{field + ".schedule_id", "there is no such schedule"})
	}
	return style, err
}

// readStyle reads a style as it is written.
func readStyle(field string, d api.StyleDraft, base threads.Style) (threads.Style, error) {
	var err error
	after, clock, schedule := base.Close.After, base.Close.Clock, base.Close.ScheduleID
	if d.CloseAfter != nil {
		if after, err = readDuration(field+".close_after", *d.CloseAfter); err != nil {
			return threads.Style{}, err
		}
	}
	if d.Clock != nil {
		clock = threads.Clock(*d.Clock)
	}
	if d.ScheduleID.IsSpecified() {
		schedule, _ = d.ScheduleID.Get() // "" for null
	}
	if clock == threads.ClockBusiness && schedule == "" {
		return threads.Style{}, invalid(fieldError{field + ".schedule_id", "is required with the clock business: whose hours count?"})
	}
	if named, _ := d.ScheduleID.Get(); clock != threads.ClockBusiness && named != "" {
		return threads.Style{}, invalid(fieldError{field + ".schedule_id", "counts with the clock business only: set clock to business, or leave it out"})
	}
	style, err := threads.NewStyle(threads.StyleName(d.Name), &after, clock, schedule)
	if err != nil {
		return style, invalid(fieldError{field, err.Error()})
	}
	style.Presence, err = readPresence(field, d, base.Presence)
	return style, err
}

// readPresence reads what a style says about silence.
func readPresence(field string, d api.StyleDraft, p threads.Presence) (threads.Presence, error) {
	var err error
	if d.InactiveAfter != nil {
		if p.InactiveAfter, err = readDuration(field+".inactive_after", *d.InactiveAfter); err != nil {
			return p, err
		}
		if p.InactiveAfter == 0 {
			return p, invalid(fieldError{field + ".inactive_after", "must be between 1m and 24h; leave it out for the hub's"})
		}
	}
	if d.CountInactive.IsSpecified() {
		p.CountInactive = ""
		if on, err := d.CountInactive.Get(); err == nil {
			p.CountInactive = switchOf(on)
		}
	}
	if d.Ladder.IsSpecified() {
		ladder, _ := d.Ladder.Get() // an empty one for null
		if p.Ladder, err = readLadder(field+".ladder", ladder); err != nil {
			return p, err
		}
	}
	var wrong *threads.FieldError
	if err := p.Validate(); errors.As(err, &wrong) {
		return p, invalid(fieldError{field + "." + wrong.Field, wrong.Message})
	}
	return p, nil
}

func switchOf(on bool) threads.Switch {
	if on {
		return threads.SwitchOn
	}
	return threads.SwitchOff
}

func readLadder(field string, in api.Ladder) (threads.Ladder, error) {
	var l threads.Ladder
	for i, r := range value(in.Reminders) {
		at := fmt.Sprintf("%s.reminders[%d].after", field, i)
		after, err := readDuration(at, r.After)
		if err != nil {
			return l, err
		}
		if i == 0 {
			l.RemindAfter, l.RemindText = after, r.Text
		} else {
			l.AgainAfter, l.AgainText = after, r.Text
		}
	}
	if in.Then == nil {
		return l, nil
	}
	var err error
	l.Then = threads.Status(in.Then.Status)
	l.ThenAfter, err = readDuration(field+".then.after", in.Then.After)
	return l, err
}

// readDuration reads a duration that has the form of one, and may still be too
// large to be one.
func readDuration(field, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, invalid(fieldError{field, "is not a duration such as 3s or 96h"})
	}
	return d, nil
}

func styleView(s threads.Style) api.Style {
	clock := s.Close.Clock
	if clock == "" {
		clock = threads.ClockElapsed
	}
	v := api.Style{
		Name: api.StyleName(s.Name), CloseAfter: durationText(s.Close.After),
		Clock: api.Clock(clock), ScheduleID: orNull(s.Close.ScheduleID), Ladder: ladderView(s.Presence.Ladder),
	}
	if s.Presence.InactiveAfter > 0 {
		v.InactiveAfter = ptr(durationText(s.Presence.InactiveAfter))
	}
	if s.Presence.CountInactive != "" {
		on := s.Presence.CountInactive.On(false)
		v.CountInactive = &on
	}
	return v
}

// ladderView is nil without a ladder.
func ladderView(l threads.Ladder) *api.Ladder {
	if l == (threads.Ladder{}) {
		return nil
	}
	var v api.Ladder
	var reminders []api.Reminder
	if l.RemindAfter > 0 {
		reminders = append(reminders, api.Reminder{After: durationText(l.RemindAfter), Text: l.RemindText})
	}
	if l.AgainAfter > 0 {
		reminders = append(reminders, api.Reminder{After: durationText(l.AgainAfter), Text: l.AgainText})
	}
	if len(reminders) > 0 {
		v.Reminders = &reminders
	}
	if l.ThenAfter > 0 {
		v.Then = &api.LadderEnd{After: durationText(l.ThenAfter), Status: api.LadderEndStatus(l.Then)}
	}
	return &v
}

// chosenStyleView is the style of a conversation, with the rule that chose it.
func chosenStyleView(s threads.Style, rule threads.StyleRuleID) api.Style {
	v := styleView(s)
	v.RuleID = ptr(string(rule))
	return v
}

func settingsView(v settings.Settings) api.Settings {
	out := api.Settings{
		DefaultStyle: styleView(v.DefaultStyle), InactiveAfter: durationText(v.InactiveAfter),
		Routing: routingView(v.Routing), Retention: retentionView(v.Retention), Version: v.Version,
	}
	for _, name := range threads.StyleNames {
		out.Styles = append(out.Styles, styleView(v.Styles[name]))
	}
	return out
}
