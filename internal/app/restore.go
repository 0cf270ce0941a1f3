package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"threadhub/internal/backup"
	"threadhub/internal/config"
	"threadhub/internal/owner"
	"threadhub/internal/sqlite"
)

// RestoreReport is what a restore came to.
type RestoreReport struct {
	backup.Manifest
	// Held messages waited to leave when the backup was made. They will be shown
	// as of unknown outcome: they may have left since.
	Held int
}

// Restore makes the data directory of a hub from a backup. There must be no
// store in it, and no files of messages. With sendWaiting, messages that waited
// to leave when the backup was made are sent when the hub starts.
func Restore(ctx context.Context, cfg config.Server, from string, sendWaiting bool) (report RestoreReport, err error) {
	if err := onlyEmbedded(cfg, "restore"); err != nil {
		return report, err
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	if err := vacant(cfg); err != nil {
		return report, err
	}
	store, err := os.MkdirTemp(cfg.DataDir, ".restore-*")
	if err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(store)) }()
	// On the disk where they are going to be.
	if err := os.MkdirAll(filepath.Dir(mediaDir(cfg)), 0o700); err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	media, err := os.MkdirTemp(filepath.Dir(mediaDir(cfg)), ".restore-*")
	if err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(media)) }()
	if report.Manifest, err = unpack(cfg, from, store, media); err != nil {
		return report, err
	}
	if err := sqlite.Check(ctx, store); err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	if !sendWaiting {
		if report.Held, err = sqlite.Hold(ctx, store, time.Now()); err != nil {
			return report, fmt.Errorf("restore: %w", err)
		}
	}
	if _, err := keysOf(ctx, cfg, store); err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	if err := errors.Join(owner.Like(cfg.DataDir, store), owner.Like(filepath.Dir(mediaDir(cfg)), media)); err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	return report, moveIn(cfg, store, media)
}

// unpack writes the backup into two directories.
func unpack(cfg config.Server, from, store, media string) (m backup.Manifest, err error) {
	keys, err := givenRing(cfg)
	if err != nil {
		return m, err
	}
	known, err := sqlite.Known()
	if err != nil {
		return m, err
	}
	f, err := os.Open(from)
	if err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = backup.Read(f, keys, func(found backup.Manifest) error {
		m = found
		for file, version := range found.Schemas {
			if version > known[file] {
				return fmt.Errorf("it was made by version %s, whose %s is newer than this one reads: restore with that version or a later one", found.Hub, file)
			}
		}
		return nil
	}, backup.Part{Name: storePart, Dir: store}, backup.Part{Name: mediaPart, Dir: media})
	return m, err
}

// vacant refuses a directory with data: a restore replaces nothing.
func vacant(cfg config.Server) error {
	for _, file := range sqlite.Files() {
		path := filepath.Join(cfg.DataDir, file)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("restore: %s is there: move the data aside first, or choose another directory with THREADHUB_DATA_DIR", path)
		}
	}
	if list, err := os.ReadDir(mediaDir(cfg)); err == nil && len(list) > 0 {
		return fmt.Errorf("restore: %s holds files: move them aside first, or choose another directory with THREADHUB_MEDIA_DIR", mediaDir(cfg))
	}
	return nil
}

// moveIn puts what was unpacked into place, the main file last: without it the
// directory is not taken for a store that is whole.
func moveIn(cfg config.Server, store, media string) error {
	target := mediaDir(cfg)
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) { // it is empty
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.Rename(media, target); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, file := range sqlite.Files() {
		if err := os.Rename(filepath.Join(store, file), filepath.Join(cfg.DataDir, file)); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return syncDir(cfg.DataDir)
}
