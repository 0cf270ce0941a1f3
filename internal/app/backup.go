package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"threadhub/internal/backup"
	"threadhub/internal/config"
	"threadhub/internal/seal"
	"threadhub/internal/sqlite"
)

// Names of what is in a backup.
const (
	storePart = "store"
	mediaPart = "media"
)

// incoming is what of the media directory is not whole yet.
const incoming = "incoming"

// BackupReport is what a backup came to.
type BackupReport struct {
	Path  string
	Bytes int64
	Key   string // id of the master key that opens it
}

// Backup writes the embedded store and the files of messages into one sealed
// file, whether the hub runs or not. to is the file, or a directory for one that
// is called after the time. Nothing that was accepted before Backup was called
// is missing in it.
func Backup(ctx context.Context, cfg config.Server, version, to string) (report BackupReport, err error) {
	if err := onlyEmbedded(cfg, "backup"); err != nil {
		return report, err
	}
	began := time.Now().UTC()
	keys, err := keysOf(ctx, cfg, cfg.DataDir)
	if err != nil {
		return report, err
	}
	if info, err := os.Stat(to); err == nil && info.IsDir() {
		to = filepath.Join(to, "threadhub-"+began.Format("20060102T150405Z")+".backup")
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		return report, fmt.Errorf("backup: %s is there already: choose another name, backups are not written over", to)
	}
	if err := roomForCopy(ctx, cfg.DataDir); err != nil {
		return report, err
	}
	work, err := os.MkdirTemp(cfg.DataDir, ".backup-*") // mode 0700, like the data
	if err != nil {
		return report, fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	schemas, err := sqlite.Snapshot(ctx, cfg.DataDir, work)
	if err != nil {
		return report, fmt.Errorf("backup: %w", err)
	}
	// Files come after the store: whatever it names is there.
	manifest := backup.Manifest{Hub: version, At: began, Schemas: schemas}
	parts := []backup.Part{{Name: storePart, Dir: work}}
	if !cfg.FilesInBucket() { // a bucket has means of its own
		parts = append(parts, backup.Part{Name: mediaPart, Dir: mediaDir(cfg), Skip: []string{incoming}})
	}
	report = BackupReport{Path: to, Key: keys.ActiveID()}
	report.Bytes, err = writeWhole(to, func(w io.Writer) error { return backup.Write(w, keys, manifest, parts...) })
	return report, err
}

func onlyEmbedded(cfg config.Server, command string) error {
	if cfg.MongoDBURI.Empty() {
		return nil
	}
	return fmt.Errorf("threadhub %s is for the embedded store; this hub is on MongoDB: use its own tools, docs/operations.md says how", command)
}

func mediaDir(cfg config.Server) string {
	return cmp.Or(cfg.MediaDir, filepath.Join(cfg.DataDir, "media"))
}

// roomForCopy refuses to fill the disk that the hub writes to.
func roomForCopy(ctx context.Context, dir string) error {
	in, err := sqlite.Inspect(ctx, dir)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	free, err := freeBytes(dir)
	if err == nil && free < uint64(in.Bytes)+spareRoom {
		return fmt.Errorf("backup: the disk of %s has %s left, the copy of the store needs %s for a moment: make room first",
			dir, size(free), size(uint64(in.Bytes)+spareRoom))
	}
	return nil
}

// keysOf answers the master keys and proves that they are those of the store in
// dir. None is made.
func keysOf(ctx context.Context, cfg config.Server, dir string) (*seal.Keyring, error) {
	ring, err := givenRing(cfg)
	if err != nil {
		return nil, err
	}
	body, err := sqlite.Record(ctx, dir, keyCheckKind, checkID)
	if err != nil || body == nil {
		return ring, err
	}
	return ring, verifyCheck(ring, body)
}

// givenRing is the ring of the master keys, of which none is made.
func givenRing(cfg config.Server) (*seal.Keyring, error) {
	list, _, err := givenKeys(cfg)
	if err != nil {
		return nil, err
	}
	return seal.NewKeyring(list[0], list[1:]...)
}

func verifyCheck(ring *seal.Keyring, body []byte) error {
	var check string
	if err := json.Unmarshal(body, &check); err != nil {
		return fmt.Errorf("check the master key: %w", err)
	}
	return ring.Verify(check)
}

// writeWhole writes a file that appears under its name when it is whole and on
// disk, readable for its owner only.
func writeWhole(to string, write func(io.Writer) error) (n int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+"-*")
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = errors.Join(write(f), f.Sync())
	if info, e := f.Stat(); e == nil {
		n = info.Size()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	if err = os.Rename(f.Name(), to); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	return n, syncDir(filepath.Dir(to))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// size writes a number of bytes for people.
func size(n uint64) string {
	const unit = 1 << 20
	return fmt.Sprintf("%.1f MiB", float64(n)/unit)
}
