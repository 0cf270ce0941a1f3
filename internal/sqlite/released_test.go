package sqlite

import (
	"errors"
	cli "flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/journal"
	"threadhub/threads"
	"threadhub/workers"
)

var update = cli.Bool("update", false, "rewrite testdata/releases/"+unreleased)

// unreleased is the copy of a store as this version writes it. It is rewritten
// (-update) with every change of the schema until the version is released; then
// it is renamed to the version and never changed again.
const unreleased = "unreleased"

const releases = "testdata/releases"

// lived is what every copy holds.
func lived(t *testing.T, dir string) {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{pendingEntry("ev_1")}))
	require.NoError(t, s.Commit(t.Context(), []threads.Change{sending(1)})[0])
	require.NoError(t, s.Put(t.Context(), agentRecord()))
}

func agentRecord() directory.Document {
	return directory.Document{Kind: "agent", ID: "ag_1", Unique: "ada", Version: 1, Body: []byte("x")}
}

func TestAStoreOfEveryReleaseIsMigratedWithAllThatIsInIt(t *testing.T) {
	if *update {
		dir := t.TempDir()
		lived(t, dir)
		for _, file := range Files() {
			writeDump(t, filepath.Join(dir, file), filepath.Join(releases, unreleased, file+".sql"))
		}
	}
	copies, err := os.ReadDir(releases)
	require.NoError(t, err)
	require.NotEmpty(t, copies)
	for _, release := range copies {
		t.Run(release.Name(), func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range Files() {
				load(t, filepath.Join(releases, release.Name(), file+".sql"), filepath.Join(dir, file))
			}
			s, err := Open(t.Context(), dir, Options{})
			require.NoError(t, err, "the schema was changed in place: before it is released, run go test ./internal/sqlite -run EveryRelease -update; later, add a migration")
			holds(t, s)
			require.NoError(t, s.Close())
			for file, schema := range map[string]string{mainFile: "main", journalFile: "journal"} {
				fresh := newFile(t)
				require.NoError(t, migrate(t.Context(), fresh, schema))
				c, err := dial(filepath.Join(dir, file), 100, true)
				require.NoError(t, err)
				require.ElementsMatch(t, shape(t, fresh), shape(t, c), "%s is as a new one: if not, run with -update before a release, or add a migration after", file)
				require.NoError(t, c.close())
			}
		})
	}
}

// holds checks what a store holds that has lived.
func holds(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	entries, err := s.Journal().Claim(ctx, "w", restartTime, time.Hour, 10)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, "ev_1", entries[0].ID)
	c, err := s.Conversation(ctx, "cv_1")
	require.NoError(t, err)
	require.Equal(t, sending(1).Conversation.Contact, c.Contact)
	list, _, err := s.Messages(ctx, "cv_1", threads.MessagePage{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 2)
	deliveries, err := s.ClaimDeliveries(ctx, "w", restartTime, time.Hour, workers.Room{All: 10})
	require.NoError(t, err)
	require.Len(t, deliveries, 1)
	agent, err := s.Get(ctx, "agent", "ag_1")
	require.NoError(t, err)
	require.Equal(t, "x", string(agent.Body))
}

// writeDump writes a file as SQL that makes it again.
func writeDump(t *testing.T, from, to string) {
	t.Helper()
	c, err := dial(from, 100, true)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.close()) }()
	var out strings.Builder
	var tables []string
	require.NoError(t, c.query("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", func(r row) error {
		fmt.Fprintf(&out, "%s;\n", r.text(2))
		if r.text(0) == "table" {
			tables = append(tables, r.text(1))
		}
		return nil
	}))
	for _, table := range tables {
		var columns []string
		require.NoError(t, c.query("SELECT name FROM pragma_table_info(?)", func(r row) error {
			columns = append(columns, "quote("+r.text(0)+")")
			return nil
		}, table))
		require.NoError(t, c.query("SELECT "+strings.Join(columns, " || ', ' || ")+" FROM "+table, func(r row) error {
			fmt.Fprintf(&out, "INSERT INTO %s VALUES (%s);\n", table, r.text(0))
			return nil
		}))
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	require.NoError(t, os.WriteFile(to, []byte(out.String()), 0o644))
}

func load(t *testing.T, from, to string) {
	t.Helper()
	sql, err := os.ReadFile(from)
	require.NoError(t, err)
	c, err := dial(to, 100, false)
	require.NoError(t, err)
	require.NoError(t, errors.Join(c.script(string(sql)), c.close()))
}
