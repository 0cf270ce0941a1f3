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

	h.must(http.MethodDelete, "/v1/groups/"+group, "")
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
	created := h.must(http.MethodPost, "/v1/tokens", `{"name":"bot","role":"integration","scopes":["messages:write"],"channels":["ch_1"]}`)
	secret, _ := created.body["token"].(string)
	require.NotEmpty(t, secret)
	list := h.must(http.MethodGet, "/v1/tokens", "")
	require.NotContains(t, list.raw, secret)
	require.Equal(t, []any{"messages:write"}, list.data(t)[0]["scopes"])
	require.Equal(t, []any{"ch_1"}, list.data(t)[0]["channels"])
	require.Nil(t, list.data(t)[0]["expires_at"])
}

func TestALimitedAdminMakesNoTokens(t *testing.T) {
	h := newHub(t)
	limited := h.token(`{"name":"l","role":"admin","channels":["ch_1"]}`)
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
