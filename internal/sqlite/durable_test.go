package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

// powerCut keeps a copy of a file and its log as they are when a sync has ended:
// what the disk has if the power goes off then.
type powerCut struct {
	t    *testing.T
	from string
	mu   sync.Mutex
	to   string
}

func (p *powerCut) after(sync func() error) func() error {
	return func() error {
		err := sync()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, suffix := range []string{"", "-wal"} {
			raw, e := os.ReadFile(p.from + suffix)
			err = errors.Join(err, e, os.WriteFile(p.to+suffix, raw, 0o600))
		}
		return err
	}
}

// numbers are those that a hub finds that starts on the copy.
func (p *powerCut) numbers() map[int64]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	dir := p.t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(p.to + suffix)
		require.NoError(p.t, err)
		require.NoError(p.t, os.WriteFile(filepath.Join(dir, "n.db"+suffix), raw, 0o600))
	}
	c, err := dial(filepath.Join(dir, "n.db"), 100, false)
	require.NoError(p.t, err)
	found := map[int64]bool{}
	require.NoError(p.t, c.query("SELECT n FROM n", func(r row) error {
		found[r.number(0)] = true
		return nil
	}))
	require.NoError(p.t, c.close())
	return found
}

// cutOff is a writer and readers over a table of numbers, and what would be left of it.
func cutOff(t *testing.T) (*writer, *readers, *powerCut) {
	w, path := scratchAt(t)
	p := &powerCut{t: t, from: path, to: filepath.Join(t.TempDir(), "kept.db")}
	w.durable.sync = p.after(w.durable.sync)
	r, err := openReaders("scratch", path, 1, 100, w.durable)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.close()) })
	return w, r, p
}

// holdSync holds the writer's next sync, the only one, until it is released.
// holding is closed when it has begun.
func holdSync(t *testing.T, w *writer) (holding chan struct{}, release func()) {
	hold, holding := make(chan struct{}), make(chan struct{})
	kept := w.durable.sync
	w.durable.sync = func() error {
		close(holding)
		<-hold
		return kept()
	}
	release = sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release) // a test that fails does not hang
	return holding, release
}

func TestWhatIsAnsweredOutlivesAPowerCut(t *testing.T) {
	w, _, cut := cutOff(t)
	const callers, each = 8, 25
	var mu sync.Mutex
	answered := map[int64]bool{}
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			for i := range each {
				n := caller*each + i
				if err := w.do(t.Context(), insert(n)); err != nil {
					t.Errorf("insert %d: %v", n, err)
					return
				}
				mu.Lock()
				answered[int64(n)] = true
				mu.Unlock()
			}
		})
	}
	for range 20 {
		require.NoError(t, w.do(t.Context(), func(*tx) error { return nil }), "there is a copy when this is answered or never")
		mu.Lock()
		var sure []int64
		for n := range answered {
			sure = append(sure, n)
		}
		mu.Unlock()
		if len(sure) == 0 {
			continue
		}
		left := cut.numbers()
		for _, n := range sure {
			require.True(t, left[n], "%d was answered and is not on the disk", n)
		}
	}
	wait.Wait()
	require.Len(t, cut.numbers(), callers*each)
}

func TestWhatIsReadOutlivesAPowerCut(t *testing.T) {
	w, r, cut := cutOff(t)
	holding, release := holdSync(t, w)
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := w.do(t.Context(), insert(1)); err != nil {
			t.Errorf("insert: %v", err)
		}
	})
	<-holding // committed, and not synced
	var looked []int64
	require.NoError(t, w.look(t.Context(), func(t *tx) error {
		return t.query("SELECT n FROM n", func(r row) error { looked = append(looked, r.number(0)); return nil })
	}), "the hub itself sees it and waits for nobody")
	require.Equal(t, []int64{1}, looked)

	saw, read := make(chan struct{}), make(chan error, 1)
	go func() {
		read <- r.with(t.Context(), func(c *conn) error {
			n, err := c.number("SELECT count(*) FROM n")
			if n != 1 {
				err = errors.Join(err, errors.New("the commit is not seen"))
			}
			close(saw)
			return err
		})
	}()
	<-saw
	select {
	case err := <-read:
		t.Fatalf("somebody was told (%v) what a power cut would take back", err)
	default:
	}
	release()
	require.NoError(t, <-read)
	require.True(t, cut.numbers()[1])
	wait.Wait()
}

func TestAReaderWhoGivesUpDoesNotWaitForTheDisk(t *testing.T) {
	w, _, _ := cutOff(t)
	holding, release := holdSync(t, w)
	var wait sync.WaitGroup
	wait.Go(func() { _ = w.do(t.Context(), insert(1)) })
	<-holding
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.durable.wait(ctx), ctx.Err())
	release()
	wait.Wait()
	require.NoError(t, w.durable.wait(t.Context()))
}

func TestAfterAFailedSyncNothingIsWrittenOrConfirmed(t *testing.T) {
	w, r, _ := cutOff(t)
	require.NoError(t, w.do(t.Context(), insert(1)))
	broken := errors.New("input/output error")
	kept := w.durable.sync
	w.durable.sync = func() error { return broken }
	err := w.do(t.Context(), insert(2))
	require.ErrorIs(t, err, ErrNotKept)
	require.ErrorIs(t, err, broken)
	w.durable.sync = kept // it would go well again, which says nothing
	require.ErrorIs(t, w.do(t.Context(), insert(3)), ErrNotKept)
	require.ErrorIs(t, r.with(t.Context(), func(*conn) error { return nil }), ErrNotKept, "what is read may be lost")
}

func TestAnEntryIsWorkedOnlyOnceTheDiskHasWhatItBecame(t *testing.T) {
	s := open(t, t.TempDir())
	j := s.Journal()
	require.NoError(t, j.Append(t.Context(), []journal.Entry{pendingEntry("ev_1")}))
	holding, release := holdSync(t, s.write)
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
	})
	<-holding // the main file has a commit that is not synced
	results := []journal.Result{{ID: "ev_1", State: journal.Done}}
	begun, finished := make(chan struct{}), make(chan error, 1)
	go func() {
		close(begun)
		finished <- j.Finish(t.Context(), results)
	}()
	<-begun
	for range 50 { // the journal goes on meanwhile, with whatever is asked of it
		require.NoError(t, s.journal.write.do(t.Context(), ping))
	}
	e, err := j.Entry(t.Context(), "ev_1")
	require.NoError(t, err)
	require.Equal(t, journal.Pending, e.State)
	release()
	require.NoError(t, <-finished)
	wait.Wait()
	e, err = j.Entry(t.Context(), "ev_1")
	require.NoError(t, err)
	require.Equal(t, journal.Done, e.State)
}
