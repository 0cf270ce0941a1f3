package media

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// ErrFull: there is no room, not even after everything was dropped that may be.
var ErrFull = errors.New("the media directory is full")

// shelf keeps files by what is in them, up to a bound. It is safe for
// concurrent use, by many processes on one directory too.
type shelf struct {
	dir   string
	space int64 // bytes

	mu   sync.Mutex
	used int64
}

func openShelf(dir string, space int64) (*shelf, error) {
	s := &shelf{dir: dir, space: space}
	for _, sub := range []string{"blobs", "incoming", "attachments", "uploads"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("media directory: %w", err)
		}
	}
	for _, b := range s.blobs() {
		s.used += b.size
	}
	return s, nil
}

// put keeps what r gives and answers its name: the SHA-256 in hexadecimal.
func (s *shelf) put(r io.Reader, size int64, pinned func() map[string]bool) (name string, err error) {
	if err := s.makeRoom(size, pinned); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, "incoming"), "*")
	if err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name()) // it was renamed, unless something failed
	}()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), r)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	name = hex.EncodeToString(sum.Sum(nil))
	path := s.path(name)
	if _, err := os.Stat(path); err == nil {
		s.touch(name)
		return name, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	s.mu.Lock()
	s.used += n
	s.mu.Unlock()
	return name, nil
}

func (s *shelf) path(name string) string {
	return filepath.Join(s.dir, "blobs", name[:2], name)
}

// open answers the file; fs.ErrNotExist when it is not (or no longer) there.
func (s *shelf) open(name string) (*os.File, error) {
	if len(name) != 2*sha256.Size {
		return nil, fs.ErrNotExist
	}
	return os.Open(s.path(name))
}

// touch makes it the one used last. A failure costs it its place in the queue.
func (s *shelf) touch(name string) {
	now := time.Now()
	_ = os.Chtimes(s.path(name), now, now)
}

type blob struct {
	name string
	size int64
	used time.Time
}

func (s *shelf) blobs() (list []blob) {
	_ = filepath.WalkDir(filepath.Join(s.dir, "blobs"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			list = append(list, blob{d.Name(), info.Size(), info.ModTime()})
		}
		return nil
	})
	return list
}

// makeRoom drops files until size more bytes fit, those used longest ago
// first and none that is pinned.
func (s *shelf) makeRoom(size int64, pinned func() map[string]bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+size <= s.space {
		return nil
	}
	list, keep := s.blobs(), pinned()
	s.used = 0
	for _, b := range list {
		s.used += b.size
	}
	slices.SortFunc(list, func(a, b blob) int { return a.used.Compare(b.used) })
	// A tenth more than is needed, so that not every file has to look.
	for _, b := range list {
		if s.used+size <= s.space-s.space/10 {
			break
		}
		if !keep[b.name] && os.Remove(s.path(b.name)) == nil {
			s.used -= b.size
		}
	}
	if s.used+size > s.space {
		return ErrFull
	}
	return nil
}

// note reads a note into v; fs.ErrNotExist when there is none.
func (s *shelf) note(kind, id string, v any) error {
	raw, err := os.ReadFile(s.notePath(kind, id))
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// write stores a note, all of it or nothing.
func (s *shelf) write(kind, id string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, "incoming"), "*")
	if err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.MkdirAll(filepath.Dir(s.notePath(kind, id)), 0o700)
	}
	if err == nil {
		err = os.Rename(f.Name(), s.notePath(kind, id))
	}
	if err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	return nil
}

// notePath spreads notes over folders by a hash of the id, which is never part
// of a path as it came.
func (s *shelf) notePath(kind, id string) string {
	sum := sha256.Sum256([]byte(id))
	name := hex.EncodeToString(sum[:16])
	return filepath.Join(s.dir, kind, name[:2], name)
}
