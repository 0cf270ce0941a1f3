package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/internal/stylerules"
	"threadhub/threads"
)

// seesRule tells whether the caller may see a rule: who is limited to channels
// sees the rules about all of them and those about theirs.
func seesRule(p auth.Principal, r stylerules.Rule) bool {
	return len(r.When.Channels) == 0 || slices.ContainsFunc(r.When.Channels, p.SeesChannel)
}

// ListStyleRules implements GET /v1/style-rules.
func (s *server) ListStyleRules(c *gin.Context, params api.ListStyleRulesParams) {
	rules, err := s.StyleRules.List(c.Request.Context())
	from := 0
	if err == nil {
		from, err = ruleAfter(rules, value(params.Cursor))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	page, next := cut(rules[from:], limitOf(params.Limit), ruleCursor)
	out := api.StyleRuleList{Data: []api.StyleRule{}, NextCursor: next}
	for _, r := range page {
		if seesRule(caller(c), r) {
			out.Data = append(out.Data, styleRuleView(r, caller(c)))
		}
	}
	s.answer(c, http.StatusOK, out)
}

// ruleCursor names a rule with its place: if the rule is deleted meanwhile the
// list goes on where it was.
func ruleCursor(r stylerules.Rule) string { return strconv.Itoa(r.Position) + "." + string(r.ID) }

// ruleAfter is the index of the first rule after the cursor.
func ruleAfter(rules []stylerules.Rule, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	place, id, _ := strings.Cut(cursor, ".")
	position, err := strconv.Atoi(place)
	if err != nil || position < 1 || id == "" {
		return 0, invalid(fieldError{"cursor", "is not one that this list has handed out"})
	}
	if i := slices.IndexFunc(rules, func(r stylerules.Rule) bool { return string(r.ID) == id }); i >= 0 {
		return i + 1, nil
	}
	return min(position-1, len(rules)), nil
}

func (s *server) answerRule(c *gin.Context, status int) func(stylerules.Rule, error) {
	return func(r stylerules.Rule, err error) {
		if err == nil && !seesRule(caller(c), r) {
			err = directory.ErrNotFound
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, r.Version, styleRuleView(r, caller(c)))
	}
}

// GetStyleRule implements GET /v1/style-rules/{style_rule_id}.
func (s *server) GetStyleRule(c *gin.Context, id string) {
	s.answerRule(c, http.StatusOK)(s.StyleRules.Get(c.Request.Context(), threads.StyleRuleID(id)))
}

// writesRules refuses a caller who sees only some channels or groups: a rule,
// and its place among the others, is about all of them.
func (s *server) writesRules(c *gin.Context) bool {
	if !caller(c).Limited() {
		return true
	}
	s.refuse(c, problem(http.StatusForbidden, codeForbidden, "a token that is limited to channels or groups may not change style rules"))
	return false
}

// CreateStyleRule implements POST /v1/style-rules.
func (s *server) CreateStyleRule(c *gin.Context, _ api.CreateStyleRuleParams) {
	var in api.StyleRuleDraft
	if !s.writesRules(c) || !s.decode(c, &in) {
		return
	}
	style, err := s.styleOf(c.Request.Context(), "style", &in.Style)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerRule(c, http.StatusCreated)(s.StyleRules.Create(c.Request.Context(), stylerules.Draft{
		Name: in.Name, Enabled: in.Enabled, Position: in.Position, When: styleConditions(value(in.Conditions)), Style: *style,
	}))
}

// UpdateStyleRule implements PATCH /v1/style-rules/{style_rule_id}.
func (s *server) UpdateStyleRule(c *gin.Context, id string, params api.UpdateStyleRuleParams) {
	var in api.StyleRuleChange
	if !s.writesRules(c) || !s.decode(c, &in) {
		return
	}
	change := stylerules.Change{Name: in.Name, Enabled: in.Enabled, Position: in.Position}
	var err error
	if change.IfVersion, err = expected(in.Version, params.IfMatch); err == nil {
		change.Style, err = s.styleOf(c.Request.Context(), "style", in.Style)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if in.Conditions != nil {
		when := styleConditions(*in.Conditions)
		change.When = &when
	}
	s.answerRule(c, http.StatusOK)(s.StyleRules.Update(c.Request.Context(), threads.StyleRuleID(id), change))
}

// DeleteStyleRule implements DELETE /v1/style-rules/{style_rule_id}.
func (s *server) DeleteStyleRule(c *gin.Context, id string) {
	if !s.writesRules(c) {
		return
	}
	if err := s.StyleRules.Delete(c.Request.Context(), threads.StyleRuleID(id)); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

func styleConditions(in api.StyleConditions) threads.StyleConditions {
	out := threads.StyleConditions{
		Channels: typed[threads.ChannelID](in.ChannelIds), ContactTags: value(in.ContactTags),
		Contact: threads.Acquaintance(value(in.Contact)), TextContains: value(in.TextContains), TextMatches: value(in.TextMatches),
		Verified: in.VisitorAuthenticated,
	}
	if r := in.Referral; r != nil {
		out.Referral = &threads.ReferralCondition{Source: value(r.Source), ID: value(r.ID), Payload: value(r.Payload)}
	}
	if h := in.BusinessHours; h != nil {
		out.Hours = &threads.HoursCondition{ScheduleID: h.ScheduleID, Open: h.State == api.BusinessHoursConditionStateOpen}
	}
	return out
}

func styleRuleView(r stylerules.Rule, p auth.Principal) api.StyleRule {
	return api.StyleRule{
		ID: string(r.ID), Name: r.Name, Enabled: r.Enabled, Position: r.Position, Conditions: conditionsView(r.When, p),
		Style:     styleView(r.Style),
		CreatedAt: timeView(r.CreatedAt), UpdatedAt: timeView(r.UpdatedAt), Version: r.Version,
	}
}

func conditionsView(w threads.StyleConditions, p auth.Principal) api.StyleConditions {
	out := api.StyleConditions{
		Contact: ptr(api.Acquaintance(w.Contact)), TextMatches: ptr(w.TextMatches), VisitorAuthenticated: w.Verified,
		ContactTags: listed(w.ContactTags), TextContains: listed(w.TextContains),
	}
	var channels []string
	for _, id := range w.Channels {
		if p.SeesChannel(id) {
			channels = append(channels, string(id))
		}
	}
	out.ChannelIds = listed(channels)
	if r := w.Referral; r != nil {
		out.Referral = &api.ReferralCondition{Source: ptr(r.Source), ID: ptr(r.ID), Payload: ptr(r.Payload)}
	}
	if h := w.Hours; h != nil {
		out.BusinessHours = &api.BusinessHoursCondition{ScheduleID: h.ScheduleID, State: api.BusinessHoursConditionStateClosed}
		if h.Open {
			out.BusinessHours.State = api.BusinessHoursConditionStateOpen
		}
	}
	return out
}

// listed is nil for an empty list: the field is left out.
func listed(list []string) *[]string {
	if len(list) == 0 {
		return nil
	}
	return &list
}
