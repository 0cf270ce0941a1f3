package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"time"

	"threadhub/internal/blob"
)

// ErrFull: there is no room, not even after everything was dropped that may be.
var ErrFull = errors.New("the media directory is full")

// shelf keeps files by what is in them, up to a bound, and notes that say which
// file is whose. It is safe for concurrent use, by many processes on one store
// too.
//
// A file is kept in three steps: its note, which says what it is; a reference,
// by which whoever looks at the file learns that the note is there; the bytes.
// So whatever breaks off, nothing is kept that no note leads to.
type shelf struct {
	blob.Store
	space int64 // bytes; 0: no bound
	now   func() time.Time

	mu sync.Mutex
	// used is how many bytes the files have: counted when counted is set, and
	// since then what this process added, of which added is the sum.
	used, added int64
	counted     bool
}

// recount is after how much of the space, added by this process, files are
// counted anew: others add to them too.
const recount = 20

// blobPath is the name of a file's bytes.
func blobPath(name string) string { return "blobs/" + name[:2] + "/" + name }

// isBlob tells whether name is one: a SHA-256 in hexadecimal.
func isBlob(name string) bool { return len(name) == 2*sha256.Size }

// digest names what r gives, which is read to its end.
func digest(r io.Reader) (name string, size int64, err error) {
	sum := sha256.New()
	if size, err = io.Copy(sum, r); err != nil {
		return "", 0, fmt.Errorf("read a file: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), size, nil
}

// put keeps the bytes called name, unless they are there.
func (s *shelf) put(ctx context.Context, name string, r io.ReadSeeker, size int64) error {
	_, err := s.Stat(ctx, blobPath(name))
	if err == nil {
		s.Touch(ctx, blobPath(name))
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.makeRoom(ctx, size); err != nil {
		return err
	}
	if err := s.Put(ctx, blobPath(name), r); err != nil {
		return err
	}
	s.count(size)
	return nil
}

func (s *shelf) count(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used += size
	s.added += max(size, 0)
}

// open answers a file; fs.ErrNotExist when it is not (or no longer) there.
func (s *shelf) open(ctx context.Context, name string) (blob.File, error) {
	if !isBlob(name) {
		return nil, fs.ErrNotExist
	}
	f, err := s.Open(ctx, blobPath(name))
	if err == nil {
		s.Touch(ctx, blobPath(name))
	}
	return f, err
}

// has tells whether a file is there.
func (s *shelf) has(ctx context.Context, name string) (bool, error) {
	if !isBlob(name) {
		return false, nil
	}
	_, err := s.Stat(ctx, blobPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// discard removes a file.
func (s *shelf) discard(ctx context.Context, name string) error {
	e, err := s.Stat(ctx, blobPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = s.Remove(ctx, blobPath(name))
	}
	if err != nil {
		return fmt.Errorf("erase a file: %w", err)
	}
	s.count(-e.Size)
	return nil
}

// makeRoom drops files until size more bytes fit: those used longest ago first,
// and none that a platform may still fetch or of which there is no other copy.
func (s *shelf) makeRoom(ctx context.Context, size int64) error {
	if s.space == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counted && s.added < s.space/recount && s.used+size <= s.space {
		return nil
	}
	var list []blob.Entry
	s.used = 0
	for e, err := range s.List(ctx, "blobs/") {
		if err != nil {
			return err
		}
		list = append(list, e)
		s.used += e.Size
	}
	s.counted, s.added = true, 0
	if s.used+size <= s.space {
		return nil
	}
	refs, err := s.refs(ctx, "")
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b blob.Entry) int { return a.Time.Compare(b.Time) })
	// A tenth more than is needed, so that not every file has to look.
	for _, e := range list {
		if s.used+size <= s.space-s.space/10 {
			break
		}
		if err := s.drop(ctx, e, refs); err != nil {
			return err
		}
	}
	if s.used+size > s.space {
		return ErrFull
	}
	return nil
}

// drop removes a file that nothing holds, and what is known of uploads that it
// was.
func (s *shelf) drop(ctx context.Context, e blob.Entry, refs map[string][]ref) error {
	of := refs[e.Name[len("blobs/xx/"):]]
	if slices.ContainsFunc(of, func(r ref) bool { return s.now().Before(r.until) }) {
		return nil
	}
	if err := s.Remove(ctx, e.Name); err != nil {
		return fmt.Errorf("make room: %w", err)
	}
	s.used -= e.Size
	for _, r := range of {
		if r.kind != uploads {
			continue // it is fetched again when it is asked for
		}
		if err := errors.Join(s.Remove(ctx, r.name()), s.Remove(ctx, r.note())); err != nil {
			return fmt.Errorf("make room: %w", err)
		}
	}
	return nil
}

// note reads a note into v; fs.ErrNotExist when there is none.
func (s *shelf) note(ctx context.Context, kind, id string, v any) error {
	raw, err := s.Read(ctx, notePath(kind, id))
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// notePath spreads notes over folders by a hash of the id, which is never part
// of a path as it came.
func notePath(kind, id string) string {
	name := noteName(id)
	return kind + "/" + name[:2] + "/" + name
}

func noteName(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}
