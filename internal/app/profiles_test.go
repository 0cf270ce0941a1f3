package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// profiled is a platform that tells who a person is, and how they write.
type profiled struct {
	kind    string
	path    string // the end of the lookup's path
	answer  object // of the lookup
	connect func(h *hub, api string) string
	write   func(h *hub, channel string, n int) int
}

func lineText(user string, n int) object {
	return object{"destination": "U0", "events": []object{{
		"type": "message", "mode": "active", "timestamp": time.Now().UnixMilli(), "webhookEventId": fmt.Sprint("01E", n), "replyToken": "rt",
		"source": object{"type": "user", "userId": user}, "message": object{"id": fmt.Sprint(7100 + n), "type": "text", "text": "Olá"},
	}}}
}

var profiledPlatforms = []profiled{
	{
		kind: "line", path: "/v2/bot/profile/U501",
		answer:  object{"userId": "U501", "displayName": "Noor Vask", "language": "pt", "pictureUrl": "https://pictures.example/noor.png"},
		connect: (*hub).line,
		write: func(h *hub, ch string, n int) int {
			return h.lineHook(ch, webhookBody(h.t.(*testing.T), lineText("U501", n)))
		},
	},
	{
		kind: "slack", path: "users.info",
		answer: object{"ok": true, "user": object{"id": "U501", "name": "noor", "real_name": "Noor Vask", "locale": "pt-PT", "profile": object{
			"image_192": "https://pictures.example/noor.png",
		}}},
		connect: (*hub).slack,
		write: func(h *hub, ch string, n int) int {
			body := webhookBody(h.t.(*testing.T), object{
				"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": fmt.Sprint("Ev", n), "event_time": time.Now().Unix(),
				"event": object{"type": "message", "channel_type": "im", "channel": "D501", "user": "U501", "text": "Olá", "ts": fmt.Sprintf("%d.%06d", time.Now().Unix(), n)},
			})
			return h.hook(ch, body, slackSign(body, "application/json"))
		},
	},
	{
		kind: "vk", path: "users.get",
		answer: object{"response": []object{{"id": 501, "first_name": "Noor", "last_name": "Vask", "photo_200": "https://pictures.example/noor.png"}}},
		connect: func(h *hub, api string) string {
			return h.vk(api, 77)
		},
		write: func(h *hub, ch string, n int) int {
			body := webhookBody(h.t.(*testing.T), object{
				"type": "message_new", "group_id": 77, "event_id": fmt.Sprint("e", n), "v": "5.199", "secret": vkSecret,
				"object": object{"message": object{
					"id": n, "conversation_message_id": n, "date": time.Now().Unix(), "peer_id": 501, "from_id": 501, "out": 0, "text": "Olá",
				}, "client_info": object{}},
			})
			return h.hook(ch, body, http.Header{})
		},
	},
}

func TestAContactWithoutANameIsLookedUpOnceAndShown(t *testing.T) {
	h := startHub(t, newConfig(t))
	for _, p := range profiledPlatforms {
		t.Run(p.kind, func(t *testing.T) {
			own := *h
			own.t = t
			platform := newStub(t, func(recorded) (int, any) { return 200, p.answer })
			ch := p.connect(&own, platform.URL)
			for n := range 5 {
				require.Equal(t, 200, p.write(&own, ch, 100+n))
			}
			shown := func() object { return own.conversations(ch)[0]["contact"].(object) }
			own.one(ch)
			own.eventually("the conversation shows who wrote", func() bool { return shown()["name"] == "Noor Vask" })
			require.Equal(t, "https://pictures.example/noor.png", shown()["avatar_url"])
			require.Equal(t, "Noor Vask", own.must(200, "GET", "/v1/contacts/"+shown()["id"].(string), nil, adminToken)["name"])
			require.Equal(t, 200, p.write(&own, ch, 200))
			own.eventually("the next message is there", func() bool { return len(own.messages(own.conversations(ch)[0]["id"])) == 6 })
			require.Equal(t, "Noor Vask", shown()["name"])
			require.Len(t, platform.sent(p.path), 1, "asked once")
		})
	}
}

func TestAPersonsNameForAContactStaysAndIsShownEverywhere(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram(telegramStub(t).URL, object{"style": object{"name": "live_chat"}})
	_, token := h.agent("bea")
	h.writes(ch, 501, "one")
	first := h.one(ch)
	h.solve(first["id"], token)
	h.eventually("it is closed", func() bool { return h.get(first["id"])["status"] == "closed" })
	h.writes(ch, 501, "two")
	h.eventually("a second one began", func() bool { return len(h.conversations(ch)) == 2 })
	second := h.conversations(ch)[0]
	if second["id"] == first["id"] {
		second = h.conversations(ch)[1]
	}
	contact := second["contact"].(object)["id"].(string)

	h.must(200, "PATCH", "/v1/contacts/"+contact, object{"name": "Dr. Quill"}, adminToken)
	name := func(id any) any { return h.get(id)["contact"].(object)["name"] }
	require.Equal(t, "Dr. Quill", name(second["id"]), "the latest one shows it with the answer")
	h.eventually("the closed one follows", func() bool { return name(first["id"]) == "Dr. Quill" })
	h.writes(ch, 501, "three")
	require.Equal(t, "Dr. Quill", name(second["id"]), "what the platform tells does not replace it")
	require.Equal(t, "Dr. Quill", h.must(200, "GET", "/v1/contacts/"+contact, nil, adminToken)["name"])
}
