//go:build !linux

package sqlite

import "os"

// syncData has the disk take what was written to the file.
func syncData(f *os.File) error { return f.Sync() }
