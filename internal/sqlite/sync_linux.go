package sqlite

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData has the disk take what was written to the file, as SQLite does.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
