package app_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACustomerWritesAndGetsAnAnswer(t *testing.T) {
	h := startHub(t, newConfig(t))
	mainJob(t, h)
}

// mainJob is the way through the whole house, whatever the hub stands on.
func mainJob(t *testing.T, h *hub) {
	t.Helper()
	platform := telegramStub(t)
	ch := h.telegram(platform.URL, nil)
	agentID, token := h.agent("bea")
	require.Equal(t, 200, h.tg(ch, update(501, "Olá 👋")))
	conv := h.one(ch)
	require.Equal(t, "new", conv["status"])
	got := h.messages(conv["id"])
	require.Len(t, got, 1)
	require.Equal(t, "Olá 👋", got[0]["text"])
	require.Equal(t, "inbound", got[0]["direction"])
	require.Equal(t, "501", conv["contact"].(object)["external_id"])

	reply := h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "Oi!"}, token)
	require.Equal(t, "queued", reply["status"])
	h.eventually("the reply is sent", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	calls := platform.sent("/sendMessage")
	require.Len(t, calls, 1)
	require.EqualValues(t, 501, calls[0].body["chat_id"])
	require.Equal(t, "Oi!", calls[0].body["text"])
	conv = h.one(ch)
	require.Equal(t, "open", conv["status"])
	require.Equal(t, agentID, conv["assignee_id"])

	meta := whatsappStub(t)
	wa := h.whatsapp(meta.URL, "1060001")
	body := waBody(waValue("1060001", waText("5511900000001", "um"), waText("5511900000001", "dois"), waText("5511900000002", "três")))
	require.Equal(t, 200, h.hook(wa, body, waSign(body, waSecret)))
	var list []object
	h.eventually("two conversations", func() bool { list = h.conversations(wa); return len(list) == 2 })
	for _, c := range list {
		h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", c["id"]), object{"text": "oi " + c["id"].(string)}, token)
	}
	h.eventually("both replies reach the platform", func() bool { return len(meta.sent("/1060001/messages")) == 2 })
	sent := meta.sent("/1060001/messages")[0]
	require.Equal(t, "Bearer EAAcanary", sent.header.Get("Authorization"))
	status := waBody(object{"field": "messages", "value": object{
		"messaging_product": "whatsapp", "metadata": object{"phone_number_id": "1060001"},
		"statuses": []object{{"id": "wamid.OUT1", "status": "read", "timestamp": fmt.Sprint(time.Now().Unix()), "recipient_id": sent.body["to"]}},
	}})
	require.Equal(t, 200, h.hook(wa, status, waSign(status, waSecret)))
	h.eventually("the tick moves on", func() bool {
		for _, c := range list {
			for _, m := range h.messages(c["id"]) {
				if m["external_id"] == "wamid.OUT1" {
					return m["status"] == "read" && m["read_at"] != nil
				}
			}
		}
		return false
	})
}

func TestForgedAndMalformedWebhooksLeaveNoTrace(t *testing.T) {
	h := startHub(t, newConfig(t))
	tg, wa := h.telegram("", nil), h.whatsapp("", "1060001")
	good, err := json.Marshal(update(1, "x"))
	require.NoError(t, err)
	signed := func(secret string) http.Header { return http.Header{"X-Telegram-Bot-Api-Secret-Token": {secret}} }
	body := waBody(waValue("1060001", waText("551", "x")))
	flipped := bytes.Replace(body, []byte(`"x"`), []byte(`"y"`), 1)
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	_, err = zw.Write(good)
	require.NoError(t, err)
	require.NoError(t, zw.Close())
	gz := signed(tgSecret)
	gz.Set("Content-Encoding", "gzip")
	nested := []byte(`{"update_id":1,"message":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`)
	cases := []struct {
		name    string
		channel string
		body    []byte
		header  http.Header
		want    int
	}{
		{"a wrong secret", tg, good, signed("wrong"), 401},
		{"no secret", tg, good, http.Header{}, 401},
		{"a wrong signature", wa, body, waSign(body, "wrong"), 401},
		{"a body changed after signing", wa, flipped, waSign(body, waSecret), 401},
		{"no signature", wa, body, http.Header{}, 401},
		{"no JSON", tg, []byte("{not json"), signed(tgSecret), 400},
		{"nothing", tg, nil, signed(tgSecret), 400},
		{"an unknown channel", "ch_none", good, signed(tgSecret), 404},
		{"a channel name with tricks in it", "..%2f..%2fetc", good, signed(tgSecret), 404},
		{"a body above 1 MiB", tg, bytes.Repeat([]byte(" "), 1<<20+1), signed(tgSecret), 413},
		{"a compressed body", tg, zipped.Bytes(), gz, 415},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, h.hook(c.channel, c.body, c.header)) })
	}
	t.Run("ten thousand brackets are answered and hold nobody back", func(t *testing.T) {
		require.Contains(t, []int{200, 400}, h.hook(tg, nested, signed(tgSecret)))
		require.Equal(t, 200, h.tg(tg, update(7, "still there")))
		h.eventually("the next message", func() bool { return len(h.conversations(tg)) == 1 })
	})
	require.Empty(t, h.conversations(wa))
	require.Len(t, h.conversations(tg), 1)
	st, _ := h.call("GET", "/webhooks/"+wa+"?hub.mode=subscribe&hub.verify_token=vt-1&hub.challenge=4711", nil, "")
	require.Equal(t, 200, st)
	st, _ = h.call("GET", "/webhooks/"+wa+"?hub.mode=subscribe&hub.verify_token=bad&hub.challenge=4711", nil, "")
	require.Equal(t, 403, st)
}

func TestDuplicatesAndFirstMessagesUnderConcurrency(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	same := update(1, "only once")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 5 {
				require.Equal(t, 200, h.tg(ch, same))
			}
		})
	}
	for i := range 50 {
		wg.Go(func() { require.Equal(t, 200, h.tg(ch, update(2, fmt.Sprint(i)))) })
	}
	wg.Wait()
	h.eventually("everything is worked in", func() bool {
		list := h.conversations(ch)
		total := 0
		for _, c := range list {
			total += int(c["message_count"].(float64))
		}
		return total == 51
	})
	require.Len(t, h.conversations(ch), 2)
}

func TestAWebhookOfSeveralAccountsIsSplit(t *testing.T) {
	h := startHub(t, newConfig(t))
	first, second := h.whatsapp("", "1060001"), h.whatsapp("", "1060002")
	body := waBody(
		waValue("1060001", waText("551", "to the first")), waValue("1060002", waText("551", "to the second")), waValue("1060009", waText("551", "to nobody")),
	)
	require.Equal(t, 200, h.hook(first, body, waSign(body, waSecret)))
	require.Equal(t, "to the first", h.messages(h.one(first)["id"])[0]["text"])
	require.Equal(t, "to the second", h.messages(h.one(second)["id"])[0]["text"])
	h.must(200, "PATCH", "/v1/channels/"+second, object{"enabled": false}, adminToken)
	more := waBody(waValue("1060002", waText("552", "while it is paused")))
	require.Equal(t, 200, h.hook(first, more, waSign(more, waSecret)))
	h.eventually("what comes in is taken while a channel is paused", func() bool { return len(h.conversations(second)) == 2 })
	h.eventually("the part without a channel is kept", func() bool { return len(h.list("/v1/quarantine")) == 1 })
	item := h.list("/v1/quarantine")[0]
	require.Contains(t, item["reason"], "1060009")
}

func TestAStoppedHubGoesOnWhereItWas(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	ch := h.telegram("", nil)
	for i := range 50 {
		require.Equal(t, 200, h.tg(ch, update(i%5+1, fmt.Sprint(i))))
	}
	require.NoError(t, h.stop())
	h = startHub(t, cfg)
	h.eventually("all messages", func() bool {
		n := 0
		for _, c := range h.conversations(ch) {
			n += len(h.messages(c["id"]))
		}
		return n == 50
	})
	require.Equal(t, 200, h.tg(ch, update(1, "after the restart")), "credentials open again")
}

func TestSecretsShowNowhere(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newStub(t, func(recorded) (int, any) {
		return 404, object{"ok": false, "error_code": 404, "description": "Not Found"}
	})
	ch := h.telegram(platform.URL, nil)
	_, token := h.agent("bea")
	require.Equal(t, 200, h.tg(ch, update(1, "x")))
	conv := h.one(ch)
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "hi"}, token)
	h.must(200, "POST", "/v1/channels/"+ch+"/check", object{}, adminToken)
	h.eventually("the channel is suspended", func() bool {
		got := h.must(200, "GET", "/v1/channels/"+ch, nil, adminToken)
		return got["health"].(object)["state"] == "suspended"
	})
	for _, path := range []string{"/v1/channels", "/v1/channels/" + ch, "/v1/channels/" + ch + "/events", "/metrics", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"])} {
		_, body := h.call("GET", path, nil, adminToken)
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		require.NotContains(t, string(raw), "AAcanary", path)
		require.NotContains(t, string(raw), tgSecret, path)
	}
	require.NoError(t, h.stop())
	require.NotContains(t, h.log.String(), "AAcanary")
	require.NotContains(t, h.log.String(), adminToken)
	require.NoError(t, filepath.Walk(h.cfg.DataDir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		require.NotContains(t, string(raw), "AAcanary", path)
		require.NotContains(t, string(raw), tgSecret, path)
		return err
	}))
}

func TestAWrongMasterKeyDoesNotStart(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	h.telegram("", nil)
	require.NoError(t, h.stop())
	require.NoError(t, os.Remove(filepath.Join(cfg.DataDir, "master.key")))
	_, err := newHub(cfg)
	require.ErrorContains(t, err, "THREADHUB_MASTER_KEY")
}

func TestLiveEventsResumeWithoutAGap(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	events := h.follow(ctx, "")
	require.Equal(t, 200, h.tg(ch, update(1, "one")))
	var last string
	for e := range events {
		if e.name == "message.created" {
			require.Equal(t, "one", e.data["message"].(object)["text"])
			last = e.id
			break
		}
	}
	for _, text := range []string{"two", "three"} {
		require.Equal(t, 200, h.tg(ch, update(1, text)))
	}
	h.eventually("both are there", func() bool { return h.one(ch)["message_count"].(float64) == 3 })
	var texts []string
	for e := range h.follow(ctx, last) {
		require.NotEqual(t, "reset", e.name)
		if e.name == "message.created" {
			texts = append(texts, e.data["message"].(object)["text"].(string))
		}
		if len(texts) == 2 {
			break
		}
	}
	require.Equal(t, []string{"two", "three"}, texts)
	for e := range h.follow(ctx, "1-000000000001") {
		require.Equal(t, "reset", e.name, "an id of another time")
		break
	}
}

type streamed struct {
	id, name string
	data     object
}

// follow reads the event stream until ctx ends.
func (h *hub) follow(ctx context.Context, after string) func(func(streamed) bool) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, "GET", h.base+"/v1/events", nil)
	require.NoError(h.t, err)
	req.Header.Set("Authorization", "Bearer "+adminToken)
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	require.Equal(h.t, 200, resp.StatusCode)
	return func(yield func(streamed) bool) {
		defer cancel()
		defer resp.Body.Close()
		var e streamed
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch key {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				_ = json.Unmarshal([]byte(value), &e.data)
			case "":
				if e.name != "" && !yield(e) {
					return
				}
				e = streamed{}
			}
		}
	}
}
