package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// readers are the connections that read a file while its writer writes.
type readers struct {
	name  string
	wrote *durable
	all   []*conn
	free  chan *conn
	ended chan struct{}
}

func openReaders(name, path string, n, cacheKiB int, wrote *durable) (*readers, error) {
	r := &readers{name: name, wrote: wrote, free: make(chan *conn, n), ended: make(chan struct{})}
	for range n {
		c, err := dial(path, cacheKiB, true)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		r.all = append(r.all, c)
		r.free <- c
	}
	return r, nil
}

// with runs fn on a connection of its own. What fn has read is on the disk when
// with returns.
func (r *readers) with(ctx context.Context, fn func(*conn) error) error {
	if err := r.usable(ctx); err != nil {
		return err
	}
	select {
	case c := <-r.free:
		if err := r.on(c, fn); err != nil {
			return err
		}
		return r.wrote.wait(ctx)
	case <-r.ended:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *readers) on(c *conn, fn func(*conn) error) error {
	defer func() { r.free <- c }()
	return fn(c)
}

// usable answers the error that with would answer at once.
func (r *readers) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-r.ended:
		return ErrClosed
	default:
		return nil
	}
}

// close waits for reads in hand and closes the connections.
func (r *readers) close() error {
	close(r.ended)
	var errs []error
	for range r.all {
		errs = append(errs, (<-r.free).close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", r.name, err)
	}
	return nil
}
