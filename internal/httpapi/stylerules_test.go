package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rule adds a style rule and answers its id; more are members of its draft.
func (h *hub) rule(name, more string) string {
	h.t.Helper()
	return h.must(http.MethodPost, "/v1/style-rules", fmt.Sprintf(`{"name":%q%s}`, name, more)).id()
}

// ruleNames lists the rules in their order.
func (h *hub) ruleNames() []string {
	h.t.Helper()
	names := []string{}
	for i, r := range h.must(http.MethodGet, "/v1/style-rules", "").data(h.t) {
		require.EqualValues(h.t, i+1, r["position"])
		names = append(names, fmt.Sprint(r["name"]))
	}
	return names
}

const liveChat = `,"style":{"name":"live_chat"}`

func TestStyleRulesAreAnOrderedList(t *testing.T) {
	h := newHub(t)
	require.Empty(t, h.ruleNames())
	a := h.rule("a", liveChat)
	h.rule("b", liveChat)
	h.rule("c", liveChat+`,"position":1`)
	require.Equal(t, []string{"c", "a", "b"}, h.ruleNames())

	got := h.must(http.MethodGet, "/v1/style-rules/"+a, "")
	require.Equal(t, `"1"`, got.header.Get("ETag"))
	require.Equal(t, map[string]any{}, got.body["conditions"])
	require.Equal(t, true, got.body["enabled"])
	require.Equal(t, map[string]any{"name": "live_chat", "close_after": "0s", "clock": "elapsed", "schedule_id": nil}, got.body["style"])

	moved := h.must(http.MethodPatch, "/v1/style-rules/"+a, `{"position":3,"version":1}`)
	require.EqualValues(t, 3, moved.body["position"])
	require.Equal(t, []string{"c", "b", "a"}, h.ruleNames())
	stale := h.do(request{method: "PATCH", path: "/v1/style-rules/" + a, body: `{"position":1}`, token: adminToken, header: map[string]string{"If-Match": `"1"`}})
	require.Equal(t, "version_conflict", stale.code())
	require.Equal(t, []string{"c", "b", "a"}, h.ruleNames())

	first := h.must(http.MethodGet, "/v1/style-rules?limit=2", "")
	require.Len(t, first.data(t), 2)
	next := "/v1/style-rules?limit=2&cursor=" + first.body["next_cursor"].(string)
	second := h.must(http.MethodGet, next, "")
	require.Equal(t, "a", second.data(t)[0]["name"])
	require.Nil(t, second.body["next_cursor"])
	b, _ := first.data(t)[1]["id"].(string)
	require.Equal(t, http.StatusNoContent, h.must(http.MethodDelete, "/v1/style-rules/"+b, "").status)
	require.Equal(t, "a", h.must(http.MethodGet, next, "").data(t)[0]["name"], "the page after a rule that is gone begins where it was")
	for _, cursor := range []string{"x", "0.sr_1", "1", "-1.sr_1"} {
		require.Equal(t, []string{"cursor"}, h.do(request{method: "GET", path: "/v1/style-rules?cursor=" + cursor, token: adminToken}).fields(), cursor)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		require.Equal(t, "not_found", h.do(request{method: method, path: "/v1/style-rules/" + b, token: adminToken}).code())
	}
	require.Equal(t, "not_found", h.do(request{method: "PATCH", path: "/v1/style-rules/" + b, body: `{}`, token: adminToken}).code())
}

func TestARuleIsAnsweredAsItWasGiven(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	hours := h.must(http.MethodPost, "/v1/schedules", `{"name":"office","zone":"UTC","intervals":[{"day":"monday","from":"09:00","to":"17:00"}]}`).id()
	conditions := map[string]any{
		"channel_ids": []any{ch}, "contact_tags": []any{"vip"}, "contact": "known_on_channel", "text_contains": []any{"bet", "odds"},
		"text_matches": `(?i)^order #\d+`, "referral": map[string]any{"source": "ad", "id": "7", "payload": "spring"},
		"business_hours": map[string]any{"schedule_id": hours, "state": "open"}, "visitor_authenticated": false,
	}
	id := h.rule("all", fmt.Sprintf(`,"enabled":false,"style":{"name":"social_messaging","close_after":"8h","clock":"business","schedule_id":%q},"conditions":{
		"channel_ids":[%q],"contact_tags":["vip"],"contact":"known_on_channel","text_contains":["bet","odds"],"text_matches":"(?i)^order #\\d+",
		"referral":{"source":"ad","id":"7","payload":"spring"},"business_hours":{"schedule_id":%q,"state":"open"},"visitor_authenticated":false}`, hours, ch, hours))
	got := h.must(http.MethodGet, "/v1/style-rules/"+id, "").body
	require.Equal(t, conditions, got["conditions"])
	require.Equal(t, false, got["enabled"])
	require.Equal(t, map[string]any{"name": "social_messaging", "close_after": "8h", "clock": "business", "schedule_id": hours}, got["style"])

	renamed := h.must(http.MethodPatch, "/v1/style-rules/"+id, `{"name":"some","enabled":true}`).body
	require.Equal(t, conditions, renamed["conditions"], "what is not given stays")
	closed := h.must(http.MethodPatch, "/v1/style-rules/"+id, fmt.Sprintf(`{"conditions":{"business_hours":{"schedule_id":%q,"state":"closed"}},"style":{"name":"live_chat"}}`, hours)).body
	require.Equal(t, map[string]any{"business_hours": map[string]any{"schedule_id": hours, "state": "closed"}}, closed["conditions"], "conditions are replaced as a whole")
}

func TestAWrongRuleIsRefusedByField(t *testing.T) {
	h := newHub(t)
	id := h.rule("good", liveChat)
	before := h.must(http.MethodGet, "/v1/style-rules/"+id, "").raw
	for name, c := range map[string]struct{ members, field string }{
		"an unknown style":            {`"style":{"name":"chatty"}`, "style.name"},
		"673 hours":                   {`"style":{"name":"social_messaging","close_after":"673h"}`, "style"},
		"a style with unknown hours":  {`"style":{"name":"social_messaging","clock":"business","schedule_id":"sc_9"}`, "style.schedule_id"},
		"a bad pattern":               {`"conditions":{"text_matches":"(a"}`, "conditions.text_matches"},
		"a long pattern":              {`"conditions":{"text_matches":"` + strings.Repeat("a", 501) + `"}`, "conditions.text_matches"},
		"a costly pattern":            {`"conditions":{"text_matches":"(abcd){900}"}`, "conditions.text_matches"},
		"an unknown channel":          {`"conditions":{"channel_ids":["ch_9"]}`, "conditions.channel_ids[0]"},
		"unknown hours":               {`"conditions":{"business_hours":{"schedule_id":"sc_9","state":"open"}}`, "conditions.business_hours.schedule_id"},
		"an odd state of hours":       {`"conditions":{"business_hours":{"schedule_id":"sc_9","state":"ajar"}}`, "conditions.business_hours.state"},
		"an odd acquaintance":         {`"conditions":{"contact":"friend"}`, "conditions.contact"},
		"a referral of nothing":       {`"conditions":{"referral":{}}`, "conditions.referral"},
		"a condition that is not one": {`"conditions":{"weather":"rain"}`, "conditions.weather"},
		"a position before the first": {`"position":0`, "position"},
		"an empty name":               {`"name":" "`, "name"},
	} {
		t.Run(name, func(t *testing.T) {
			patch := h.do(request{method: "PATCH", path: "/v1/style-rules/" + id, body: "{" + c.members + "}", token: adminToken})
			require.Equal(t, http.StatusUnprocessableEntity, patch.status, patch.raw)
			require.Equal(t, []string{c.field}, patch.fields())
			draft := `"name":"bad","style":{"name":"live_chat"},`
			if strings.HasPrefix(c.members, `"style"`) {
				draft = `"name":"bad",`
			}
			if strings.HasPrefix(c.members, `"name"`) {
				draft = `"style":{"name":"live_chat"},`
			}
			post := h.do(request{method: "POST", path: "/v1/style-rules", body: "{" + draft + c.members + "}", token: adminToken})
			require.Equal(t, http.StatusUnprocessableEntity, post.status, post.raw)
			require.Equal(t, []string{c.field}, post.fields())
			require.Equal(t, []string{"good"}, h.ruleNames(), "nothing is stored")
		})
	}
	require.Equal(t, before, h.must(http.MethodGet, "/v1/style-rules/"+id, "").raw)
	require.Equal(t, []string{"style"}, h.do(request{method: "POST", path: "/v1/style-rules", body: `{"name":"x"}`, token: adminToken}).fields())
}

func TestAConversationTellsWhichRuleChoseItsStyle(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	bet := h.rule("bets", `,"style":{"name":"live_chat_returning","close_after":"30m"},"conditions":{"text_contains":["BET"]}`)
	vip := h.rule("vip", `,"style":{"name":"social_messaging","close_after":"48h"},"conditions":{"contact_tags":["vip"]}`)
	style := func(id string) map[string]any {
		s, _ := h.must(http.MethodGet, "/v1/conversations/"+id, "").body["style"].(map[string]any)
		return s
	}
	one := h.receive(ch, "p1", "about my bet")
	require.Equal(t, map[string]any{"name": "live_chat_returning", "close_after": "30m", "clock": "elapsed", "schedule_id": nil, "rule_id": bet}, style(one))
	other := h.receive(ch, "p2", "where is my order")
	require.Equal(t, map[string]any{"name": "social_messaging", "close_after": "96h", "clock": "elapsed", "schedule_id": nil}, style(other))

	h.must(http.MethodPatch, "/v1/style-rules/"+bet, `{"style":{"name":"live_chat_returning","close_after":"45m"}}`)
	solved := h.must(http.MethodPatch, "/v1/conversations/"+one, `{"status":"solved"}`).body
	require.Equal(t, "45m", solved["style"].(map[string]any)["close_after"], "today's settings of the rule")
	require.Equal(t, "2026-03-01T09:45:00", solved["close_due_at"].(string)[:19])
	h.must(http.MethodPatch, "/v1/conversations/"+one, `{"status":"open"}`)
	h.must(http.MethodDelete, "/v1/style-rules/"+bet, "")
	solved = h.must(http.MethodPatch, "/v1/conversations/"+one, `{"status":"solved"}`).body
	require.Equal(t, "45m", solved["style"].(map[string]any)["close_after"], "those it last had, since the rule is gone")
	for _, line := range h.must(http.MethodGet, "/v1/conversations/"+one+"/log", "").data(t) {
		require.Equal(t, bet, line["style"].(map[string]any)["rule_id"], "the log names the rule for good")
	}

	contact, _ := h.must(http.MethodGet, "/v1/conversations/"+other, "").body["contact"].(map[string]any)
	h.must(http.MethodPatch, fmt.Sprintf("/v1/contacts/%s", contact["id"]), `{"tags":["vip"]}`)
	h.must(http.MethodPatch, "/v1/conversations/"+other, `{"style":{"name":"live_chat"},"status":"solved"}`)
	require.NotContains(t, style(other), "rule_id")
	again := h.receive(ch, "p2", "one more")
	require.NotEqual(t, other, again)
	require.Equal(t, vip, style(again)["rule_id"])
	own := h.must(http.MethodPatch, "/v1/conversations/"+again, `{"style":{"name":"live_chat"}}`).body
	require.NotContains(t, own["style"], "rule_id", "somebody chose, not the rule")
}

func TestTagsOfAContact(t *testing.T) {
	h := newHub(t)
	contact, _ := h.must(http.MethodGet, "/v1/conversations/"+h.receive(h.channel(""), "p1", "hi"), "").body["contact"].(map[string]any)
	path := fmt.Sprintf("/v1/contacts/%s", contact["id"])
	require.Equal(t, []any{}, h.must(http.MethodGet, path, "").body["tags"])
	tagged := h.must(http.MethodPatch, path, `{"tags":["vip","new"]}`).body
	require.Equal(t, []any{"vip", "new"}, tagged["tags"])
	same := h.must(http.MethodPatch, path, `{"tags":["vip","new"]}`).body
	require.Equal(t, tagged["version"], same["version"], "the same tags are no change")
	require.Equal(t, []any{"vip", "new"}, h.must(http.MethodPatch, path, `{"name":"Ana"}`).body["tags"])
	require.Equal(t, []any{}, h.must(http.MethodPatch, path, `{"tags":[]}`).body["tags"])
	for _, wrong := range []string{`{"tags":[""]}`, `{"tags":["a","a"]}`, `{"tags":null}`} {
		require.Equal(t, http.StatusUnprocessableEntity, h.do(request{method: "PATCH", path: path, body: wrong, token: adminToken}).status, wrong)
	}
}

func TestWhoIsLimitedToChannelsSeesTheirRules(t *testing.T) {
	h := newHub(t)
	mine, other := h.channel(""), h.channel("")
	h.rule("everywhere", liveChat)
	hidden := h.rule("hidden", liveChat+fmt.Sprintf(`,"conditions":{"channel_ids":[%q]}`, other))
	both := h.rule("both", liveChat+fmt.Sprintf(`,"conditions":{"channel_ids":[%q,%q]}`, other, mine))
	agent := h.token(fmt.Sprintf(`{"name":"c","role":"agent","channels":[%q]}`, mine))
	get := func(path string) answer { return h.do(request{method: "GET", path: path, token: agent}) }
	list := get("/v1/style-rules")
	require.Len(t, list.data(t), 2)
	require.NotContains(t, list.raw, other, "nor the other's id")
	require.Equal(t, http.StatusNotFound, get("/v1/style-rules/"+hidden).status)
	require.Equal(t, map[string]any{"channel_ids": []any{mine}}, get("/v1/style-rules/" + both).body["conditions"])

	admin := h.token(fmt.Sprintf(`{"name":"a","role":"admin","channels":[%q]}`, mine))
	for _, r := range []request{
		{method: "POST", path: "/v1/style-rules", body: `{"name":"x","style":{"name":"live_chat"}}`},
		{method: "PATCH", path: "/v1/style-rules/" + both, body: `{"enabled":false}`},
		{method: "DELETE", path: "/v1/style-rules/" + both},
	} {
		r.token = admin
		require.Equal(t, http.StatusForbidden, h.do(r).status, r.method)
	}
	require.Equal(t, []string{"everywhere", "hidden", "both"}, h.ruleNames())
}
