package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/queue/queuetest"
)

func TestAChunkedWebhookHasTheSameBounds(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	post := func(size int) int {
		// A reader of unknown length is sent in chunks.
		body := io.MultiReader(strings.NewReader(`{"update_id":1,"x":"`), bytes.NewReader(bytes.Repeat([]byte("a"), size)), strings.NewReader(`"}`))
		req, err := http.NewRequest(http.MethodPost, h.base+"/webhooks/"+ch, body)
		require.NoError(t, err)
		require.Zero(t, req.ContentLength)
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", tgSecret)
		status, _ := h.do(req)
		return status
	}
	require.Equal(t, http.StatusOK, post(1000))
	require.Equal(t, http.StatusRequestEntityTooLarge, post(1<<20))
}

func TestAnAddressInsideIsNoSetting(t *testing.T) {
	cfg := newConfig(t)
	cfg.AllowPrivateNetworks = false
	h := startHub(t, cfg)
	for _, address := range []string{
		"http://127.0.0.1:9", "http://localhost", "http://0.0.0.0", "http://[::1]", "http://[::ffff:127.0.0.1]", "http://[64:ff9b::7f00:1]",
		"http://2130706433", "http://0x7f000001", "http://0177.0.0.1", "http://127.1", "http://10.0.0.1", "http://169.254.169.254/latest/meta-data",
		"http://[fd00::1]", "http://100.64.0.1", "http://metadata.internal", "http://printer.local", "http://intranet",
		"https://user:pass@example.com", "file:///etc/passwd", "gopher://example.com", "http://", "http://ex\u0430mple.com", "http://127.0.0.1.",
	} {
		status, out := h.call(http.MethodPost, "/v1/channels", object{
			"kind": "telegram", "name": "x", "credentials": object{"bot_token": "7001:AAcanarycanarycanarycanarycanary", "secret_token": tgSecret},
			"settings": object{"api_base_url": address},
		}, adminToken)
		require.Equal(t, http.StatusUnprocessableEntity, status, address)
		require.Contains(t, fmt.Sprint(out), "settings.api_base_url", address)
	}
	require.Empty(t, h.list("/v1/channels"))
}

func TestSealedCredentialsThatWereSwappedDoNotOpen(t *testing.T) {
	h := startHub(t, newConfig(t))
	one, two := h.telegram("", nil), h.telegram("", nil)
	require.NoError(t, h.stop())
	swapRecords(t, h.cfg.DataDir, one, two)
	h = startHub(t, h.cfg)
	for _, ch := range []string{one, two} {
		require.Equal(t, http.StatusServiceUnavailable, h.tg(ch, update(7, "hello")), "nothing is taken on a channel that cannot be opened")
	}
	require.NotContains(t, h.log.String(), tgSecret)
}

func TestRedisHoldsNoSecret(t *testing.T) {
	const canary = "canary-in-redis-1771"
	server := queuetest.Start(t)
	cfg := newConfig(t)
	cfg.RedisURL = connectors.NewSecret(server.URL())
	h := startHub(t, cfg)
	platform := telegramStub(t)
	ch := h.channel("telegram", object{"bot_token": "7001:AA" + strings.Repeat(canary, 2), "secret_token": canary}, object{"api_base_url": platform.URL}, nil)
	body, err := json.Marshal(update(7, "hello"))
	require.NoError(t, err)
	seen := ""
	look := func() {
		server.Do(func(ctx context.Context, c *redis.Client) error {
			seen += dump(t, ctx, c)
			return nil
		})
	}
	require.Equal(t, http.StatusOK, h.hook(ch, body, http.Header{"X-Telegram-Bot-Api-Secret-Token": {canary}}))
	look()
	h.must(http.StatusAccepted, http.MethodPost, fmt.Sprintf("/v1/conversations/%s/messages", h.one(ch)["id"]), object{"text": "a reply"}, adminToken)
	look()
	h.eventually("sent", func() bool { return len(platform.sent("/sendMessage")) > 0 })
	look()
	require.NotEmpty(t, seen, "there is something in it")
	for _, secret := range []string{canary, adminToken, "a reply", "hello"} {
		require.NotContains(t, seen, secret)
	}
	require.NoError(t, h.stop())
	require.NotContains(t, h.log.String(), canary)
}

// dump is all that a Redis holds, keys and values.
func dump(t *testing.T, ctx context.Context, c *redis.Client) string {
	t.Helper()
	keys, err := c.Keys(ctx, "*").Result()
	require.NoError(t, err)
	var all strings.Builder
	for _, key := range keys {
		raw, err := c.Dump(ctx, key).Result()
		if err == redis.Nil { // gone meanwhile
			continue
		}
		require.NoError(t, err)
		all.WriteString(key + " " + raw + "\n")
	}
	return all.String()
}

func TestOperatorsInQueriesAreText(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	require.Equal(t, http.StatusOK, h.tg(ch, update(7, "hello")))
	h.one(ch)
	for _, query := range []string{"q=.*", "q=%5BA-Z%5D", "q=%7B%22%24ne%22%3A%22%22%7D", "q=%25", "q=_", "q=%27%20OR%201%3D1--", "assignee_id=%7B%22%24gt%22%3A%22%22%7D", "channel_id=%2A"} {
		require.Empty(t, h.list("/v1/conversations?"+query), query)
	}
	for _, query := range []string{"status[$ne]=x", "q[$regex]=.*", "$where=1", "channel_id=a&channel_id=b", "status=%7B%22%24ne%22%3A1%7D", "sort=updated_at;drop"} {
		status, _ := h.call(http.MethodGet, "/v1/conversations?"+strings.ReplaceAll(query, ";", "%3B"), nil, adminToken)
		require.Equal(t, http.StatusUnprocessableEntity, status, query)
	}
	for _, body := range []any{object{"email": object{"$ne": ""}, "password": "x"}, object{"email": "a@b", "password": object{"$gt": ""}}, object{"email": []string{"a@b"}, "password": "x"}} {
		h.must(http.StatusUnprocessableEntity, http.MethodPost, "/v1/session", body, "")
	}
}

func TestNothingIsWrittenOutsideTheDataDirectory(t *testing.T) {
	h := startHub(t, newConfig(t))
	outside := filepath.Dir(h.cfg.DataDir)
	before, err := os.ReadDir(outside)
	require.NoError(t, err)
	for _, name := range []string{"../../evil.txt", `..\..\evil.txt`, "/etc/cron.d/evil", "a\r\nX-Evil: 1", "photo\u202egpj.exe", "nul\x00l.txt", strings.Repeat("a", 4000)} {
		req, err := http.NewRequest(http.MethodPost, h.base+"/v1/uploads?name="+escape(name), strings.NewReader("GIF89a not really"))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+adminToken)
		req.Header.Set("Content-Type", "image/gif")
		status, out := h.do(req)
		if status != http.StatusCreated {
			require.Equal(t, http.StatusUnprocessableEntity, status, "%q: %v", name, out)
			continue
		}
		kept, _ := out["name"].(string)
		require.False(t, strings.ContainsAny(kept, "/\\\r\n\x00\u202e"), "%q was kept as %q", name, kept)
	}
	after, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Len(t, after, len(before))
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}
