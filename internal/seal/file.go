package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxKeyFile bounds what is read of a key file, in bytes.
const maxKeyFile = 1024

// ErrKeyFile is wrapped by every error about a key file that is there but
// cannot be trusted or read.
var ErrKeyFile = errors.New("key file")

// Load reads a master key from a file that only its owner may read.
func Load(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("load master key: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("load master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Key{}, fmt.Errorf("%w %s: not a regular file", ErrKeyFile, path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return Key{}, fmt.Errorf("%w %s: others than its owner can read it (mode %04o); run: chmod 600 %s", ErrKeyFile, path, perm, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return Key{}, fmt.Errorf("load master key: %w", err)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("%w %s: %w; restore the file from a backup, without its key the stored credentials cannot be opened", ErrKeyFile, path, err)
	}
	return key, nil
}

// LoadOrCreate reads the master key in path and makes one, readable for its
// owner only, when there is no such file. Processes that do so at the same time
// all get the same key. created tells that the key is new.
func LoadOrCreate(path string) (key Key, created bool, err error) {
	key, err = Load(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	key = GenerateKey()
	switch err = create(path, key); {
	case errors.Is(err, fs.ErrExist):
		key, err = Load(path)
		return key, false, err
	case err != nil:
		return Key{}, false, fmt.Errorf("create master key: %w", err)
	}
	return key, true, nil
}

// create writes the key beside path and links it into place: path appears
// whole and on disk or not at all, and never replaces a file that is there.
func create(path string, key Key) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	_, err = tmp.WriteString(key.text() + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err = os.Link(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
