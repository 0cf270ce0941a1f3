package backup

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"threadhub/internal/seal"
)

// Errors of [Read], wrapped.
var (
	// ErrKey: the file was sealed with a master key that is not among those given.
	ErrKey = errors.New("the backup was sealed with another master key")
	// ErrForm: the file is no backup, was cut off, or was changed.
	ErrForm = errors.New("not a whole backup")
)

// Manifest says what is in a backup.
type Manifest struct {
	Format  int            `json:"format"` // 1
	Hub     string         `json:"hub"`    // the version of the program that made it
	At      time.Time      `json:"at"`     // nothing that was accepted before is missing
	Key     string         `json:"key"`    // id of the master key that its secrets are sealed with
	Schemas map[string]int `json:"schemas"`
}

// format is the form of archive that this program writes and reads.
const format = 1

const (
	manifestName = "manifest.json"
	// maxManifest bounds the manifest, in bytes.
	maxManifest = 1 << 20
)

// Part is a directory that goes into a backup, or comes out of one, under a
// name. Names are not nested.
type Part struct {
	Name string // its directory within the archive
	Dir  string
	// Skip names entries of Dir that are left out.
	Skip []string
}

// Write writes a backup of the parts to w, sealed with the active key of keys.
// A file that disappears meanwhile is left out.
func Write(w io.Writer, keys *seal.Keyring, m Manifest, parts ...Part) error {
	m.Format, m.Key = format, keys.ActiveID()
	sealed, err := age.Encrypt(w, lockbox{keys})
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	t := tar.NewWriter(sealed)
	err = writeManifest(t, m)
	for _, p := range parts {
		if err == nil {
			err = p.write(t)
		}
	}
	if err == nil {
		err = t.Close()
	}
	if err == nil {
		err = sealed.Close()
	}
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

func writeManifest(t *tar.Writer, m Manifest) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(raw)), ModTime: m.At}); err != nil {
		return err
	}
	_, err = t.Write(raw)
	return err
}

// write adds the regular files of the part.
func (p Part) write(t *tar.Writer) error {
	return filepath.WalkDir(p.Dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return ignoreGone(err)
		}
		rel, err := filepath.Rel(p.Dir, name)
		if err != nil {
			return err
		}
		for _, skip := range p.Skip {
			if rel == skip && d.IsDir() {
				return fs.SkipDir
			}
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return ignoreGone(addFile(t, path.Join(p.Name, filepath.ToSlash(rel)), name))
	})
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func addFile(t *tar.Writer, name, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was read only
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.CopyN(t, f, info.Size())
	return err
}

// Read opens a backup with keys and puts its parts into their directories,
// which it makes. accept is shown the manifest before anything is written and
// may refuse it. A backup that is not whole is noticed at its end: what was
// written until then has to be thrown away.
func Read(r io.Reader, keys *seal.Keyring, accept func(Manifest) error, parts ...Part) error {
	plain, err := age.Decrypt(r, lockbox{keys})
	if err != nil {
		if errors.Is(err, ErrKey) {
			return fmt.Errorf("read backup: %w", err)
		}
		return fmt.Errorf("read backup: %w: %w", ErrForm, err)
	}
	t := tar.NewReader(plain)
	m, err := readManifest(t)
	if err != nil {
		return fmt.Errorf("read backup: %w: %w", ErrForm, err)
	}
	if m.Format != format {
		return fmt.Errorf("read backup: its form is %d, this program reads %d: use the version that made it (%s) or a later one", m.Format, format, m.Hub)
	}
	if err := accept(m); err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read backup: %w: %w", ErrForm, err)
		}
		if err := extract(t, h, parts); err != nil {
			return fmt.Errorf("read backup: %w", err)
		}
	}
	// The archive's end is not the file's: the last piece proves it.
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return fmt.Errorf("read backup: %w: %w", ErrForm, err)
	}
	return nil
}

func readManifest(t *tar.Reader) (m Manifest, err error) {
	h, err := t.Next()
	if err != nil {
		return m, err
	}
	if h.Name != manifestName {
		return m, fmt.Errorf("it begins with %q", h.Name)
	}
	raw, err := io.ReadAll(io.LimitReader(t, maxManifest))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(raw, &m)
}

// extract writes one file of the archive into its part's directory, and never
// beside it.
func extract(t *tar.Reader, h *tar.Header, parts []Part) (err error) {
	name, rel, nested := strings.Cut(h.Name, "/")
	if h.Typeflag != tar.TypeReg || !nested || !filepath.IsLocal(rel) {
		return fmt.Errorf("%w: it holds %q", ErrForm, h.Name)
	}
	for _, p := range parts {
		if p.Name != name {
			continue
		}
		to := filepath.Join(p.Dir, filepath.FromSlash(rel))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, t)
		if own := (*fs.PathError)(nil); err != nil && !errors.As(err, &own) { // the archive's fault, not the disk's
			err = fmt.Errorf("%w: %s: %w", ErrForm, h.Name, err)
		}
		return errors.Join(err, f.Sync(), f.Close(), os.Chtimes(to, h.ModTime, h.ModTime))
	}
	return fmt.Errorf("%w: nobody knows what %q is", ErrForm, h.Name)
}
