// Package blob keeps files under names: in a directory, or in a bucket of a
// server that speaks S3. What the files are is for others to know.
//
// Names are steps joined by slashes, such as "blobs/ab/abcd". They are the same
// in both places, so that a directory that is copied into a bucket, under the
// bucket's prefix, is one.
package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"time"
)

// Entry is what is known of a file without reading it.
type Entry struct {
	Name string
	Size int64     // bytes
	Time time.Time // when it was put; of a directory, or touched after that
}

// File is an open file. Whoever opened it closes it.
type File interface {
	io.ReadSeekCloser
}

// Store keeps files. It is safe for concurrent use, by many processes on one
// directory or bucket too. Its errors wrap [fs.ErrNotExist] for a file that is
// not there, [fs.ErrInvalid] for a name that none can have, [ErrAway] when the
// store did not answer, and ctx's.
type Store interface {
	// Put keeps all that r gives, from its beginning, instead of what had the
	// name before. Whoever reads finds the whole of the one or the whole of the
	// other; if r fails or ctx ends, nothing has changed.
	Put(ctx context.Context, name string, r io.ReadSeeker) error
	// Open opens a file for reading, any part of it in any order, while ctx
	// lasts.
	Open(ctx context.Context, name string) (File, error)
	// Read answers all of a small file.
	Read(ctx context.Context, name string) ([]byte, error)
	Stat(ctx context.Context, name string) (Entry, error)
	// Touch marks a file as used now, where the store can.
	Touch(ctx context.Context, name string)
	// Remove removes a file. One that is not there is no error.
	Remove(ctx context.Context, name string) error
	// List goes through the files whose names begin with prefix, in no order.
	// It ends after an error.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
	// Close gives connections back.
	Close()
}

// ErrAway: the store did not answer, or has trouble of its own. Trying again
// later may do.
var ErrAway = errors.New("the store of files did not answer")

// check refuses names that would lead out of a store.
func check(op, name string) error {
	if !fs.ValidPath(name) || name == "." {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return nil
}
