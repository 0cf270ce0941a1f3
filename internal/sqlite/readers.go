package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// readers are the connections that read a file while its writer writes.
type readers struct {
	name  string
	all   []*conn
	free  chan *conn
	ended chan struct{}
}

func openReaders(name, path string, n, cacheKiB int) (*readers, error) {
	r := &readers{name: name, free: make(chan *conn, n), ended: make(chan struct{})}
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

// with runs fn on a connection of its own.
func (r *readers) with(ctx context.Context, fn func(*conn) error) error {
	if err := r.usable(ctx); err != nil {
		return err
	}
	select {
	case c := <-r.free:
		defer func() { r.free <- c }()
		return fn(c)
	case <-r.ended:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
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
