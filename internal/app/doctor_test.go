package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
)

// A remedy that calls for a backup costs what came since.
func TestTheDoctorTellsABrokenStoreFromOneThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(t *testing.T, file string)
		says   string
	}{
		"half of it is gone": {func(t *testing.T, file string) {
			require.NoError(t, os.Remove(file))
		}, `see docs/operations.md, "The store is damaged"`},
		"it is no database": {func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, []byte("something else, and long enough to be looked at as a header of a file of SQLite's"), 0o600))
		}, `see docs/operations.md, "The store is damaged"`},
		"it cannot be opened": {func(t *testing.T, file string) {
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.Mkdir(file, 0o700))
		}, "run doctor as the hub's user"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := newConfig(t)
			require.NoError(t, startHub(t, cfg).stop())
			c.breaks(t, filepath.Join(cfg.DataDir, "threadhub.db"))
			var store app.Finding
			for _, f := range app.Diagnose(context.Background(), cfg, time.Now()) {
				if f.What == "store" && f.Level == app.LevelBad {
					store = f
				}
			}
			require.Contains(t, store.Remedy, c.says, store.Text)
		})
	}
}
