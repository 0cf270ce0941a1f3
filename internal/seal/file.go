package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"threadhub/internal/owner"
)

// maxKeyFile bounds what is read of a key file, in bytes.
const maxKeyFile = 1024

// ErrKeyFile is wrapped by every error about a key file that is there but
// cannot be trusted or read.
var ErrKeyFile = errors.New("key file")

// Load reads master keys from a file that only its owner may read: one a line,
// of which the first seals and all open.
func Load(path string) ([]Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("load master key: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("load master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w %s: not a regular file", ErrKeyFile, path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return nil, fmt.Errorf("%w %s: others than its owner can read it (mode %04o); run: chmod 600 %s", ErrKeyFile, path, perm, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("load master key: %w", err)
	}
	keys, err := ParseKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w; restore the file from a backup, without its key the stored credentials cannot be opened", ErrKeyFile, path, err)
	}
	return keys, nil
}

// LoadOrCreate reads the master keys in path and makes one, readable for its
// owner only, when there is no such file. Processes that do so at the same time
// all get the same key. created tells that the key is new.
func LoadOrCreate(path string) (keys []Key, created bool, err error) {
	keys, err = Load(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return keys, false, err
	}
	key := GenerateKey()
	switch err = write(path, os.Link, key); {
	case errors.Is(err, fs.ErrExist):
		keys, err = Load(path)
		return keys, false, err
	case err != nil:
		return nil, false, fmt.Errorf("create master key: %w", err)
	}
	return []Key{key}, true, nil
}

// Save puts keys into the place of those in path, the one that seals first. A
// crash leaves the file as it was or as it is to be.
func Save(path string, keys ...Key) error {
	if err := write(path, os.Rename, keys...); err != nil {
		return fmt.Errorf("save master key: %w", err)
	}
	return nil
}

// write writes keys beside path and puts them into place: path appears whole
// and on disk or not at all.
func write(path string, place func(tmp, path string) error, keys ...Key) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if e := os.Remove(tmp.Name()); !errors.Is(e, fs.ErrNotExist) { // renamed into place
			err = errors.Join(err, e)
		}
	}()
	for _, key := range keys {
		_, e := tmp.WriteString(key.text() + "\n")
		err = errors.Join(err, e)
	}
	err = errors.Join(err, owner.Like(dir, tmp.Name()), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err = place(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
