//go:build unix

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

// ErrLocked: another process has the data directory open.
var ErrLocked = errors.New("in use by another process")

// lock takes the file for this process alone, until it is closed or the
// process ends.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	}
	return nil, errors.Join(err, f.Close())
}
