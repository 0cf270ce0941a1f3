package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAConversationFromFirstWordToFollowUp(t *testing.T) {
	h := newHub(t)
	ch := h.channel(`,"style":{"name":"live_chat_returning","close_after":"3s"}`)
	bea, token := h.agent("bea")
	id := h.receive(ch, "p1", "Olá")
	at := "/v1/conversations/" + id
	conv := h.must(http.MethodGet, at, "")
	require.Equal(t, "new", conv.body["status"])
	require.Equal(t, map[string]any{"name": "live_chat_returning", "close_after": "3s", "clock": "elapsed", "schedule_id": nil}, conv.body["style"])
	require.Equal(t, `"1"`, conv.header.Get("ETag"))

	sent := h.do(request{method: "POST", path: at + "/messages", body: `{"text":"Oi!"}`, token: token})
	require.Equal(t, http.StatusAccepted, sent.status, sent.raw)
	require.Equal(t, "queued", sent.body["status"])
	require.Equal(t, map[string]any{"type": "agent", "id": bea, "name": "bea"}, sent.body["author"])
	conv = h.must(http.MethodGet, at, "")
	require.Equal(t, "open", conv.body["status"])
	require.Equal(t, bea, conv.body["assignee_id"])
	require.EqualValues(t, 1, h.must(http.MethodGet, "/v1/agents/"+bea, "").body["load"])

	solved := h.do(request{method: "PATCH", path: at, body: `{"status":"solved"}`, token: token})
	require.Equal(t, "solved", solved.body["status"])
	require.NotNil(t, solved.body["close_due_at"])
	refused := h.do(request{method: "PATCH", path: at, body: `{"status":"closed"}`, token: token})
	require.Equal(t, http.StatusUnprocessableEntity, refused.status, "agents do not close")
	require.Equal(t, "invalid_status", refused.code())
	require.Equal(t, "closed", h.must(http.MethodPatch, at, `{"status":"closed"}`).body["status"], "admins do")

	late := h.do(request{method: "POST", path: at + "/messages", body: `{"text":"one more thing"}`, token: token})
	require.Equal(t, http.StatusConflict, late.status)
	require.Equal(t, "conversation_closed", late.code())
	require.Equal(t, at+"/follow-up", late.body["follow_up"])
	next := h.do(request{method: "POST", path: at + "/follow-up", body: `{"message":{"text":"one more thing"}}`, token: token})
	require.Equal(t, http.StatusAccepted, next.status, next.raw)
	require.Equal(t, id, next.body["follow_up_of"])
	require.NotEqual(t, id, next.id())
	message, _ := next.body["message"].(map[string]any)
	require.Equal(t, next.id(), message["conversation_id"])
	again := h.do(request{method: "POST", path: "/v1/conversations/" + next.id() + "/follow-up", body: `{"message":{"text":"x"}}`, token: token})
	require.Equal(t, "illegal_transition", again.code(), "it is not closed")

	causes := []string{}
	for _, line := range h.must(http.MethodGet, at+"/log", "").data(t) {
		causes = append(causes, fmt.Sprintf("%v>%v %v", line["from"], line["to"], line["cause"]))
	}
	require.Equal(t, []string{"<nil>>new customer_message", "new>open agent_reply", "open>solved agent", "solved>closed agent"}, causes)
}

func TestAChangeMeantForAnotherVersionIsRefused(t *testing.T) {
	h := newHub(t)
	at := "/v1/conversations/" + h.receive(h.channel(""), "p1", "hello")
	for name, r := range map[string]request{
		"in the body":   {body: `{"subject":"x","version":7}`},
		"in the header": {body: `{"subject":"x"}`, header: map[string]string{"If-Match": `"7"`}},
	} {
		r.method, r.path, r.token = "PATCH", at, adminToken
		a := h.do(r)
		require.Equal(t, http.StatusConflict, a.status, name)
		require.Equal(t, "version_conflict", a.code(), name)
	}
	bad := h.do(request{method: "PATCH", path: at, body: `{"subject":"x"}`, token: adminToken, header: map[string]string{"If-Match": `"seven"`}})
	require.Equal(t, []string{"If-Match"}, bad.fields())
	two := h.do(request{method: "PATCH", path: at, body: `{"subject":"x","version":1}`, token: adminToken, header: map[string]string{"If-Match": `"7"`}})
	require.Equal(t, []string{"If-Match"}, two.fields(), "not the body's version, and not silently left aside")
	for _, version := range []string{"1.0", "9223372036854775808"} {
		a := h.do(request{method: "PATCH", path: at, body: `{"subject":"x","version":` + version + `}`, token: adminToken})
		require.Equal(t, []string{"version"}, a.fields(), version)
		require.Contains(t, a.raw, "must be a whole number", version)
	}
	ok := h.do(request{method: "PATCH", path: at, body: `{"subject":"x"}`, token: adminToken, header: map[string]string{"If-Match": `"1"`}})
	require.Equal(t, http.StatusOK, ok.status, ok.raw)
	require.Equal(t, `"2"`, ok.header.Get("ETag"))
}

func TestNullTakesAwayAndAbsentLeavesAlone(t *testing.T) {
	h := newHub(t)
	at := "/v1/conversations/" + h.receive(h.channel(""), "p1", "hello")
	bea, _ := h.agent("bea")
	group := h.must(http.MethodPost, "/v1/groups", `{"name":"Billing"}`).id()
	conv := h.must(http.MethodPatch, at, fmt.Sprintf(`{"assignee_id":%q,"group_id":%q,"subject":"bill","tags":["a","b"],"priority":"high"}`, bea, group))
	require.Equal(t, []any{bea, group, "bill", "high"}, []any{conv.body["assignee_id"], conv.body["group_id"], conv.body["subject"], conv.body["priority"]})
	conv = h.must(http.MethodPatch, at, `{"assignee_id":null}`)
	require.Equal(t, []any{nil, group, "bill"}, []any{conv.body["assignee_id"], conv.body["group_id"], conv.body["subject"]})
	conv = h.must(http.MethodPatch, at, `{"group_id":null,"subject":null,"tags":[]}`)
	require.Equal(t, []any{nil, nil, []any{}}, []any{conv.body["group_id"], conv.body["subject"], conv.body["tags"]})
	for field, body := range map[string]string{"assignee_id": `{"assignee_id":"ag_0"}`, "group_id": `{"group_id":"gr_0"}`} {
		require.Equal(t, []string{field}, h.do(request{method: "PATCH", path: at, body: body, token: adminToken}).fields())
	}
}

func TestTheSecondAgentToAcceptIsTooLate(t *testing.T) {
	h := newHub(t)
	at := "/v1/conversations/" + h.receive(h.channel(""), "p1", "hello") + "/accept"
	bea, beaToken := h.agent("bea")
	_, leoToken := h.agent("leo")
	require.Equal(t, bea, h.do(request{method: "POST", path: at, token: beaToken}).body["assignee_id"])
	require.Equal(t, http.StatusOK, h.do(request{method: "POST", path: at, body: `{}`, token: beaToken}).status, "again is harmless")
	late := h.do(request{method: "POST", path: at, token: leoToken})
	require.Equal(t, http.StatusConflict, late.status)
	require.Equal(t, "already_taken", late.code())
	require.Equal(t, "agent_required", h.do(request{method: "POST", path: at, token: adminToken}).code())
}

func TestListsFilterSortAndPage(t *testing.T) {
	h := newHub(t)
	ch, other := h.channel(""), h.channel(`,"style":{"name":"live_chat"}`)
	bea, token := h.agent("bea")
	ids := []string{}
	for i := range 5 {
		ids = append(ids, h.receive(ch, fmt.Sprintf("p%d", i), "hello"))
	}
	lone := h.receive(other, "q1", "hello")
	h.must(http.MethodPatch, "/v1/conversations/"+ids[0], fmt.Sprintf(`{"assignee_id":%q,"tags":["vip"]}`, bea))
	h.must(http.MethodPost, "/v1/conversations/"+ids[1]+"/read", "")
	found := func(token, query string) []string {
		t.Helper()
		out, cursor := []string{}, ""
		for {
			a := h.do(request{method: "GET", path: "/v1/conversations?sort=created_at&limit=2&" + query + cursor, token: token})
			require.Equal(t, http.StatusOK, a.status, a.raw)
			for _, c := range a.data(t) {
				out = append(out, c["id"].(string))
			}
			next, more := a.body["next_cursor"].(string)
			if !more {
				return out
			}
			cursor = "&cursor=" + next
		}
	}
	require.Equal(t, append(append([]string{}, ids...), lone), found(adminToken, ""))
	require.Equal(t, ids, found(adminToken, "channel_id="+ch))
	require.Equal(t, []string{lone}, found(adminToken, "style=live_chat"))
	require.Equal(t, ids[:1], found(adminToken, "status=open,pending"))
	require.Equal(t, ids[:1], found(adminToken, "assignee_id="+bea))
	require.Equal(t, ids[:1], found(token, "assignee_id=me"))
	require.Empty(t, found(adminToken, "assignee_id=me"), "an admin without an agent has none")
	require.Equal(t, append(append([]string{}, ids[1:]...), lone), found(adminToken, "assignee_id=none"))
	require.Equal(t, ids, found(adminToken, "channel_id="+ch+"&assignee_id=none,"+bea))
	require.Equal(t, ids[:1], found(adminToken, "tag=vip"))
	require.NotContains(t, found(adminToken, "unread=true"), ids[1])
	require.Equal(t, ids[2:3], found(adminToken, "q=ana%20P2"))
	require.Empty(t, found(adminToken, "q=%25"), "a pattern is only text")

	counts := h.do(request{method: "GET", path: "/v1/conversations/counts", token: token})
	require.EqualValues(t, 6, counts.body["all"])
	require.EqualValues(t, 1, counts.body["mine"])
	require.EqualValues(t, 5, counts.body["queue"])
	require.EqualValues(t, 5, counts.body["unread"])
	require.Equal(t, map[string]any{ch: 5.0, other: 1.0}, counts.body["by_channel"])
	require.EqualValues(t, 5, counts.body["by_status"].(map[string]any)["new"])
}

func TestABulkChangeAnswersForEachConversation(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	one, two := h.receive(ch, "p1", "hello"), h.receive(ch, "p2", "hello")
	h.must(http.MethodPatch, "/v1/conversations/"+two, `{"status":"solved"}`)
	h.must(http.MethodPatch, "/v1/conversations/"+two, `{"status":"closed"}`)
	results := h.must(http.MethodPost, "/v1/conversations/bulk", fmt.Sprintf(`{"ids":[%q,%q,"cv_0"],"status":"solved"}`, one, two)).data(t)
	require.Len(t, results, 3)
	require.Equal(t, []any{one, true, 200.0, nil}, []any{results[0]["id"], results[0]["ok"], results[0]["status"], results[0]["error"]})
	require.Equal(t, 409.0, results[1]["status"])
	require.Equal(t, "conversation_closed", results[1]["error"].(map[string]any)["code"])
	require.Equal(t, 404.0, results[2]["status"])
	require.Equal(t, "solved", h.must(http.MethodGet, "/v1/conversations/"+one, "").body["status"])
}

func TestMessagesArePagedInBothDirections(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	var at string
	for i := range 7 {
		at = "/v1/conversations/" + h.receive(ch, "p1", fmt.Sprintf("m%d", i)) + "/messages"
		h.wait(time.Second)
	}
	walk := func(query string) (pages []string) {
		t.Helper()
		for cursor := ""; ; {
			a := h.must(http.MethodGet, at+"?limit=3"+query+cursor, "")
			var texts []string
			for _, m := range a.data(t) {
				texts = append(texts, m["text"].(string))
			}
			pages = append(pages, strings.Join(texts, " "))
			next, more := a.body["next_cursor"].(string)
			if !more {
				return pages
			}
			cursor = "&cursor=" + next
		}
	}
	all := h.must(http.MethodGet, at, "").data(t)
	require.Len(t, all, 7)
	require.Equal(t, []string{"m0 m1 m2", "m3 m4 m5", "m6"}, walk(""))
	require.Equal(t, []string{"m4 m5 m6"}, walk("&after="+all[3]["id"].(string)))
	require.Equal(t, []string{"m3 m4 m5", "m0 m1 m2"}, walk("&before="+all[6]["id"].(string)))
	both := h.do(request{method: "GET", path: at + "?before=a&after=b", token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, both.status)
	require.Equal(t, []string{"cursor"}, h.do(request{method: "GET", path: at + "?cursor=zz", token: adminToken}).fields())
}

func TestASendIsRefusedBeforeAnythingIsQueued(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	at := "/v1/conversations/" + h.receive(ch, "p1", "hello") + "/messages"
	elsewhere := h.must(http.MethodGet, "/v1/conversations/"+h.receive(ch, "p2", "hello")+"/messages", "").data(t)[0]["id"]
	for name, c := range map[string]struct {
		body, code, field string
	}{
		"nothing":                      {`{}`, "validation", "text"},
		"white space":                  {`{"text":" \n"}`, "validation", "text"},
		"a picture without one":        {`{"type":"image","text":"x"}`, "validation", "attachments"},
		"a place without one":          {`{"type":"location"}`, "validation", "location"},
		"a template without one":       {`{"type":"template"}`, "validation", "template"},
		"text with a picture":          {`{"type":"text","text":"x","attachments":[{"url":"https://example.org/a.png"}]}`, "validation", "type"},
		"an address that runs":         {`{"attachments":[{"url":"javascript:alert(1)"}]}`, "validation", "attachments[0].url"},
		"a link that runs":             {`{"text":"x","buttons":[{"title":"t","url":"javascript:alert(1)"}]}`, "validation", "buttons[0].url"},
		"a type nobody sends":          {`{"type":"system","text":"x"}`, "validation", "type"},
		"an answer to something else":  {fmt.Sprintf(`{"text":"x","reply_to":%q}`, elsewhere), "validation", "reply_to"},
		"a place off the earth":        {`{"location":{"latitude":91,"longitude":0}}`, "validation", "location.latitude"},
		"an author that is not theirs": {`{"text":"x","author":{"type":"contact"}}`, "validation", "author"},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(request{method: "POST", path: at, body: c.body, token: adminToken})
			require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
			require.Equal(t, c.code, a.code())
			require.Equal(t, []string{c.field}, a.fields(), a.raw)
		})
	}
	h.wait(25 * time.Hour)
	a := h.do(request{method: "POST", path: at, body: `{"text":"too late"}`, token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Equal(t, "outside_reply_window", a.code())
	require.Equal(t, []any{"template"}, a.body["allowed"])
	require.Equal(t, "2026-03-02T09:00:00.000Z", a.body["until"])
	window := h.must(http.MethodGet, strings.TrimSuffix(at, "/messages"), "").body["reply_window"]
	require.Equal(t, map[string]any{"open": false, "until": "2026-03-02T09:00:00.000Z", "allowed": []any{"template"}}, window)
	require.Len(t, h.must(http.MethodGet, at, "").data(t), 1, "nothing was stored")
	sent := h.do(request{method: "POST", path: at, body: `{"template":{"name":"again","language":"en"}}`, token: adminToken})
	require.Equal(t, http.StatusAccepted, sent.status, sent.raw)
	require.Equal(t, "template", sent.body["type"])
}

func TestANoteStaysInside(t *testing.T) {
	h := newHub(t)
	at := "/v1/conversations/" + h.receive(h.channel(""), "p1", "hello")
	_, token := h.agent("bea")
	note := h.do(request{method: "POST", path: at + "/messages", body: `{"text":"careful","internal":true,"metadata":{"k":"v"}}`, token: token})
	require.Equal(t, http.StatusAccepted, note.status, note.raw)
	require.Equal(t, true, note.body["internal"])
	require.Equal(t, map[string]any{"k": "v"}, note.body["metadata"])
	require.Equal(t, "new", h.must(http.MethodGet, at, "").body["status"])
}

func TestARepeatedSendIsOneMessage(t *testing.T) {
	h := newHub(t)
	at := "/v1/conversations/" + h.receive(h.channel(""), "p1", "hello") + "/messages"
	first, again := h.once("k1", at, `{"text":"Oi"}`), h.once("k1", at, `{"text":"Oi"}`)
	require.Equal(t, first.id(), again.id())
	require.Len(t, h.must(http.MethodGet, at, "").data(t), 2)
}

func TestTheBusinessWritesFirst(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	body := fmt.Sprintf(`{"channel_id":%q,"to":"p7","message":{"template":{"name":"hello","language":"en"}}}`, ch)
	a := h.must(http.MethodPost, "/v1/conversations", body)
	require.Equal(t, http.StatusAccepted, a.status)
	require.Equal(t, "open", a.body["status"])
	require.Equal(t, "p7", a.body["contact"].(map[string]any)["external_id"])
	require.Equal(t, a.id(), h.must(http.MethodPost, "/v1/conversations", body).id(), "the open conversation is used again")
	note := h.do(request{
		method: "POST", path: "/v1/conversations", token: adminToken,
		body: fmt.Sprintf(`{"channel_id":%q,"to":"p8","message":{"text":"x","internal":true}}`, ch),
	})
	require.Equal(t, []string{"message"}, note.fields())
}

func TestAContactIsRenamed(t *testing.T) {
	h := newHub(t)
	id := h.receive(h.channel(""), "p1", "hello")
	contact, _ := h.must(http.MethodGet, "/v1/conversations/"+id, "").body["contact"].(map[string]any)
	at := "/v1/contacts/" + contact["id"].(string)
	before := h.must(http.MethodGet, at, "")
	stale := h.do(request{method: "PATCH", path: at, body: `{"name":"Ana","version":99}`, token: adminToken})
	require.Equal(t, "version_conflict", stale.code())
	after := h.must(http.MethodPatch, at, `{"name":"Ana Silva","phone":"+5511900000000"}`)
	require.Equal(t, []any{"Ana Silva", "+5511900000000"}, []any{after.body["name"], after.body["phone"]})
	require.NotEqual(t, before.header.Get("ETag"), after.header.Get("ETag"))
	require.Len(t, h.must(http.MethodGet, "/v1/contacts?q=silva", "").data(t), 1)
	require.Len(t, h.must(http.MethodGet, at+"/conversations", "").data(t), 1)
}
