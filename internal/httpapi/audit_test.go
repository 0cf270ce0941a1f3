package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

func (h *hub) audit(query string) []map[string]any {
	h.t.Helper()
	return h.must(http.MethodGet, "/v1/audit?limit=200"+query, "").data(h.t)
}

func TestWhatAdminsDoIsInTheLog(t *testing.T) {
	h := newHub(t)
	ada := enter(h)
	ch := ada.call(http.MethodPost, "/v1/channels", fmt.Sprintf(`{"kind":"parrot","name":"Parrot","credentials":{"bot_token":%q}}`, botSecret)).id()
	require.Equal(t, http.StatusOK, ada.call(http.MethodPatch, "/v1/channels/"+ch, `{"name":"Polly","credentials":{"bot_token":"`+botSecret+`-2"}}`).status)
	require.Equal(t, http.StatusOK, ada.call(http.MethodPost, "/v1/channels/"+ch+"/check", "").status)
	require.Equal(t, http.StatusNoContent, ada.call(http.MethodDelete, "/v1/channels/"+ch, "").status)
	lines := h.audit("&record_id=" + ch)
	require.Equal(t, []any{"deleteChannel", "checkChannel", "updateChannel", "createChannel"},
		[]any{lines[0]["action"], lines[1]["action"], lines[2]["action"], lines[3]["action"]})
	for _, l := range lines {
		actor, _ := l["actor"].(map[string]any)
		require.Equal(t, "session", actor["type"])
		require.Equal(t, "Ada", actor["name"])
		require.Equal(t, "192.0.2.1", l["address"])
		require.Equal(t, "done", l["outcome"])
		require.NotEmpty(t, l["request_id"])
	}
	require.Equal(t, "Change a channel", lines[2]["summary"])
	change, _ := lines[2]["changes"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"name": "Parrot", "credentials": map[string]any{"bot_token": "(hidden)"}}, change["before"])
	require.Equal(t, map[string]any{"name": "Polly", "credentials": map[string]any{"bot_token": "(hidden, changed)"}}, change["after"])
	raw := h.must(http.MethodGet, "/v1/audit?limit=200", "").raw
	require.NotContains(t, raw, botSecret)
	require.NotContains(t, raw, "v1.")
	require.NotContains(t, raw, "argon2id")
	require.NotContains(t, raw, ada.cookie)
}

func TestSignInsAndLinksAreInTheLog(t *testing.T) {
	h := newHub(t)
	bea := enter(h).join("bea", "agent")
	id := bea.call(http.MethodGet, "/v1/me", "").body["agent"].(map[string]any)["id"].(string)
	require.Equal(t, http.StatusCreated, bea.call(http.MethodPost, "/v1/session", signInBody("bea", goodPassword)).status)
	var actions []string
	for _, l := range h.audit("&actor_id=" + id) {
		actions = append(actions, fmt.Sprint(l["action"]))
	}
	require.Equal(t, []string{"signIn", "acceptInvitation"}, actions)
	require.Len(t, h.audit("&action=inviteAgent"), 1)
	require.Len(t, h.audit("&action=setUp"), 1)
}

func TestWhatWasRefusedIsNotInTheLog(t *testing.T) {
	h := newHub(t)
	h.must(http.MethodPost, "/v1/groups", `{"name":"Billing"}`)
	for _, r := range []request{
		{method: http.MethodPost, path: "/v1/groups", body: `{"name":"billing"}`, token: adminToken}, // taken
		{method: http.MethodPost, path: "/v1/groups", body: `{"nom":"x"}`, token: adminToken},
		{method: http.MethodDelete, path: "/v1/groups/gr_0", token: adminToken},
		{method: http.MethodPost, path: "/v1/groups", body: `{"name":"x"}`},
		{method: http.MethodPost, path: "/v1/session", body: signInBody("nobody", "wrong")},
	} {
		require.GreaterOrEqual(t, h.do(r).status, http.StatusBadRequest)
	}
	require.Len(t, h.audit(""), 1)
	key := map[string]string{"Idempotency-Key": "k"}
	for range 2 {
		require.Equal(t, http.StatusCreated, h.do(request{method: http.MethodPost, path: "/v1/groups", body: `{"name":"Sales"}`, token: adminToken, header: key}).status)
	}
	require.Len(t, h.audit(""), 2, "a repetition does nothing")
}

func TestTheLogIsForAdminsWhoSeeEverything(t *testing.T) {
	h := newHub(t)
	limited := h.token(fmt.Sprintf(`{"name":"l","role":"admin","channels":[%q]}`, h.channel("")))
	_, agent := h.agent("bea")
	for _, token := range []string{limited, agent} {
		require.Equal(t, http.StatusForbidden, h.do(request{method: http.MethodGet, path: "/v1/audit", token: token}).status)
	}
	require.Equal(t, []string{"cursor"}, h.do(request{method: http.MethodGet, path: "/v1/audit?cursor=%2e%2e%2f", token: adminToken}).fields())
}

func TestTheLogCannotBeChangedByTheAPI(t *testing.T) {
	h := newHub(t)
	engine, ok := h.handler.(*gin.Engine)
	require.True(t, ok)
	for _, r := range engine.Routes() {
		if strings.Contains(r.Path, "audit") {
			require.Equal(t, http.MethodGet, r.Method)
		}
	}
	h.must(http.MethodPost, "/v1/groups", `{"name":"Billing"}`)
	before := h.audit("")
	for _, r := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		require.Equal(t, http.StatusMethodNotAllowed, h.do(request{method: r, path: "/v1/audit", token: adminToken}).status)
	}
	require.Equal(t, before, h.audit(""))
}
