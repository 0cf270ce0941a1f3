package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// reactions are those of a message, as emoji and who set them.
func (h *hub) reactions(conversation any, message string) (all []string) {
	h.t.Helper()
	for _, m := range h.messages(conversation) {
		if list, _ := m["reactions"].([]any); m["id"] == message {
			for _, r := range list {
				all = append(all, fmt.Sprint(r.(object)["emoji"], " ", r.(object)["author"].(object)["type"]))
			}
		}
	}
	return all
}

func TestABusinessReactsAtThePlatformFirst(t *testing.T) {
	var refused atomic.Int32
	platform := newStub(t, func(r recorded) (int, any) {
		if n := int(refused.Load()); n != 0 {
			return n, object{"ok": false, "error_code": n, "description": "Bad Request: REACTION_INVALID"}
		}
		return 200, object{"ok": true, "result": object{"message_id": 9000 + r.n, "date": 1, "chat": object{"id": r.body["chat_id"], "type": "private"}}}
	})
	h := startHub(t, newConfig(t))
	ch := h.telegram(platform.URL, object{"style": object{"name": "live_chat"}})
	_, token := h.agent("bea")
	require.Equal(t, 200, h.tg(ch, update(501, "thank you")))
	conv := h.one(ch)["id"]
	message := h.messages(conv)[0]["id"].(string)
	path := "/v1/messages/" + message + "/reaction"

	for _, emoji := range []string{"👍", "👍", "🎉"} {
		out := h.must(200, http.MethodPut, path, object{"emoji": emoji}, token)
		require.Len(t, out["reactions"], 1)
		calls := platform.sent("/setMessageReaction")
		require.Equal(t, []any{object{"type": "emoji", "emoji": emoji}}, calls[len(calls)-1].body["reaction"])
		require.EqualValues(t, 501, calls[len(calls)-1].body["chat_id"])
	}
	require.Equal(t, []string{"🎉 agent"}, h.reactions(conv, message))

	for status, code := range map[int]string{400: "platform_refused", 500: "platform_unavailable"} {
		refused.Store(int32(status))
		st, out := h.call(http.MethodPut, path, object{"emoji": "🦖"}, token)
		require.Equal(t, code, out["code"], out)
		require.Equal(t, map[int]int{400: 422, 500: 503}[status], st)
		require.Equal(t, []string{"🎉 agent"}, h.reactions(conv, message), "what the contact does not see is not shown")
	}
	refused.Store(0)
	h.must(200, http.MethodDelete, path, nil, token)
	require.Empty(t, h.reactions(conv, message))
	calls := len(platform.sent("/setMessageReaction"))
	h.must(200, http.MethodDelete, path, nil, token)
	require.Len(t, platform.sent("/setMessageReaction"), calls, "there was none to take back")
	require.NotEqual(t, "closed", h.get(conv)["status"])

	note := h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv), object{"text": "hm", "internal": true}, token)["id"].(string)
	_, out := h.call(http.MethodPut, "/v1/messages/"+note+"/reaction", object{"emoji": "👍"}, token)
	require.Equal(t, "unsupported_content", out["code"])
	_, out = h.call(http.MethodPut, path, object{"emoji": ""}, token)
	require.Equal(t, "validation", out["code"])
	h.solve(conv, token)
	_, out = h.call(http.MethodPut, path, object{"emoji": "👍"}, token)
	require.Equal(t, "conversation_closed", out["code"])
}

func TestAReactionThatFailedLaterIsNotShown(t *testing.T) {
	platform := whatsappStub(t)
	h := startHub(t, newConfig(t))
	ch := h.whatsapp(platform.URL, "1060001")
	_, token := h.agent("bea")
	in := waText("5511900000001", "obrigada")
	body := waBody(waValue("1060001", in))
	require.Equal(t, 200, h.hook(ch, body, waSign(body, waSecret)))
	conv := h.one(ch)["id"]
	message := h.messages(conv)[0]["id"].(string)
	h.must(200, http.MethodPut, "/v1/messages/"+message+"/reaction", object{"emoji": "❤️"}, token)
	sent := platform.sent("/1060001/messages")[0].body
	status := func(fate string) {
		body := waBody(object{"field": "messages", "value": object{
			"messaging_product": "whatsapp", "metadata": object{"phone_number_id": "1060001"},
			"statuses": []object{{"id": "wamid.OUT1", "status": fate, "timestamp": fmt.Sprint(time.Now().Add(time.Second).Unix()), "recipient_id": "5511900000001", "biz_opaque_callback_data": sent["biz_opaque_callback_data"]}},
		}})
		require.Equal(t, 200, h.hook(ch, body, waSign(body, waSecret)))
	}
	status("sent")
	status("delivered")
	h.eventually("worked", settledOf(h, ch))
	require.Equal(t, []string{"❤️ agent"}, h.reactions(conv, message))
	require.Empty(t, h.list("/v1/quarantine"))
	status("failed")
	h.eventually("it is gone", func() bool { return len(h.reactions(conv, message)) == 0 })
}

// Slack tells the bot what the bot did itself.
func TestAReactionOfOursThatComesBackIsNotTheCustomers(t *testing.T) {
	api := newStub(t, func(recorded) (int, any) { return 200, object{"ok": true} })
	h := startHub(t, newConfig(t))
	ch := h.slack(api.URL)
	_, token := h.agent("bea")
	event := func(e object) {
		body, err := json.Marshal(object{
			"type": "event_callback", "team_id": "T0HOME", "api_app_id": "A0HUB", "event_id": fmt.Sprint("Ev", nextID()), "event": e,
			"authorizations": []object{{"team_id": "T0HOME", "user_id": "U0BOT", "is_bot": true}},
		})
		require.NoError(t, err)
		require.Equal(t, 200, h.hook(ch, body, slackSign(body, "application/json")))
	}
	ts := fmt.Sprintf("%d.000200", time.Now().Unix())
	event(object{"type": "message", "channel": "D0MIRA", "channel_type": "im", "user": "U0MIRA", "text": "thanks", "ts": ts, "event_ts": ts})
	conv := h.one(ch)["id"]
	message := h.messages(conv)[0]["id"].(string)
	for _, emoji := range []string{"👍", "🎉"} {
		h.must(200, http.MethodPut, "/v1/messages/"+message+"/reaction", object{"emoji": emoji}, token)
	}
	require.Len(t, api.sent("/reactions.add"), 2)
	require.Equal(t, "+1", api.sent("/reactions.remove")[0].body["name"], "the first one is taken back")
	about := object{"type": "message", "channel": "D0MIRA", "ts": ts}
	for _, kind := range []string{"reaction_added", "reaction_removed"} {
		event(object{"type": kind, "user": "U0BOT", "reaction": "+1", "item_user": "U0MIRA", "item": about, "event_ts": ts})
	}
	event(object{"type": "reaction_added", "user": "U0MIRA", "reaction": "heart", "item_user": "U0MIRA", "item": about, "event_ts": ts})
	h.eventually("worked", settledOf(h, ch))
	require.Equal(t, []string{"🎉 agent", "❤️ contact"}, h.reactions(conv, message))
	require.Len(t, h.list("/v1/contacts"), 1, "the bot is no customer")
}

func TestWhoReadsIsShownWhereThePlatformCan(t *testing.T) {
	platform := whatsappStub(t)
	h := startHub(t, newConfig(t))
	ch := h.whatsapp(platform.URL, "1060001")
	_, token := h.agent("bea")
	in := waText("5511900000001", "um")
	body := waBody(waValue("1060001", in))
	require.Equal(t, 200, h.hook(ch, body, waSign(body, waSecret)))
	conv := h.one(ch)["id"]
	for range 2 {
		out := h.must(200, "POST", fmt.Sprintf("/v1/conversations/%s/read", conv), nil, token)
		require.EqualValues(t, 0, out["unread_count"])
	}
	h.eventually("it is shown", func() bool { return len(platform.sent("/1060001/messages")) > 0 })
	mark := platform.sent("/1060001/messages")[0].body
	require.Equal(t, "read", mark["status"])
	require.Equal(t, in["id"], mark["message_id"])
	require.Len(t, platform.sent("/1060001/messages"), 1, "once for what was unread")
}

func TestAVisitorSeesAReaction(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	_, token := h.agent("bea")
	v := h.visitor(ch, object{})
	st, _ := v.say("POST", "/messages", object{"client_id": "c1", "text": "thanks"})
	require.Equal(t, 201, st)
	conv := h.one(ch)["id"]
	message := h.messages(conv)[0]["id"].(string)
	h.must(200, http.MethodPut, "/v1/messages/"+message+"/reaction", object{"emoji": "👍"}, token)
	_, out := v.say("GET", "/messages", nil)
	require.Equal(t, []any{"👍"}, out["data"].([]any)[0].(object)["reactions"])
}
