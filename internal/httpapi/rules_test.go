package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// trigger adds a trigger for messages of a customer; more are members of its
// draft.
func (h *hub) trigger(name, more string) answer {
	h.t.Helper()
	return h.must(http.MethodPost, "/v1/rules", fmt.Sprintf(`{"name":%q,"kind":"trigger","events":["message_received"]%s}`, name, more))
}

const tagged = `,"actions":[{"type":"add_tags","tags":["seen"]}]`

// rulesListed are the names of all rules, in their order.
func (h *hub) rulesListed() (names []string) {
	h.t.Helper()
	for _, r := range h.must(http.MethodGet, "/v1/rules", "").data(h.t) {
		names = append(names, fmt.Sprint(r["name"]))
	}
	return names
}

func TestTheStylesAreRulesThatAnAdminSees(t *testing.T) {
	h := newHub(t)
	list := h.must(http.MethodGet, "/v1/rules", "").data(t)
	require.Len(t, list, 3)
	require.Equal(t, []any{"rl_live_chat", "trigger", true, true, nil},
		[]any{list[0]["id"], list[0]["kind"], list[0]["system"], list[0]["enabled"], list[0]["position"]})
	require.Equal(t, map[string]any{"all": []any{
		map[string]any{"field": "conversation.style", "operator": "is", "values": []any{"social_messaging"}},
		map[string]any{"field": "conversation.status", "operator": "is", "values": []any{"solved"}},
		map[string]any{"field": "time.since_solved", "operator": "at_least", "values": []any{"close_after"}},
	}, "any": []any{}}, list[2]["conditions"])
	require.Equal(t, []any{map[string]any{"type": "set_status", "value": "closed"}}, list[2]["actions"])
	for _, r := range []request{
		{method: "PATCH", path: "/v1/rules/rl_live_chat", body: `{"enabled":false}`, token: adminToken},
		{method: "DELETE", path: "/v1/rules/rl_live_chat", token: adminToken},
	} {
		got := h.do(r)
		require.Equal(t, []any{http.StatusConflict, "system_rule"}, []any{got.status, got.code()})
	}
}

func TestTheVocabularySaysWhatRulesAreMadeOf(t *testing.T) {
	said := newHub(t).must(http.MethodGet, "/v1/rules/vocabulary", "").body
	require.Contains(t, said["events"], "message_received")
	require.Contains(t, said["fields"], map[string]any{
		"field": "business_hours", "sort": "schedule", "values": []any{},
		"trigger_operators": []any{"open", "closed"}, "automation_operators": []any{},
	})
	require.Contains(t, said["fields"], map[string]any{
		"field": "conversation.session", "sort": "word", "values": []any{"active", "inactive", "ended"},
		"trigger_operators":    []any{"is", "is_not", "present", "absent", "changed", "changed_to", "changed_from"},
		"automation_operators": []any{"is", "is_not", "present", "absent"},
	})
	require.Contains(t, said["actions"], map[string]any{"type": "set_priority", "takes": "value", "values": []any{"low", "normal", "high", "urgent"}})
	require.Contains(t, said["actions"], map[string]any{"type": "add_note", "takes": "text", "values": []any{}})
}

func TestRulesAreAnOrderedList(t *testing.T) {
	h := newHub(t)
	shipped := h.rulesListed()
	a := h.trigger("a", tagged).id()
	h.trigger("b", tagged)
	h.trigger("c", tagged+`,"position":1`)
	require.Equal(t, append(shipped, "c", "a", "b"), h.rulesListed())
	moved := h.must(http.MethodPatch, "/v1/rules/"+a, `{"position":3,"version":1}`)
	require.EqualValues(t, 3, moved.body["position"])
	require.Equal(t, `"2"`, moved.header.Get("ETag"))
	stale := h.do(request{method: "PATCH", path: "/v1/rules/" + a, body: `{"enabled":false}`, token: adminToken, header: map[string]string{"If-Match": `"1"`}})
	require.Equal(t, "version_conflict", stale.code())

	var paged []string
	next := "/v1/rules?limit=4"
	for pages := 0; ; pages++ {
		require.Less(t, pages, 3)
		page := h.must(http.MethodGet, next, "")
		for _, r := range page.data(t) {
			paged = append(paged, fmt.Sprint(r["name"]))
		}
		cursor, more := page.body["next_cursor"].(string)
		if !more {
			break
		}
		next = "/v1/rules?limit=4&cursor=" + cursor
	}
	require.Equal(t, append(shipped, "c", "b", "a"), paged)
	require.Equal(t, []string{"cursor"}, h.do(request{method: "GET", path: "/v1/rules?cursor=x", token: adminToken}).fields())
	require.Equal(t, http.StatusNoContent, h.must(http.MethodDelete, "/v1/rules/"+a, "").status)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		require.Equal(t, "not_found", h.do(request{method: method, path: "/v1/rules/" + a, token: adminToken}).code())
	}
}

func TestARuleIsAnsweredAsItWasWritten(t *testing.T) {
	h := newHub(t)
	agent, _ := h.agent("bea")
	conditions := `{"all":[{"field":"conversation.status","operator":"changed_to","values":["open"]},{"field":"conversation.assignee_id","operator":"is","values":["` + agent + `"]}],
		"any":[{"field":"contact.tags","operator":"absent"},{"field":"message.text","operator":"matches","values":["(?i)^refund"]}]}`
	actions := `[{"type":"set_assignee","value":null},{"type":"set_style","style":{"name":"live_chat_returning","close_after":"30m","clock":"elapsed","schedule_id":null}},
		{"type":"send_message","text":"We will be back."},{"type":"call_webhook","url":"https://crm.example/hook?k=1"}]`
	made := h.trigger("full", `,"enabled":false,"conditions":`+conditions+`,"actions":`+actions)
	list, _ := made.body["actions"].([]any)
	hook, _ := list[3].(map[string]any)
	require.Contains(t, hook["secret"], "whsec_", "made here, shown once")
	got := h.must(http.MethodGet, "/v1/rules/"+made.id(), "")
	require.NotContains(t, got.raw, "whsec_")
	same := func(want string, v any) {
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		require.JSONEq(t, want, string(raw))
	}
	same(conditions, got.body["conditions"])
	answered, _ := got.body["actions"].([]any)
	require.Len(t, answered, 4)
	style, _ := answered[1].(map[string]any)["style"].(map[string]any)
	require.Equal(t, []any{"live_chat_returning", "30m", "elapsed"}, []any{style["name"], style["close_after"], style["clock"]})
	same(`[{"type":"set_assignee","value":null},{"type":"send_message","text":"We will be back."},{"type":"call_webhook","url":"https://crm.example/hook?k=1"}]`,
		[]any{answered[0], answered[2], answered[3]})
	require.Equal(t, []any{false, []any{"message_received"}}, []any{got.body["enabled"], got.body["events"]})
	renamed := h.must(http.MethodPatch, "/v1/rules/"+made.id(), `{"name":"other","events":[]}`)
	same(conditions, renamed.body["conditions"])
	require.Equal(t, []any{}, renamed.body["events"])
	replaced := h.must(http.MethodPatch, "/v1/rules/"+made.id(), `{"conditions":{"any":[]},"events":["note_added"]}`)
	same(`{"all":[],"any":[]}`, replaced.body["conditions"])
}

func TestAWrongRuleOfOursIsRefusedByField(t *testing.T) {
	h := newHub(t)
	before := len(h.rulesListed())
	long := strings.Repeat("a", 501)
	for name, c := range map[string]struct{ members, field string }{
		"an unknown field":            {`"conditions":{"all":[{"field":"mood","operator":"is","values":["good"]}]}`, "conditions.all[0].field"},
		"an unknown operator":         {`"conditions":{"any":[{"field":"conversation.status","operator":"like","values":["open"]}]}`, "conditions.any[0].operator"},
		"an unknown status":           {`"conditions":{"all":[{"field":"conversation.status","operator":"is","values":["done"]}]}`, "conditions.all[0].values[0]"},
		"a bad pattern":               {`"conditions":{"all":[{"field":"message.text","operator":"matches","values":["(a"]}]}`, "conditions.all[0].values[0]"},
		"a long pattern":              {`"conditions":{"all":[{"field":"message.text","operator":"matches","values":["` + long + `"]}]}`, "conditions.all[0].values[0]"},
		"a condition that is not one": {`"conditions":{"none":[]}`, "conditions.none"},
		"an unknown event":            {`"events":["rain"]`, "events[0]"},
		"an unknown action":           {`"actions":[{"type":"sing"}]`, "actions[0].type"},
		"no action":                   {`"actions":[]`, "actions"},
		"an agent who is not there":   {`"actions":[{"type":"set_assignee","value":"ag_9"}]`, "actions[0].value"},
		"673 hours":                   {`"actions":[{"type":"set_style","style":{"name":"social_messaging","close_after":"673h"}}]`, "actions[0].style"},
		"a private address":           {`"actions":[{"type":"call_webhook","url":"http://private.example"}]`, "actions[0].url"},
		"a secret of nothing":         {`"actions":[{"type":"add_note","text":"x","secret":"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}]`, "actions[0].secret"},
		"a position before the first": {`"position":0`, "position"},
		"an empty name":               {`"name":" "`, "name"},
		"an unknown kind":             {`"kind":"macro"`, "kind"},
		"no time to wait for":         {`"kind":"automation"`, "conditions.all"},
	} {
		t.Run(name, func(t *testing.T) {
			draft := map[string]any{"name": "bad", "kind": "trigger", "events": []string{"note_added"}, "actions": []any{map[string]any{"type": "add_note", "text": "x"}}}
			var members map[string]any
			require.NoError(t, json.Unmarshal([]byte("{"+c.members+"}"), &members))
			for k, v := range members {
				draft[k] = v
			}
			if draft["kind"] == "automation" {
				delete(draft, "events")
			}
			body, err := json.Marshal(draft)
			require.NoError(t, err)
			post := h.do(request{method: "POST", path: "/v1/rules", body: string(body), token: adminToken})
			require.Equal(t, http.StatusUnprocessableEntity, post.status, post.raw)
			require.Equal(t, []string{c.field}, post.fields(), post.raw)
			require.Len(t, h.rulesListed(), before, "nothing is stored")
		})
	}
}

func TestWhatRulesDidIsServedByConversationAndByRule(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.trigger("tell", `,"conditions":{"all":[{"field":"message.text","operator":"contains","values":["refund"]}]},
		"actions":[{"type":"add_tags","tags":["refund"]},{"type":"set_status","value":"closed"},{"type":"call_webhook","url":"https://crm.example/hook?key=secret"}]`).id()
	conv := h.receive(ch, "p1", "a REFUND please")
	h.receive(ch, "p1", "and another refund")
	h.receive(ch, "p2", "hello")
	got := h.must(http.MethodGet, "/v1/conversations/"+conv, "")
	require.Equal(t, []any{"refund"}, got.body["tags"])
	runs := h.must(http.MethodGet, "/v1/conversations/"+conv+"/rule-runs", "")
	require.Len(t, runs.data(t), 2)
	require.NotContains(t, runs.raw, "key=secret")
	run := runs.data(t)[1]
	require.Equal(t, []any{id, "tell", conv, false}, []any{run["rule_id"], run["rule_name"], run["conversation_id"], run["limited"]})
	require.Equal(t, []any{"conversation_created", "message_received"}, run["events"])
	actions, _ := run["actions"].([]any)
	outcome := func(i int) any { m, _ := actions[i].(map[string]any); return m["outcome"] }
	require.Equal(t, []any{"done", "refused", "done"}, []any{outcome(0), outcome(1), outcome(2)})
	calls, _ := run["calls"].([]any)
	call, _ := calls[0].(map[string]any)
	require.Equal(t, []any{"https://crm.example/hook", "pending"}, []any{call["url"], call["state"]})

	first := h.must(http.MethodGet, "/v1/rules/"+id+"/runs?limit=1", "")
	require.Len(t, first.data(t), 1)
	second := h.must(http.MethodGet, "/v1/rules/"+id+"/runs?limit=1&cursor="+first.body["next_cursor"].(string), "")
	require.Equal(t, run["id"], second.data(t)[0]["id"])
	require.Nil(t, second.body["next_cursor"])
	require.Equal(t, "not_found", h.do(request{method: "GET", path: "/v1/conversations/cv_none/rule-runs", token: adminToken}).code())
}

func TestADryRunChangesNothing(t *testing.T) {
	h := newHub(t)
	conv := h.receive(h.channel(""), "p1", "a refund please")
	h.must(http.MethodPatch, "/v1/conversations/"+conv, `{"status":"solved"}`)
	before := h.must(http.MethodGet, "/v1/conversations/"+conv, "").raw
	tried := h.must(http.MethodPost, "/v1/rules/dry-run", fmt.Sprintf(`{"conversation_id":%q}`, conv)).data(t)
	require.Len(t, tried, 3)
	require.Equal(t, []any{"rl_social_messaging", false}, []any{tried[2]["rule_id"], tried[2]["matches"]})
	var solved map[string]any
	require.NoError(t, json.Unmarshal([]byte(before), &solved))
	require.NotNil(t, solved["close_due_at"])
	require.Equal(t, solved["close_due_at"], tried[2]["due_at"], "when the style closes it")

	draft := `"name":"tell","kind":"trigger","conditions":{"all":[{"field":"message.text","operator":"contains","values":["refund"]}]},"actions":[{"type":"set_status","value":"open"},{"type":"add_tags","tags":["refund"]}]`
	drafted := h.must(http.MethodPost, "/v1/rules/dry-run", fmt.Sprintf(`{"conversation_id":%q,"rule":{%s}}`, conv, draft)).data(t)
	require.Equal(t, []any{nil, true}, []any{drafted[0]["rule_id"], drafted[0]["matches"]})
	require.Len(t, drafted[0]["actions"], 2)
	kept := h.must(http.MethodPost, "/v1/rules", fmt.Sprintf(`{"enabled":false,%s}`, draft)).id()
	require.Len(t, h.must(http.MethodPost, "/v1/rules/dry-run", fmt.Sprintf(`{"conversation_id":%q}`, conv)).data(t), 3, "one that is off does nothing")
	stored := h.must(http.MethodPost, "/v1/rules/dry-run", fmt.Sprintf(`{"conversation_id":%q,"rule_id":%q,"event":"status_changed"}`, conv, kept)).data(t)
	require.Equal(t, true, stored[0]["matches"])
	require.Equal(t, before, h.must(http.MethodGet, "/v1/conversations/"+conv, "").raw)
	require.Empty(t, h.must(http.MethodGet, "/v1/conversations/"+conv+"/rule-runs", "").data(t))

	for name, c := range map[string]struct{ body, field string }{
		"both a rule and an id": {fmt.Sprintf(`{"conversation_id":%q,"rule_id":%q,"rule":{%s}}`, conv, kept, draft), "rule_id"},
		"a wrong rule":          {fmt.Sprintf(`{"conversation_id":%q,"rule":{"name":"x","kind":"trigger","events":["note_added"],"actions":[{"type":"sing"}]}}`, conv), "rule.actions[0].type"},
		"an unknown event":      {fmt.Sprintf(`{"conversation_id":%q,"event":"rain"}`, conv), "event"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{c.field}, h.do(request{method: "POST", path: "/v1/rules/dry-run", body: c.body, token: adminToken}).fields())
		})
	}
	require.Equal(t, "not_found", h.do(request{method: "POST", path: "/v1/rules/dry-run", body: `{"conversation_id":"cv_none"}`, token: adminToken}).code())
	require.Equal(t, "not_found", h.do(request{method: "POST", path: "/v1/rules/dry-run", body: fmt.Sprintf(`{"conversation_id":%q,"rule_id":"rl_none"}`, conv), token: adminToken}).code())
}

func TestATokenOfSomeChannelsHasNoSayInRules(t *testing.T) {
	h := newHub(t)
	id := h.trigger("a", tagged).id()
	limited := h.token(fmt.Sprintf(`{"name":"some","role":"admin","channels":[%q]}`, h.channel("")))
	for _, r := range []request{
		{method: "GET", path: "/v1/rules"},
		{method: "GET", path: "/v1/rules/" + id},
		{method: "GET", path: "/v1/rules/" + id + "/runs"},
		{method: "POST", path: "/v1/rules", body: `{"name":"x","kind":"trigger","actions":[]}`},
		{method: "PATCH", path: "/v1/rules/" + id, body: `{}`},
		{method: "DELETE", path: "/v1/rules/" + id},
		{method: "POST", path: "/v1/rules/dry-run", body: `{"conversation_id":"cv_1"}`},
	} {
		r.token = limited
		require.Equal(t, http.StatusForbidden, h.do(r).status, "%s %s", r.method, r.path)
	}
}
