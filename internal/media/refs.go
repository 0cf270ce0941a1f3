package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Kinds of notes.
const (
	attachments = "attachments"
	uploads     = "uploads"
)

// ref says that a note names a file. All of it is in its name, so that a list
// tells who holds a file, and until when, without reading anything.
type ref struct {
	blob, kind, hash string // hash is the note's
	// until is how long the file must not be dropped to make room; the zero time:
	// it may be.
	until time.Time
}

// name is refs/ab/<blob>.<kind>.<hash>.<until in seconds>.
func (r ref) name() string {
	var until int64
	if !r.until.IsZero() {
		until = r.until.Unix()
	}
	return refPrefix(r.blob) + r.kind + "." + r.hash + "." + strconv.FormatInt(until, 10)
}

// note is the name of the note.
func (r ref) note() string { return r.kind + "/" + r.hash[:2] + "/" + r.hash }

func refPrefix(blob string) string { return "refs/" + blob[:2] + "/" + blob + "." }

func parseRef(name string) (ref, bool) {
	parts := strings.Split(name[strings.LastIndexByte(name, '/')+1:], ".")
	if len(parts) != 4 || !isBlob(parts[0]) || len(parts[2]) < 2 {
		return ref{}, false
	}
	r := ref{blob: parts[0], kind: parts[1], hash: parts[2]}
	until, err := strconv.ParseInt(parts[3], 10, 64)
	if until != 0 {
		r.until = time.Unix(until, 0)
	}
	return r, err == nil
}

// refs answers those of a file, or of all when blob is "", by file.
func (s *shelf) refs(ctx context.Context, blob string) (map[string][]ref, error) {
	prefix, found := "refs/", map[string][]ref{}
	if blob != "" {
		prefix = refPrefix(blob)
	}
	for e, err := range s.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("look for files in use: %w", err)
		}
		if r, ok := parseRef(e.Name); ok {
			found[r.blob] = append(found[r.blob], r)
		}
	}
	return found, nil
}

// named is what notes of all kinds have.
type named struct {
	ID   string `json:"id"`
	Blob string `json:"blob"`
}

// write keeps a note, all of it or nothing, and a reference from the file that
// it names, which is not to be dropped before until. What the note named before
// is removed if nothing else names it.
func (s *shelf) write(ctx context.Context, kind, id, blob string, until time.Time, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	var before named
	if err := s.note(ctx, kind, id, &before); err == nil && before.ID == id && before.Blob != blob {
		if err := s.release(ctx, kind, id, before.Blob); err != nil {
			return err
		}
	}
	if err := s.Put(ctx, notePath(kind, id), bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	if blob == "" {
		return nil
	}
	r := ref{blob: blob, kind: kind, hash: noteName(id), until: until}
	if err := s.Put(ctx, r.name(), bytes.NewReader(nil)); err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	return nil
}

// release removes what leads from a file to a note, and the file if no other
// note names it. Two that release the last two notes at once both remove it.
func (s *shelf) release(ctx context.Context, kind, id, blob string) error {
	if !isBlob(blob) {
		return nil
	}
	all, err := s.refs(ctx, blob)
	if err != nil {
		return err
	}
	for _, r := range all[blob] {
		if r.kind == kind && r.hash == noteName(id) {
			if err := s.Remove(ctx, r.name()); err != nil {
				return fmt.Errorf("release a file: %w", err)
			}
		}
	}
	// Looked at again: another process may have released its own meanwhile.
	if all, err = s.refs(ctx, blob); err != nil || len(all[blob]) > 0 {
		return err
	}
	return s.discard(ctx, blob)
}

// forget removes a note and what it names, unless something else that is kept
// has the same bytes. The note goes last: whoever repeats this finds by it what
// is left.
func (s *shelf) forget(ctx context.Context, kind, id string) error {
	var known named
	err := s.note(ctx, kind, id, &known)
	if errors.Is(err, fs.ErrNotExist) || err == nil && known.ID != id {
		return nil // nothing is, or another one's, whose name has the same hash
	}
	if err != nil {
		return fmt.Errorf("erase %s: %w", kind, err)
	}
	if err := s.release(ctx, kind, id, known.Blob); err != nil {
		return err
	}
	if err := s.Remove(ctx, notePath(kind, id)); err != nil {
		return fmt.Errorf("erase a note: %w", err)
	}
	return nil
}
