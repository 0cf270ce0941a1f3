package httpapi

import (
	"errors"
	"net/url"

	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/rulebook"
	"threadhub/threads"
	"threadhub/threads/rules"
)

// under puts the fields that an error names under another.
func under(at string, err error) error {
	var wrong *rulebook.InvalidError
	if !errors.As(err, &wrong) {
		return err
	}
	return &rulebook.InvalidError{Problems: convert(wrong.Problems, func(p rules.Problem) rules.Problem {
		return rules.Problem{Field: at + p.Field, Message: p.Message}
	})}
}

func ruleView(r rulebook.Rule) api.Rule {
	all, some := convert(r.All, conditionView), convert(r.Any, conditionView)
	return api.Rule{
		ID: string(r.ID), Name: r.Name, Description: orNull(r.Description), Kind: api.RuleKind(r.Kind), System: r.System,
		Enabled: r.Enabled, Position: orNull(r.Position), Events: convert(r.On, func(e rules.Event) string { return string(e) }),
		Conditions: api.RuleConditions{All: &all, Any: &some},
		Actions:    convert(r.Actions, func(a rules.Action) api.RuleAction { return actionView(a, r.Secrets[a.URL]) }),
		CreatedAt:  timeOrNull(r.CreatedAt), UpdatedAt: timeOrNull(r.UpdatedAt), Version: r.Version,
	}
}

func conditionView(c rules.Condition) api.RuleCondition {
	return api.RuleCondition{Field: string(c.Field), Operator: string(c.Op), Values: listed(c.Values)}
}

// actionView shows an action; secret is one that was made just now, or "".
func actionView(a rules.Action, secret string) api.RuleAction {
	out := api.RuleAction{Type: string(a.Type), Tags: listed(a.Tags), Text: ptr(a.Text), URL: ptr(a.URL), Secret: ptr(secret)}
	switch a.Type {
	case rules.SetStatus, rules.SetPriority, rules.SetAssignee, rules.SetGroup:
		out.Value = orNull(a.Value)
	}
	if style, err := threads.ActionStyle(a); err == nil && len(a.Style) > 0 {
		view := styleView(style)
		out.Style = &view
	}
	return out
}

func ruleMatchView(d threads.DryResult) api.RuleMatch {
	out := api.RuleMatch{
		RuleID: orNull(string(d.Rule.ID)), RuleName: d.Rule.Name, Kind: api.RuleKind(d.Rule.Kind), System: d.Rule.System,
		Matches: d.Matches, EventMatches: d.EventMatches, DueAt: timeOrNull(d.DueAt), ActedAt: timeOrNull(d.ActedAt),
		Actions: convert(d.Actions, actionResultView),
	}
	out.Conditions.All, out.Conditions.Any = heldView(d.Rule.All, d.All), heldView(d.Rule.Any, d.Any)
	return out
}

func heldView(list []rules.Condition, holds []bool) []api.RuleConditionMatch {
	out := make([]api.RuleConditionMatch, len(list))
	for i, c := range list {
		out[i] = api.RuleConditionMatch{
			Field: string(c.Field), Operator: string(c.Op), Values: append([]string{}, c.Values...), Holds: holds[i],
		}
	}
	return out
}

func actionResultView(a threads.RuleAction) api.RuleActionResult {
	return api.RuleActionResult{
		Type: string(a.Type), Outcome: api.RuleActionResultOutcome(a.Outcome), Detail: orNull(a.Detail), MessageID: orNull(string(a.MessageID)),
	}
}

func ruleRunView(r threads.RuleRun) api.RuleRun {
	return api.RuleRun{
		ID: string(r.ID), RuleID: string(r.Rule), RuleName: r.RuleName, Kind: api.RuleKind(r.Kind),
		ConversationID: string(r.ConversationID), ChannelID: string(r.ChannelID), ConversationVersion: r.ConversationVersion,
		At: timeView(r.At), Events: convert(r.Events, func(e rules.Event) string { return string(e) }),
		MessageID: orNull(string(r.MessageID)), DueAt: timeOrNull(r.DueAt), Actions: convert(r.Actions, actionResultView),
		Limited: r.Limited, Calls: convert(r.Calls, ruleCallView),
	}
}

func ruleCallView(c threads.RuleCall) api.RuleCall {
	status := null[int]()
	if c.Status != 0 {
		status = nullable.NewNullableWithValue(c.Status)
	}
	return api.RuleCall{
		URL: withoutQuery(c.URL), State: api.RuleCallState(c.State), Attempts: c.Attempts, Status: status,
		Error: orNull(c.Error), NextAt: timeOrNull(c.NextAt),
	}
}

// withoutQuery leaves out the part of an address that may hold a secret: runs
// are read by more people than rules.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.RawQuery, u.ForceQuery = "", false
	return u.String()
}
