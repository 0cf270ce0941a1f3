package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Inspection is how a store looks from outside.
type Inspection struct {
	// Running tells whether a process has the directory open.
	Running bool
	// Have are the versions of the files; [Known] are those of this program.
	Have Schemas
	// Bytes is how large the files are, the logs of changes included.
	Bytes int64
	// Pending webhooks wait to be worked, the oldest since Oldest.
	Pending int
	Oldest  time.Time
	// Newest is when the journal's latest webhook came; zero when it has none.
	Newest time.Time
	// Deliveries wait to leave, the first since or until Due.
	Deliveries int
	Due        time.Time
}

// IsDamaged tells whether the error says that a file of the store is no longer
// what SQLite wrote, and not that it cannot be read or written.
func IsDamaged(err error) bool {
	var e *sqlitedriver.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// Inspect looks at the store in dir without changing anything, whether or not
// a hub runs on it. It fails as [Whole] does.
func Inspect(ctx context.Context, dir string) (in Inspection, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("inspect the store: %w", err)
		}
	}()
	if err := Whole(dir); err != nil {
		return in, err
	}
	if in.Running, err = running(dir); err != nil {
		return in, err
	}
	in.Have = Schemas{}
	look := map[string]func(*conn) error{journalFile: in.readJournal, mainFile: in.readOutbox}
	for _, file := range Files() {
		if err := ctx.Err(); err != nil {
			return in, err
		}
		path := filepath.Join(dir, file)
		for _, part := range []string{path, path + "-wal"} {
			if info, err := os.Stat(part); err == nil {
				in.Bytes += info.Size()
			}
		}
		if err := in.readFile(path, look[file]); err != nil {
			return in, fmt.Errorf("%s: %w", file, err)
		}
	}
	return in, nil
}

// running tells whether somebody holds the lock.
func running(dir string) (bool, error) {
	path := filepath.Join(dir, lockFile)
	if _, err := os.Stat(path); err != nil {
		return false, nil
	}
	f, err := lock(path)
	switch {
	case errors.Is(err, ErrLocked):
		return true, nil
	case err != nil:
		return false, err
	}
	return false, f.Close()
}

func (in *Inspection) readFile(path string, read func(*conn) error) (err error) {
	c, err := visit(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if in.Have[filepath.Base(path)], err = versionOf(c); err != nil {
		return err
	}
	return read(c)
}

func (in *Inspection) readJournal(c *conn) error {
	worked, _, err := limitsOf(c)
	if err != nil {
		return err
	}
	oldest := int64(0)
	err = eachPending(c, worked, func(e placed, _ int64, _ bool) {
		if in.Pending == 0 || e.at < oldest {
			oldest = e.at
		}
		in.Pending++
	})
	if err != nil {
		return err
	}
	in.Oldest = timeOf(oldest)
	return c.query("SELECT received_at FROM entries ORDER BY seq DESC LIMIT 1", func(r row) error {
		in.Newest = timeOf(r.number(0))
		return nil
	})
}

func (in *Inspection) readOutbox(c *conn) error {
	return c.query("SELECT count(*), coalesce(min(not_before), 0) FROM deliveries", func(r row) error {
		in.Deliveries = int(r.number(0))
		in.Due = timeOf(r.number(1))
		return nil
	})
}

// Record reads the body of one small record (see package directory) of the
// store in dir, nil when there is none, whether or not a hub runs on it.
func Record(ctx context.Context, dir, kind, id string) (body []byte, err error) {
	c, err := visit(filepath.Join(dir, mainFile))
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	err = c.queryOnce(ctx, "SELECT body FROM documents WHERE kind = ? AND id = ?", func(r row) error {
		body = r.bytes(0)
		return nil
	}, kind, id)
	return body, err
}
