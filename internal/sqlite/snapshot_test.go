package sqlite

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
	"threadhub/threads"
	"threadhub/workers"
)

func TestASnapshotIsAStore(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	lived(t, dir)
	versions, err := Snapshot(t.Context(), dir, to)
	require.NoError(t, err)
	known, err := Known()
	require.NoError(t, err)
	require.Equal(t, known, versions)
	require.NoError(t, Check(t.Context(), to))
	s, err := Open(t.Context(), to, Options{})
	require.NoError(t, err)
	holds(t, s)
	require.NoError(t, s.Close())

	_, err = Snapshot(t.Context(), t.TempDir(), t.TempDir())
	require.ErrorIs(t, err, ErrNoStore)
	_, err = Snapshot(t.Context(), dir, to)
	require.Error(t, err, "it writes over nothing")
}

// A file of a hub whose pages were smaller is used as it is; its copy has the
// pages of today.
func TestAFileOfSmallerPagesIsUsedAndItsSnapshotHasLargerOnes(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	for _, file := range Files() {
		c, err := dial(filepath.Join(dir, file), readerCache, false)
		require.NoError(t, err)
		require.NoError(t, c.scriptIn(t.Context(), "PRAGMA journal_mode = DELETE; PRAGMA page_size = 4096; VACUUM"))
		require.NoError(t, c.close())
	}
	lived(t, dir)
	_, err := Snapshot(t.Context(), dir, to)
	require.NoError(t, err)
	for _, file := range Files() {
		require.EqualValues(t, 4096, pageSize(t, filepath.Join(dir, file)))
		require.EqualValues(t, 8192, pageSize(t, filepath.Join(to, file)))
	}
	s, err := Open(t.Context(), to, Options{})
	require.NoError(t, err)
	holds(t, s)
	require.NoError(t, s.Close())
}

func pageSize(t *testing.T, path string) uint16 {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return binary.BigEndian.Uint16(raw[16:]) // https://sqlite.org/fileformat.html
}

// A webhook that is worked between the copies of the two files must not be
// lost: that is what their order is for.
func TestWhatIsWorkedBetweenTheCopiesIsKept(t *testing.T) {
	require.Equal(t, []string{journalFile, mainFile}, Files())
	dir, to := t.TempDir(), t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{pendingEntry("ev_1")}))
	work := func() {
		require.NoError(t, s.Commit(t.Context(), []threads.Change{sending(1)})[0])
		require.NoError(t, s.Journal().Finish(t.Context(), []journal.Result{{ID: "ev_1", State: journal.Done}}))
	}
	for i, file := range Files() {
		if i == 1 {
			work()
		}
		_, err := copyFile(t.Context(), filepath.Join(dir, file), filepath.Join(to, file))
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	restored, err := Open(t.Context(), to, Options{})
	require.NoError(t, err)
	require.NoError(t, restored.Put(t.Context(), agentRecord()))
	holds(t, restored)
	require.NoError(t, restored.Close())
}

func TestADamagedFileAndANewerOneAreNoticed(t *testing.T) {
	dir := t.TempDir()
	lived(t, dir)
	c, err := dial(filepath.Join(dir, mainFile), 100, false)
	require.NoError(t, err)
	require.NoError(t, c.script("INSERT INTO migrations VALUES (999, 'from the future', 0)"))
	require.NoError(t, c.close())
	require.ErrorIs(t, Check(t.Context(), dir), ErrNewer)

	path := filepath.Join(dir, journalFile)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 4096; i < len(raw); i++ {
		raw[i] ^= 0x5a
	}
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	require.Error(t, Check(t.Context(), dir))
}

func TestHeldDeliveriesAreFoundAsAfterACrash(t *testing.T) {
	dir := t.TempDir()
	lived(t, dir)
	n, err := Hold(t.Context(), dir, restartTime.Add(-time.Second))
	require.NoError(t, err)
	require.Zero(t, n, "it is due later")
	n, err = Hold(t.Context(), dir, restartTime)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	s, err := Open(t.Context(), dir, Options{})
	require.NoError(t, err)
	list, err := s.ClaimDeliveries(t.Context(), "w", restartTime, time.Hour, workers.Room{All: 10})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.True(t, list[0].InFlight)
	require.NoError(t, s.Close())
}

func TestInspectingAStoreBesideItsHub(t *testing.T) {
	dir := t.TempDir()
	_, err := Inspect(t.Context(), dir)
	require.ErrorIs(t, err, ErrNoStore)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "it makes nothing")
	lived(t, dir)
	known, err := Known()
	require.NoError(t, err)
	for _, running := range []bool{false, true} {
		if running {
			s, err := Open(t.Context(), dir, Options{})
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
		}
		in, err := Inspect(t.Context(), dir)
		require.NoError(t, err)
		require.Greater(t, in.Bytes, int64(0))
		in.Bytes = 0
		require.Equal(t, Inspection{
			Running: running, Have: known, Pending: 1, Oldest: restartTime, Newest: restartTime, Deliveries: 1, Due: restartTime,
		}, in)
		body, err := Record(t.Context(), dir, "agent", "ag_1")
		require.NoError(t, err)
		require.Equal(t, "x", string(body))
		body, err = Record(t.Context(), dir, "agent", "nobody")
		require.NoError(t, err)
		require.Nil(t, body)
	}
}
