package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/app"
)

func TestTheMasterKeyIsReplacedWhileMessagesComeAndGo(t *testing.T) {
	cfg := newConfig(t)
	file := filepath.Join(cfg.DataDir, "master.key")
	platform := telegramStub(t)
	h := startHub(t, cfg)
	first, err := os.ReadFile(file)
	require.NoError(t, err)
	var channels []string
	for range 20 {
		channels = append(channels, h.telegram(platform.URL, nil))
	}
	h.must(http.StatusCreated, http.MethodPost, "/v1/rules", object{
		"name": "call", "kind": "trigger", "events": []string{"style_changed"},
		"actions": []any{object{"type": "call_webhook", "url": platform.URL + "/rule"}},
	}, adminToken)
	h.must(http.StatusCreated, http.MethodPost, "/v1/subscriptions", object{"name": "s", "url": platform.URL + "/events", "events": []string{"contact.updated"}}, adminToken)
	h.channel("webchat", object{"identity_secret": "an identity secret"}, object{}, nil)

	var taken, stop atomic.Int64
	var traffic sync.WaitGroup
	for i := range 2 {
		traffic.Go(func() {
			for n := i; stop.Load() == 0; n++ {
				if h.tg(channels[n%len(channels)], update(100+n%len(channels), "hello")) == http.StatusOK {
					taken.Add(1)
				} else {
					taken.Store(-1 << 40)
				}
			}
		})
	}
	sealed := 0.0
	for range 3 {
		was := taken.Load()
		out := h.must(http.StatusOK, http.MethodPost, "/v1/rekey", object{"generate": true}, adminToken)
		sealed = out["resealed"].(float64)
		require.EqualValues(t, 2*len(channels)+3, sealed, "each credential, the rule's secret and the subscription's")
		h.eventually("messages go on", func() bool { return taken.Load() != was })
	}
	require.EqualValues(t, 0, h.must(http.StatusOK, http.MethodPost, "/v1/rekey", object{}, adminToken)["resealed"], "again changes nothing")
	stop.Store(1)
	traffic.Wait()
	require.Positive(t, taken.Load(), "every webhook was taken")
	id := h.one(channels[0])["id"]
	h.must(http.StatusAccepted, http.MethodPost, fmt.Sprintf("/v1/conversations/%s/messages", id), object{"text": "hello to you"}, adminToken)
	h.eventually("the reply is sent", func() bool { return len(platform.sent("/sendMessage")) > 0 })
	require.NoError(t, h.stop())

	last, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NotEqual(t, string(first), string(last))
	require.Len(t, strings.Fields(string(last)), 1, "the keys before are gone")
	kept, err := filepath.Glob(file + ".*.old")
	require.NoError(t, err)
	require.Len(t, kept, 3, "and kept for the backups that were made under them")
	old := ""
	for _, name := range kept {
		key, err := os.ReadFile(name)
		require.NoError(t, err)
		old += string(key)
	}
	require.Contains(t, old, strings.TrimSpace(string(first)))
	h = startHub(t, cfg)
	require.Equal(t, http.StatusOK, h.tg(channels[1], update(7, "after the restart")))
	require.NoError(t, h.stop())
	require.NoError(t, os.WriteFile(file, first, 0o600))
	_, err = newHub(cfg)
	require.ErrorContains(t, err, "wrong master key", "the first key opens nothing any more")
}

func TestARotationThatWasCutOffGoesOn(t *testing.T) {
	const old, next = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	cfg := newConfig(t)
	with := func(keys string) *hub {
		cfg.MasterKey = connectors.NewSecret(keys)
		return startHub(t, cfg)
	}
	h := with(old)
	channel := h.telegram("", nil)
	h.must(http.StatusUnprocessableEntity, http.MethodPost, "/v1/rekey", object{"generate": true}, adminToken)
	require.NoError(t, h.stop())
	h = with(next + "," + old)
	h.telegram("", nil) // under the new key already
	require.Equal(t, http.StatusOK, h.tg(channel, update(7, "hello")))
	require.Contains(t, h.log.String(), "threadhub rekey")
	require.NoError(t, h.stop())
	cfg.MasterKey = connectors.NewSecret(next)
	_, err := newHub(cfg)
	require.ErrorContains(t, err, "wrong master key", "not yet")

	cfg.MasterKey = connectors.NewSecret(next + "," + old)
	result, err := app.Rekey(context.Background(), cfg, false)
	require.NoError(t, err)
	require.Equal(t, 2, result.Resealed, "those of the first channel")
	result, err = app.Rekey(context.Background(), cfg, false)
	require.NoError(t, err)
	require.Zero(t, result.Resealed)
	h = with(next)
	require.Equal(t, http.StatusOK, h.tg(channel, update(7, "hello")))
}
