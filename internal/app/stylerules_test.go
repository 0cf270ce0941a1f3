package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStyleRulesChooseForEveryEnquiry(t *testing.T) {
	h := startHub(t, newConfig(t))
	_, token := h.agent("bea")
	ch := h.styled(object{"name": "social_messaging", "close_after": "48h"})
	elsewhere := h.styled(object{"name": "social_messaging", "close_after": "24h"})
	rule := func(name string, style, conditions object) any {
		return h.must(201, "POST", "/v1/style-rules", object{"name": name, "style": style, "conditions": conditions}, adminToken)["id"]
	}
	known := rule("customers we know", object{"name": "live_chat_returning", "close_after": "30m"}, object{"contact": "known", "channel_ids": []string{ch}})
	bets := rule("bets", object{"name": "live_chat"}, object{"text_contains": []string{"bet"}, "channel_ids": []string{ch}})
	style := func(conversation any) object { return h.get(conversation)["style"].(object) }
	// newest waits until the channel has n conversations and answers the latest.
	newest := func(channel string, n int) any {
		var list []object
		h.eventually("a conversation", func() bool {
			list = h.list("/v1/conversations?sort=created_at&channel_id=" + channel)
			return len(list) == n
		})
		return list[n-1]["id"]
	}

	h.tg(ch, update(1, "My BET did not count"))
	bet := newest(ch, 1)
	require.Equal(t, object{"name": "live_chat", "close_after": "0s", "clock": "elapsed", "schedule_id": nil, "rule_id": bets}, style(bet))
	require.Equal(t, "closed", h.solve(bet, token)["status"], "live chat: solved is closed")

	h.tg(ch, update(2, "I forgot my password"))
	other := newest(ch, 2)
	require.Equal(t, object{"name": "social_messaging", "close_after": "48h", "clock": "elapsed", "schedule_id": nil}, style(other), "no rule: the channel's")

	h.tg(ch, update(1, "another bet"))
	again := newest(ch, 3)
	require.Equal(t, object{"name": "live_chat_returning", "close_after": "30m", "clock": "elapsed", "schedule_id": nil, "rule_id": known}, style(again), "the first match wins")
	log := h.list("/v1/conversations/" + again.(string) + "/log")
	require.Equal(t, known, log[0]["style"].(object)["rule_id"])

	h.tg(elsewhere, update(3, "a bet"))
	require.Equal(t, "24h", style(newest(elsewhere, 1))["close_after"], "the rules are about another channel")

	h.must(200, "PATCH", "/v1/style-rules/"+bets.(string), object{"position": 1}, adminToken)
	require.Equal(t, "solved", h.solve(again, token)["status"])
	st, _ := h.patch(again, object{"style": object{"name": "live_chat"}}, token)
	require.Equal(t, 200, st)
	h.tg(ch, update(1, "a third bet"))
	require.Equal(t, bets, style(newest(ch, 4))["rule_id"], "moved before the other")
}

func TestAScheduleThatARuleNamesIsNotDeleted(t *testing.T) {
	h := startHub(t, newConfig(t))
	hours := h.must(201, "POST", "/v1/schedules", object{"name": "office", "zone": "UTC", "intervals": []object{
		{"day": "monday", "from": "09:00", "to": "17:00"},
	}}, adminToken)["id"].(string)
	rule := h.must(201, "POST", "/v1/style-rules", object{
		"name": "by day", "style": object{"name": "live_chat"}, "conditions": object{"business_hours": object{"schedule_id": hours, "state": "open"}},
	}, adminToken)["id"].(string)
	st, problem := h.call("DELETE", "/v1/schedules/"+hours, nil, adminToken)
	require.Equal(t, 409, st)
	require.Contains(t, problem["detail"], `style rule "by day"`)
	h.must(204, "DELETE", "/v1/style-rules/"+rule, nil, adminToken)
	h.must(204, "DELETE", "/v1/schedules/"+hours, nil, adminToken)
}
