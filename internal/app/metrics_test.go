package app_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func (h *hub) metrics(conversation any) object {
	h.t.Helper()
	return h.get(conversation)["metrics"].(object)
}

func TestMetricsThroughTheAPI(t *testing.T) {
	h, platform := startHub(t, newConfig(t)), telegramStub(t)
	agent, token := h.agent("bea")
	style := business(h.schedule(noon(), "00:00", "24:00"), "1h")
	ch := h.telegram(platform.URL, object{"style": style})
	h.tg(ch, update(1, "hi"))
	id := h.one(ch)["id"]

	m := h.metrics(id)
	for _, unknown := range []string{
		"first_reply_seconds", "first_assignment_seconds", "assignment_to_first_reply_seconds", "requester_wait_by_message_seconds",
		"agent_wait_seconds", "on_hold_seconds", "first_resolution_seconds", "full_resolution_seconds", "handle_seconds", "one_touch",
	} {
		require.Contains(t, m, unknown)
		require.Nil(t, m[unknown], unknown)
	}
	wait := m["requester_wait_by_status_seconds"].(float64)
	h.eventually("the wait goes on", func() bool { return h.metrics(id)["requester_wait_by_status_seconds"].(float64) > wait })

	st, _ := h.patch(id, object{"assignee_id": agent}, token)
	require.Equal(t, 200, st)
	send := fmt.Sprintf("/v1/conversations/%s/messages", id)
	h.must(202, "POST", send, object{"text": "a note", "internal": true}, token)
	require.Nil(t, h.metrics(id)["first_reply_seconds"], "a note is no reply")
	h.must(202, "POST", send, object{"text": "hello"}, token)
	h.solve(id, token)

	m = h.metrics(id)
	number := func(name string) float64 { return m[name+"_seconds"].(float64) }
	const exact = 1e-6 // the times are whole milliseconds
	require.InDelta(t, number("first_reply"), number("first_assignment")+number("assignment_to_first_reply"), exact)
	require.InDelta(t, number("handle"), number("first_resolution")-number("first_assignment"), exact)
	require.InDelta(t, number("first_resolution"), number("requester_wait_by_status"), exact)
	require.InDelta(t, number("first_reply"), number("requester_wait_by_message"), exact)
	require.Equal(t, true, m["one_touch"])
	require.EqualValues(t, 1, m["replies"])
	require.Equal(t, m["handle_seconds"], m["business"].(object)["handle_seconds"], "business is open all day")

	h.tg(ch, update(1, "one more thing"))
	h.eventually("reopened", func() bool { return h.get(id)["status"] == "open" })
	m = h.metrics(id)
	require.Equal(t, false, m["one_touch"])
	require.EqualValues(t, 1, m["reopens"])
	require.Equal(t, m["first_resolution_seconds"], m["full_resolution_seconds"])
}
