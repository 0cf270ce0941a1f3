package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"threadhub/threads"
)

// Erase removes the files of messages: what is known of their attachments, the
// uploads they show, and the bytes, unless something else that is kept has the
// same. It may be repeated.
func (l *Library) Erase(messages []threads.Message) error {
	notes, blobs := map[string]bool{}, map[string]bool{} // paths and names
	for i := range messages {
		for n, att := range messages[i].Content.Attachments {
			kind, id := "attachments", AttachmentID(messages[i].ID, n)
			if key, ok := l.ours(att.URL); ok {
				upload, _, _ := strings.Cut(key, ".")
				kind, id = "uploads", upload
			}
			path := l.shelf.notePath(kind, id)
			known, err := readNamed(path)
			if err != nil {
				return fmt.Errorf("erase %s: %w", kind, err)
			}
			if known.ID != id {
				continue // nothing is, or another one's, whose name has the same hash
			}
			notes[path] = true
			if known.Blob != "" {
				blobs[known.Blob] = true
			}
		}
	}
	if len(notes) == 0 {
		return nil
	}
	// The notes go last: whoever repeats this finds by them what is left.
	if err := l.shelf.drop(blobs, notes); err != nil {
		return err
	}
	for path := range notes {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("erase a note: %w", err)
		}
	}
	return nil
}

// named is what notes of all kinds have.
type named struct {
	ID   string `json:"id"`
	Blob string `json:"blob"`
}

// readNamed reads a note, an empty one when there is none.
func readNamed(path string) (n named, err error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &n)
	}
	return n, err
}

// drop removes files that no note names besides the given ones.
func (s *shelf) drop(blobs, besides map[string]bool) error {
	for _, kind := range []string{"attachments", "uploads"} {
		err := filepath.WalkDir(filepath.Join(s.dir, kind), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || besides[path] {
				return nil //nolint:nilerr // what cannot be read names nothing
			}
			if n, err := readNamed(path); err == nil {
				delete(blobs, n.Blob)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("look for files still in use: %w", err)
		}
	}
	for name := range blobs {
		if len(name) < 2 {
			continue
		}
		info, err := os.Stat(s.path(name))
		if err == nil {
			err = os.Remove(s.path(name))
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("erase a file: %w", err)
		default:
			s.mu.Lock()
			s.used -= info.Size()
			s.mu.Unlock()
		}
	}
	return nil
}
