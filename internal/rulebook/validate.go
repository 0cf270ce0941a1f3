package rulebook

import (
	"context"
	"errors"
	"fmt"

	"threadhub/internal/callout"
	"threadhub/threads"
	"threadhub/threads/rules"
)

// Validate checks a rule, and that what it names exists. All that is wrong is
// answered at once, as an *InvalidError; another error is a store's.
func (r *Registry) Validate(ctx context.Context, rule rules.Rule, position *int, secrets map[string]string) error {
	v := &validator{Registry: r, problems: rule.Check()}
	if position != nil && *position < 1 {
		v.fail("position", "positions count from 1")
	}
	for i, c := range rule.All {
		v.condition(ctx, fmt.Sprintf("conditions.all[%d].values", i), c)
	}
	for i, c := range rule.Any {
		v.condition(ctx, fmt.Sprintf("conditions.any[%d].values", i), c)
	}
	for i, a := range rule.Actions {
		v.action(ctx, fmt.Sprintf("actions[%d]", i), a, secrets)
	}
	switch {
	case v.err != nil:
		return v.err
	case len(v.problems) > 0:
		return &InvalidError{v.problems}
	}
	return nil
}

// validator gathers what is wrong, and the first error of a store.
type validator struct {
	*Registry
	problems []rules.Problem
	err      error
}

func (v *validator) fail(field, format string, args ...any) {
	v.problems = append(v.problems, rules.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

// condition looks up the ids that a condition names.
func (v *validator) condition(ctx context.Context, at string, c rules.Condition) {
	var exists func(string) (bool, error)
	what := ""
	switch c.Field {
	case rules.Channel:
		what, exists = "channel", func(id string) (bool, error) { return v.ChannelExists(ctx, threads.ChannelID(id)) }
	case rules.Assignee:
		what, exists = "agent", func(id string) (bool, error) { return v.AgentExists(ctx, threads.AgentID(id)) }
	case rules.Group:
		what, exists = "group", func(id string) (bool, error) { return v.GroupExists(ctx, threads.GroupID(id)) }
	case rules.Hours:
		what, exists = "schedule", func(id string) (bool, error) { return v.ScheduleExists(ctx, id) }
	default:
		return
	}
	for i, id := range c.Values {
		v.named(fmt.Sprintf("%s[%d]", at, i), what, id, exists)
	}
}

func (v *validator) named(at, what, id string, exists func(string) (bool, error)) {
	if id == "" || v.err != nil {
		return
	}
	ok, err := exists(id)
	switch {
	case err != nil:
		v.err = fmt.Errorf("look up %s: %w", what, err)
	case !ok:
		v.fail(at, "there is no %s %q: use the id of one that exists", what, id)
	}
}

func (v *validator) action(ctx context.Context, at string, a rules.Action, secrets map[string]string) {
	switch a.Type {
	case rules.SetAssignee:
		v.named(at+".value", "agent", a.Value, func(id string) (bool, error) { return v.AgentExists(ctx, threads.AgentID(id)) })
	case rules.SetGroup:
		v.named(at+".value", "group", a.Value, func(id string) (bool, error) { return v.GroupExists(ctx, threads.GroupID(id)) })
	case rules.SetStyle:
		v.style(ctx, at+".style", a)
	case rules.CallWebhook:
		v.webhook(at, a.URL, secrets[a.URL])
	}
}

func (v *validator) style(ctx context.Context, at string, a rules.Action) {
	if len(a.Style) == 0 {
		return // told already
	}
	s, err := threads.ActionStyle(a)
	if err == nil {
		_, err = threads.NewStyle(s.Name, &s.Close.After, s.Close.Clock, s.Close.ScheduleID)
	}
	if err != nil {
		v.fail(at, "%v", err)
		return
	}
	var wrong *threads.FieldError
	if errors.As(s.Presence.Validate(), &wrong) {
		v.fail(at+"."+wrong.Field, "%s", wrong.Message)
		return
	}
	v.named(at+".schedule_id", "schedule", s.Close.ScheduleID, func(id string) (bool, error) { return v.ScheduleExists(ctx, id) })
}

func (v *validator) webhook(at, url, secret string) {
	if url != "" {
		if err := v.CheckURL(url); err != nil {
			v.fail(at+".url", "%v", err)
		}
	}
	if secret == "" {
		return
	}
	if _, err := callout.SecretKey(secret); err != nil {
		v.fail(at+".secret", "%v", err)
	}
}

// UsersOfSchedule names, for people, the rules that refer to a schedule.
func (r *Registry) UsersOfSchedule(ctx context.Context, schedule string) ([]string, error) {
	item, err := r.list.Read(ctx)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, e := range item.Value.Rules {
		if refersTo(e.Rule, schedule) {
			users = append(users, fmt.Sprintf("rule %q", e.Name))
		}
	}
	return users, nil
}

func refersTo(r rules.Rule, schedule string) bool {
	for _, group := range [2][]rules.Condition{r.All, r.Any} {
		for _, c := range group {
			for _, id := range c.Values {
				if c.Field == rules.Hours && id == schedule {
					return true
				}
			}
		}
	}
	for _, a := range r.Actions {
		if st, err := threads.ActionStyle(a); a.Type == rules.SetStyle && err == nil && st.Close.ScheduleID == schedule {
			return true
		}
	}
	return false
}
