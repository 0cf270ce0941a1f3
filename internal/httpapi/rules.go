package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/rulebook"
	"threadhub/threads"
	"threadhub/threads/rules"
)

// ownsRules refuses a caller who sees only some channels or groups: a trigger
// or an automation, and its place among the others, is about all of them.
func (s *server) ownsRules(c *gin.Context) bool {
	if !caller(c).Limited() {
		return true
	}
	s.refuse(c, problem(http.StatusForbidden, codeForbidden, "a token that is limited to channels or groups may not see or change rules: use one that is not"))
	return false
}

// ListRules implements GET /v1/rules.
func (s *server) ListRules(c *gin.Context, params api.ListRulesParams) {
	if !s.ownsRules(c) {
		return
	}
	list, err := s.Rules.List(c.Request.Context())
	from := 0
	if err == nil {
		from, err = placeAfter(list, value(params.Cursor))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	page, next := cut(list[from:], limitOf(params.Limit), placeCursor)
	s.answer(c, http.StatusOK, api.RuleList{Data: convert(page, ruleView), NextCursor: next})
}

// placeCursor names a rule with its place: if the rule is deleted meanwhile the
// list goes on where it was.
func placeCursor(r rulebook.Rule) string { return strconv.Itoa(r.Position) + "." + string(r.ID) }

// placeAfter is the index of the first rule after the cursor.
func placeAfter(list []rulebook.Rule, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	place, id, _ := strings.Cut(cursor, ".")
	position, err := strconv.Atoi(place)
	if err != nil || position < 0 || id == "" {
		return 0, invalid(fieldError{"cursor", "is not one that this list has handed out"})
	}
	if i := slices.IndexFunc(list, func(r rulebook.Rule) bool { return string(r.ID) == id }); i >= 0 {
		return i + 1, nil
	}
	if i := slices.IndexFunc(list, func(r rulebook.Rule) bool { return r.Position >= position }); i >= 0 {
		return i, nil
	}
	return len(list), nil
}

func (s *server) answerRuleOf(c *gin.Context, status int) func(rulebook.Rule, error) {
	return func(r rulebook.Rule, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, r.Version, ruleView(r))
	}
}

// GetRuleVocabulary implements GET /v1/rules/vocabulary.
func (s *server) GetRuleVocabulary(c *gin.Context) {
	if s.ownsRules(c) {
		s.answer(c, http.StatusOK, ruleVocabularyView())
	}
}

// GetRule implements GET /v1/rules/{rule_id}.
func (s *server) GetRule(c *gin.Context, id string) {
	if s.ownsRules(c) {
		s.answerRuleOf(c, http.StatusOK)(s.Rules.Get(c.Request.Context(), rules.ID(id)))
	}
}

// CreateRule implements POST /v1/rules.
func (s *server) CreateRule(c *gin.Context, _ api.CreateRuleParams) {
	var in api.RuleDraft
	if !s.ownsRules(c) || !s.decode(c, &in) {
		return
	}
	rule, secrets, err := s.ruleOf(c, "", in)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerRuleOf(c, http.StatusCreated)(s.Rules.Create(c.Request.Context(), rulebook.Draft{
		Rule: rule, Position: in.Position, Secrets: secrets,
	}))
}

// ruleOf reads a draft, whose fields are under at. secrets are the webhooks', by
// address.
func (s *server) ruleOf(c *gin.Context, at string, in api.RuleDraft) (rule rules.Rule, secrets map[string]string, err error) {
	when := value(in.Conditions)
	rule = rules.Rule{
		Name: in.Name, Kind: rules.Kind(in.Kind), Enabled: in.Enabled == nil || *in.Enabled,
		On: typed[rules.Event](in.Events), All: ruleConditions(value(when.All)), Any: ruleConditions(value(when.Any)),
	}
	rule.Actions, secrets, err = s.ruleActions(c, at, in.Actions)
	return rule, secrets, err
}

func ruleConditions(in []api.RuleCondition) []rules.Condition {
	return convert(in, func(c api.RuleCondition) rules.Condition {
		return rules.Condition{Field: rules.Field(c.Field), Op: rules.Op(c.Operator), Values: value(c.Values)}
	})
}

func (s *server) ruleActions(c *gin.Context, at string, in []api.RuleActionDraft) (list []rules.Action, secrets map[string]string, err error) {
	secrets = map[string]string{}
	for i, a := range in {
		field := fmt.Sprintf("%sactions[%d]", at, i)
		given, _ := a.Value.Get() // an error only for null
		out := rules.Action{
			Type: rules.ActionType(a.Type), Value: given, Tags: value(a.Tags), Text: value(a.Text), URL: value(a.URL),
		}
		style, err := s.styleOf(c.Request.Context(), field+".style", a.Style)
		if err == nil && style != nil {
			var set rules.Action
			set, err = threads.SetStyle(*style)
			out.Style = set.Style
		}
		if err != nil {
			return nil, nil, err
		}
		if a.Secret != nil {
			if out.Type != rules.CallWebhook {
				return nil, nil, invalid(fieldError{field + ".secret", "only calls of webhooks are signed: leave this out"})
			}
			secrets[out.URL] = *a.Secret
		}
		list = append(list, out)
	}
	return list, secrets, nil
}

// UpdateRule implements PATCH /v1/rules/{rule_id}.
func (s *server) UpdateRule(c *gin.Context, id string, params api.UpdateRuleParams) {
	var in api.RuleChange
	if !s.ownsRules(c) || !s.decode(c, &in) {
		return
	}
	change := rulebook.Change{Name: in.Name, Enabled: in.Enabled, Position: in.Position}
	var err error
	if change.IfVersion, err = expected(in.Version, params.IfMatch); err == nil && in.Actions != nil {
		var actions []rules.Action
		actions, change.Secrets, err = s.ruleActions(c, "", *in.Actions)
		change.Actions = &actions
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if in.Events != nil {
		on := typed[rules.Event](in.Events)
		change.On = &on
	}
	if in.Conditions != nil {
		all, some := ruleConditions(value(in.Conditions.All)), ruleConditions(value(in.Conditions.Any))
		change.All, change.Any = &all, &some
	}
	s.answerRuleOf(c, http.StatusOK)(s.Rules.Update(c.Request.Context(), rules.ID(id), change))
}

// DeleteRule implements DELETE /v1/rules/{rule_id}.
func (s *server) DeleteRule(c *gin.Context, id string) {
	if !s.ownsRules(c) {
		return
	}
	if err := s.Rules.Delete(c.Request.Context(), rules.ID(id)); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// DryRunRules implements POST /v1/rules/dry-run.
func (s *server) DryRunRules(c *gin.Context, _ api.DryRunRulesParams) {
	var in api.RuleDryRun
	if !s.ownsRules(c) || !s.decode(c, &in) {
		return
	}
	list, err := s.rulesToTry(c, in)
	if err == nil && in.Event != nil && !slices.Contains(rules.Events, rules.Event(*in.Event)) {
		err = invalid(fieldError{"event", fmt.Sprintf("unknown event %q: use one of %v", *in.Event, rules.Events)})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	results, conv, err := s.Conversations.DryRunRules(c.Request.Context(), threads.DryRun{
		Conversation: threads.ConversationID(in.ConversationID), Rules: list,
		Event: rules.Event(value(in.Event)), Message: threads.MessageID(value(in.MessageID)),
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.RuleDryRunResult{
		ConversationID: string(conv.ID), ConversationVersion: conv.Version, Data: convert(results, ruleMatchView),
	})
}

// rulesToTry are the rules that a dry run is about.
func (s *server) rulesToTry(c *gin.Context, in api.RuleDryRun) ([]rules.Rule, error) {
	ctx := c.Request.Context()
	switch {
	case in.Rule != nil && in.RuleID != nil:
		return nil, invalid(fieldError{"rule_id", "give a rule or the id of one, not both"})
	case in.Rule != nil:
		rule, secrets, err := s.ruleOf(c, "rule.", *in.Rule)
		if err == nil {
			err = under("rule.", s.Rules.Validate(ctx, rule, nil, secrets))
		}
		return []rules.Rule{rule}, err
	case in.RuleID != nil:
		rule, err := s.Rules.Get(ctx, rules.ID(*in.RuleID))
		return []rules.Rule{rule.Rule}, err
	}
	all, err := s.Rules.List(ctx)
	var enabled []rules.Rule
	for _, r := range all {
		if r.Enabled {
			enabled = append(enabled, r.Rule)
		}
	}
	return enabled, err
}

// ListRunsOfRule implements GET /v1/rules/{rule_id}/runs.
func (s *server) ListRunsOfRule(c *gin.Context, id string, params api.ListRunsOfRuleParams) {
	if s.ownsRules(c) {
		s.answerRuns(c)(s.Records.RuleRuns(c.Request.Context(), threads.RuleRunFilter{Rule: rules.ID(id)}, pageOf(params.Limit, params.Cursor)))
	}
}

// ListRunsOfConversation implements GET
// /v1/conversations/{conversation_id}/rule-runs.
func (s *server) ListRunsOfConversation(c *gin.Context, id string, params api.ListRunsOfConversationParams) {
	ctx := c.Request.Context()
	conv, err := s.conversation(ctx, caller(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerRuns(c)(s.Records.RuleRuns(ctx, threads.RuleRunFilter{Conversation: conv.ID}, pageOf(params.Limit, params.Cursor)))
}

func (s *server) answerRuns(c *gin.Context) func([]threads.RuleRun, threads.Cursor, error) {
	return func(list []threads.RuleRun, next threads.Cursor, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answer(c, http.StatusOK, api.RuleRunList{Data: convert(list, ruleRunView), NextCursor: nextCursor(next)})
	}
}
