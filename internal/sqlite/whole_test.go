package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

// contents are the files of a directory, without what holds nothing of a store:
// locks, indexes of logs, and logs without a change.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	found := map[string]string{}
	for _, e := range list {
		if e.Name() == lockFile || strings.HasSuffix(e.Name(), "-shm") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		if len(raw) > 0 || !strings.HasSuffix(e.Name(), "-wal") {
			found[e.Name()] = string(raw)
		}
	}
	return found
}

func TestHalfAStoreIsNotOpened(t *testing.T) {
	for name, c := range map[string]struct {
		gone    string
		empty   bool
		unused  bool
		missing string // "" for no half
	}{
		"the main file is gone":                       {gone: mainFile, missing: mainFile},
		"the main file is empty":                      {gone: mainFile, empty: true, missing: mainFile},
		"the journal is gone":                         {gone: journalFile, missing: journalFile},
		"the journal is empty":                        {gone: journalFile, empty: true, missing: journalFile},
		"a first start was killed before the journal": {gone: journalFile, unused: true},
		"a first start was killed within the journal": {gone: journalFile, empty: true, unused: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.unused {
				s, err := Open(t.Context(), dir, Options{})
				require.NoError(t, err)
				require.NoError(t, s.Close())
			} else {
				lived(t, dir)
			}
			require.NoError(t, Whole(dir))
			if path := filepath.Join(dir, c.gone); c.empty {
				require.NoError(t, os.Truncate(path, 0))
			} else {
				require.NoError(t, os.Remove(path))
			}
			before := contents(t, dir)
			_, inspected := Inspect(t.Context(), dir)
			if c.missing == "" {
				require.ErrorIs(t, Whole(dir), ErrNoStore)
				require.ErrorIs(t, inspected, ErrNoStore)
				open(t, dir)
				return
			}
			_, opened := Open(t.Context(), dir, Options{})
			for _, err := range []error{Whole(dir), inspected, opened} {
				half := (*HalfError)(nil)
				require.ErrorAs(t, err, &half)
				require.Equal(t, HalfError{Dir: dir, Missing: c.missing}, *half)
				require.ErrorContains(t, err, c.missing)
			}
			require.Equal(t, before, contents(t, dir), "nothing was changed")
		})
	}
	dir := t.TempDir()
	require.ErrorIs(t, Whole(dir), ErrNoStore)
	lived(t, dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, mainFile), []byte(strings.Repeat("no database ", 100)), 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, journalFile)))
	_, err := Open(t.Context(), dir, Options{BeginJournal: true})
	require.True(t, IsDamaged(err), err)
}

func TestAJournalIsBegunAnewWhenThatIsAskedFor(t *testing.T) {
	dir := t.TempDir()
	lived(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, journalFile)))
	s, err := Open(t.Context(), dir, Options{BeginJournal: true})
	require.NoError(t, err)
	_, err = s.Conversation(t.Context(), "cv_1")
	require.NoError(t, err)
	require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{pendingEntry("ev_9")}))
	require.NoError(t, s.Close())

	require.NoError(t, os.Remove(filepath.Join(dir, mainFile)))
	_, err = Open(t.Context(), dir, Options{BeginJournal: true})
	require.ErrorAs(t, err, new(*HalfError), "conversations are not begun anew")
	require.False(t, JournalGone(err))
	require.False(t, JournalGone(errors.New("something else")))
}

// What a kill leaves is not carried over by somebody who only looks: the copy
// of a directory that an operator makes afterwards is what the hub left.
func TestLookingAtAKilledHubsStoreChangesNoFile(t *testing.T) {
	dir, left := t.TempDir(), t.TempDir()
	lived(t, dir)
	s := open(t, dir)
	require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{pendingEntry("ev_2")}))
	second := agentRecord()
	second.ID, second.Unique = "ag_2", "bea"
	require.NoError(t, s.Put(t.Context(), second))
	require.NoError(t, os.CopyFS(left, os.DirFS(dir)))
	require.NoError(t, os.Remove(filepath.Join(left, lockFile)))
	before := contents(t, left)
	require.NotEmpty(t, before[mainFile+"-wal"])
	for range 2 {
		in, err := Inspect(t.Context(), left)
		require.NoError(t, err)
		require.Equal(t, 2, in.Pending)
		body, err := Record(t.Context(), left, "agent", "ag_2")
		require.NoError(t, err)
		require.Equal(t, "x", string(body))
		require.NoError(t, Check(t.Context(), left))
		to := t.TempDir()
		_, err = Snapshot(t.Context(), left, to)
		require.NoError(t, err)
		in, err = Inspect(t.Context(), to)
		require.NoError(t, err)
		require.Equal(t, 2, in.Pending)
	}
	require.Equal(t, before, contents(t, left))
}
