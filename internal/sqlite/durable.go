package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
)

// ErrNotKept is what every write answers after the disk failed to keep one that
// was made already. What memory and the operating system know of the file may
// then be more than the disk has, so nothing is written until the hub is
// started again.
var ErrNotKept = errors.New("the disk failed to keep what was written: look after the disk, then start the hub again")

// commit is a transaction that is written, and who waits for the disk to have it.
type commit struct {
	ops []*op
	// rows is how many it has changed: none, and there is nothing to sync.
	rows int64
	err  error         // once kept is closed
	kept chan struct{} // closed when the disk has it, or never will
}

// durable has commits synced while the writer goes on with the next. SQLite
// itself would sync within COMMIT (synchronous = FULL) and hold the writer up;
// what its callers see is the same: nobody is answered, and nobody reads
// anything, before the disk has it. See decision 024.
type durable struct {
	sync   func() error
	queue  chan *commit // without a buffer: one is synced while the next is written
	latest atomic.Pointer[commit]
	failed atomic.Pointer[error]
	ended  chan struct{}
}

// startDurable syncs the write-ahead log at the given path, which must be there.
func startDurable(log string) (*durable, error) {
	f, err := os.OpenFile(log, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	d := &durable{sync: func() error { return syncData(f) }, queue: make(chan *commit), ended: make(chan struct{})}
	go func() {
		defer close(d.ended)
		for c := range d.queue {
			d.keep(c)
		}
		_ = f.Close() // nothing of it is waited for any more
	}()
	return d, nil
}

// keep has the disk take the commit and answers its callers. Commits come in
// the order in which they stand in the log.
func (d *durable) keep(c *commit) {
	c.err = d.failure()
	if c.err == nil && c.rows > 0 {
		if err := d.sync(); err != nil {
			c.err = errors.Join(ErrNotKept, fmt.Errorf("sync: %w", err))
			d.failed.Store(&c.err)
		}
	}
	close(c.kept)
	for _, o := range c.ops {
		if o.err == nil {
			o.err = c.err
		}
		close(o.done)
	}
}

// failure is the error that has ended all writing, if there was one.
func (d *durable) failure() error {
	if err := d.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// wait waits until the disk has everything that can be read now.
func (d *durable) wait(ctx context.Context) error {
	c := d.latest.Load()
	if c == nil {
		return nil
	}
	select {
	case <-c.kept:
		return c.err
	default:
	}
	select {
	case <-c.kept:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close waits for the commits in hand.
func (d *durable) close() {
	close(d.queue)
	<-d.ended
}
