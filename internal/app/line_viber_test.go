package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	lineSecret = "line-secret"
	viberToken = "viber-token"
)

func (h *hub) line(api string) string {
	settings := object{}
	if api != "" {
		settings["api_base_url"] = api
	}
	return h.channel("line", object{"channel_access_token": "line-canary", "channel_secret": lineSecret}, settings, nil)
}

func (h *hub) viber(api string) string {
	settings := object{"sender_name": "Kite Bakery"}
	if api != "" {
		settings["api_base_url"] = api
	}
	return h.channel("viber", object{"auth_token": viberToken}, settings, nil)
}

func webhookMAC(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

func (h *hub) lineHook(channel string, body []byte) int {
	return h.hook(channel, body, http.Header{"X-Line-Signature": {base64.StdEncoding.EncodeToString(webhookMAC(lineSecret, body))}})
}

func (h *hub) viberHook(channel string, body []byte) int {
	return h.hook(channel, body, http.Header{"X-Viber-Content-Signature": {hex.EncodeToString(webhookMAC(viberToken, body))}})
}

func webhookBody(t *testing.T, v any) []byte {
	t.Helper()
	body, err := json.Marshal(v)
	require.NoError(t, err)
	return body
}

func TestLINEIsAnsweredByReplyAndThenByPush(t *testing.T) {
	h := startHub(t, newConfig(t))
	replies, pushes := 0, 0
	platform := newStub(t, func(r recorded) (int, any) {
		switch r.path {
		case "/v2/bot/message/reply":
			if replies++; replies > 1 {
				return 400, object{"message": "Invalid reply token"}
			}
		case "/v2/bot/message/push":
			if pushes++; pushes == 1 {
				return 500, object{"message": "Internal server error"}
			}
		}
		return 200, object{"sentMessages": []object{{"id": fmt.Sprintf("99%d", r.n), "quoteToken": "q"}}}
	})
	ch := h.line(platform.URL)
	_, token := h.agent("bea")
	require.Equal(t, 200, h.lineHook(ch, []byte(`{"destination":"U0","events":[]}`)), "LINE verifies the address")
	require.Equal(t, 200, h.lineHook(ch, webhookBody(t, object{"destination": "U0", "events": []object{{
		"type": "message", "mode": "active", "timestamp": time.Now().UnixMilli(), "webhookEventId": "01E1", "replyToken": "rt-1",
		"source": object{"type": "user", "userId": "U501"}, "message": object{"id": "71", "type": "text", "text": "Olá"},
	}}})))
	conv := h.one(ch)
	for i, text := range []string{"Oi!", "Tudo bem?"} {
		h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": text}, token)
		h.eventually("the answer is sent", func() bool { return h.messages(conv["id"])[i+1]["status"] == "sent" })
	}
	replied, pushed := platform.sent("/reply"), platform.sent("/push")
	require.Len(t, replied, 2, "the token is tried again, and refused")
	require.Equal(t, "rt-1", replied[0].body["replyToken"])
	require.Len(t, pushed, 2, "a push of unknown outcome is repeated")
	require.Equal(t, pushed[0].body, pushed[1].body)
	require.NotEmpty(t, pushed[0].header.Get("X-Line-Retry-Key"))
	require.Equal(t, pushed[0].header.Get("X-Line-Retry-Key"), pushed[1].header.Get("X-Line-Retry-Key"))
	require.Equal(t, "U501", pushed[0].body["to"])
}

func TestAViberButtonComesBackAndReceiptsMoveTheTick(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newStub(t, func(recorded) (int, any) {
		return 200, json.RawMessage(`{"status":0,"status_message":"ok","message_token":5741311803571721087}`)
	})
	ch := h.viber(platform.URL)
	_, token := h.agent("bea")
	message := func(id int, text, tracking string) []byte {
		return webhookBody(t, object{
			"event": "message", "timestamp": time.Now().UnixMilli(), "message_token": id, "sender": object{"id": "p+/=", "name": "Ana"},
			"message": object{"type": "text", "text": text, "tracking_data": tracking},
		})
	}
	require.Equal(t, 200, h.viberHook(ch, []byte(`{"event":"webhook","timestamp":1,"message_token":2}`)), "Viber tries the address")
	require.Equal(t, 200, h.viberHook(ch, message(71, "Olá", "")))
	conv := h.one(ch)
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{
		"text": "Which?", "buttons": []object{{"id": "bread:rye", "title": "Rye"}},
	}, token)
	h.eventually("the answer is sent", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	out := platform.sent("/pa/send_message")[0]
	require.Equal(t, "p+/=", out.body["receiver"])
	require.Equal(t, viberToken, out.header.Get("X-Viber-Auth-Token"))

	require.Equal(t, 200, h.viberHook(ch, message(72, "Rye", out.body["tracking_data"].(string))))
	require.Equal(t, 200, h.viberHook(ch, []byte(`{"event":"seen","timestamp":1773480413123,"message_token":5741311803571721087,"user_id":"p+/="}`)))
	h.eventually("the press is there and the tick moved on", func() bool {
		list := h.messages(conv["id"])
		return len(list) == 3 && list[1]["status"] == "read"
	})
	press := h.messages(conv["id"])[2]
	require.Equal(t, "reply", press["type"])
	require.Equal(t, "bread:rye", press["reply"].(object)["id"])
	require.Equal(t, "5741311803571721087", h.messages(conv["id"])[1]["external_id"], "no digit of the token is lost")
}

// TestLINEAndViberSamplesAreTakenIn is TestRealSamplesAreTakenIn for two more
// platforms: none of these is even quarantined.
func TestLINEAndViberSamplesAreTakenIn(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "platforms", "samples")
	h := startHub(t, newConfig(t))
	for kind, hook := range map[string]func(string, []byte) int{"line": h.lineHook, "viber": h.viberHook} {
		files, err := filepath.Glob(filepath.Join(root, kind, "*.json"))
		require.NoError(t, err)
		for _, file := range files {
			t.Run(kind+"/"+filepath.Base(file), func(t *testing.T) {
				body, err := os.ReadFile(file)
				require.NoError(t, err)
				ch := h.line("")
				if kind == "viber" {
					ch = h.viber("")
				}
				require.Equal(t, 200, hook(ch, body))
				last := h.workedIn(ch, 0)
				require.NotEqual(t, "quarantined", last["result"], last["reason"])
			})
		}
	}
}
