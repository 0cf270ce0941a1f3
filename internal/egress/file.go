package egress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gabriel-vasile/mimetype"
)

// File is what was fetched: kept in memory while it is small, then in a
// temporary file. It is used by one goroutine at a time. Close it.
type File struct {
	// Type is the MIME type that its source gave, "" for none.
	Type string

	size   int64
	memory []byte
	disk   *os.File
}

// inMemory is how large a file may grow before it goes to the disk, in bytes.
const inMemory = 1 << 20

// errFileTooLarge: more bytes than are allowed.
var errFileTooLarge = errors.New("file too large")

// take reads r to its end into the file, at most limit bytes.
func (f *File) take(r io.Reader, limit int64) error {
	r = io.LimitReader(r, limit+1)
	var err error
	if f.memory, err = io.ReadAll(io.LimitReader(r, inMemory)); err != nil {
		return err
	}
	f.size = int64(len(f.memory))
	if f.size == inMemory {
		if err := f.spill(r); err != nil {
			return err
		}
	}
	if f.size > limit {
		return errFileTooLarge
	}
	return nil
}

func (f *File) spill(rest io.Reader) (err error) {
	if f.disk, err = os.CreateTemp("", "threadhub-*"); err != nil {
		return fmt.Errorf("keep a fetched file: %w", err)
	}
	if _, err = f.disk.Write(f.memory); err != nil {
		return fmt.Errorf("keep a fetched file: %w", err)
	}
	n, err := io.Copy(f.disk, rest)
	f.size += n
	return err
}

// Size is how many bytes it has.
func (f *File) Size() int64 { return f.size }

// Start is its beginning, at most 1 MiB.
func (f *File) Start() []byte { return f.memory }

// Open reads the file from its beginning.
func (f *File) Open() io.ReadSeeker {
	if f.disk != nil {
		return io.NewSectionReader(f.disk, 0, f.size)
	}
	return bytes.NewReader(f.memory)
}

// Sniff is the MIME type that its bytes show.
func (f *File) Sniff() string { return mimetype.Detect(f.memory).String() }

// Close frees what the file takes up.
func (f *File) Close() {
	f.memory = nil
	if f.disk != nil {
		_ = f.disk.Close()
		_ = os.Remove(f.disk.Name())
	}
}
