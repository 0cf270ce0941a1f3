package app_test

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scrape answers the metrics as Prometheus would read them, by name and labels.
func (h *hub) scrape() map[string]float64 {
	h.t.Helper()
	resp, err := http.Get(h.base + "/metrics")
	require.NoError(h.t, err)
	defer resp.Body.Close()
	require.Equal(h.t, http.StatusOK, resp.StatusCode)
	got := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		for strings.Contains(name, "{") && !strings.HasSuffix(name, "}") { // a label's value holds a space
			var more string
			more, value, ok = strings.Cut(value, " ")
			name += " " + more
		}
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if got[name], err = strconv.ParseFloat(value, 64); err != nil {
			require.NoError(h.t, err, lines.Text())
		}
	}
	return got
}

// reads waits until a metric is above zero.
func (h *hub) reads(name string) {
	h.t.Helper()
	h.eventually(name+" moves", func() bool { return h.scrape()[name] > 0 })
}

func TestWhatAnOperatorWatchesMoves(t *testing.T) {
	platform := newStub(t, func(r recorded) (int, any) {
		switch r.body["text"] {
		case "refuse":
			return 403, object{"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
		case "break":
			return 500, object{"ok": false, "error_code": 500, "description": "Internal Server Error"}
		}
		return 200, object{"ok": true, "result": object{"message_id": 9000 + r.n, "date": 1, "chat": object{"id": r.body["chat_id"], "type": "private"}}}
	})
	h := startHub(t, newConfig(t))
	ch := h.telegram(platform.URL, object{"style": object{"name": "live_chat_returning", "close_after": "1s"}})

	before := h.scrape()
	require.EqualValues(t, 0, before["threadhub_journal_pending"])
	require.EqualValues(t, 0, before["threadhub_outbox_pending"])
	require.Greater(t, before["threadhub_data_dir_free_bytes"], 0.0)

	require.Equal(t, 200, h.tg(ch, update(1, "hi")))
	require.Equal(t, 401, h.hook(ch, []byte(`{}`), http.Header{"X-Telegram-Bot-Api-Secret-Token": {"forged"}}))
	require.Equal(t, 404, h.hook("ch_nobody", []byte(`{}`), nil))
	id := h.one(ch)["id"]
	for _, name := range []string{
		`threadhub_webhooks_total{kind="telegram",result="accepted"}`,
		`threadhub_webhooks_total{kind="telegram",result="unproved"}`,
		`threadhub_webhooks_total{kind="none",result="unknown_channel"}`,
		`threadhub_journal_write_seconds_count`,
		`threadhub_events_threaded_total{type="message"}`,
		`threadhub_inbound_lag_seconds_count`,
		`threadhub_queue_waiting`,
		`threadhub_queue_age_seconds`,
		`threadhub_queue_runs_total{name="inbound",result="ok"}`,
		`threadhub_http_request_seconds_count{operation="createChannel",status="201"}`,
	} {
		h.reads(name)
	}

	_, token := h.agent("bea")
	h.reads("threadhub_agents_online")
	h.reply(id, token, "hello")
	h.reads(`threadhub_deliveries_total{reason="",status="sent"}`)
	h.reply(id, token, "refuse")
	h.reads(`threadhub_deliveries_total{reason="blocked",status="failed"}`)
	h.reads(`threadhub_egress_calls_total{kind="telegram",name="sendMessage",result="4xx"}`)
	h.solve(id, token)
	h.reads("threadhub_window_closes_total")

	// A platform that fails: its breaker opens, and what waits to leave is seen
	// to wait.
	for user := range 12 {
		h.reply(h.writes(ch, 100+user, "hi"), token, "break")
	}
	h.reads(`threadhub_egress_breakers{kind="telegram",state="open"}`)
	h.reads("threadhub_outbox_pending")
}

func TestNoMetricNamesAChannelOrAPerson(t *testing.T) {
	platform := telegramStub(t)
	h := startHub(t, newConfig(t))
	ch := h.telegram(platform.URL, nil)
	require.Equal(t, 200, h.tg(ch, update(424242, "hi")))
	id := h.one(ch)["id"]
	_, token := h.agent("bea")
	h.reply(id, token, "hello")
	h.reads(`threadhub_deliveries_total{reason="",status="sent"}`)
	for name := range h.scrape() {
		for _, part := range []string{ch, id.(string), "424242", "bea", platform.URL} {
			require.NotContains(t, name, part, "labels are of bounded number")
		}
	}
}
