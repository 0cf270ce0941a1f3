package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConversationsOfAHeavyChannelTakeSeveralPlaces(t *testing.T) {
	h := startHub(t, newConfig(t))
	h.routing(object{"mode": "auto"})
	heavy, light := h.telegram("", nil), h.telegram("", nil)
	ch := h.must(200, "PATCH", "/v1/channels/"+heavy, object{"weight": 3}, adminToken)
	require.EqualValues(t, 3, ch["weight"])
	require.EqualValues(t, 1, h.must(200, "GET", "/v1/channels/"+light, nil, adminToken)["weight"])
	for _, wrong := range []any{0, -1, 101, 1.5, "3"} {
		status, problem := h.call("PATCH", "/v1/channels/"+heavy, object{"weight": wrong}, adminToken)
		require.Contains(t, []int{400, 422}, status, "%v: %v", wrong, problem)
		require.Contains(t, problem["errors"].([]any)[0].(object)["field"], "weight", "%v", wrong)
	}
	ada, _ := h.staffed("ada", 4)
	agent := func() object { return h.must(200, "GET", "/v1/agents/"+ada, nil, adminToken) }

	first := h.writes(heavy, 101, "a long story")
	h.eventually("it is ada's", func() bool { return h.get(first)["assignee_id"] == ada })
	require.EqualValues(t, 3, h.get(first)["weight"])
	require.EqualValues(t, 3, agent()["load"])

	second := h.writes(heavy, 102, "another one")
	var waiting object
	h.eventually("it waits", func() bool {
		line := h.must(200, "GET", "/v1/queue", nil, adminToken)["data"].([]any)
		if len(line) == 1 {
			waiting = line[0].(object)
		}
		return len(line) == 1
	})
	require.Equal(t, second, waiting["conversation_id"])
	reason := waiting["reason"].(object)
	require.Equal(t, "everybody_full", reason["code"])
	require.Contains(t, reason["detail"], "it needs 3 places")
	why := h.must(200, "POST", "/v1/routing/simulate", object{"conversation_id": second}, adminToken)
	require.EqualValues(t, 3, why["weight"])
	require.Equal(t, "holds 3 of 4; needs 3, has 1 left", why["excluded"].([]any)[0].(object)["detail"])
	status, problem := h.call("POST", "/v1/routing/simulate", object{"channel_id": light, "weight": 0}, adminToken)
	require.Contains(t, []int{400, 422}, status, problem)
	why = h.must(200, "POST", "/v1/routing/simulate", object{"channel_id": light, "weight": 1}, adminToken)
	require.Equal(t, ada, why["agent_id"])

	third := h.writes(light, 103, "a short one")
	require.Nil(t, h.get(third)["assignee_id"], "ada's last place is kept for the heavy one before it")
	h.must(200, "PATCH", "/v1/conversations/"+first, object{"status": "solved"}, adminToken)
	h.eventually("both have somebody", func() bool { return h.get(second)["assignee_id"] == ada && h.get(third)["assignee_id"] == ada })
	require.EqualValues(t, 4, agent()["load"])

	// What comes back takes its places again, over the maximum if need be.
	require.Equal(t, 200, h.tg(heavy, update(101, "not solved after all")))
	h.eventually("it is back", func() bool { return h.get(first)["status"] == "open" })
	require.Equal(t, ada, h.get(first)["assignee_id"])
	require.EqualValues(t, 7, agent()["load"])
	require.EqualValues(t, 3, agent()["over_capacity"])

	// Another weight is for conversations that begin from now on.
	h.must(200, "PATCH", "/v1/channels/"+heavy, object{"weight": 1}, adminToken)
	require.EqualValues(t, 3, h.get(second)["weight"])
	require.EqualValues(t, 1, h.get(h.writes(heavy, 104, "hello"))["weight"])
}
