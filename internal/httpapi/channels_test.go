package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/httpapi"
	"threadhub/internal/journal"
)

func TestAChannelIsRegisteredChangedAndDeleted(t *testing.T) {
	h := newHub(t)
	created := h.must(http.MethodPost, "/v1/channels",
		fmt.Sprintf(`{"kind":"parrot","name":"Parrot","credentials":{"bot_token":%q},"settings":{"perch":"oak"}}`, botSecret))
	require.Equal(t, http.StatusCreated, created.status)
	at := "/v1/channels/" + created.id()
	require.Equal(t, "/webhooks/"+created.id(), created.body["webhook_path"])
	require.Equal(t, publicURL+"/webhooks/"+created.id(), created.body["webhook_url"])
	require.Equal(t, map[string]any{"perch": "oak"}, created.body["settings"])
	require.Equal(t, []any{"bot_token"}, created.body["credential_keys"])
	require.Equal(t, map[string]any{"name": "social_messaging", "close_after": "96h", "clock": "elapsed", "schedule_id": nil}, created.body["style"])
	require.Equal(t, map[string]any{"state": "unchecked", "detail": nil, "checked_at": nil}, created.body["health"])

	changed := h.must(http.MethodPatch, at, `{"name":"Polly","style":{"name":"live_chat"},"enabled":false,"credentials":{"app_secret":"second-canary"}}`)
	require.Equal(t, []any{"Polly", false, []any{"app_secret", "bot_token"}},
		[]any{changed.body["name"], changed.body["enabled"], changed.body["credential_keys"]})
	require.Equal(t, "0s", changed.body["style"].(map[string]any)["close_after"])
	stale := h.do(request{method: "PATCH", path: at, body: `{"name":"x","version":1}`, token: adminToken})
	require.Equal(t, "version_conflict", stale.code())
	for _, a := range []answer{created, changed, h.must(http.MethodGet, at, ""), h.must(http.MethodGet, "/v1/channels", "")} {
		require.NotContains(t, a.raw, "canary", "credentials are never returned")
	}

	h.receive(created.id(), "p1", "hello")
	busy := h.do(request{method: "DELETE", path: at, token: adminToken})
	require.Equal(t, http.StatusConflict, busy.status)
	require.Equal(t, "channel_in_use", busy.code())
	require.Equal(t, http.StatusNoContent, h.must(http.MethodDelete, at+"?force=true", "").status)
	require.Equal(t, http.StatusNotFound, h.do(request{method: "GET", path: at, token: adminToken}).status)
	left := h.must(http.MethodGet, "/v1/conversations", "").data(t)
	require.Len(t, left, 1, "its conversations stay readable")
	require.Equal(t, "closed", left[0]["status"], "and hold no place of an agent's")
	of := "/v1/conversations/" + left[0]["id"].(string)
	require.Equal(t, []any{"late"}, h.must(http.MethodPatch, of, `{"tags":["late"]}`).body["tags"])
	require.Equal(t, http.StatusConflict, h.do(request{method: "POST", path: of + "/messages", body: `{"text":"x"}`, token: adminToken}).status)
	follow := h.do(request{method: "POST", path: of + "/follow-up", body: `{"message":{"text":"x"}}`, token: adminToken})
	require.Equal(t, "channel_disabled", follow.code())
	require.Contains(t, follow.raw, "the channel was deleted")
	require.Equal(t, map[string]any{"open": false, "until": nil, "allowed": []any{}}, left[0]["reply_window"])
}

func TestAPageOfChannelsGoesOnAfterTheLast(t *testing.T) {
	h := newHub(t)
	want := []string{h.channel(""), h.channel(""), h.channel("")}
	first := h.must(http.MethodGet, "/v1/channels?limit=2", "")
	require.Len(t, first.data(t), 2)
	second := h.must(http.MethodGet, "/v1/channels?limit=2&cursor="+first.body["next_cursor"].(string), "")
	require.Nil(t, second.body["next_cursor"])
	require.Equal(t, want[2], second.data(t)[0]["id"])
}

func TestACheckSaysWhatWorks(t *testing.T) {
	h := newHub(t)
	at := "/v1/channels/" + h.channel("")
	require.Equal(t, true, h.must(http.MethodPost, at+"/check", "").body["ok"])
	require.Equal(t, "ok", h.must(http.MethodGet, at, "").body["health"].(map[string]any)["state"])
	require.Equal(t, true, h.must(http.MethodPost, at+"/webhook", "").body["ok"])
	h.answer = func() (*connectors.Response, error) {
		return &connectors.Response{Status: http.StatusUnauthorized}, nil
	}
	bad := h.must(http.MethodPost, at+"/check", "")
	require.Equal(t, false, bad.body["ok"])
	require.Contains(t, bad.body["detail"], "no such bird")
	require.Equal(t, "suspended", h.must(http.MethodGet, at, "").body["health"].(map[string]any)["state"])
	h.answer = func() (*connectors.Response, error) { return nil, errors.New("no route") }
	require.Equal(t, false, h.must(http.MethodPost, at+"/check", "").body["ok"])
}

func TestConnectorsDescribeThemselves(t *testing.T) {
	h := newHub(t)
	list := h.must(http.MethodGet, "/v1/connectors", "").data(t)
	require.Len(t, list, 1)
	require.Equal(t, []any{"parrot", "Parrot", "1. Find a parrot."}, []any{list[0]["kind"], list[0]["name"], list[0]["setup"]})
	body, err := json.MarshalIndent(list[0]["capabilities"], "", "  ")
	require.NoError(t, err)
	httpapi.Golden(t, "capabilities.golden.json", append(body, '\n'))
}

func TestTheEventLogMasksSecrets(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	ctx := context.Background()
	store := h.store.Journal()
	entries := []journal.Entry{
		{ID: "ev_1", ChannelID: ch, ReceivedAt: h.clock(), Method: "POST", Body: []byte(`{"token":"` + botSecret + `","text":"hello"}`), State: journal.Pending},
		{ID: "ev_2", ChannelID: ch, ReceivedAt: h.clock().Add(time.Second), Method: "POST", Body: []byte(strings.Repeat("é", 40<<10)), State: journal.Pending},
	}
	require.NoError(t, store.Append(ctx, entries))
	require.NoError(t, store.Quarantine(ctx, []journal.Item{
		{ID: "ev_1/0", EntryID: "ev_1", ChannelID: ch, Kind: "malformed", Reason: "no text", Event: json.RawMessage(`{"token":"` + botSecret + `"}`), At: h.clock()},
		{ID: "ev_9/0", EntryID: "ev_9", ChannelID: "ch_gone", Kind: "account", Reason: "no channel", Event: json.RawMessage(`{}`), At: h.clock()},
	}))
	page := h.must(http.MethodGet, "/v1/channels/"+ch+"/events?limit=1", "")
	require.Equal(t, "ev_2", page.data(t)[0]["id"], "the newest first")
	require.Equal(t, true, page.data(t)[0]["raw_truncated"])
	page = h.must(http.MethodGet, "/v1/channels/"+ch+"/events?limit=1&cursor="+page.body["next_cursor"].(string), "")
	require.Nil(t, page.body["next_cursor"])
	event := page.data(t)[0]
	require.Equal(t, []any{"ev_1", "pending", false}, []any{event["id"], event["result"], event["raw_truncated"]})
	require.Contains(t, event["raw"], "hello")
	require.NotContains(t, page.raw, botSecret)

	kept := h.must(http.MethodGet, "/v1/quarantine", "")
	require.Len(t, kept.data(t), 2)
	require.NotContains(t, kept.raw, botSecret)
	require.Len(t, h.must(http.MethodGet, "/v1/quarantine?channel_id="+ch, "").data(t), 1)
	for _, item := range kept.data(t) {
		if item["channel_id"] == "ch_gone" {
			require.Nil(t, item["event"], "its secrets are not known any more")
		}
	}
}
