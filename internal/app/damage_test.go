package app_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/journal"
)

func TestAHubDoesNotStartOnHalfAStore(t *testing.T) {
	for _, gone := range []string{"threadhub.db", "journal.db"} {
		t.Run(gone, func(t *testing.T) {
			cfg := newConfig(t)
			h := startHub(t, cfg)
			ch := h.telegram("", nil)
			require.Equal(t, http.StatusOK, h.tg(ch, update(1, "hello")))
			h.one(ch)
			require.NoError(t, h.stop())
			require.NoError(t, os.Remove(filepath.Join(cfg.DataDir, gone)))
			_, err := newHub(cfg)
			require.ErrorContains(t, err, gone+" is missing")
			require.ErrorContains(t, err, "docs/operations.md")
			_, err = os.Stat(filepath.Join(cfg.DataDir, gone))
			require.ErrorIs(t, err, fs.ErrNotExist, "none was begun")
			require.ErrorContains(t, app.Migrate(t.Context(), cfg, false), gone)

			err = app.Migrate(t.Context(), cfg, true)
			if gone != "journal.db" {
				require.ErrorContains(t, err, gone, "conversations are not begun anew")
				return
			}
			require.NoError(t, err)
			h = startHub(t, cfg)
			h.one(ch)
			require.Equal(t, http.StatusOK, h.tg(ch, update(2, "hello again")))
			h.eventually("threaded", func() bool { return len(h.conversations(ch)) == 2 })
		})
	}
}

// The way of docs/operations.md, "The store is damaged": the backup, and the
// journal that is newer than it.
func TestWithTheJournalABackupIsBroughtUpToDate(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	h := startHub(t, cfg)
	ch := h.telegram("", nil)
	say := func(from, to int) {
		for n := from; n < to; n++ {
			require.Equal(t, http.StatusOK, h.tg(ch, update(1+n%7, fmt.Sprint(n))))
		}
		h.eventually("worked", func() bool { return h.scrape()["threadhub_journal_pending"] == 0 })
	}
	say(0, 50)
	report, err := app.Backup(ctx, cfg, "1.0.0", t.TempDir())
	require.NoError(t, err)
	say(50, 120)
	require.NoError(t, h.stop())

	again := elsewhere(t, cfg)
	_, err = app.Restore(ctx, again, report.Path, false)
	require.NoError(t, err)
	raw, err := os.ReadFile(filepath.Join(cfg.DataDir, "journal.db"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(again.DataDir, "journal.db"), raw, 0o600))
	n, err := app.Replay(ctx, again, "", journal.Replay{States: []journal.State{journal.Quarantined, journal.Done}, From: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	require.Equal(t, 120, n)
	h = startHub(t, again)
	h.eventually("worked", func() bool { return h.scrape()["threadhub_journal_pending"] == 0 })
	texts := map[string]int{}
	for _, c := range h.conversations(ch) {
		for _, m := range h.messages(c["id"]) {
			texts[m["text"].(string)]++
		}
	}
	require.Len(t, texts, 120)
	for text, n := range texts {
		require.Equal(t, 1, n, text)
	}
}

func TestAMissingMasterKeyIsNotMadeUp(t *testing.T) {
	cfg := newConfig(t)
	require.NoError(t, startHub(t, cfg).stop())
	key := filepath.Join(cfg.DataDir, "master.key")
	aside := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.Rename(key, aside))
	_, err := newHub(cfg)
	require.ErrorContains(t, err, "there is no master key: put "+key+" there")
	_, err = os.Stat(key)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.Rename(aside, key))
	startHub(t, cfg)
}

// A backup that root puts back is of use to the hub's user.
func TestWhatIsRestoredIsTheDirectoryOwners(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	h.telegram("", nil)
	require.NoError(t, h.stop())
	report, err := app.Backup(t.Context(), cfg, "1.0.0", t.TempDir())
	require.NoError(t, err)
	again := elsewhere(t, cfg)
	uid := os.Geteuid()
	if uid == 0 {
		uid = 4321
		require.NoError(t, os.Chown(again.DataDir, uid, uid))
	}
	_, err = app.Restore(t.Context(), again, report.Path, false)
	require.NoError(t, err)
	_, err = app.Rekey(t.Context(), again, true)
	require.NoError(t, err)
	seen := 0
	require.NoError(t, filepath.WalkDir(again.DataDir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.EqualValues(t, uid, info.Sys().(*syscall.Stat_t).Uid, path)
		seen++
		return nil
	}))
	require.Greater(t, seen, 4)
}
