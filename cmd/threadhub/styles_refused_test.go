package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// refused makes a request that must be refused with a status and a code, and
// with a word on what is wrong.
func (h *hub) refused(t *testing.T, status int, code, method, path string, in object) {
	t.Helper()
	got, raw, err := h.do(t.Context(), method, path, bearer(h.Token), encoded(in))
	require.NoError(t, err)
	require.Equal(t, status, got, "%s", raw)
	var problem object
	require.NoError(t, json.Unmarshal(raw, &problem))
	require.Equal(t, code, problem["code"])
	require.NotEmpty(t, problem["detail"])
}

// lasting is the conversation without what goes on by itself.
func lasting(c object) object {
	delete(c, "metrics")
	return c
}

// badInput is what people and programs get wrong about styles.
func badInput(t *testing.T, h *hub) {
	c := h.chat(object{"name": "social_messaging", "close_after": "2h"})
	c.writes("Hello")
	conv := c.nth(1)
	path := fmt.Sprint("/v1/conversations/", conv["id"])
	week := []object{{"day": "monday", "from": "09:00", "to": "17:00"}}
	sc := h.api(http.StatusCreated, http.MethodPost, "/v1/schedules", object{"name": "office", "zone": "Europe/Lisbon", "intervals": week})

	styles := map[string]object{
		"673 hours":                      {"name": "social_messaging", "close_after": "673h"},
		"673 hours, returning":           {"name": "live_chat_returning", "close_after": "673h"},
		"673 business hours":             {"name": "social_messaging", "close_after": "673h", "clock": "business", "schedule_id": sc["id"]},
		"a millisecond beyond 28 days":   {"name": "social_messaging", "close_after": "672h0m0.001s"},
		"zero":                           {"name": "social_messaging", "close_after": "0s"},
		"a negative window":              {"name": "live_chat_returning", "close_after": "-1h"},
		"less than a second":             {"name": "live_chat_returning", "close_after": "999ms"},
		"no duration":                    {"name": "live_chat_returning", "close_after": "soon"},
		"a style that does not exist":    {"name": "lively_chat"},
		"no name":                        {"close_after": "1h"},
		"a window of live chat":          {"name": "live_chat", "close_after": "1h"},
		"a clock that does not exist":    {"name": "social_messaging", "clock": "lunar"},
		"business time of no schedule":   {"name": "social_messaging", "clock": "business"},
		"a schedule that does not exist": {"name": "social_messaging", "clock": "business", "schedule_id": "sc_nowhere"},
	}
	for name, style := range styles {
		t.Run(name, func(t *testing.T) {
			h.refused(t, http.StatusUnprocessableEntity, "validation", http.MethodPatch, path, object{"style": style, "priority": "high"})
			h.refused(t, http.StatusUnprocessableEntity, "validation", http.MethodPatch, "/v1/channels/"+c.channel, object{"style": style})
			h.refused(t, http.StatusUnprocessableEntity, "validation", http.MethodPatch, "/v1/settings", object{"default_style": style})
			h.refused(t, http.StatusUnprocessableEntity, "validation", http.MethodPost, "/v1/style-rules", object{"name": "x", "style": style})
		})
	}
	schedules := map[string]object{
		"an unknown zone":       {"name": "x", "zone": "Europe/Atlantis", "intervals": week},
		"overlapping intervals": {"name": "x", "zone": "Europe/Lisbon", "intervals": append(week, object{"day": "monday", "from": "16:59", "to": "18:00"})},
		"overlapping holiday": {"name": "x", "zone": "Europe/Lisbon", "intervals": week, "holidays": []object{
			{"date": "2026-12-24", "intervals": []object{{"from": "09:00", "to": "12:00"}, {"from": "11:00", "to": "13:00"}}},
		}},
		"an interval that ends before it begins": {"name": "x", "zone": "Europe/Lisbon", "intervals": []object{{"day": "monday", "from": "17:00", "to": "09:00"}}},
	}
	for name, in := range schedules {
		t.Run(name, func(t *testing.T) {
			h.refused(t, http.StatusUnprocessableEntity, "validation", http.MethodPost, "/v1/schedules", in)
			h.refused(t, http.StatusUnprocessableEntity, "validation", http.MethodPatch, fmt.Sprint("/v1/schedules/", sc["id"]), object{"zone": in["zone"], "intervals": in["intervals"], "holidays": in["holidays"]})
		})
	}
	require.Equal(t, lasting(conv), lasting(h.conversation(conv["id"])), "nothing was stored")
	require.Equal(t, "2h", h.api(http.StatusOK, http.MethodGet, "/v1/channels/"+c.channel, nil)["style"].(object)["close_after"])
	require.Equal(t, sc, h.api(http.StatusOK, http.MethodGet, fmt.Sprint("/v1/schedules/", sc["id"]), nil))
	rules, err := list[object](t.Context(), h, "/v1/style-rules")
	require.NoError(t, err)
	require.Empty(t, rules)

	t.Run("two agents act on one version", func(t *testing.T) {
		h.change(http.StatusOK, conv["id"], object{"status": "pending", "version": conv["version"]})
		h.refused(t, http.StatusConflict, "version_conflict", http.MethodPatch, path, object{"status": "on_hold", "version": conv["version"]})
		require.Equal(t, "pending", h.conversation(conv["id"])["status"])
	})
	t.Run("states that nobody sets", func(t *testing.T) {
		h.refused(t, http.StatusUnprocessableEntity, "invalid_status", http.MethodPatch, path, object{"status": "new"})
		h.refused(t, http.StatusUnprocessableEntity, "invalid_status", http.MethodPatch, path, object{"status": "closed"})
		h.refused(t, http.StatusUnprocessableEntity, "validation", http.MethodPatch, path, object{"status": "finished"})
	})
	t.Run("solving a closed one", func(t *testing.T) {
		h.solve(conv["id"])
		closed := h.api(http.StatusOK, http.MethodPatch, path, object{"status": "closed"}) // the token is an admin's
		for _, in := range []object{{"status": "solved"}, {"status": "open"}, {"style": object{"name": "live_chat"}}, {"assignee_id": nil}} {
			h.refused(t, http.StatusConflict, "conversation_closed", http.MethodPatch, path, in)
		}
		h.refused(t, http.StatusConflict, "conversation_closed", http.MethodPost, path+"/messages", object{"text": "too late"})
		require.Equal(t, lasting(closed), lasting(h.conversation(conv["id"])))
	})
}
