package queuebook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// Bounds of what a queue holds.
const (
	maxName   = 200 // characters
	maxListed = 100 // values of a list
	maxValue  = 100 // characters of a value
	maxSkills = 20
	maxDelay  = 7 * 24 * time.Hour
)

var priorities = []string{"low", "normal", "high", "urgent"}

// validator gathers what is wrong.
type validator struct {
	*Registry
	wrong []FieldError
}

func (v *validator) fail(field, format string, args ...any) {
	v.wrong = append(v.wrong, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// validate checks what is given of a queue; nil parts stay as they are. All
// that is wrong is answered at once, as an *InvalidError.
func (r *Registry) validate(ctx context.Context, c Change) error {
	v := &validator{Registry: r}
	if c.Name != nil && (strings.TrimSpace(*c.Name) == "" || utf8.RuneCountInString(*c.Name) > maxName) {
		v.fail("name", "a name of 1 to %d characters is needed", maxName)
	}
	if c.Position != nil && *c.Position < 1 {
		v.fail("position", "positions count from 1")
	}
	v.delay("relax_after", c.RelaxAfter)
	v.delay("overflow_after", c.OverflowAfter)
	if c.Method != nil && *c.Method != "" {
		if err := c.Method.Validate(); err != nil {
			v.fail("method", "%v; null for the hub's", err)
		}
	}
	for _, check := range []func(context.Context, Change) error{v.groups, v.skills, v.conditions} {
		if err := check(ctx, c); err != nil {
			return err
		}
	}
	if len(v.wrong) > 0 {
		return &InvalidError{Fields: v.wrong}
	}
	return nil
}

func (v *validator) delay(field string, d *time.Duration) {
	if d != nil && (*d < 0 || *d > maxDelay) {
		v.fail(field, "must be between 0s and %s, not %s", maxDelay, *d)
	}
}

func (v *validator) groups(ctx context.Context, c Change) error {
	for field, ids := range map[string]*[]threads.GroupID{"groups": c.Groups, "overflow_groups": c.Overflow} {
		if ids == nil {
			continue
		}
		if err := each(ctx, v, field, *ids, v.GroupExists, "there is no such group: create it with POST /v1/groups"); err != nil {
			return err
		}
	}
	return nil
}

// each checks that all of a list exist; the error is a store's.
func each[T ~string](ctx context.Context, v *validator, field string, ids []T, exists func(context.Context, T) (bool, error), otherwise string) error {
	if len(ids) > maxListed {
		v.fail(field, "at most %d", maxListed)
		return nil
	}
	for i, id := range ids {
		ok, err := exists(ctx, id)
		if err != nil {
			return fmt.Errorf("look up %s: %w", field, err)
		}
		if !ok {
			v.fail(fmt.Sprintf("%s[%d]", field, i), "%s", otherwise)
		}
	}
	return nil
}

// skills refuses those that no agent has: what needs one would wait for ever
// because of a slip of the pen.
func (v *validator) skills(ctx context.Context, c Change) error {
	for field, skills := range map[string]*[]routing.Skill{"required_skills": c.Required, "preferred_skills": c.Preferred} {
		if skills == nil {
			continue
		}
		if len(*skills) > maxSkills {
			v.fail(field, "at most %d skills", maxSkills)
			continue
		}
		for i, s := range *skills {
			at := fmt.Sprintf("%s[%d]", field, i)
			if err := s.Validate(); err != nil {
				v.fail(at, "%v", err)
				continue
			}
			ok, err := v.SkillExists(ctx, s.Name)
			if err != nil {
				return fmt.Errorf("look up skills: %w", err)
			}
			if !ok {
				v.fail(at, "no agent has the skill %q: give it to one first, with PATCH /v1/agents/{id}", s.Name)
			}
		}
	}
	return nil
}

// conditions checks what a queue is for; the error is a store's.
func (v *validator) conditions(ctx context.Context, c Change) error {
	const at = "conditions."
	w := c.When
	if w == nil {
		return nil
	}
	v.values(at+"tags", w.Tags)
	v.values(at+"languages", w.Languages)
	for i, p := range w.Priorities {
		if !slices.Contains(priorities, p) {
			v.fail(fmt.Sprintf("%spriorities[%d]", at, i), "must be low, normal, high or urgent, not %q", p)
		}
	}
	for i, s := range w.Styles {
		if _, known := threads.DefaultStyle(s); !known {
			v.fail(fmt.Sprintf("%sstyles[%d]", at, i), "must be live_chat, live_chat_returning or social_messaging, not %q", s)
		}
	}
	if err := each(ctx, v, at+"channel_ids", w.Channels, v.ChannelExists, "there is no such channel"); err != nil {
		return err
	}
	if w.Hours == nil {
		return nil
	}
	ok, err := v.ScheduleExists(ctx, w.Hours.ScheduleID)
	if err != nil {
		return fmt.Errorf("look up schedule: %w", err)
	}
	if !ok {
		v.fail(at+"business_hours.schedule_id", "there is no such schedule")
	}
	return nil
}

func (v *validator) values(field string, values []string) {
	if len(values) > maxListed {
		v.fail(field, "at most %d values", maxListed)
	}
	for i, s := range values {
		if s == "" || utf8.RuneCountInString(s) > maxValue {
			v.fail(fmt.Sprintf("%s[%d]", field, i), "values have 1 to %d characters", maxValue)
		}
	}
}
