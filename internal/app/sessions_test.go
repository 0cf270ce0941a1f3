package app_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/settings"
	"threadhub/internal/sqlite"
)

// hurry makes sessions of the hub that has not started inactive after a time
// that its API would refuse as too short.
func hurry(t *testing.T, dataDir string, after time.Duration) {
	t.Helper()
	store, err := sqlite.Open(context.Background(), filepath.Clean(dataDir), sqlite.Options{})
	require.NoError(t, err)
	_, err = settings.New(store).Update(context.Background(), settings.Change{InactiveAfter: &after})
	require.NoError(t, err)
	require.NoError(t, store.Close())
}

func (h *hub) load(agent string) any {
	h.t.Helper()
	return h.must(200, "GET", "/v1/agents/"+agent, nil, adminToken)["load"]
}

func TestASessionGoesInactiveWithTheCustomersSilence(t *testing.T) {
	cfg := newConfig(t)
	hurry(t, cfg.DataDir, 3*time.Second)
	h := startHub(t, cfg)
	agent, token := h.agent("bea")
	platform := telegramStub(t)
	ch := h.telegram(platform.URL, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	events := h.follow(ctx, "")
	h.tg(ch, update(1, "hi"))
	id := h.one(ch)["id"]
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", id), object{"text": "hello"}, token)
	require.EqualValues(t, 1, h.load(agent))
	conv := h.get(id)
	due := at(t, conv["inactive_due_at"])
	require.Equal(t, 3*time.Second, due.Sub(at(t, conv["last_customer_message_at"])), "an agent's message moves nothing")

	for e := range events {
		if e.name == "conversation.updated" && e.data["conversation"].(object)["session"] == "inactive" {
			break
		}
	}
	conv = h.get(id)
	require.Equal(t, "open", conv["status"])
	require.EqualValues(t, 0, h.load(agent))
	log := h.list(fmt.Sprintf("/v1/conversations/%s/log", id))
	last := log[len(log)-1]
	require.Equal(t, []any{"inactive", object{"from": "active", "to": "inactive"}, "system"}, []any{last["cause"], last["session"], last["actor"].(object)["type"]})
	require.False(t, at(t, last["at"]).Before(due))
	h.tg(ch, update(1, "still here"))
	h.eventually("active again", func() bool { return h.get(id)["session"] == "active" })
	require.EqualValues(t, 1, h.load(agent))
}

func TestWhatCameDueWhileTheHubWasDownIsDoneAtTheStart(t *testing.T) {
	cfg := newConfig(t)
	hurry(t, cfg.DataDir, time.Second)
	first := startHub(t, cfg)
	_, token := first.agent("bea")
	platform := telegramStub(t)
	ch := first.telegram(platform.URL, object{"style": object{"name": "social_messaging", "ladder": object{
		"reminders": []object{{"after": "1s", "text": "are you there?"}, {"after": "2s", "text": "still there?"}},
	}}})
	first.tg(ch, update(1, "hi"))
	id := first.one(ch)["id"]
	first.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", id), object{"text": "hello"}, token)
	due := at(t, first.get(id)["inactive_due_at"])
	require.NoError(t, first.stop())
	require.Eventually(t, func() bool { return time.Now().After(due.Add(2 * time.Second)) }, time.Minute, 50*time.Millisecond)

	h := startHub(t, cfg)
	h.eventually("inactive", func() bool { return h.get(id)["session"] == "inactive" })
	h.eventually("both reminders", func() bool { return len(platform.sent("/sendMessage")) == 3 })
	var texts []any
	for _, c := range platform.sent("/sendMessage") {
		texts = append(texts, c.body["text"])
	}
	require.Equal(t, []any{"hello", "are you there?", "still there?"}, texts)
	require.Equal(t, []string{"inactive", "reminder", "reminder"}, h.causes(id)[2:])
}

func TestALadderRemindsThroughThePlatformAndSolves(t *testing.T) {
	h := startHub(t, newConfig(t))
	_, token := h.agent("bea")
	platform := telegramStub(t)
	ch := h.telegram(platform.URL, object{"style": object{"name": "live_chat", "ladder": object{
		"reminders": []object{{"after": "1s", "text": "are you there?"}}, "then": object{"after": "2s", "status": "solved"},
	}}})
	write := func(id any, text string) {
		h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", id), object{"text": text}, token)
	}
	h.tg(ch, update(1, "hi"))
	id := h.one(ch)["id"]
	write(id, "hello")
	h.tg(ch, update(1, "wait"))
	h.eventually("the customer's message", func() bool { return h.get(id)["message_count"].(float64) == 3 })
	require.Nil(t, h.get(id)["ladder_due_at"], "the customer's message calls it off")
	write(id, "of course")
	h.eventually("closed", func() bool { return h.get(id)["status"] == "closed" })
	require.Equal(t, []string{"customer_message", "agent_reply", "reminder", "no_answer", "style"}, h.causes(id))
	var texts []any
	for _, m := range h.messages(id) {
		texts = append(texts, m["text"])
	}
	// The platform's clock knows whole seconds, and it orders the reading.
	require.ElementsMatch(t, []any{"hi", "hello", "wait", "of course", "are you there?"}, texts)
	require.EqualValues(t, 2, h.get(id)["metrics"].(object)["replies"])
	h.eventually("the reminder at the platform", func() bool { return len(platform.sent("/sendMessage")) == 3 })
}

func TestAnEndedSessionThroughTheAPI(t *testing.T) {
	h := startHub(t, newConfig(t))
	agent, token := h.agent("bea")
	ch := h.styled(object{"name": "social_messaging"})
	h.tg(ch, update(1, "hi"))
	id := h.one(ch)["id"]
	st, _ := h.patch(id, object{"assignee_id": agent}, token)
	require.Equal(t, 200, st)
	require.EqualValues(t, 1, h.load(agent))
	for range 2 {
		ended := h.must(200, "POST", fmt.Sprintf("/v1/conversations/%s/end-session", id), nil, token)
		require.Equal(t, []any{"open", "ended"}, []any{ended["status"], ended["session"]})
	}
	require.EqualValues(t, 0, h.load(agent))
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { h.tg(ch, update(1, fmt.Sprint("another matter ", i))) })
	}
	all.Wait()
	h.eventually("all of it in one new conversation", func() bool {
		list := h.list("/v1/conversations?sort=created_at&channel_id=" + ch)
		return len(list) == 2 && list[1]["message_count"].(float64) == 20 && list[1]["follow_up_of"] == id
	})
	require.Equal(t, []string{"customer_message", "assigned", "session_ended", "session_ended"}, h.causes(id))
}

func TestABulkSolveAnswersEachAndFreesEachOnce(t *testing.T) {
	h := startHub(t, newConfig(t))
	agent, token := h.agent("bea")
	ch := h.styled(object{"name": "live_chat"})
	const n = 60
	for i := range n {
		h.tg(ch, update(100+i, "hi"))
	}
	var ids []any
	h.eventually("all of them", func() bool { return len(h.conversations(ch)) == n })
	for _, c := range h.conversations(ch) {
		ids = append(ids, c["id"])
	}
	bulk := func(change object) (ok int) {
		change["ids"] = append([]any{"cv_nobody"}, ids...)
		for i, r := range h.must(200, "POST", "/v1/conversations/bulk", change, token)["data"].([]any) {
			require.Equal(t, change["ids"].([]any)[i], r.(object)["id"])
			if r.(object)["ok"] == true {
				ok++
			}
		}
		return ok
	}
	require.Equal(t, n, bulk(object{"assignee_id": agent}))
	require.EqualValues(t, n, h.load(agent))
	require.Equal(t, n, bulk(object{"status": "solved"}))
	require.EqualValues(t, 0, h.load(agent))
	require.Equal(t, 0, bulk(object{"status": "solved"}), "each of them is closed already")
	for _, id := range ids[:3] {
		require.Equal(t, []string{"customer_message", "assigned", "agent", "style"}, h.causes(id))
	}
}
