// Package owner gives files that an administrator makes to the user they are
// for: what root puts into a hub's data directory has to be readable for the
// hub.
package owner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Like gives path, and all that is below it, to the owner and group of the
// directory dir, if this process may do so: it is root. Otherwise, and on
// systems without owners of that kind, it does nothing. Links are not followed.
func Like(dir, path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("find the owner of %s: %w", dir, err)
	}
	uid, gid, ok := ids(info)
	if !ok {
		return nil
	}
	return filepath.WalkDir(path, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err = os.Lchown(name, uid, gid); errors.Is(err, fs.ErrPermission) { // root of a container with fewer rights
			return nil
		}
		return err
	})
}
