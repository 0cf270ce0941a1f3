package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAgentIsAddedChangedAndRemoved(t *testing.T) {
	h := newHub(t)
	group := h.must(http.MethodPost, "/v1/groups", `{"name":"Billing"}`).id()
	bea := h.must(http.MethodPost, "/v1/agents",
		fmt.Sprintf(`{"name":"Bea","email":"Bea@example.org","role":"agent","skills":["pt"],"groups":[%q],"capacity":{"messaging":3}}`, group))
	require.Equal(t, []any{"offline", 0.0, map[string]any{"messaging": 3.0}, []any{group}},
		[]any{bea.body["availability"], bea.body["load"], bea.body["capacity"], bea.body["groups"]})
	taken := h.do(request{method: "POST", path: "/v1/agents", body: `{"name":"B","email":"bea@EXAMPLE.org"}`, token: adminToken})
	require.Equal(t, http.StatusConflict, taken.status)
	require.Equal(t, "already_exists", taken.code())

	at := "/v1/agents/" + bea.id()
	changed := h.must(http.MethodPatch, at, `{"name":"Beatriz","skills":[],"role":"admin"}`)
	require.Equal(t, []any{"Beatriz", []any{}, "admin", "Bea@example.org"},
		[]any{changed.body["name"], changed.body["skills"], changed.body["role"], changed.body["email"]})
	require.Equal(t, "version_conflict", h.do(request{method: "PATCH", path: at, body: `{"name":"x","version":1}`, token: adminToken}).code())

	token := h.token(fmt.Sprintf(`{"name":"t","role":"agent","agent_id":%q}`, bea.id()))
	me := h.do(request{method: "GET", path: "/v1/me", token: token})
	require.Equal(t, []any{"Beatriz", "agent"}, []any{me.body["name"], me.body["role"]})
	require.Equal(t, bea.id(), me.body["agent"].(map[string]any)["id"])
	require.Equal(t, "online", h.do(request{method: "PUT", path: at + "/availability", body: `{"status":"online"}`, token: token}).body["availability"])

	ch := h.channel(fmt.Sprintf(`,"group_id":%q`, group))
	h.must(http.MethodDelete, "/v1/groups/"+group, "")
	require.Nil(t, h.must(http.MethodGet, "/v1/channels/"+ch, "").body["group_id"], "what begins there is for everybody")
	require.Equal(t, []any{}, h.must(http.MethodGet, at, "").body["groups"], "a group that is gone has nobody in it")
	h.must(http.MethodDelete, at, "")
	require.Equal(t, http.StatusUnauthorized, h.do(request{method: "GET", path: "/v1/me", token: token}).status)
	require.Empty(t, h.must(http.MethodGet, "/v1/tokens", "").data(t))
	require.Equal(t, http.StatusNotFound, h.do(request{method: "DELETE", path: at, token: adminToken}).status)
}

func TestListsOfPeoplePage(t *testing.T) {
	h := newHub(t)
	for i := range 3 {
		h.agent(fmt.Sprintf("a%d", i))
		h.must(http.MethodPost, "/v1/groups", fmt.Sprintf(`{"name":"g%d"}`, i))
	}
	for _, path := range []string{"/v1/agents", "/v1/groups", "/v1/tokens"} {
		first := h.must(http.MethodGet, path+"?limit=2", "")
		require.Len(t, first.data(t), 2, path)
		second := h.must(http.MethodGet, path+"?limit=2&cursor="+first.body["next_cursor"].(string), "")
		require.Len(t, second.data(t), 1, path)
		require.Nil(t, second.body["next_cursor"], path)
		require.Len(t, h.must(http.MethodGet, path+"?limit=3", "").data(t), 3, path)
	}
}

func TestATokenIsShownOnce(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	a := h.do(request{method: "POST", path: "/v1/tokens", body: `{"name":"bot","role":"agent","channels":["ch_none"]}`, token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Contains(t, a.raw, `there is no channel \"ch_none\"`)
	created := h.must(http.MethodPost, "/v1/tokens", fmt.Sprintf(`{"name":"bot","role":"integration","scopes":["messages:write"],"channels":[%q]}`, ch))
	secret, _ := created.body["token"].(string)
	require.NotEmpty(t, secret)
	list := h.must(http.MethodGet, "/v1/tokens", "")
	require.NotContains(t, list.raw, secret)
	require.Equal(t, []any{"messages:write"}, list.data(t)[0]["scopes"])
	require.Equal(t, []any{ch}, list.data(t)[0]["channels"])
	require.Nil(t, list.data(t)[0]["expires_at"])
}

func TestALimitedAdminMakesNoTokens(t *testing.T) {
	h := newHub(t)
	limited := h.token(fmt.Sprintf(`{"name":"l","role":"admin","channels":[%q]}`, h.channel("")))
	a := h.do(request{method: "POST", path: "/v1/tokens", body: `{"name":"x","role":"admin"}`, token: limited})
	require.Equal(t, http.StatusForbidden, a.status)
	require.Equal(t, http.StatusForbidden, h.do(request{method: "DELETE", path: "/v1/tokens/tok_1", token: limited}).status)
}

func TestTheDefaultStyleIsThatOfNewChannels(t *testing.T) {
	h := newHub(t)
	before := h.must(http.MethodGet, "/v1/settings", "")
	require.Equal(t, "96h", before.body["default_style"].(map[string]any)["close_after"])
	after := h.must(http.MethodPatch, "/v1/settings", `{"default_style":{"name":"live_chat_returning","close_after":"90m"},"version":1}`)
	require.Equal(t, "1h30m", after.body["default_style"].(map[string]any)["close_after"])
	stale := h.do(request{method: "PATCH", path: "/v1/settings", body: `{"default_style":{"name":"live_chat"},"version":1}`, token: adminToken})
	require.Equal(t, "version_conflict", stale.code())
	style, _ := h.must(http.MethodGet, "/v1/channels/"+h.channel(""), "").body["style"].(map[string]any)
	require.Equal(t, "live_chat_returning", style["name"])
}

func TestAnAgentIsLimited(t *testing.T) {
	h := newHub(t)
	seen, hidden := h.channel(""), h.channel("")
	mine, _ := h.receive(seen, "p1", "hello"), h.receive(hidden, "p2", "hello")
	wrong := h.do(request{method: http.MethodPost, path: "/v1/agents", token: adminToken, body: `{"name":"x","email":"x@example.org","limits":{"channels":["ch_0"],"groups":[]}}`})
	require.Equal(t, []string{"limits.channels"}, wrong.fields())
	wrong = h.do(request{method: http.MethodPost, path: "/v1/agents", token: adminToken, body: `{"name":"x","email":"x@example.org","limits":{"groups":["gr_0"]}}`})
	require.Equal(t, []string{"limits.groups"}, wrong.fields())

	bea := enter(h).join("bea", "agent")
	list := func() int { return len(bea.call(http.MethodGet, "/v1/conversations", "").data(t)) }
	require.Equal(t, 2, list())
	id := bea.call(http.MethodGet, "/v1/me", "").body["agent"].(map[string]any)["id"].(string)
	a := h.must(http.MethodPatch, "/v1/agents/"+id, fmt.Sprintf(`{"limits":{"channels":[%q]}}`, seen))
	require.Equal(t, map[string]any{"channels": []any{seen}, "groups": []any{}}, a.body["limits"])
	require.Equal(t, 1, list(), "at once, in the session that goes on")
	require.Equal(t, http.StatusOK, bea.call(http.MethodGet, "/v1/conversations/"+mine, "").status)
	require.Len(t, bea.call(http.MethodGet, "/v1/contacts?limit=1", "").data(t), 1, "a page is filled with what they may see")

	none := h.token(fmt.Sprintf(`{"name":"t","role":"agent","agent_id":%q,"channels":[%q]}`, id, hidden))
	require.Empty(t, h.do(request{method: http.MethodGet, path: "/v1/conversations", token: none}).data(t), "limits that exclude each other leave nothing")
	require.Empty(t, h.do(request{method: http.MethodGet, path: "/v1/channels", token: none}).data(t))
}

func TestATokenDoesNoMoreThanItsAgent(t *testing.T) {
	h := newHub(t)
	id, _ := h.agent("bea")
	refused := h.do(request{method: http.MethodPost, path: "/v1/tokens", token: adminToken, body: fmt.Sprintf(`{"name":"t","role":"admin","agent_id":%q}`, id)})
	require.Equal(t, []string{"role"}, refused.fields())
	h.must(http.MethodPatch, "/v1/agents/"+id, `{"role":"admin"}`)
	token := h.token(fmt.Sprintf(`{"name":"t","role":"admin","agent_id":%q}`, id))
	tokens := func() int {
		return h.do(request{method: http.MethodGet, path: "/v1/tokens", token: token}).status
	}
	require.Equal(t, http.StatusOK, tokens())
	h.must(http.MethodPatch, "/v1/agents/"+id, `{"role":"agent"}`)
	require.Equal(t, http.StatusForbidden, tokens())
}

func TestWhoIsLimitedChangesNobodysRights(t *testing.T) {
	h := newHub(t)
	id, _ := h.agent("bea")
	token := h.token(fmt.Sprintf(`{"name":"t","role":"admin","channels":[%q]}`, h.channel("")))
	for _, r := range []request{
		{method: http.MethodPost, path: "/v1/agents", body: `{"name":"x","email":"x@example.org"}`},
		{method: http.MethodPatch, path: "/v1/agents/" + id, body: `{"role":"admin"}`},
		{method: http.MethodDelete, path: "/v1/agents/" + id},
		{method: http.MethodPost, path: "/v1/agents/" + id + "/invite"},
		{method: http.MethodDelete, path: "/v1/agents/" + id + "/invite"},
		{method: http.MethodDelete, path: "/v1/agents/" + id + "/sessions"},
		{method: http.MethodPost, path: "/v1/groups", body: `{"name":"x"}`},
		{method: http.MethodPost, path: "/v1/tokens", body: `{"name":"x","role":"admin"}`},
	} {
		r.token = token
		require.Equal(t, http.StatusForbidden, h.do(r).status, "%s %s", r.method, r.path)
	}
}
