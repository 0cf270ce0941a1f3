package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/app"
	"threadhub/internal/config"
	"threadhub/internal/seal"
)

// elsewhere is the configuration of a hub with another, empty data directory
// and the first one's key.
func elsewhere(t *testing.T, cfg config.Server) config.Server {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(cfg.DataDir, "master.key"))
	require.NoError(t, err)
	cfg.DataDir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(cfg.DataDir, "master.key"), key, 0o600))
	return cfg
}

func TestABackupUnderLoadLosesAndDoublesNothing(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	h := startHub(t, cfg)
	ch := h.telegram("", nil)

	// Customers write all the time; what was accepted before the backup began
	// is counted.
	var mu sync.Mutex
	accepted, stopped := 0, make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stopped:
					return
				default:
				}
				if h.tg(ch, update(1+w*40+n%40, fmt.Sprintf("%d/%d", w, n))) == http.StatusOK {
					mu.Lock()
					accepted++
					mu.Unlock()
				}
			}
		})
	}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return accepted
	}
	h.eventually("traffic", func() bool { return count() >= 300 })
	before := count()
	dir := t.TempDir()
	report, err := app.Backup(ctx, cfg, "1.0.0", dir)
	require.NoError(t, err)
	h.eventually("traffic goes on", func() bool { return count() >= before+50 })
	close(stopped)
	writers.Wait()
	after := count()
	require.NoError(t, h.stop())
	left, err := os.ReadDir(cfg.DataDir)
	require.NoError(t, err)
	for _, e := range left {
		require.NotContains(t, e.Name(), ".backup-", "no plain copy stays behind")
	}
	_, err = app.Backup(ctx, cfg, "1.0.0", report.Path)
	require.ErrorContains(t, err, "is there already")

	again := elsewhere(t, cfg)
	_, err = app.Restore(ctx, again, report.Path, false)
	require.NoError(t, err)
	restored := startHub(t, again)
	restored.eventually("worked", func() bool { return restored.scrape()["threadhub_journal_pending"] == 0 })
	texts, total := map[string]bool{}, 0
	for _, c := range restored.conversations(ch) {
		require.NotEqual(t, "closed", c["status"])
		for _, m := range restored.messages(c["id"]) {
			texts[m["text"].(string)] = true
			total++
		}
	}
	require.Len(t, texts, total, "none is there twice")
	require.GreaterOrEqual(t, total, before, "nothing that was accepted before is missing")
	require.LessOrEqual(t, total, after)
	_, err = app.Restore(ctx, again, report.Path, false)
	require.ErrorContains(t, err, "move the data aside")
}

func TestWhatWaitedToLeaveIsNotSentTwiceByARestore(t *testing.T) {
	ctx := context.Background()
	hold := make(chan struct{})
	var mu sync.Mutex
	sent := map[string]int{}
	platform := newStub(t, func(r recorded) (int, any) {
		text, _ := r.body["text"].(string)
		if text == "slow" {
			<-hold
		}
		mu.Lock()
		sent[text]++
		mu.Unlock()
		return 200, object{"ok": true, "result": object{"message_id": 9000 + r.n, "date": 1, "chat": object{"id": r.body["chat_id"], "type": "private"}}}
	})
	cfg := newConfig(t)
	h := startHub(t, cfg)
	ch := h.telegram(platform.URL, nil)
	_, token := h.agent("bea")
	conversation := h.writes(ch, 1, "hi")
	h.reply(conversation, token, "slow")
	h.reply(conversation, token, "after it")
	h.eventually("the call is out", func() bool { return len(platform.sent("/sendMessage")) > 0 })
	report, err := app.Backup(ctx, cfg, "1.0.0", filepath.Join(t.TempDir(), "b"))
	require.NoError(t, err)
	close(hold)
	told := func(text string) int {
		mu.Lock()
		defer mu.Unlock()
		return sent[text]
	}
	h.eventually("both left", func() bool { return told("after it") == 1 })
	require.NoError(t, h.stop())

	again := elsewhere(t, cfg)
	got, err := app.Restore(ctx, again, report.Path, false)
	require.NoError(t, err)
	require.Equal(t, 2, got.Held)
	restored := startHub(t, again)
	restored.eventually("both are shown as of unknown outcome", func() bool {
		n := 0
		for _, m := range restored.messages(conversation) {
			if m["status"] == "unknown" {
				n++
			}
		}
		return n == 2
	})
	require.Equal(t, []int{1, 1}, []int{told("slow"), told("after it")})
}

func TestABackupNeedsTheHubsOwnKey(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	h := startHub(t, cfg)
	report, err := app.Backup(ctx, cfg, "1.0.0", t.TempDir())
	require.NoError(t, err)
	require.NoError(t, h.stop())
	other := filepath.Join(t.TempDir(), "other.key")
	_, _, err = seal.LoadOrCreate(other)
	require.NoError(t, err)

	wrong := cfg
	wrong.MasterKeyFile = other
	_, err = app.Backup(ctx, wrong, "1.0.0", t.TempDir())
	require.ErrorIs(t, err, seal.ErrWrongKey)
	wrong.DataDir = t.TempDir()
	_, err = app.Restore(ctx, wrong, report.Path, false)
	require.ErrorContains(t, err, "another master key")
	wrong.MasterKeyFile = ""
	_, err = app.Restore(ctx, wrong, report.Path, false)
	require.ErrorContains(t, err, "there is no master key")
	shared := cfg
	shared.MongoDBURI = connectors.NewSecret("mongodb://db/hub")
	_, err = app.Backup(ctx, shared, "1.0.0", t.TempDir())
	require.ErrorContains(t, err, "docs/operations.md")
}

func TestTheDoctor(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	levels := func() map[string]app.Level {
		worst := map[string]app.Level{}
		for _, f := range app.Diagnose(ctx, cfg, time.Now()) {
			require.Equal(t, f.Level != app.LevelGood, f.Remedy != "", "what is not good has a remedy: %v", f)
			if was, ok := worst[f.What]; !ok || was == app.LevelGood || f.Level == app.LevelBad {
				worst[f.What] = f.Level
			}
		}
		return worst
	}
	require.NoError(t, os.Chmod(cfg.DataDir, 0o700))
	fresh := levels()
	require.Equal(t, app.LevelGood, fresh["store"])
	require.Equal(t, app.LevelGood, fresh["master key"])
	require.Equal(t, app.LevelWarn, fresh["settings"], "no public address, private networks allowed")
	left, err := os.ReadDir(cfg.DataDir)
	require.NoError(t, err)
	require.Empty(t, left, "it makes nothing")

	h := startHub(t, cfg)
	running := levels()
	for _, what := range []string{"data directory", "store", "schema", "clock", "backlog", "master key", "queue"} {
		require.Equal(t, app.LevelGood, running[what], what)
	}
	require.NoError(t, h.stop())

	require.NoError(t, os.Chmod(cfg.DataDir, 0o755))
	require.Equal(t, app.LevelWarn, levels()["data directory"])
	require.NoError(t, os.Chmod(filepath.Join(cfg.DataDir, "master.key"), 0o644))
	require.Equal(t, app.LevelBad, levels()["master key"])
	require.NoError(t, os.Remove(filepath.Join(cfg.DataDir, "master.key")))
	require.Equal(t, app.LevelBad, levels()["master key"], "a store without its key")
	cfg.RedisURL = connectors.NewSecret("redis://127.0.0.1:1")
	require.Equal(t, app.LevelBad, levels()["queue"])
}
