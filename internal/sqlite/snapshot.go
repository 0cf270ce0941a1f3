package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Files are the names of a store's database files within its directory, in the
// order in which they are copied: see [Snapshot].
func Files() []string { return []string{journalFile, mainFile} }

// Schemas are the versions of a store's files, by file name.
type Schemas map[string]int

// Known are the versions that this program writes.
func Known() (Schemas, error) {
	known := Schemas{}
	for file, schema := range map[string]string{journalFile: "journal", mainFile: "main"} {
		steps, err := migrations(schema)
		if err != nil {
			return nil, err
		}
		known[file] = len(steps)
	}
	return known, nil
}

// Snapshot copies the files of the store in dir into the directory to, and
// answers their versions. The hub may run meanwhile: it goes on reading and
// writing, and its log of changes grows until the copy is made.
//
// The journal is copied first. A webhook that it holds as worked is in the main
// file, which is copied after, and one that it holds as pending, although the
// main file has its messages already, is worked again without effect. The other
// way round, webhooks would be lost that were worked in between.
func Snapshot(ctx context.Context, dir, to string) (Schemas, error) {
	versions := Schemas{}
	for _, file := range Files() {
		version, err := copyFile(ctx, filepath.Join(dir, file), filepath.Join(to, file))
		if err != nil {
			return nil, fmt.Errorf("copy %s: %w", file, err)
		}
		versions[file] = version
	}
	return versions, nil
}

func copyFile(ctx context.Context, from, to string) (version int, err error) {
	c, err := visit(from)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if version, err = versionOf(c); err != nil {
		return 0, err
	}
	return version, c.scriptIn(ctx, "VACUUM INTO "+quote(to))
}

// visit opens a file that must be there to read it, beside the hub that may
// have it open.
func visit(path string) (*conn, error) {
	if err := there(path); err != nil {
		return nil, err
	}
	return dialBeside(path)
}

func there(path string) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w in %s", ErrNoStore, filepath.Dir(path))
	}
	return err
}

// versionOf is the number of the latest migration, 0 for none.
func versionOf(c *conn) (int, error) {
	have, err := c.number("SELECT max(version) FROM migrations")
	return int(have), err
}

// quote writes a text as SQL does.
func quote(s string) string {
	out := []byte{'\''}
	for i := range len(s) {
		if s[i] == '\'' {
			out = append(out, '\'')
		}
		out = append(out, s[i])
	}
	return string(append(out, '\''))
}

// Check looks whether the files in dir are whole, and not newer than this
// program ([ErrNewer]). No hub may run on them.
func Check(ctx context.Context, dir string) error {
	known, err := Known()
	if err != nil {
		return err
	}
	for _, file := range Files() {
		if err := checkFile(ctx, filepath.Join(dir, file), known[file]); err != nil {
			return fmt.Errorf("check %s: %w", file, err)
		}
	}
	return nil
}

func checkFile(ctx context.Context, path string, known int) (err error) {
	c, err := visit(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	have, err := versionOf(c)
	if err != nil {
		return err
	}
	if have > known {
		return fmt.Errorf("%w: its version is %d, this one knows up to %d", ErrNewer, have, known)
	}
	var said string
	err = c.queryOnce(ctx, "PRAGMA quick_check(1)", func(r row) error {
		said = r.text(0)
		return nil
	})
	if err == nil && said != "ok" {
		err = fmt.Errorf("the file is damaged: %s", said)
	}
	return err
}

// Hold marks the deliveries of the store in dir that were due at the given
// time as out: what a hub that starts then finds is as after a crash, and ends
// them as of unknown outcome instead of sending them, perhaps a second time.
// It answers how many. No hub may run on the directory.
func Hold(ctx context.Context, dir string, due time.Time) (n int, err error) {
	path := filepath.Join(dir, mainFile)
	if err := there(path); err != nil {
		return 0, fmt.Errorf("hold deliveries: %w", err)
	}
	c, err := dial(path, readerCache, false)
	if err != nil {
		return 0, fmt.Errorf("hold deliveries: %w", err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	held, err := c.exec("UPDATE messages SET in_flight = 1 WHERE seq IN (SELECT message_seq FROM deliveries WHERE not_before <= ?)", millis(due))
	if err != nil {
		return 0, fmt.Errorf("hold deliveries: %w", err)
	}
	return int(held), nil
}
