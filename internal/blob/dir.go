package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// incoming is where files are while they are not whole. List leaves it out.
const incoming = "incoming"

// Dir is a directory, which many processes may share.
type Dir struct{ dir string }

// OpenDir makes the directory, for its owner only, and answers the store in it.
func OpenDir(dir string) (*Dir, error) {
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	return &Dir{dir: dir}, nil
}

func (d *Dir) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// Put implements [Store]. It returns when the file's bytes are on the disk.
func (d *Dir) Put(ctx context.Context, name string, r io.ReadSeeker) error {
	if err := check("put", name); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Join(d.dir, incoming), "*")
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // it was renamed, unless something failed
	if _, err = r.Seek(0, io.SeekStart); err == nil {
		_, err = io.Copy(f, reader{ctx, r})
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.MkdirAll(filepath.Dir(d.path(name)), 0o700)
	}
	if err == nil {
		err = os.Rename(f.Name(), d.path(name))
	}
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	return nil
}

// reader stops when its context ends.
type reader struct {
	ctx context.Context //nolint:containedctx // it lives as long as the call
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Open implements [Store].
func (d *Dir) Open(_ context.Context, name string) (File, error) {
	if err := check("open", name); err != nil {
		return nil, err
	}
	return os.Open(d.path(name))
}

// Read implements [Store].
func (d *Dir) Read(_ context.Context, name string) ([]byte, error) {
	if err := check("read", name); err != nil {
		return nil, err
	}
	return os.ReadFile(d.path(name))
}

// Stat implements [Store].
func (d *Dir) Stat(_ context.Context, name string) (Entry, error) {
	if err := check("stat", name); err != nil {
		return Entry{}, err
	}
	info, err := os.Stat(d.path(name))
	if err != nil {
		return Entry{}, err
	}
	return Entry{Name: name, Size: info.Size(), Time: info.ModTime()}, nil
}

// Touch implements [Store]. A failure costs the file its place in the queue.
func (d *Dir) Touch(_ context.Context, name string) {
	if check("touch", name) == nil {
		now := time.Now()
		_ = os.Chtimes(d.path(name), now, now)
	}
}

// Remove implements [Store].
func (d *Dir) Remove(_ context.Context, name string) error {
	if err := check("remove", name); err != nil {
		return err
	}
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// List implements [Store].
func (d *Dir) List(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		from := path.Dir(prefix + "x") // the folder that all of them are in
		if err := check("list", prefix+"x"); err != nil {
			yield(Entry{}, err)
			return
		}
		err := filepath.WalkDir(d.path(from), func(at string, e fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return unlessGone(err)
			}
			step, err := filepath.Rel(d.dir, at)
			name := filepath.ToSlash(step)
			switch {
			case err != nil:
				return err
			case e.IsDir() && outside(name, prefix):
				return fs.SkipDir
			case e.IsDir() || !strings.HasPrefix(name, prefix):
				return nil
			}
			info, err := e.Info()
			if err != nil {
				return unlessGone(err)
			}
			if !yield(Entry{Name: name, Size: info.Size(), Time: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Entry{}, fmt.Errorf("list files: %w", err))
		}
	}
}

// outside tells of a folder that nothing that begins with prefix is in.
func outside(folder, prefix string) bool {
	return folder == incoming || folder != "." && !strings.HasPrefix(folder+"/", prefix) && !strings.HasPrefix(prefix, folder+"/")
}

// unlessGone is the error of a look at a file, nil if it was removed meanwhile.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Close implements [Store].
func (d *Dir) Close() {}
