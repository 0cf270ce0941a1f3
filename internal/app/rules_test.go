package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// hookStub is a receiver of webhooks that remembers their bodies.
func hookStub(t *testing.T) (url string, heard func() []string) {
	t.Helper()
	var mu sync.Mutex
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(body))
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), bodies...)
	}
}

func TestTriggersAndAutomationsActOnARunningHub(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := telegramStub(t)
	ch := h.telegram(platform.URL, nil)
	crm, heard := hookStub(t)
	h.must(201, "POST", "/v1/rules", object{
		"name": "welcome", "kind": "trigger", "events": []string{"conversation_created"},
		"actions": []object{
			{"type": "send_message", "text": "We are on it."}, {"type": "add_tags", "tags": []string{"new"}}, {"type": "call_webhook", "url": crm},
		},
	}, adminToken)
	require.Equal(t, 200, h.tg(ch, update(1, "help")))
	h.eventually("the welcome goes out", func() bool { return len(platform.sent("/sendMessage")) == 1 })
	require.Equal(t, "We are on it.", platform.sent("/sendMessage")[0].body["text"])
	h.eventually("the webhook is called", func() bool { return len(heard()) == 1 })
	require.Contains(t, heard()[0], `"text":"help"`)
	conv := h.one(ch)
	require.Equal(t, []any{"new"}, conv["tags"])
	require.Equal(t, "new", conv["status"])

	// One that is there already is found by an automation made now.
	h.must(201, "POST", "/v1/rules", object{
		"name": "nobody came", "kind": "automation", "actions": []object{{"type": "set_priority", "value": "urgent"}},
		"conditions": object{"all": []object{
			{"field": "conversation.status", "operator": "is", "values": []string{"new"}},
			{"field": "time.in_queue", "operator": "at_least", "values": []string{"1s"}},
		}},
	}, adminToken)
	h.eventually("the automation acts", func() bool { return h.get(conv["id"])["priority"] == "urgent" })
	id, _ := conv["id"].(string)
	h.eventually("the call is noted", func() bool {
		runs := h.list("/v1/conversations/" + id + "/rule-runs")
		calls, _ := runs[1]["calls"].([]any)
		call, _ := calls[0].(object)
		return len(runs) == 2 && call["state"] == "done"
	})
	require.Len(t, heard(), 1)
}

func TestTheLogNamesTheRuleThatAStyleIs(t *testing.T) {
	h := startHub(t, newConfig(t))
	_, token := h.agent("bea")
	ch := h.styled(object{"name": "live_chat_returning", "close_after": "1s"})
	require.Equal(t, 200, h.tg(ch, update(1, "hi")))
	conv := h.one(ch)
	h.solve(conv["id"], token)
	h.eventually("it closes", func() bool { return h.get(conv["id"])["status"] == "closed" })
	id, _ := conv["id"].(string)
	log := h.list("/v1/conversations/" + id + "/log")
	require.Equal(t, "rl_live_chat_returning", log[len(log)-1]["rule_id"])
	require.NotContains(t, log[0], "rule_id")
}
