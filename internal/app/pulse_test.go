package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAChannelTellsHowItDoes(t *testing.T) {
	refuse := false
	platform := newStub(t, func(r recorded) (int, any) {
		if refuse {
			return 403, object{"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
		}
		return 200, object{"ok": true, "result": object{"message_id": 9000 + r.n, "date": 1, "chat": object{"id": r.body["chat_id"], "type": "private"}}}
	})
	h := startHub(t, newConfig(t))
	ch := h.telegram(platform.URL, nil)
	health := func() object {
		return h.must(http.StatusOK, http.MethodGet, "/v1/channels/"+ch+"/health", nil, adminToken)
	}
	fresh := health()
	require.Equal(t, "unchecked", fresh["state"])
	for _, name := range []string{"last_inbound_at", "last_outbound_at", "access_token", "held_until"} {
		require.Nil(t, fresh[name], name)
	}
	require.Equal(t, 200, h.tg(ch, update(7, "hello")))
	require.Equal(t, 401, h.hook(ch, []byte("{}"), http.Header{"X-Telegram-Bot-Api-Secret-Token": {"wrong"}}))
	send := func() {
		h.must(http.StatusAccepted, http.MethodPost, fmt.Sprintf("/v1/conversations/%s/messages", h.one(ch)["id"]), object{"text": "hi"}, adminToken)
	}
	send()
	h.eventually("sent", func() bool { return health()["last_outbound_at"] != nil })
	refuse = true
	send()
	h.eventually("failed", func() bool { return len(health()["failures"].([]any)) == 1 })
	got := health()
	require.Equal(t, "blocked", got["failures"].([]any)[0].(object)["reason"])
	require.NotNil(t, got["last_inbound_at"])
	require.EqualValues(t, 1, got["signature_failures"].(object)["count"])
	h.eventually("worked", func() bool { return health()["recent_webhooks"].(object)["done"] == 1.0 })
	require.EqualValues(t, 0, health()["lag_seconds"])
	require.NoError(t, h.stop())
	h = startHub(t, h.cfg)
	got = h.must(http.StatusOK, http.MethodGet, "/v1/channels/"+ch+"/health", nil, adminToken)
	require.EqualValues(t, 1, got["signature_failures"].(object)["count"], "figures outlive the process")
	require.Len(t, got["failures"], 1)
}
