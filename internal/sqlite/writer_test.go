package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// scratch is a writer over a table of numbers.
func scratch(t *testing.T) *writer {
	t.Helper()
	w, _ := scratchAt(t)
	return w
}

// scratchAt is scratch, with the file's path.
func scratchAt(t *testing.T) (*writer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scratch.db")
	c, err := dial(path, 100, false)
	require.NoError(t, err)
	require.NoError(t, c.script("CREATE TABLE n (n INTEGER PRIMARY KEY)"))
	w, err := startWriter("scratch", path, c, mainLog)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.close()) })
	return w, path
}

func insert(n int) func(*tx) error {
	return func(t *tx) error {
		_, err := t.exec("INSERT INTO n VALUES (?)", int64(n))
		return err
	}
}

// numbers answers what is stored.
func numbers(t *testing.T, w *writer) []int64 {
	t.Helper()
	var list []int64
	require.NoError(t, w.do(t.Context(), func(t *tx) error {
		list = nil
		return t.query("SELECT n FROM n ORDER BY n", func(r row) error {
			list = append(list, r.number(0))
			return nil
		})
	}))
	return list
}

// group runs the operations so that they share one commit, and answers their
// errors.
func group(t *testing.T, w *writer, ops ...func(*tx) error) []error {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = w.do(context.WithoutCancel(t.Context()), func(*tx) error {
			close(held)
			<-hold
			return nil
		})
	})
	<-held
	list := make([]*op, len(ops))
	for i, run := range ops {
		list[i] = &op{run: run, done: make(chan struct{})}
		require.NoError(t, w.enqueue(t.Context(), list[i]))
	}
	close(hold)
	wait.Wait()
	errs := make([]error, len(ops))
	for i, o := range list {
		<-o.done
		errs[i] = o.err
	}
	return errs
}

func TestOperationsThatWaitShareACommit(t *testing.T) {
	w := scratch(t)
	var seen []int
	ops := make([]func(*tx) error, 10)
	for i := range ops {
		ops[i] = func(t *tx) error {
			seen = append(seen, t.at.op)
			return insert(i)(t)
		}
	}
	for _, err := range group(t, w, ops...) {
		require.NoError(t, err)
	}
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, seen, "one group, in the order of their coming")
	require.Len(t, numbers(t, w), 10)
}

func TestAnOperationFailsAlone(t *testing.T) {
	boom := errors.New("boom")
	dirty := func(n int) func(*tx) error {
		return func(t *tx) error { return errors.Join(insert(n)(t), boom) }
	}
	parts := func(t *tx) error {
		if err := insert(20)(t); err != nil {
			return err
		}
		for n := 21; n <= 24; n++ {
			err := t.part(func() error {
				if n%2 == 0 {
					return dirty(n)(t)
				}
				return insert(n)(t)
			})
			if err != nil && !errors.Is(err, boom) {
				return err
			}
		}
		return nil
	}
	w := scratch(t)
	errs := group(t, w, insert(1), dirty(2), insert(3), func(*tx) error { return boom }, insert(1), parts, dirty(6), insert(7))
	for i, failed := range []bool{false, true, false, true, true, false, true, false} {
		require.Equal(t, failed, errs[i] != nil, "operation %d: %v", i, errs[i])
	}
	require.ErrorIs(t, errs[1], boom)
	require.ErrorContains(t, errs[4], "UNIQUE")
	require.Equal(t, []int64{1, 3, 7, 20, 21, 23}, numbers(t, w))
}

func TestAnOperationWhosePartsAndItselfFailIsUndoneWhole(t *testing.T) {
	boom := errors.New("boom")
	w := scratch(t)
	errs := group(t, w,
		func(t *tx) error {
			err := t.part(func() error { return errors.Join(insert(1)(t), boom) })
			if errors.Is(err, errAgain) {
				return err
			}
			return errors.Join(insert(2)(t), boom)
		},
		func(t *tx) error { return t.part(func() error { return insert(3)(t) }) },
	)
	require.ErrorIs(t, errs[0], boom)
	require.NoError(t, errs[1])
	require.Equal(t, []int64{3}, numbers(t, w))
}

func TestAFailedCommitFailsAllAndTheNextOneWorks(t *testing.T) {
	w := scratch(t)
	errs := group(t, w, insert(1), func(t *tx) error {
		return t.script("ROLLBACK") // as SQLite does by itself after some errors
	})
	for _, err := range errs {
		require.ErrorContains(t, err, "scratch: commit")
	}
	require.Empty(t, numbers(t, w))
	require.NoError(t, w.do(t.Context(), insert(2)))
	require.Equal(t, []int64{2}, numbers(t, w))
}

func TestATransactionThatWasLeftOpenIsEndedBeforeTheNext(t *testing.T) {
	w := scratch(t)
	require.NoError(t, w.conn.script("BEGIN"))
	require.NoError(t, w.do(t.Context(), insert(1)))
	require.Equal(t, []int64{1}, numbers(t, w))
}

func TestACallerWhoGivesUpWithdrawsItsOperation(t *testing.T) {
	w := scratch(t)
	ctx, cancel := context.WithCancel(t.Context())
	hold, held := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = w.do(t.Context(), func(*tx) error { close(held); <-hold; return nil })
	})
	<-held
	errs := make(chan error, 1)
	wait.Go(func() { errs <- w.do(ctx, insert(1)) })
	cancel()
	require.ErrorIs(t, <-errs, context.Canceled, "while the writer is busy with another")
	close(hold)
	wait.Wait()
	require.Empty(t, numbers(t, w))
	require.ErrorIs(t, w.do(ctx, insert(2)), context.Canceled)
	require.Empty(t, numbers(t, w))
}

func TestACallerWhoGivesUpTooLateLearnsTheOutcome(t *testing.T) {
	w := scratch(t)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, w.do(ctx, func(t *tx) error {
		cancel() // the writer has it in hand
		return insert(1)(t)
	}))
	require.Equal(t, []int64{1}, numbers(t, w))
}

func TestAFullQueueHoldsCallersBackUntilTheyGiveUp(t *testing.T) {
	w := scratch(t)
	hold, held := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = w.do(t.Context(), func(*tx) error { close(held); <-hold; return nil })
	})
	<-held
	for i := range queueLength {
		require.NoError(t, w.enqueue(t.Context(), &op{run: insert(i), done: make(chan struct{})}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 1)
	go func() { errs <- w.do(ctx, insert(-1)) }()
	cancel()
	require.ErrorIs(t, <-errs, context.Canceled)
	close(hold)
	wait.Wait()
	require.Len(t, numbers(t, w), queueLength)
}

func TestClosingFinishesWhatWaitsAndRefusesTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scratch.db")
	c, err := dial(path, 100, false)
	require.NoError(t, err)
	require.NoError(t, c.script("CREATE TABLE n (n INTEGER PRIMARY KEY)"))
	w, err := startWriter("scratch", path, c, mainLog)
	require.NoError(t, err)
	var wait sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		wait.Go(func() { errs[i] = w.do(t.Context(), insert(i)) })
	}
	require.NoError(t, w.close())
	wait.Wait()
	require.ErrorIs(t, w.do(t.Context(), insert(1000)), ErrClosed)
	require.NoError(t, w.close(), "again")

	c, err = dial(path, 100, true)
	require.NoError(t, err)
	stored := map[int64]bool{}
	require.NoError(t, c.query("SELECT n FROM n", func(r row) error { stored[r.number(0)] = true; return nil }))
	require.NoError(t, c.close())
	for i, err := range errs {
		require.Equal(t, err == nil, stored[int64(i)], fmt.Sprint(i, " ", err))
		if err != nil {
			require.ErrorIs(t, err, ErrClosed)
		}
	}
}

func TestWhatFollowsACommitFollowsOnlyThatAndInOrder(t *testing.T) {
	w := scratch(t)
	boom := errors.New("boom")
	var followed []int
	run := func(i int, fn func(*tx) error) func() error {
		return func() error { return w.doThen(t.Context(), fn, func() { followed = append(followed, i) }) }
	}
	require.NoError(t, run(1, insert(1))())
	require.ErrorIs(t, run(2, func(*tx) error { return boom })(), boom)
	require.ErrorIs(t, run(3, func(t *tx) error { return errors.Join(insert(3)(t), boom) })(), boom)
	require.ErrorContains(t, run(4, func(t *tx) error {
		return errors.Join(insert(4)(t), t.script("ROLLBACK")) // the commit finds no transaction
	})(), "commit")
	require.NoError(t, run(5, insert(5))())
	require.Equal(t, []int{1, 5}, followed, "before the caller is answered")
}
