package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"threadhub/internal/crashpoint"
)

// migrationFiles are migrations/<schema>/NNN_name.sql, numbered from 001
// without gaps. A file that was released is never changed.
//
//go:embed migrations
var migrationFiles embed.FS

// ErrNewer: the file was written by a newer version of the hub, whose data
// this one does not understand.
var ErrNewer = errors.New("written by a newer version of threadhub")

// migration is one numbered step.
type migration struct {
	version int
	name    string
	sql     string
}

// migrations answers the steps of a schema in order.
func migrations(schema string) ([]migration, error) {
	entries, err := fs.ReadDir(migrationFiles, path.Join("migrations", schema))
	if err != nil {
		return nil, err
	}
	list := make([]migration, 0, len(entries))
	for i, e := range entries {
		number, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s/%s is not number %03d", schema, e.Name(), i+1)
		}
		sql, err := fs.ReadFile(migrationFiles, path.Join("migrations", schema, e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, migration{version, name, string(sql)})
	}
	return list, nil
}

// migrate brings the file to the newest version. Each step and the note of it
// share a transaction, so that a crash leaves the step done or not begun.
func migrate(ctx context.Context, c *conn, schema string) error {
	steps, err := migrations(schema)
	if err != nil {
		return err
	}
	if err := c.script("CREATE TABLE IF NOT EXISTS migrations " +
		"(version INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)"); err != nil {
		return err
	}
	have, err := versionOf(c)
	if err != nil {
		return err
	}
	if have > len(steps) {
		return fmt.Errorf("%w: its version is %d, this one knows up to %d", ErrNewer, have, len(steps))
	}
	for _, m := range steps[have:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := m.apply(c); err != nil {
			return fmt.Errorf("step %03d_%s: %w", m.version, m.name, err)
		}
	}
	return nil
}

func (m migration) apply(c *conn) (err error) {
	if err := c.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.script("ROLLBACK"))
		}
	}()
	if err := c.script(m.sql); err != nil {
		return err
	}
	if _, err := c.exec("INSERT INTO migrations (version, name, at) VALUES (?, ?, ?)",
		int64(m.version), m.name, millis(time.Now())); err != nil {
		return err
	}
	crashpoint.At(crashpoint.StepApplied)
	return c.script("COMMIT")
}
