package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// solve sets a conversation solved and answers it.
func (h *hub) solve(conversation any, token string) object {
	h.t.Helper()
	st, conv := h.patch(conversation, object{"status": "solved"}, token)
	require.Equal(h.t, 200, st, "%v", conv)
	return conv
}

func (h *hub) styled(style object) string {
	h.t.Helper()
	return h.telegram("", object{"style": style})
}

func (h *hub) get(conversation any) object {
	h.t.Helper()
	return h.must(200, "GET", fmt.Sprintf("/v1/conversations/%s", conversation), nil, adminToken)
}

func (h *hub) causes(conversation any) (out []string) {
	h.t.Helper()
	for _, l := range h.list(fmt.Sprintf("/v1/conversations/%s/log", conversation)) {
		out = append(out, l["cause"].(string))
	}
	return out
}

func at(t *testing.T, v any) time.Time {
	t.Helper()
	got, err := time.Parse(time.RFC3339, v.(string))
	require.NoError(t, err)
	return got
}

func TestConversationStylesThroughTheAPI(t *testing.T) {
	h := startHub(t, newConfig(t))
	agent, token := h.agent("bea")

	t.Run("live chat: solved is closed, and the next message is a new conversation", func(t *testing.T) {
		ch := h.styled(object{"name": "live_chat"})
		h.tg(ch, update(1, "hi"))
		first := h.one(ch)
		conv := h.solve(first["id"], token)
		require.Equal(t, "closed", conv["status"])
		require.Equal(t, []string{"customer_message", "agent", "style"}, h.causes(first["id"]))
		h.tg(ch, update(1, "again"))
		h.eventually("a second conversation", func() bool { return len(h.conversations(ch)) == 2 })
		for _, c := range h.conversations(ch) {
			if c["id"] != first["id"] {
				require.Equal(t, first["id"], c["follow_up_of"])
			}
		}
		st, refused := h.call("POST", fmt.Sprintf("/v1/conversations/%s/messages", first["id"]), object{"text": "too late"}, token)
		require.Equal(t, 409, st)
		require.Equal(t, "conversation_closed", refused["code"])
		require.Contains(t, refused["detail"], "follow-up")
	})
	t.Run("returning: reopens within the window to the same agent, and closes after the second solve", func(t *testing.T) {
		ch := h.styled(object{"name": "live_chat_returning", "close_after": "2s"})
		h.tg(ch, update(2, "hi"))
		id := h.one(ch)["id"]
		h.solve(id, token)
		h.tg(ch, update(2, "one more"))
		h.eventually("reopened", func() bool { return h.get(id)["status"] == "open" })
		conv := h.get(id)
		require.EqualValues(t, 1, conv["reopen_count"])
		require.Equal(t, agent, conv["assignee_id"])
		require.Nil(t, conv["close_due_at"])
		solved := h.solve(id, token)
		require.Equal(t, 2*time.Second, at(t, solved["close_due_at"]).Sub(at(t, solved["solved_at"])))
		h.eventually("closed", func() bool { return h.get(id)["status"] == "closed" })
		conv = h.get(id)
		require.Equal(t, at(t, solved["close_due_at"]), at(t, conv["closed_at"]))
	})
	t.Run("a window above 28 days, or none, is refused and nothing is stored", func(t *testing.T) {
		before := len(h.list("/v1/channels"))
		for _, after := range []string{"673h", "0s", "-1h", "500ms", "soon"} {
			st, problem := h.call("POST", "/v1/channels", object{
				"kind": "telegram", "name": "x", "credentials": object{"bot_token": "7001:AAcanarycanarycanarycanarycanary", "secret_token": "s"},
				"settings": object{}, "style": object{"name": "social_messaging", "close_after": after},
			}, adminToken)
			require.Equal(t, 422, st, after)
			require.NotEmpty(t, problem["errors"], after)
		}
		require.Len(t, h.list("/v1/channels"), before)
	})
	t.Run("a style changed to live chat closes what is solved, at once", func(t *testing.T) {
		ch := h.styled(object{"name": "social_messaging"})
		h.tg(ch, update(3, "hi"))
		id := h.one(ch)["id"]
		h.solve(id, token)
		st, conv := h.patch(id, object{"style": object{"name": "live_chat"}}, token)
		require.Equal(t, 200, st)
		require.Equal(t, "closed", conv["status"])
	})
	t.Run("pending comes back as open without counting as reopened", func(t *testing.T) {
		ch := h.styled(object{"name": "social_messaging"})
		h.tg(ch, update(4, "hi"))
		id := h.one(ch)["id"]
		st, _ := h.patch(id, object{"status": "pending", "assignee_id": agent}, token)
		require.Equal(t, 200, st)
		h.tg(ch, update(4, "yes"))
		h.eventually("open", func() bool { return h.get(id)["status"] == "open" })
		require.EqualValues(t, 0, h.get(id)["reopen_count"])
	})
	t.Run("an edit of a message leaves a solved conversation as it is", func(t *testing.T) {
		ch := h.styled(object{"name": "social_messaging"})
		u := update(5, "wrogn")
		h.tg(ch, u)
		id := h.one(ch)["id"]
		solved := h.solve(id, token)
		edited := object{"update_id": nextID(), "edited_message": u["message"]}
		edited["edited_message"].(object)["text"] = "wrong"
		edited["edited_message"].(object)["edit_date"] = time.Now().Unix() + 1
		h.tg(ch, edited)
		h.eventually("edited", func() bool { return h.messages(id)[0]["text"] == "wrong" })
		conv := h.get(id)
		require.Equal(t, "solved", conv["status"])
		require.Equal(t, solved["close_due_at"], conv["close_due_at"])
		require.NotNil(t, h.messages(id)[0]["edited_at"])
	})
	t.Run("who comes too late with an old version changes nothing", func(t *testing.T) {
		ch := h.styled(object{"name": "social_messaging"})
		h.tg(ch, update(6, "hi"))
		conv := h.one(ch)
		st, _ := h.patch(conv["id"], object{"priority": "high", "version": conv["version"]}, token)
		require.Equal(t, 200, st)
		st, problem := h.patch(conv["id"], object{"priority": "low", "version": conv["version"]}, token)
		require.Equal(t, 409, st)
		require.Equal(t, "version_conflict", problem["code"])
		require.Equal(t, "high", h.get(conv["id"])["priority"])
	})
}
