package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

func (h *hub) retention(path string) map[string]any {
	h.t.Helper()
	set, _ := h.must(http.MethodGet, path, "").body["retention"].(map[string]any)
	return set
}

func TestRetentionIsSetOfTheHubAndOfAChannel(t *testing.T) {
	h := newHub(t)
	ch := h.channel(`,"retention":{"event_log":"24h"}`)
	none := map[string]any{"live_chat": nil, "live_chat_returning": nil, "social_messaging": nil}
	require.Equal(t, map[string]any{
		"conversations": "forever", "styles": none, "payloads": "168h", "event_log": "168h", "quarantine": "168h", "dead_letters": "forever",
	}, h.retention("/v1/settings"), "what the hub does by itself")
	require.Equal(t, map[string]any{
		"conversations": nil, "styles": none, "payloads": nil, "event_log": "24h", "quarantine": nil, "dead_letters": nil,
	}, h.retention("/v1/channels/"+ch))

	h.must(http.MethodPatch, "/v1/settings", `{"retention":{"conversations":"720h","styles":{"live_chat":"48h"},"dead_letters":"240h"}}`)
	h.must(http.MethodPatch, "/v1/settings", `{"retention":{"dead_letters":null,"styles":{"social_messaging":"forever"}}}`)
	set := h.retention("/v1/settings")
	require.Equal(t, []any{"720h", "forever"}, []any{set["conversations"], set["dead_letters"]}, "what is left out stays, null takes back")
	require.Equal(t, map[string]any{"live_chat": "48h", "live_chat_returning": nil, "social_messaging": "forever"}, set["styles"])
	h.must(http.MethodPatch, "/v1/channels/"+ch, `{"retention":{"event_log":null,"styles":{"live_chat":"30h"}}}`)
	set = h.retention("/v1/channels/" + ch)
	require.Equal(t, []any{nil, "30h"}, []any{set["event_log"], set["styles"].(map[string]any)["live_chat"]})

	var seen []string
	for _, line := range h.audit("") {
		for _, c := range line["changes"].([]any) {
			if after, _ := c.(map[string]any)["after"].(map[string]any); after["retention"] != nil {
				seen = append(seen, fmt.Sprint(c.(map[string]any)["record"]))
			}
		}
	}
	require.Equal(t, []string{"channel", "settings", "settings", "channel"}, seen, "the audit log tells")
}

// closed lets a customer write and has the conversation closed.
func (h *hub) closed(channel, from, text string) string {
	h.t.Helper()
	id := h.receive(channel, from, text)
	h.must(http.MethodPatch, "/v1/conversations/"+id, `{"tags":["vip"],"subject":"About `+text+`"}`)
	_, agent := h.agent("agent-of-" + from)
	h.patch(agent, id, `{"status":"solved"}`)
	h.must(http.MethodPatch, "/v1/conversations/"+id, `{"status":"closed"}`)
	return id
}

// forecast is how many conversations would be erased.
func (h *hub) forecast(body string) any {
	h.t.Helper()
	return h.must(http.MethodPost, "/v1/retention/preview", body).body["conversations"]
}

func TestWhatWasSaidGoesAfterItsTimeAndTheFiguresStay(t *testing.T) {
	h := newHub(t)
	ch, other := h.channel(`,"style":{"name":"social_messaging"}`), h.channel("")
	old, kept := h.closed(ch, "p1", "canary-of-retention"), h.closed(other, "p2", "somebody else")
	open := h.receive(ch, "p3", "not closed")
	contact := h.conversation(old)["contact"].(map[string]any)["id"]
	report := "/v1/reports/conversations?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&group_by=channel"
	before := h.must(http.MethodGet, report, "").body["data"]
	h.shelve(ch, journal.Done)
	sweep := func() {
		t.Helper()
		require.NoError(t, h.expiry.Sweep(context.Background()))
	}

	h.wait(49 * time.Hour)
	sweep()
	require.Nil(t, h.conversation(old)["erased_at"], "for ever unless it is set")
	require.InDelta(t, 0, h.forecast(`{}`), 0)
	require.InDelta(t, 2, h.forecast(`{"retention":{"conversations":"48h"}}`), 0)
	require.InDelta(t, 0, h.forecast(`{"retention":{"conversations":"50h"}}`), 0)
	require.InDelta(t, 1, h.forecast(`{"channel_id":"`+ch+`","retention":{"styles":{"social_messaging":"48h"}}}`), 0)
	require.InDelta(t, 0, h.forecast(`{"channel_id":"`+ch+`","retention":{"styles":{"live_chat":"48h"}}}`), 0)
	h.must(http.MethodPatch, "/v1/settings", `{"retention":{"conversations":"48h"}}`)
	h.must(http.MethodPatch, "/v1/channels/"+other, `{"retention":{"conversations":"forever"}}`)
	require.InDelta(t, 1, h.forecast(`{"channel_id":"`+ch+`"}`), 0)
	limited := h.token(`{"name":"t","role":"admin","channels":["` + ch + `"]}`)
	require.Equal(t, http.StatusForbidden, h.do(request{method: http.MethodPost, path: "/v1/retention/preview", body: `{}`, token: limited}).status)

	sweep()
	sweep()
	got := h.conversation(old)
	require.NotNil(t, got["erased_at"])
	require.Equal(t, []any{"closed", nil, nil, []any{}, contact},
		[]any{got["status"], got["subject"], got["last_message"], got["tags"], got["contact"].(map[string]any)["id"]})
	for _, m := range h.must(http.MethodGet, "/v1/conversations/"+old+"/messages", "").data(t) {
		require.Equal(t, []any{nil, []any{}}, []any{m["text"], m["external_ids"]})
	}
	require.Nil(t, h.conversation(kept)["erased_at"], "its channel keeps it for ever")
	require.Nil(t, h.conversation(open)["erased_at"], "it is not closed")
	require.Equal(t, "Ana p1", h.must(http.MethodGet, "/v1/contacts/"+contact.(string), "").body["name"], "the contact stays")
	require.Equal(t, before, h.must(http.MethodGet, report, "").body["data"])
	held := h.must(http.MethodGet, "/v1/channels/"+ch+"/events", "").data(t)
	require.Len(t, held, 1, "the event log is kept for longer")
	again := h.do(request{method: http.MethodPost, path: fmt.Sprintf("/v1/channels/%s/events/%s/replay", ch, held[0]["id"]), token: adminToken})
	require.Equal(t, http.StatusNotFound, again.status, "what the webhook held is gone with the conversations")
	require.Contains(t, again.body["detail"], "no longer kept")

	next := h.conversation(h.receive(ch, "p1", "back again"))
	require.Equal(t, []any{old, contact}, []any{next["follow_up_of"], next["contact"].(map[string]any)["id"]}, "the contact goes on")
	h.must(http.MethodPatch, "/v1/conversations/"+old, `{"subject":"somebody calls it something"}`)
	require.Nil(t, h.conversation(old)["erased_at"])
	sweep()
	require.Nil(t, h.conversation(old)["subject"], "what is written on it later goes too")
}
