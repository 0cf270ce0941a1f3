package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The worked cases of the lifecycle (L1 to L13) from outside: a real process,
// windows of seconds, nothing but the API.

// numbers are ids of messages, updates, bots and users that nobody else has.
var numbers atomic.Int64

// as is the hub for a subtest.
func (h *hub) as(t *testing.T) *hub { return &hub{h.Again(), t} }

// staff hires an agent who is there: conversations come back to nobody else.
func (h *hub) staff() {
	h.t.Helper()
	h.hire()
	all, err := list[object](h.t.Context(), h, "/v1/agents")
	require.NoError(h.t, err)
	for _, a := range all {
		h.api(http.StatusOK, http.MethodPut, fmt.Sprintf("/v1/agents/%s/availability", a["id"]), object{"status": "online"})
	}
}

// chat is a customer on a Telegram channel of their own.
type chat struct {
	*hub
	channel string
	user    int64
	last    object // the latest message, as the platform tells it
}

// chat registers a channel with a style.
func (h *hub) chat(style object) *chat {
	h.t.Helper()
	n := numbers.Add(1)
	ch := h.api(http.StatusCreated, http.MethodPost, "/v1/channels", object{
		"kind": "telegram", "name": fmt.Sprint("chat ", n), "settings": object{}, "style": style,
		"credentials": object{"bot_token": fmt.Sprintf("%d:AAblackboxblackboxblackboxblackbox", 8000+n), "secret_token": telegramSecret},
	})
	return &chat{hub: h, channel: ch["id"].(string), user: 60_000_000 + n}
}

// deliver brings an update; the hub has accepted it when this returns.
func (c *chat) deliver(update object) {
	c.t.Helper()
	update["update_id"] = 900_000 + numbers.Add(1)
	c.redeliver(update)
}

func (c *chat) redeliver(update object) {
	c.t.Helper()
	header := http.Header{"X-Telegram-Bot-Api-Secret-Token": {telegramSecret}}
	status, body, err := c.do(c.t.Context(), http.MethodPost, "/webhooks/"+c.channel, header, encoded(update))
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, status, "%s", body)
}

func (c *chat) writes(text string) {
	c.t.Helper()
	person := object{"id": c.user, "is_bot": false, "first_name": "Ana", "type": "private"}
	c.last = object{"message_id": numbers.Add(1), "date": time.Now().Unix(), "text": text, "from": person, "chat": person}
	c.deliver(object{"message": c.last})
}

// conversations are the customer's, the first one first.
func (c *chat) conversations() []object {
	c.t.Helper()
	all, err := list[object](c.t.Context(), c.hub, "/v1/conversations")
	require.NoError(c.t, err)
	all = slices.DeleteFunc(all, func(v object) bool { return v["channel_id"] != c.channel })
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(a["id"].(string), b["id"].(string)) }) // ids sort by time
	return all
}

// nth waits for the customer's n-th conversation.
func (c *chat) nth(n int) object {
	c.t.Helper()
	var all []object
	c.eventually("a conversation", func() bool { all = c.conversations(); return len(all) >= n })
	require.Len(c.t, all, n)
	return all[n-1]
}

func (h *hub) conversation(id any) object {
	h.t.Helper()
	return h.api(http.StatusOK, http.MethodGet, fmt.Sprint("/v1/conversations/", id), nil)
}

// becomes waits until the conversation has a state.
func (h *hub) becomes(id any, status string) object {
	h.t.Helper()
	var c object
	h.eventually(status, func() bool { c = h.conversation(id); return c["status"] == status })
	return c
}

// change is what the agent asks for.
func (h *hub) change(want int, id any, in object) object {
	h.t.Helper()
	status, raw, err := h.do(h.t.Context(), http.MethodPatch, fmt.Sprint("/v1/conversations/", id), bearer(h.Agent), encoded(in))
	require.NoError(h.t, err)
	require.Equal(h.t, want, status, "%s", raw)
	var out object
	require.NoError(h.t, json.Unmarshal(raw, &out))
	return out
}

func (h *hub) solve(id any) object {
	h.t.Helper()
	return h.change(http.StatusOK, id, object{"status": "solved"})
}

// log is the causes in the conversation's log.
func (h *hub) causes(id any) (causes []string) {
	h.t.Helper()
	lines, err := list[object](h.t.Context(), h, fmt.Sprintf("/v1/conversations/%s/log", id))
	require.NoError(h.t, err)
	for _, l := range lines {
		causes = append(causes, l["cause"].(string))
	}
	return causes
}

func (h *hub) texts(id any) (texts []string) {
	h.t.Helper()
	all, err := list[object](h.t.Context(), h, fmt.Sprintf("/v1/conversations/%s/messages", id))
	require.NoError(h.t, err)
	for _, m := range all {
		text, _ := m["text"].(string)
		texts = append(texts, text)
	}
	return texts
}

func moment(t *testing.T, v any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, v.(string))
	require.NoError(t, err)
	return at
}

// window is long enough for a customer to answer on a busy machine.
const window = 8 * time.Second

func TestConversationStylesFromOutside(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	p := launch(t, environment(t.TempDir()), "serve")
	h.at(p)
	h.staff()
	// What is compared here must not change because it is offered to somebody.
	h.api(http.StatusOK, http.MethodPatch, "/v1/settings", object{"routing": object{"mode": "manual"}})
	t.Run("cases", func(t *testing.T) {
		for _, c := range []struct {
			name string
			run  func(t *testing.T, h *hub)
		}{
			{"L1 live chat: solved is closed, the next message is a new conversation", liveChat},
			{"L2, L3 returning: reopens within the window, closes after the second solve", returning},
			{"L4, L5 social messaging: reopens within the window, a new conversation after it", social},
			{"L6 and other bad input is refused with its code, and changes nothing", badInput},
			{"L8 the same webhook many times is one message", sameWebhook},
			{"L10 the style is changed", styleChanged},
			{"L11 pending comes back as open", pendingComesBack},
			{"L13 news about messages leave a countdown as it is", newsOfMessages},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(t, h.as(t))
			})
		}
	})
	p.stop()
}

func liveChat(t *testing.T, h *hub) {
	c := h.chat(object{"name": "live_chat"})
	c.writes("Where is my taxi?")
	first := c.nth(1)
	require.Equal(t, "closed", h.solve(first["id"])["status"])
	require.Equal(t, []string{"customer_message", "agent", "style"}, h.causes(first["id"]))
	c.writes("And the next one?")
	second := c.nth(2)
	require.Equal(t, first["id"], second["follow_up_of"])
	require.Equal(t, "new", second["status"])
	require.Equal(t, []string{"And the next one?"}, h.texts(second["id"]))
}

func returning(t *testing.T, h *hub) {
	c := h.chat(object{"name": "live_chat_returning", "close_after": window.String()})
	c.writes("Is it in stock?")
	id := c.nth(1)["id"]
	solved := h.solve(id)
	due := moment(t, solved["close_due_at"])
	require.Equal(t, window, due.Sub(moment(t, solved["solved_at"])))
	c.writes("In blue?")
	open := h.becomes(id, "open")
	require.EqualValues(t, 1, open["reopen_count"])
	require.Equal(t, solved["assignee_id"], open["assignee_id"])
	require.Nil(t, open["close_due_at"])
	<-time.After(time.Until(due.Add(time.Second))) // nothing may happen at the first due time
	require.Equal(t, "open", h.conversation(id)["status"])

	again := h.solve(id)
	require.Equal(t, window, moment(t, again["close_due_at"]).Sub(moment(t, again["solved_at"])))
	closed := h.becomes(id, "closed")
	require.Equal(t, again["close_due_at"], closed["closed_at"])
	require.Equal(t, []string{"customer_message", "agent", "reopened", "agent", "window_elapsed"}, h.causes(id))
	require.Len(t, c.conversations(), 1)
}

func social(t *testing.T, h *hub) {
	c := h.chat(object{"name": "social_messaging", "close_after": window.String()})
	c.writes("It came broken")
	id := c.nth(1)["id"]
	h.solve(id)
	c.writes("Here is a photo")
	require.EqualValues(t, 1, h.becomes(id, "open")["reopen_count"])
	h.change(http.StatusOK, id, object{"style": object{"name": "social_messaging", "close_after": "1s"}})
	due := moment(t, h.solve(id)["close_due_at"])
	<-time.After(time.Until(due)) // the hub's clock is ours
	c.writes("Something else")
	second := c.nth(2)
	require.Equal(t, id, second["follow_up_of"])
	require.Equal(t, "closed", h.conversation(id)["status"])
	require.Equal(t, []string{"It came broken", "Here is a photo"}, h.texts(id))
	require.Equal(t, []string{"Something else"}, h.texts(second["id"]))
}

func sameWebhook(t *testing.T, h *hub) {
	c := h.chat(object{"name": "social_messaging"})
	c.writes("Hello")
	update := object{"update_id": 900_000 + numbers.Add(1), "message": c.last}
	for range 100 {
		c.redeliver(update)
	}
	c.writes("Done")
	id := c.nth(1)["id"]
	h.eventually("the last message", func() bool { return slices.Contains(h.texts(id), "Done") })
	require.Equal(t, []string{"Hello", "Done"}, h.texts(id))
	require.EqualValues(t, 2, h.conversation(id)["message_count"])
}

func styleChanged(t *testing.T, h *hub) {
	c := h.chat(object{"name": "social_messaging"})
	c.writes("Hello")
	id := c.nth(1)["id"]
	require.Equal(t, "solved", h.solve(id)["status"])
	require.Equal(t, "closed", h.change(http.StatusOK, id, object{"style": object{"name": "live_chat"}})["status"])
	require.Equal(t, []string{"customer_message", "agent", "style_changed"}, h.causes(id))

	c.writes("Hello again")
	id = c.nth(2)["id"]
	require.Equal(t, "new", h.change(http.StatusOK, id, object{"style": object{"name": "live_chat"}})["status"])
	require.Equal(t, "closed", h.solve(id)["status"])
}

func pendingComesBack(t *testing.T, h *hub) {
	c := h.chat(object{"name": "social_messaging"})
	c.writes("Hello")
	id := c.nth(1)["id"]
	h.api(http.StatusOK, http.MethodGet, fmt.Sprint("/v1/conversations/", id), nil)
	for _, status := range []string{"pending", "on_hold"} {
		require.Equal(t, status, h.change(http.StatusOK, id, object{"status": status})["status"])
		c.writes("Here it is")
		require.EqualValues(t, 0, h.becomes(id, "open")["reopen_count"])
	}
	require.Equal(t, []string{"customer_message", "agent", "customer_reply", "agent", "customer_reply"}, h.causes(id))
	require.Len(t, c.conversations(), 1)
}

func newsOfMessages(t *testing.T, h *hub) {
	c := h.chat(object{"name": "social_messaging"})
	c.writes("Wrogn number")
	id := c.nth(1)["id"]
	solved := h.solve(id)
	c.deliver(object{"message_reaction": object{
		"chat": c.last["chat"], "user": c.last["from"], "message_id": c.last["message_id"], "date": time.Now().Unix(),
		"old_reaction": []object{}, "new_reaction": []object{{"type": "emoji", "emoji": "👍"}},
	}})
	c.last["text"], c.last["edit_date"] = "Wrong number", time.Now().Unix()+1
	c.deliver(object{"edited_message": c.last})
	h.eventually("the edit", func() bool { return slices.Equal(h.texts(id), []string{"Wrong number"}) })
	now := h.conversation(id)
	for _, field := range []string{"status", "close_due_at", "solved_at", "reopen_count", "assignee_id"} {
		require.Equal(t, solved[field], now[field], field)
	}
}
