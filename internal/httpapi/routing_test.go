package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// online makes an agent who is there and may hold so many.
func (h *hub) online(name string, capacity int, more string) (id, token string) {
	h.t.Helper()
	id, token = h.agent(name)
	h.must(http.MethodPatch, "/v1/agents/"+id, fmt.Sprintf(`{"capacity":{"messaging":%d}%s}`, capacity, more))
	h.must(http.MethodPut, "/v1/agents/"+id+"/availability", `{"status":"online"}`)
	return id, token
}

// route does what the router does when it is rung for.
func (h *hub) route() {
	h.t.Helper()
	for range 10 {
		r, err := h.dispatcher.Look(context.Background())
		require.NoError(h.t, err)
		if !r.Again {
			return
		}
	}
	h.t.Fatal("routing does not come to an end")
}

// post is a call that an agent makes about a conversation.
func (h *hub) post(token, id, what string) answer {
	h.t.Helper()
	return h.do(request{method: "POST", path: "/v1/conversations/" + id + "/" + what, token: token})
}

// event reads on to an event of the type that is the one meant.
func (f *follower) event(name string, meant func(map[string]any) bool) {
	f.t.Helper()
	for {
		l := f.next()
		if l.event != name {
			continue
		}
		var e map[string]any
		require.NoError(f.t, json.Unmarshal([]byte(l.data), &e))
		if meant == nil || meant(e) {
			return
		}
	}
}

func TestAnOfferIsSeenTakenAndRefused(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	bea, asBea := h.online("bea", 1, "")
	cyd, asCyd := h.online("cyd", 1, "")
	stream := h.follow(asBea, "", nil)
	id := h.receive(ch, "p1", "Hello")
	h.route()
	offer := map[string]any{"agent_id": bea, "offered_at": "2026-03-01T09:00:00.001Z", "expires_at": "2026-03-01T09:00:30.001Z"}
	require.Equal(t, offer, h.conversation(id)["offer"])
	stream.event("conversation.offered", func(e map[string]any) bool { return e["agent_id"] == bea })
	agents := h.must(http.MethodGet, "/v1/agents", "").data(t)
	require.EqualValues(t, 0, agents[0]["load"])
	require.Equal(t, []any{map[string]any{"conversation_id": id, "offered_at": offer["offered_at"], "expires_at": offer["expires_at"]}}, agents[0]["offers"])
	require.Empty(t, agents[1]["offers"])

	for what, code := range map[string]string{"accept": "already_taken", "decline": "not_offered"} {
		other := h.post(asCyd, id, what)
		require.Equal(t, http.StatusConflict, other.status, other.raw)
		require.Equal(t, code, other.code())
	}
	require.Equal(t, "agent_required", h.post(adminToken, id, "decline").code())
	require.EqualValues(t, 2, h.conversation(id)["version"])
	named := h.must(http.MethodPatch, "/v1/conversations/"+id, `{"subject":"x","version":1}`)
	require.EqualValues(t, 3, named.body["version"], "who read it before it was offered knows everything else")
	late := h.do(request{method: "PATCH", path: "/v1/conversations/" + id, body: `{"subject":"y","version":2}`, token: adminToken})
	require.Equal(t, "version_conflict", late.code())
	declined := h.post(asBea, id, "decline")
	require.Equal(t, http.StatusOK, declined.status, declined.raw)
	require.Nil(t, declined.body["offer"])
	stream.event("conversation.offer_ended", func(e map[string]any) bool { return e["agent_id"] == bea })
	require.Equal(t, "not_offered", h.post(asBea, id, "decline").code(), "once is enough")

	h.route()
	require.Equal(t, cyd, h.conversation(id)["offer"].(map[string]any)["agent_id"])
	h.wait(31 * time.Second)
	h.route()
	require.Equal(t, bea, h.conversation(id)["offer"].(map[string]any)["agent_id"], "cyd did not answer")
	require.Equal(t, "already_taken", h.post(asCyd, id, "accept").code(), "too late: another is asked")
	taken := h.post(asBea, id, "accept")
	require.Equal(t, http.StatusOK, taken.status, taken.raw)
	require.Equal(t, bea, taken.body["assignee_id"])
	require.Nil(t, taken.body["offer"])
	require.Nil(t, taken.body["warnings"])
	require.Equal(t, http.StatusOK, h.post(asBea, id, "accept").status, "it is theirs already")
	require.Equal(t, "already_taken", h.post(asCyd, id, "accept").code())

	decisions := h.must(http.MethodGet, "/v1/conversations/"+id+"/routing?limit=2", "")
	list := decisions.data(t)
	require.Len(t, list, 2)
	require.Equal(t, []any{"accepted", bea}, []any{list[0]["outcome"], list[0]["agent_id"]})
	require.Equal(t, []any{"offered", bea}, []any{list[1]["outcome"], list[1]["agent_id"]})
	require.Equal(t, map[string]any{"passed": 1.0}, list[1]["excluded_by_reason"])
	require.Equal(t, []any{map[string]any{"agent_id": cyd, "reason": "passed", "detail": "timed_out"}}, list[1]["excluded"])
	rest := h.must(http.MethodGet, "/v1/conversations/"+id+"/routing?cursor="+fmt.Sprint(decisions.body["next_cursor"]), "").data(t)
	outcomes := []string{}
	for _, d := range rest {
		outcomes = append(outcomes, fmt.Sprint(d["outcome"], " ", d["agent_id"]))
	}
	require.Equal(t, []string{"timed_out " + cyd, "offered " + cyd, "declined " + bea, "offered " + bea}, outcomes)
	require.Equal(t, "most_spare", rest[3]["why"])
	require.EqualValues(t, 2, rest[3]["eligible"])
}

func TestTheLineSaysWhereWhySinceWhenAndHowMuchLonger(t *testing.T) {
	h := newHub(t)
	ch, hidden := h.channel(""), h.channel("")
	require.Empty(t, h.must(http.MethodGet, "/v1/queue", "").data(t))
	one := h.receive(ch, "p1", "One")
	two := h.receive(hidden, "p2", "Two")
	three := h.receive(ch, "p3", "Three")
	h.must(http.MethodPatch, "/v1/conversations/"+three, `{"priority":"urgent"}`)
	h.wait(time.Minute)
	reasons := func(token string) (list []string) {
		for _, item := range h.do(request{method: "GET", path: "/v1/queue", token: token}).data(t) {
			reason, _ := item["reason"].(map[string]any)
			list = append(list, fmt.Sprint(item["position"], " ", item["conversation_id"], " ", reason["code"]))
		}
		return list
	}
	line := func(codes ...string) []string {
		return []string{"1 " + three + " " + codes[0], "2 " + one + " " + codes[1], "3 " + two + " " + codes[2]}
	}
	require.Equal(t, line("no_agents", "no_agents", "no_agents"), reasons(adminToken))
	limited := h.token(fmt.Sprintf(`{"name":"x","role":"agent","channels":[%q]}`, ch))
	require.Equal(t, line("no_agents", "no_agents", "no_agents")[:2], reasons(limited))

	bea, _ := h.online("bea", 1, "")
	require.Equal(t, line("being_routed", "being_routed", "being_routed"), reasons(adminToken))
	h.route()
	require.Equal(t, line("offered", "everybody_full", "everybody_full"), reasons(adminToken))
	h.must(http.MethodPut, "/v1/agents/"+bea+"/availability", `{"status":"away"}`)
	h.route()
	require.Equal(t, line("nobody_online", "nobody_online", "nobody_online"), reasons(adminToken))
	h.must(http.MethodPatch, "/v1/settings", `{"routing":{"mode":"manual"}}`)
	require.Equal(t, line("manual", "manual", "manual"), reasons(adminToken))

	first := h.must(http.MethodGet, "/v1/queue?limit=2", "")
	item := first.data(t)[1]
	require.EqualValues(t, 60, item["waiting_seconds"])
	require.Equal(t, "normal", item["priority"])
	require.Nil(t, item["estimate_seconds"], "nothing tells")
	rest := h.must(http.MethodGet, "/v1/queue?cursor="+fmt.Sprint(first.body["next_cursor"]), "").data(t)
	require.Len(t, rest, 1)
	require.EqualValues(t, 3, rest[0]["position"])
	for _, cursor := range []string{"x", "9.1.x", "1.-1.", "1.x."} {
		require.Equal(t, []string{"cursor"}, h.do(request{method: "GET", path: "/v1/queue?cursor=" + cursor, token: adminToken}).fields(), cursor)
	}
}

func TestAnEstimateGoesByHowFastTheLineMoves(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	h.must(http.MethodPatch, "/v1/settings", `{"routing":{"mode":"auto"}}`)
	h.online("bea", 3, "")
	for i := range 5 {
		h.receive(ch, fmt.Sprint("p", i), "Hello")
		h.route()
		h.wait(time.Minute)
	}
	line := h.must(http.MethodGet, "/v1/queue", "").data(t)
	require.Len(t, line, 2)
	require.EqualValues(t, 100, line[0]["estimate_seconds"], "three in five minutes")
	require.EqualValues(t, 200, line[1]["estimate_seconds"])
	h.wait(2 * time.Hour)
	require.Nil(t, h.must(http.MethodGet, "/v1/queue", "").data(t)[0]["estimate_seconds"], "that is long ago")
}

func TestQueuesAreKeptInTheirOrder(t *testing.T) {
	h := newHub(t)
	group := h.must(http.MethodPost, "/v1/groups", `{"name":"Sales"}`).id()
	hours := h.schedule("office")
	ch := h.channel("")
	full := fmt.Sprintf(`{"name":"VIP","conditions":{"channel_ids":[%q],"tags":["vip"],"styles":["live_chat"],"languages":["pt"],"priorities":["high","urgent"],
		"business_hours":{"schedule_id":%q,"state":"open"}},"groups":[%q],"required_skills":[{"name":"French","level":2}],"preferred_skills":[{"name":"billing"}],
		"relax_after":"1m","overflow_groups":[%q],"overflow_after":"2m30s","method":"round_robin"}`, ch, hours, group, group)
	vip := h.must(http.MethodPost, "/v1/queues", full)
	require.Equal(t, http.StatusCreated, vip.status)
	require.Equal(t, `"1"`, vip.header.Get("ETag"))
	got := h.must(http.MethodGet, "/v1/queues/"+vip.id(), "").body
	require.Equal(t, []any{map[string]any{"name": "french", "level": 2.0}}, got["required_skills"])
	require.Equal(t, []any{map[string]any{"name": "billing", "level": 1.0}}, got["preferred_skills"])
	require.Equal(t, "2m30s", got["overflow_after"])
	require.Equal(t, "round_robin", got["method"])
	require.Equal(t, map[string]any{
		"channel_ids": []any{ch}, "tags": []any{"vip"}, "styles": []any{"live_chat"}, "languages": []any{"pt"}, "priorities": []any{"high", "urgent"},
		"business_hours": map[string]any{"schedule_id": hours, "state": "open"},
	}, got["conditions"])

	h.must(http.MethodPost, "/v1/queues", `{"name":"Rest","enabled":false}`)
	h.must(http.MethodPost, "/v1/queues", `{"name":"First","position":1}`)
	names := func(query string) (list []string) {
		for _, q := range h.must(http.MethodGet, "/v1/queues"+query, "").data(t) {
			list = append(list, fmt.Sprint(q["position"], q["name"]))
		}
		return list
	}
	require.Equal(t, []string{"1First", "2VIP", "3Rest"}, names(""))
	moved := h.must(http.MethodPatch, "/v1/queues/"+vip.id(), `{"position":9,"method":null,"required_skills":[],"preferred_skills":["french:2"],"groups":[],"name":"Best","version":1}`).body
	require.Nil(t, moved["method"])
	require.Empty(t, moved["required_skills"])
	require.Equal(t, []any{map[string]any{"name": "french", "level": 2.0}}, moved["preferred_skills"])
	require.Equal(t, got["conditions"], moved["conditions"], "what is not given stays")
	require.Equal(t, []string{"1First", "2Rest", "3Best"}, names(""))
	page := h.must(http.MethodGet, "/v1/queues?limit=1", "")
	require.Equal(t, []string{"2Rest", "3Best"}, names("?cursor="+fmt.Sprint(page.body["next_cursor"])))
	require.Equal(t, "version_conflict", h.do(request{method: "PATCH", path: "/v1/queues/" + vip.id(), body: `{"version":1}`, token: adminToken}).code())
	require.Equal(t, []string{"cursor"}, h.do(request{method: "GET", path: "/v1/queues?cursor=x", token: adminToken}).fields())

	h.must(http.MethodDelete, "/v1/queues/"+vip.id(), "")
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		require.Equal(t, "not_found", h.do(request{method: method, path: "/v1/queues/" + vip.id(), token: adminToken}).code())
	}
	require.Equal(t, "not_found", h.do(request{method: "PATCH", path: "/v1/queues/" + vip.id(), body: `{}`, token: adminToken}).code())
	other := h.must(http.MethodPost, "/v1/queues", fmt.Sprintf(`{"name":"Of one","conditions":{"channel_ids":[%q]}}`, h.channel(""))).id()
	limited := h.token(fmt.Sprintf(`{"name":"x","role":"admin","channels":[%q]}`, ch))
	require.Equal(t, "not_found", h.do(request{method: "GET", path: "/v1/queues/" + other, token: limited}).code())
	require.Len(t, h.do(request{method: "GET", path: "/v1/queues", token: limited}).data(t), 2, "those for every channel")
	require.Equal(t, "forbidden", h.do(request{method: "POST", path: "/v1/queues", body: `{"name":"x"}`, token: limited}).code())
}

func TestAWrongQueueIsRefusedByField(t *testing.T) {
	h := newHub(t)
	id := h.must(http.MethodPost, "/v1/queues", `{"name":"good"}`).id()
	for name, c := range map[string]struct{ members, field string }{
		"an empty name":             {`"name":" "`, "name"},
		"a skill nobody has":        {`"required_skills":[{"name":"Klingon"}]`, "required_skills[0]"},
		"a preferred one as well":   {`"preferred_skills":[{"name":"french"},{"name":"klingon"}]`, "preferred_skills[1]"},
		"a level too high":          {`"required_skills":[{"name":"french","level":6}]`, "required_skills[0].level"},
		"a text with a high level":  {`"required_skills":["french:6"]`, "required_skills[0]"},
		"a text without a level":    {`"required_skills":["french:x"]`, "required_skills[0]"},
		"a group that is none":      {`"groups":["gr_9"]`, "groups[0]"},
		"an overflow that is none":  {`"overflow_groups":["gr_9"]`, "overflow_groups[0]"},
		"a channel that is none":    {`"conditions":{"channel_ids":["ch_9"]}`, "conditions.channel_ids[0]"},
		"unknown hours":             {`"conditions":{"business_hours":{"schedule_id":"sc_9","state":"open"}}`, "conditions.business_hours.schedule_id"},
		"a style that is none":      {`"conditions":{"styles":["chatty"]}`, "conditions.styles[0]"},
		"a priority that is none":   {`"conditions":{"priorities":["asap"]}`, "conditions.priorities[0]"},
		"a time that is none":       {`"relax_after":"soon"`, "relax_after"},
		"a time before the start":   {`"overflow_after":"-1s"`, "overflow_after"},
		"a position before all":     {`"position":0`, "position"},
		"a field that is not there": {`"colour":"red"`, "colour"},
	} {
		t.Run(name, func(t *testing.T) {
			patch := h.do(request{method: "PATCH", path: "/v1/queues/" + id, body: "{" + c.members + "}", token: adminToken})
			require.Equal(t, http.StatusUnprocessableEntity, patch.status, patch.raw)
			require.Equal(t, []string{c.field}, patch.fields(), patch.raw)
			body := `{"name":"bad",` + c.members + "}"
			if c.field == "name" {
				body = "{" + c.members + "}"
			}
			post := h.do(request{method: "POST", path: "/v1/queues", body: body, token: adminToken})
			require.Equal(t, []string{c.field}, post.fields(), post.raw)
		})
	}
	require.Len(t, h.must(http.MethodGet, "/v1/queues", "").data(t), 1, "nothing was stored")
	require.Equal(t, []string{"method"}, h.do(request{method: "PATCH", path: "/v1/queues/" + id, body: `{"method":"dice"}`, token: adminToken}).fields())
}

func TestSettingsOfRoutingHaveDefaultsAndBounds(t *testing.T) {
	h := newHub(t)
	routing := func() map[string]any {
		r, _ := h.must(http.MethodGet, "/v1/settings", "").body["routing"].(map[string]any)
		return r
	}
	require.Equal(t, map[string]any{
		"mode": "offer", "method": "most_spare", "offer_timeout": "30s", "count_inactive": false, "return_to": "assignee", "return_away": false,
		"offline_after": "2m", "leave": "keep", "leave_after": "5m",
	}, routing())
	h.must(http.MethodPatch, "/v1/settings", `{"routing":{"mode":"auto","method":"round_robin","offer_timeout":"5s","return_to":"queue","return_away":true,"offline_after":"0s","leave":"requeue","leave_after":"0s"}}`)
	h.must(http.MethodPatch, "/v1/settings", `{"routing":{"count_inactive":true}}`)
	require.Equal(t, map[string]any{
		"mode": "auto", "method": "round_robin", "offer_timeout": "5s", "count_inactive": true, "return_to": "queue", "return_away": true,
		"offline_after": "0s", "leave": "requeue", "leave_after": "0s",
	}, routing())
	before := h.must(http.MethodGet, "/v1/settings", "").raw
	for members, field := range map[string]string{
		`"mode":"chaos"`: "routing.mode", `"method":"dice"`: "routing.method", `"return_to":"sender"`: "routing.return_to", `"leave":"it"`: "routing.leave",
		`"offer_timeout":"0s"`: "routing.offer_timeout", `"offer_timeout":"2h"`: "routing.offer_timeout", `"offer_timeout":"soon"`: "routing.offer_timeout",
		`"offline_after":"10s"`: "routing.offline_after", `"leave_after":"-1s"`: "routing.leave_after", `"luck":1`: "routing.luck",
	} {
		a := h.do(request{method: "PATCH", path: "/v1/settings", body: `{"routing":{` + members + `}}`, token: adminToken})
		require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
		require.Equal(t, []string{field}, a.fields())
	}
	require.Equal(t, before, h.must(http.MethodGet, "/v1/settings", "").raw)
}

func TestAgentsAreRefusedWhatTheyCannotBe(t *testing.T) {
	h := newHub(t)
	bea, _ := h.agent("bea")
	for members, field := range map[string]string{
		`"capacity":{"messaging":-1}`: "capacity.messaging", `"capacity":{"messaging":1.5}`: "capacity.messaging",
		`"skills":["french:9"]`: "skills[0]", `"skills":["french",":2"]`: "skills[1]", `"groups":["gr_9"]`: "groups",
	} {
		for _, r := range []request{
			{method: "PATCH", path: "/v1/agents/" + bea, body: "{" + members + "}"},
			{method: "POST", path: "/v1/agents", body: `{"name":"x","email":"x@example.org",` + members + "}"},
		} {
			r.token = adminToken
			a := h.do(r)
			require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
			require.Equal(t, []string{field}, a.fields())
		}
	}
	a := h.must(http.MethodPatch, "/v1/agents/"+bea, `{"skills":["French:3","tea"],"capacity":{"messaging":0}}`).body
	require.Equal(t, []any{"French:3", "tea"}, a["skills"])
}

func TestAssigningByHandWarns(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	group := h.must(http.MethodPost, "/v1/groups", `{"name":"Sales"}`).id()
	bea, asBea := h.online("bea", 1, "")
	id, second := h.receive(ch, "p1", "One"), h.receive(ch, "p2", "Two")
	codes := func(a answer) (list []string) {
		warnings, _ := a.body["warnings"].([]any)
		for _, w := range warnings {
			list = append(list, fmt.Sprint(w.(map[string]any)["code"]))
		}
		return list
	}
	at := "/v1/conversations/" + id
	require.Nil(t, codes(h.must(http.MethodPatch, at, fmt.Sprintf(`{"assignee_id":%q}`, bea))))
	require.Equal(t, []string{"over_capacity"}, codes(h.post(asBea, second, "accept")))
	agent := h.must(http.MethodGet, "/v1/agents/"+bea, "").body
	require.EqualValues(t, 2, agent["load"])
	require.EqualValues(t, 1, agent["over_capacity"])
	h.must(http.MethodPut, "/v1/agents/"+bea+"/availability", `{"status":"away"}`)
	require.Equal(t, []string{"agent_away", "over_capacity"}, codes(h.must(http.MethodPatch, at, fmt.Sprintf(`{"assignee_id":%q}`, bea))))
	h.must(http.MethodPatch, "/v1/conversations/"+second, `{"status":"solved"}`)
	h.must(http.MethodPut, "/v1/agents/"+bea+"/availability", `{"status":"offline"}`)
	require.Equal(t, []string{"agent_offline", "not_in_group"}, codes(h.must(http.MethodPatch, at, fmt.Sprintf(`{"assignee_id":%q,"group_id":%q}`, bea, group))))
	require.Nil(t, codes(h.must(http.MethodPatch, at, `{"subject":"x"}`)), "nothing about the agent was asked for")
	bulk := h.must(http.MethodPost, "/v1/conversations/bulk", fmt.Sprintf(`{"ids":[%q],"assignee_id":%q}`, id, bea)).data(t)
	require.Len(t, bulk[0]["warnings"], 2)

	h.must(http.MethodDelete, "/v1/agents/"+bea, "")
	gone := h.do(request{method: "PATCH", path: at, body: fmt.Sprintf(`{"assignee_id":%q}`, bea), token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, gone.status)
	require.Equal(t, []string{"assignee_id"}, gone.fields())
}

func TestASimulationSaysWhoWouldGetItAndWhy(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	bea, _ := h.online("bea", 2, `,"skills":["french:2"]`)
	cyd, _ := h.agent("cyd")
	h.must(http.MethodPost, "/v1/queues", `{"name":"French","conditions":{"languages":["fr"]},"required_skills":[{"name":"french","level":2}]}`)
	h.must(http.MethodPost, "/v1/queues", `{"name":"Expert","conditions":{"tags":["hard"]},"required_skills":[{"name":"french","level":5}]}`)
	simulate := func(body string) answer {
		return h.do(request{method: "POST", path: "/v1/routing/simulate", body: body, token: adminToken})
	}
	d := simulate(fmt.Sprintf(`{"channel_id":%q,"language":"fr-CA","waited":"1m","tags":["x"],"priority":"high","style":"live_chat"}`, ch))
	require.Equal(t, http.StatusOK, d.status, d.raw)
	require.Equal(t, bea, d.body["agent_id"])
	require.Equal(t, "only_candidate", d.body["why"])
	require.Equal(t, "French", d.body["queue_name"])
	require.Nil(t, d.body["id"])
	require.Equal(t, []any{map[string]any{"agent_id": cyd, "reason": "lacks_required_skill", "detail": "french:2"}}, d.body["excluded"])
	d = simulate(fmt.Sprintf(`{"channel_id":%q,"tags":["hard"]}`, ch))
	require.Equal(t, []any{nil, "nobody", "nobody_with_the_skill"}, []any{d.body["agent_id"], d.body["outcome"], d.body["why"]})

	id := h.receive(ch, "p1", "Bonjour")
	d = simulate(fmt.Sprintf(`{"conversation_id":%q}`, id))
	require.Equal(t, bea, d.body["agent_id"])
	require.Nil(t, h.conversation(id)["offer"], "nothing is done")
	h.must(http.MethodPatch, "/v1/settings", `{"routing":{"mode":"manual"}}`)
	d = simulate(fmt.Sprintf(`{"conversation_id":%q}`, id))
	require.Equal(t, []any{nil, "manual"}, []any{d.body["agent_id"], d.body["why"]})
	require.Len(t, d.body["candidates"], 1)

	for body, field := range map[string]string{
		`{}`: "channel_id", `{"channel_id":"ch_9"}`: "channel_id", `{"conversation_id":"cv_9"}`: "conversation_id",
		fmt.Sprintf(`{"conversation_id":%q,"channel_id":%q}`, id, ch): "conversation_id",
		fmt.Sprintf(`{"channel_id":%q,"group_id":"gr_9"}`, ch):        "group_id",
		fmt.Sprintf(`{"channel_id":%q,"waited":"long"}`, ch):          "waited",
		fmt.Sprintf(`{"channel_id":%q,"style":"chatty"}`, ch):         "style",
		fmt.Sprintf(`{"channel_id":%q,"required_skills":["x"]}`, ch):  "required_skills",
	} {
		a := simulate(body)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
		require.Equal(t, []string{field}, a.fields(), body)
	}
}

func TestAnAgentIsThereAsLongAsTheirBrowserIs(t *testing.T) {
	h := newHub(t)
	bea, asBea := h.online("bea", 2, "")
	_, asCyd := h.agent("cyd")
	availability := func() any { return h.must(http.MethodGet, "/v1/agents/"+bea, "").body["availability"] }
	h.wait(time.Hour)
	require.Equal(t, "online", availability(), "said so, and never seen: their word counts")
	beat := request{method: "POST", path: "/v1/agents/" + bea + "/heartbeat", token: asBea}
	require.Equal(t, http.StatusNoContent, h.do(beat).status)
	h.wait(119 * time.Second)
	require.Equal(t, "online", availability())
	h.wait(time.Second)
	require.Equal(t, "offline", availability())
	since := h.must(http.MethodGet, "/v1/me", "").body
	require.Nil(t, since["agent"])
	require.Equal(t, http.StatusNoContent, h.do(beat).status)
	require.Equal(t, "online", availability())
	h.must(http.MethodPut, "/v1/agents/"+bea+"/availability", `{"status":"offline"}`)
	h.do(beat)
	require.Equal(t, "offline", availability(), "what they say counts")
	h.must(http.MethodPut, "/v1/agents/"+bea+"/availability", `{"status":"online"}`)
	h.wait(time.Hour)
	require.Equal(t, "online", availability(), "and makes what was seen before void")
	require.Equal(t, "forbidden", h.do(request{method: "POST", path: beat.path, token: asCyd}).code())
	require.Equal(t, "not_found", h.do(request{method: "POST", path: "/v1/agents/ag_9/heartbeat", token: adminToken}).code())
}

func TestAnOpenStreamIsASignOfTheAgent(t *testing.T) {
	h := newHub(t)
	bea, asBea := h.online("bea", 2, "")
	h.wait(time.Second)
	stream := h.follow(asBea, "", nil)
	h.receive(h.channel(""), "p1", "Hello")
	stream.event("conversation.created", nil)
	h.wait(3 * time.Minute)
	require.Equal(t, "offline", h.must(http.MethodGet, "/v1/agents/"+bea, "").body["availability"], "seen when the stream began, and not since")
}
