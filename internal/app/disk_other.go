//go:build !unix

package app

import "errors"

// freeBytes is not known here.
func freeBytes(string) (uint64, error) {
	return 0, errors.New("free room of a disk is not known on this system")
}
