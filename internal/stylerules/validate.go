package stylerules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"threadhub/threads"
	"threadhub/threads/rules"
)

// Bounds of what conditions hold.
const (
	maxName   = 200 // characters
	maxListed = 100 // values of a condition
	maxValue  = 500 // characters of a value
)

// validator gathers what is wrong with a draft or a change.
type validator struct {
	*Registry
	wrong []FieldError
}

func (v *validator) fail(field, format string, args ...any) {
	v.wrong = append(v.wrong, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// validate checks what is given of a rule; nil parts stay as they are. All that
// is wrong is answered at once, as an *InvalidError.
func (r *Registry) validate(ctx context.Context, name *string, position *int, when *threads.StyleConditions, style *threads.Style) error {
	v := &validator{Registry: r}
	if name != nil && (strings.TrimSpace(*name) == "" || utf8.RuneCountInString(*name) > maxName) {
		v.fail("name", "a name of 1 to %d characters is needed", maxName)
	}
	if position != nil && *position < 1 {
		v.fail("position", "positions count from 1")
	}
	if style != nil {
		if err := v.style(ctx, *style); err != nil {
			return err
		}
	}
	if when != nil {
		if err := v.conditions(ctx, *when); err != nil {
			return err
		}
	}
	if len(v.wrong) > 0 {
		return &InvalidError{Fields: v.wrong}
	}
	return nil
}

// style checks a style; the error is a store's, not the admin's.
func (v *validator) style(ctx context.Context, s threads.Style) error {
	if _, err := threads.NewStyle(s.Name, &s.Close.After, s.Close.Clock, s.Close.ScheduleID); err != nil {
		v.fail(styleField(s), "%v", err)
		return nil
	}
	var wrong *threads.FieldError
	if err := s.Presence.Validate(); errors.As(err, &wrong) {
		v.fail("style."+wrong.Field, "%s", wrong.Message)
		return nil
	}
	if s.Close.ScheduleID == "" {
		return nil
	}
	return v.schedule(ctx, "style.schedule_id", s.Close.ScheduleID)
}

// styleField is which part of a style is wrong that threads.NewStyle refused.
func styleField(s threads.Style) string {
	standard, known := threads.DefaultStyle(s.Name)
	if !known {
		return "style.name"
	}
	if _, err := threads.NewStyle(s.Name, &s.Close.After, standard.Close.Clock, ""); err != nil {
		return "style.close_after"
	}
	if s.Close.Clock == threads.ClockBusiness {
		return "style.schedule_id"
	}
	return "style.clock"
}

func (v *validator) schedule(ctx context.Context, field, id string) error {
	exists, err := v.ScheduleExists(ctx, id)
	if err != nil {
		return fmt.Errorf("look up schedule: %w", err)
	}
	if !exists {
		v.fail(field, "there is no such schedule")
	}
	return nil
}

// conditions checks what a rule asks; the error is a store's.
func (v *validator) conditions(ctx context.Context, w threads.StyleConditions) error {
	const at = "conditions."
	v.values(at+"contact_tags", w.ContactTags)
	v.values(at+"text_contains", w.TextContains)
	switch w.Contact {
	case "", threads.Known, threads.KnownOnChannel, threads.Unknown, threads.UnknownOnChannel:
	default:
		v.fail(at+"contact", "unknown value %q: use known, known_on_channel, unknown or unknown_on_channel", w.Contact)
	}
	if w.TextMatches != "" {
		if _, err := rules.ParsePattern(w.TextMatches); err != nil {
			v.fail(at+"text_matches", "%v", err)
		}
	}
	if r := w.Referral; r != nil {
		if *r == (threads.ReferralCondition{}) {
			v.fail(at+"referral", "name a source, an id or a payload")
		}
		v.values(at+"referral", given(r.Source, r.ID, r.Payload))
	}
	if err := v.channels(ctx, at+"channel_ids", w.Channels); err != nil {
		return err
	}
	if w.Hours == nil {
		return nil
	}
	return v.schedule(ctx, at+"business_hours.schedule_id", w.Hours.ScheduleID)
}

func given(values ...string) (out []string) {
	for _, s := range values {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (v *validator) values(field string, values []string) {
	if len(values) > maxListed {
		v.fail(field, "at most %d values", maxListed)
	}
	for _, s := range values {
		if s == "" || utf8.RuneCountInString(s) > maxValue {
			v.fail(field, "values have 1 to %d characters", maxValue)
			return
		}
	}
}

func (v *validator) channels(ctx context.Context, field string, ids []threads.ChannelID) error {
	if len(ids) > maxListed {
		v.fail(field, "at most %d channels", maxListed)
		return nil
	}
	for i, id := range ids {
		exists, err := v.ChannelExists(ctx, id)
		if err != nil {
			return fmt.Errorf("look up channel: %w", err)
		}
		if !exists {
			v.fail(fmt.Sprintf("%s[%d]", field, i), "there is no such channel")
		}
	}
	return nil
}
