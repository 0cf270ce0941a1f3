package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var schemas = []string{"main", "journal"}

// shape answers all tables and indexes of a file.
func shape(t *testing.T, c *conn) []string {
	t.Helper()
	var list []string
	require.NoError(t, c.query("SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1", func(r row) error {
		list = append(list, r.text(0))
		return nil
	}))
	return list
}

func newFile(t *testing.T) *conn {
	t.Helper()
	c, err := dial(filepath.Join(t.TempDir(), "x.db"), 100, false)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.close()) })
	return c
}

func TestMigratingFromEveryVersionEndsAlike(t *testing.T) {
	for _, schema := range schemas {
		t.Run(schema, func(t *testing.T) {
			steps, err := migrations(schema)
			require.NoError(t, err)
			fresh := newFile(t)
			require.NoError(t, migrate(t.Context(), fresh, schema))
			want := shape(t, fresh)
			for from := range len(steps) + 1 {
				c := newFile(t)
				require.NoError(t, c.script("CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)"))
				for _, m := range steps[:from] {
					require.NoError(t, m.apply(c))
				}
				for range 2 {
					require.NoError(t, migrate(t.Context(), c, schema))
				}
				require.Len(t, shape(t, c), len(want), "from version %d", from)
				var versions []int64
				require.NoError(t, c.query("SELECT version FROM migrations ORDER BY version", func(r row) error {
					versions = append(versions, r.number(0))
					return nil
				}))
				require.Len(t, versions, len(steps))
			}
		})
	}
}

func TestAMigrationThatFailsLeavesNothingBehind(t *testing.T) {
	c := newFile(t)
	require.NoError(t, migrate(t.Context(), c, "journal"))
	before := shape(t, c)
	err := migration{version: 99, name: "broken", sql: "CREATE TABLE half (x); CREATE TABLE entries (x)"}.apply(c)
	require.Error(t, err)
	require.Equal(t, before, shape(t, c))
	require.NoError(t, migrate(t.Context(), c, "journal"))
}

func TestAFileOfANewerVersionIsRefused(t *testing.T) {
	for _, file := range []string{mainFile, journalFile} {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(t.Context(), dir, Options{})
			require.NoError(t, err)
			require.NoError(t, s.Close())
			c, err := dial(filepath.Join(dir, file), 100, false)
			require.NoError(t, err)
			require.NoError(t, c.script(fmt.Sprintf("INSERT INTO migrations VALUES (%d, 'from the future', 0)", 999)))
			require.NoError(t, c.close())

			s, err = Open(t.Context(), dir, Options{})
			require.ErrorIs(t, err, ErrNewer)
			require.ErrorContains(t, err, filepath.Join(dir, file))
			require.Nil(t, s)
		})
	}
}
