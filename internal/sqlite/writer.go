package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"threadhub/internal/crashpoint"
)

// ErrClosed is what every method answers after Close.
var ErrClosed = errors.New("store is closed")

const (
	// queueLength bounds how many operations wait for the writer; more than
	// that wait to be let in.
	queueLength = 1024
	// groupSize bounds how many operations share a commit.
	groupSize = 256
)

// writer owns the one connection that writes to a file. Operations that wait
// at the same time share one transaction and so one synced write; an operation
// that is alone waits for nobody. While one transaction is synced, the next is
// written.
type writer struct {
	name    string
	conn    *conn
	queue   chan *op
	durable *durable
	behind  *checkpointer

	mu     sync.RWMutex // held for writing to close the queue
	closed bool
	ended  chan struct{}
}

// op is one operation and, later, its outcome.
type op struct {
	// run does the work. It may be run several times, of which the last
	// counts, so it sets its results anew each time.
	run func(*tx) error
	// then, if there is one, follows the commit of an operation that did not
	// fail: on the writer's goroutine, in the order of the operations, before
	// the caller is answered and before anything else is written. It is for
	// what memory keeps of the file.
	then func()
	// reads says that it only looks: what it saw is waited for by whoever acts
	// on it, since the log keeps the order of the commits.
	reads bool
	taken atomic.Bool // by the writer, or by the caller who gives up
	err   error
	done  chan struct{}
}

// tx is the open transaction as an operation sees it.
type tx struct {
	*conn
	at     part
	failed map[part]error
}

// part is a piece of a transaction that happens as a whole or not at all: an
// operation (part 0), or one that it has made within itself.
type part struct{ op, part int }

// errAgain says that a part failed after it had written something: the
// transaction has to be run again without it.
var errAgain = errors.New("run again without the failed part")

// startWriter makes the connection to the file the one that writes to it, with a
// log of so many pages, about. It takes the connection also when it fails.
func startWriter(name, path string, c *conn, logPages int) (_ *writer, err error) {
	w := &writer{name: name, conn: c, queue: make(chan *op, queueLength), ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	for _, p := range []string{"synchronous = NORMAL", fmt.Sprintf("wal_autocheckpoint = %d", logPages)} {
		if err := c.script("PRAGMA " + p); err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
	}
	if w.behind, err = startCheckpointer(path); err != nil {
		return nil, err
	}
	if w.durable, err = startDurable(path + "-wal"); err != nil {
		return nil, errors.Join(fmt.Errorf("open log of %s: %w", path, err), w.behind.close())
	}
	go w.loop()
	return w, nil
}

// close lets the operations in hand finish and closes the connection.
func (w *writer) close() error {
	w.mu.Lock()
	first := !w.closed
	if first {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.ended
	if !first {
		return nil
	}
	w.durable.close()
	return errors.Join(w.behind.close(), w.conn.close())
}

// do has the operation carried out and waits until it is durable. A context
// that ends while the operation waits withdraws it; once the writer has taken
// it, do waits for the outcome, so that the caller is never left in doubt.
func (w *writer) do(ctx context.Context, run func(*tx) error) error {
	return w.doThen(ctx, run, nil)
}

// doThen is do with something to follow the commit (see op).
func (w *writer) doThen(ctx context.Context, run func(*tx) error, then func()) error {
	return w.carry(ctx, &op{run: run, then: then, done: make(chan struct{})})
}

// look has an operation carried out that only reads, and does not wait for the
// disk.
func (w *writer) look(ctx context.Context, run func(*tx) error) error {
	return w.carry(ctx, &op{run: run, reads: true, done: make(chan struct{})})
}

func (w *writer) carry(ctx context.Context, o *op) error {
	if err := w.enqueue(ctx, o); err != nil {
		return err
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
	}
	if o.taken.CompareAndSwap(false, true) {
		return ctx.Err()
	}
	<-o.done
	return o.err
}

func (w *writer) enqueue(ctx context.Context, o *op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.queue <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) loop() {
	defer close(w.ended)
	for first := range w.queue {
		// Whoever can go on right now may have something for this commit: let
		// them. When nobody can, this takes no time.
		for range 3 {
			runtime.Gosched()
		}
		if group := w.gather([]*op{first}); len(group) > 0 {
			w.carryOut(group)
		}
	}
}

// carryOut runs the group and leaves it to be synced, as soon as the one before
// it is.
func (w *writer) carryOut(group []*op) {
	c := &commit{kept: make(chan struct{})}
	w.commit(group, c)
	for _, o := range group {
		if o.err == nil && o.then != nil {
			o.then()
		}
		if o.reads {
			close(o.done)
		} else {
			c.ops = append(c.ops, o)
		}
	}
	if c.rows == 0 && len(c.ops) == 0 {
		return // all have looked and are gone
	}
	w.durable.queue <- c
	w.behind.wrote(c.rows)
}

// gather takes all operations that are waiting right now and leaves out those
// whose callers have gone.
func (w *writer) gather(group []*op) []*op {
	for len(group) < groupSize {
		select {
		case o, ok := <-w.queue:
			if ok {
				group = append(group, o)
				continue
			}
		default:
		}
		break
	}
	kept := group[:0]
	for _, o := range group {
		if o.taken.CompareAndSwap(false, true) {
			kept = append(kept, o)
		}
	}
	return kept
}

// commit carries the group out in one transaction. Undoing a part of it alone
// would take savepoints, which make SQLite copy every page that is touched and
// a large commit ten times slower. Parts hardly ever fail after they have
// written something, so when one does, everything is rolled back and run again
// without it.
func (w *writer) commit(group []*op, c *commit) {
	failed := map[part]error{}
	err := w.durable.failure()
	for again := err == nil; again; again = errors.Is(err, errAgain) {
		err = w.attempt(group, failed, c)
	}
	if err == nil {
		return
	}
	for _, o := range group {
		o.err = err
	}
}

// attempt answers an error when no operation of the group is committed.
func (w *writer) attempt(group []*op, failed map[part]error, c *commit) (err error) {
	if err := w.begin(); err != nil {
		return fmt.Errorf("%s: begin: %w", w.name, err)
	}
	defer func() {
		if err != nil {
			// After some errors SQLite has rolled back by itself: then there
			// is nothing left to undo, which is no error worth telling.
			_, _ = w.conn.exec("ROLLBACK")
		}
	}()
	t, before := &tx{conn: w.conn, failed: failed}, w.conn.changes
	for i, o := range group {
		t.at = part{op: i}
		o.err = t.part(func() error { return o.run(t) })
		if errors.Is(o.err, errAgain) || grave(o.err) {
			return o.err
		}
	}
	crashpoint.At(crashpoint.Committing)
	if c.rows = w.conn.changes - before; c.rows > 0 {
		w.durable.latest.Store(c)
	}
	if _, err := w.conn.exec("COMMIT"); err != nil {
		return fmt.Errorf("%s: commit: %w", w.name, err)
	}
	return nil
}

// begin opens a transaction, also when an earlier rollback failed.
func (w *writer) begin() error {
	_, err := w.conn.exec("BEGIN IMMEDIATE")
	if err == nil {
		return nil
	}
	if _, e := w.conn.exec("ROLLBACK"); e != nil {
		return err
	}
	_, err = w.conn.exec("BEGIN IMMEDIATE")
	return err
}

// part runs fn so that all of its writes happen or none. Its error is fn's, or
// errAgain, with which the operation must end at once.
func (t *tx) part(fn func() error) error {
	at := t.at
	t.at.part++
	if err, ok := t.failed[at]; ok {
		return err
	}
	before := t.changes
	err := fn()
	if err == nil || t.changes == before || grave(err) || errors.Is(err, errAgain) {
		return err
	}
	t.failed[at] = err
	return errAgain
}

// grave tells trouble with the database itself (a full disk, a failing one)
// from an operation's own failure. SQLite may have ended the transaction then,
// and what follows would be written without one.
func grave(err error) bool {
	var e *sqlitedriver.Error
	return errors.As(err, &e) && e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT
}
