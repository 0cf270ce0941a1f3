package app_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/queue/queuetest"
)

func TestAVisitorAndAnAgentTalk(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, object{"style": object{"name": "live_chat"}})
	agent, token := h.agent("bea")
	v := h.visitor(ch, object{"locale": "pt-BR"})
	require.Nil(t, v.session["conversation"])
	require.Equal(t, "Olá!", v.session["config"].(object)["greeting"])
	require.Empty(t, h.list("/v1/contacts"), "nobody has written yet")
	live := v.follow(nil)

	own := v.write("c-1", "do you deliver?")
	require.Equal(t, "do you deliver?", live.next("message.created")["text"])
	conv := h.one(ch)
	require.Equal(t, "new", conv["status"])
	require.Equal(t, "do you deliver?", h.messages(conv["id"])[0]["text"])
	h.must(200, "POST", fmt.Sprintf("/v1/conversations/%s/accept", conv["id"]), nil, token)
	require.Equal(t, "bea", live.next("agent.joined")["author"].(object)["name"])

	answer := h.reply(conv["id"], token, "yes, until six")
	got := live.next("message.created")
	require.Equal(t, answer, got["id"])
	require.Equal(t, object{"type": "agent", "name": "bea"}, got["author"])
	require.Equal(t, object{"up_to": own}, live.next("read"))
	h.eventually("what the stream told is delivered", func() bool { return h.status(conv["id"], answer)() == "delivered" })

	st, out := v.say("POST", "/read", object{"up_to": answer})
	require.Equal(t, 204, st, out)
	h.eventually("what was looked at is read", func() bool { return h.status(conv["id"], answer)() == "read" })
	for live.next("message.status")["status"] != "read" {
		continue
	}

	st, out = h.patch(conv["id"], object{"status": "solved"}, token)
	require.Equal(t, 200, st, out)
	require.Equal(t, object{"id": conv["id"], "state": "ended"}, live.next("conversation.closed"))
	v.open(object{"visitor_token": v.token})
	require.Equal(t, object{"id": conv["id"], "state": "ended"}, v.session["conversation"])

	v.write("c-2", "one more thing")
	require.Equal(t, "one more thing", live.next("message.created")["text"])
	var next object
	h.eventually("writing again begins the next one", func() bool {
		list := h.conversations(ch)
		for _, c := range list {
			if c["follow_up_of"] == conv["id"] {
				next = c
			}
		}
		return len(list) == 2 && next != nil
	})
	require.Equal(t, conv["contact"].(object)["id"], next["contact"].(object)["id"])
	texts, _ := v.history("")
	require.Equal(t, []string{"do you deliver?", "yes, until six", "one more thing"}, texts)
	require.NotEmpty(t, agent)
	for _, secret := range []string{v.token, identitySecret} {
		require.NotContains(t, h.log.String(), secret)
	}
}

func TestASolvedConversationGoesOnWhereItsStyleSaysSo(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, object{"style": object{"name": "social_messaging", "close_after": "1h"}})
	_, token := h.agent("bea")
	v := h.visitor(ch, object{})
	v.write("c-1", "hello")
	conv := h.one(ch)
	h.reply(conv["id"], token, "hello you")
	st, out := h.patch(conv["id"], object{"status": "solved"}, token)
	require.Equal(t, 200, st, out)
	v.write("c-2", "and another question")
	h.eventually("it is opened again", func() bool { return h.one(ch)["status"] == "open" })
}

func TestAVisitorWhoComesBackMissesNothing(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	_, token := h.agent("bea")
	v := h.visitor(ch, object{})
	live := v.follow(nil)
	v.write("c-1", "hello")
	live.next("message.created")
	conv := h.one(ch)
	first := h.reply(conv["id"], token, "one")
	require.Equal(t, "one", live.next("message.created")["text"])
	place := live.last
	live.stop()
	h.eventually("it was delivered", func() bool { return h.status(conv["id"], first)() == "delivered" })

	second := h.reply(conv["id"], token, "two")
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "a note", "internal": true}, token)
	h.reply(conv["id"], token, "three")
	h.eventually("they are sent", func() bool { return h.status(conv["id"], second)() == "sent" })

	live = v.follow(url.Values{"last_event_id": {place}})
	require.Equal(t, "two", live.next("message.created")["text"])
	require.Equal(t, "three", live.next("message.created")["text"])
	texts, page := v.history("?after=" + place)
	require.Equal(t, []string{"two", "three"}, texts)
	require.Equal(t, false, page["more"])
	texts, page = v.history("?limit=1&after=" + place)
	require.Equal(t, []string{"two"}, texts)
	require.Equal(t, true, page["more"])
	texts, page = v.history("?limit=10&after=" + page["cursor"].(string))
	require.Equal(t, []string{"three"}, texts)
	texts, _ = v.history("?after=" + page["cursor"].(string))
	require.Empty(t, texts)
	h.eventually("polling delivers, too", func() bool { return h.status(conv["id"], second)() == "delivered" })

	texts, page = v.history("?limit=2")
	require.Equal(t, []string{"two", "three"}, texts)
	texts, page = v.history("?limit=2&before=" + page["before"].(string))
	require.Equal(t, []string{"hello", "one"}, texts)
	require.Nil(t, page["before"])

	live = v.follow(url.Values{"last_event_id": {"of-another-world"}})
	live.next("reset")
	st, _ := v.say("GET", "/messages?after=nonsense", nil)
	require.Equal(t, 422, st)
}

func TestAVisitorEndsTheChat(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	v := h.visitor(ch, object{})
	st, _ := v.say("POST", "/events", object{"type": "page_view", "page": object{"url": shop + "/tea"}})
	require.Equal(t, 204, st)
	st, _ = v.say("POST", "/typing", nil)
	require.Equal(t, 204, st)
	require.Empty(t, h.list("/v1/channels/"+ch+"/events"), "nothing is kept of who never wrote")
	live := v.follow(nil)
	v.write("c-1", "hello")
	conv := h.one(ch)
	st, _ = v.say("POST", "/events", object{"type": "chat_ended"})
	require.Equal(t, 204, st)
	v.write("c-2", "something new")
	require.Equal(t, conv["id"], live.next("conversation.closed")["id"])
	h.eventually("a new conversation", func() bool { return len(h.conversations(ch)) == 2 })
	for _, c := range h.conversations(ch) {
		require.Len(t, h.messages(c["id"]), 1)
	}
}

func TestTypingIsShownOnBothSides(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	_, token := h.agent("bea")
	v := h.visitor(ch, object{})
	v.write("c-1", "hello")
	conv := h.one(ch)
	live := v.follow(nil)
	path := fmt.Sprintf("/v1/conversations/%s/typing", conv["id"])
	h.must(204, "POST", path, nil, token)
	require.Equal(t, object{"author": object{"type": "agent", "name": "bea"}}, live.next("typing"))

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	events := h.follow(ctx, "")
	st, _ := v.say("POST", "/typing", nil)
	require.Equal(t, 204, st)
	for e := range events {
		if e.name == "conversation.typing" {
			require.Equal(t, "contact", e.data["author"].(object)["type"])
			break
		}
	}
	st, _ = h.patch(conv["id"], object{"status": "solved"}, token)
	require.Equal(t, 200, st)
	st, _ = h.patch(conv["id"], object{"status": "closed"}, adminToken)
	require.Equal(t, 200, st)
	h.must(409, "POST", path, nil, token)

	api := telegramStub(t)
	bot := h.telegram(api.URL, nil)
	require.Equal(t, 200, h.tg(bot, update(5, "hello")))
	h.must(204, "POST", fmt.Sprintf("/v1/conversations/%s/typing", h.one(bot)["id"]), nil, token)
	h.eventually("Telegram shows it", func() bool { return len(api.sent("/sendChatAction")) == 1 })
}

func TestAStreamHearsOfAnotherProcess(t *testing.T) {
	server, redis := mongotest.Start(t), queuetest.Start(t)
	cfg := sharedConfig(t, server.Database(t), redis.URL())
	writer := startRole(t, cfg, app.RoleAll)
	reader := startRole(t, cfg, app.RoleAPI)
	ch := writer.webchat(nil, nil)
	_, token := writer.agent("bea")
	v := reader.visitor(ch, object{})
	live := v.follow(nil)
	v.write("c-1", "hello")
	require.Equal(t, "hello", live.next("message.created")["text"])
	writer.reply(writer.one(ch)["id"], token, "hello from afar")
	require.Equal(t, "hello from afar", live.next("message.created")["text"])
	there := &visitor{hub: writer, channel: ch, token: v.token, origin: shop}
	st, _ := there.say("DELETE", "/sessions", nil)
	require.Equal(t, 204, st)
	live.next("session.revoked")
	st, _ = v.say("GET", "/messages", nil)
	require.Equal(t, 401, st)
}

func TestWhoLooksIsHeardInAnotherProcessAndNeverByVisitors(t *testing.T) {
	server, redis := mongotest.Start(t), queuetest.Start(t)
	cfg := sharedConfig(t, server.Database(t), redis.URL())
	writer := startRole(t, cfg, app.RoleAll)
	reader := startRole(t, cfg, app.RoleAPI)
	ch := writer.webchat(nil, nil)
	bea, token := writer.agent("bea")
	v := reader.visitor(ch, object{})
	live := v.follow(nil)
	v.write("c-1", "hello")
	live.next("message.created")
	conv := writer.one(ch)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	events := reader.follow(ctx, "")
	path := fmt.Sprintf("/v1/conversations/%s/viewing", conv["id"])
	writer.must(204, "POST", path, nil, token)
	writer.must(204, "DELETE", path, nil, token)
	var heard []object
	for e := range events {
		if e.name == "conversation.viewing" {
			require.Equal(t, object{"type": "agent", "id": bea, "name": "bea"}, e.data["author"])
			heard = append(heard, e.data["viewing"].(object))
		}
		if len(heard) == 2 {
			break
		}
	}
	require.Equal(t, []object{{"conversation_id": conv["id"], "here": true}, {"conversation_id": conv["id"], "here": false}}, heard)
	writer.reply(conv["id"], token, "hello from afar")
	for e := range live.events {
		require.NotContains(t, fmt.Sprint(e), bea, "visitors are not told")
		if e.kind == "message.created" {
			break
		}
	}
}
