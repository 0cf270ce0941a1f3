package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNoStore: there is no store in the directory.
var ErrNoStore = errors.New("there is no embedded store")

// HalfError says that one of a store's two files is gone while the other one
// was used. To begin that file anew would end as an empty store, or as one
// that has forgotten webhooks it has accepted, and look like success.
type HalfError struct {
	Dir string
	// Missing is the name of the file that is not there, or holds nothing.
	Missing string
}

// Error implements error.
func (e *HalfError) Error() string {
	return fmt.Sprintf("half of the store is gone: %s is missing in %s, or empty, and the other file was used", e.Missing, e.Dir)
}

// JournalGone tells whether err says so of the journal. The other file has all
// conversations then.
func JournalGone(err error) bool {
	half := (*HalfError)(nil)
	return errors.As(err, &half) && half.Missing == journalFile
}

// Whole tells whether there is a store in dir: nil; [ErrNoStore] also after a
// first start that was killed before the store was used; a [HalfError].
func Whole(dir string) error {
	main, err := written(filepath.Join(dir, mainFile))
	if err != nil {
		return err
	}
	journal, err := written(filepath.Join(dir, journalFile))
	switch {
	case err != nil:
		return err
	case main && journal:
		return nil
	case journal: // a first start makes it last
		return &HalfError{Dir: dir, Missing: mainFile}
	case main:
		used, err := used(filepath.Join(dir, mainFile))
		if err != nil {
			return fmt.Errorf("%s: %w", mainFile, err)
		}
		if used {
			return &HalfError{Dir: dir, Missing: journalFile}
		}
	}
	return fmt.Errorf("%w in %s", ErrNoStore, dir)
}

// written tells whether there is anything in the file.
func written(path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

// used tells whether the main file has a record. The first is written once both
// files are there.
func used(path string) (yes bool, err error) {
	c, err := visit(path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	made, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name = 'documents'")
	if err != nil || made == 0 {
		return false, err
	}
	n, err := c.number("SELECT EXISTS (SELECT 1 FROM documents)")
	return n > 0, err
}
