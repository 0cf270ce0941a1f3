package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"threadhub/internal/directory"
	"threadhub/internal/idempotency"
	"threadhub/internal/journal"
	"threadhub/internal/owner"
	"threadhub/internal/spool"
	"threadhub/threads"
	"threadhub/workers"
)

// File names within the data directory.
const (
	mainFile    = "threadhub.db"
	journalFile = "journal.db"
	lockFile    = "threadhub.lock"
)

// Page caches, in KiB. Readers need little: what they miss is in the
// operating system's cache.
const (
	mainWriterCache    = 12 << 10
	journalWriterCache = 2 << 10
	readerCache        = 1 << 10
	checkpointCache    = 64
)

// Lengths of the write-ahead logs, in pages of 8 KiB. Overwriting what the log
// has already is synced twice as fast as adding to it, and the journal's syncs
// are waited for: its log is short. The main file's is long, since what changes
// often is then copied seldom.
const (
	mainLog    = 4000
	journalLog = 750
)

// Options of a store. The zero value is good.
type Options struct {
	// Readers is how many reads of the main file run at once, default 4.
	Readers int
	// BeginJournal begins the journal anew where it is gone and the other file
	// is not; Open fails with a [HalfError] there otherwise.
	BeginJournal bool
}

// Store keeps everything but the journal, which [Store.Journal] answers. It is
// safe for concurrent use.
type Store struct {
	lock    *os.File
	write   *writer
	read    *readers
	journal *Journal
	lanes   *lanes
	recent  *recent
	parked  atomic.Int64 // how many events are, so that hardly anybody has to look

	closing sync.Once
	closed  error
}

var (
	_ threads.Store     = (*Store)(nil)
	_ workers.Outbox    = (*Store)(nil)
	_ directory.Store   = (*Store)(nil)
	_ idempotency.Store = (*Store)(nil)
	_ spool.Store       = (*Store)(nil)
	_ journal.Store     = (*Journal)(nil)
)

// Open opens the store in dir, which it makes (mode 0700) if it is not there,
// and brings its files up to date. It fails with [ErrLocked] while another
// process has the directory, with [ErrNewer] on files that a newer version of
// the hub has written, and with a [HalfError] on half a store.
func Open(ctx context.Context, dir string, o Options) (s *Store, err error) {
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	s = &Store{lanes: newLanes(), recent: newRecent()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	if s.lock, err = takeDirectory(dir); err != nil {
		return s, fmt.Errorf("data directory %s: %w", dir, err)
	}
	err = Whole(dir)
	if err != nil && !errors.Is(err, ErrNoStore) && !(o.BeginJournal && JournalGone(err)) {
		return s, err
	}
	if s.write, s.read, err = openFile(ctx, dir, file{mainFile, "main", mainWriterCache, o.Readers, mainLog}); err != nil {
		return s, err
	}
	if err = errors.Join(s.read.with(ctx, s.lanes.load), s.loadParked(ctx)); err != nil {
		return s, err
	}
	w, r, err := openFile(ctx, dir, file{journalFile, "journal", journalWriterCache, journalReaders, journalLog})
	if err != nil {
		return s, err
	}
	s.journal = &Journal{write: w, read: r, main: s.write.durable, pending: newPendings(), recent: newHandoff()}
	return s, r.with(ctx, s.journal.pending.load)
}

// takeDirectory takes the lock of the directory.
func takeDirectory(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	if err := touch(path); err != nil {
		return nil, err
	}
	return lock(path)
}

// touch makes a file that only the directory's owner can use, if it is not
// there. SQLite makes those beside it in the same way.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(owner.Like(filepath.Dir(path), path), f.Close())
}

// file is how a database file is opened.
type file struct {
	name, schema string
	cacheKiB     int // of the writer
	readers      int
	logPages     int
}

// openFile opens and migrates a database file.
func openFile(ctx context.Context, dir string, f file) (*writer, *readers, error) {
	path := filepath.Join(dir, f.name)
	if err := touch(path); err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	c, err := dial(path, f.cacheKiB, false)
	if err != nil {
		return nil, nil, err
	}
	if err := migrate(ctx, c, f.schema); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("migrate %s: %w", path, err), c.close())
	}
	w, err := startWriter(f.name, path, c, f.logPages)
	if err != nil {
		return nil, nil, err
	}
	r, err := openReaders(f.name, path, f.readers, readerCache, w.durable)
	if err != nil {
		return nil, nil, errors.Join(err, w.close())
	}
	return w, r, nil
}

// hot reads on the writer's connection. Its page cache stays warm, while a
// reader's is thrown away with every commit of the writer: what every batch of
// messages looks up costs half as much this way. fn may be run twice.
func (s *Store) hot(ctx context.Context, fn func(*conn) error) error {
	return s.write.look(ctx, func(t *tx) error { return fn(t.conn) })
}

// Journal answers the journal, which lives and closes with the store.
func (s *Store) Journal() journal.Store { return s.journal }

// Close finishes the writes in hand, closes the files and gives the directory
// free. It may be called again, and then answers the same.
func (s *Store) Close() error {
	s.closing.Do(func() {
		var errs []error
		if s.journal != nil {
			errs = append(errs, s.journal.read.close(), s.journal.write.close())
		}
		if s.write != nil {
			errs = append(errs, s.read.close(), s.write.close())
		}
		if s.lock != nil {
			errs = append(errs, s.lock.Close())
		}
		if err := errors.Join(errs...); err != nil {
			s.closed = fmt.Errorf("close store: %w", err)
		}
	})
	return s.closed
}

// Ping tells whether both files can be read and written: each gets an empty
// commit.
func (s *Store) Ping(ctx context.Context) error {
	for _, w := range []*writer{s.write, s.journal.write} {
		if err := w.do(ctx, ping); err != nil {
			return fmt.Errorf("ping %s: %w", w.name, err)
		}
	}
	return nil
}

// ping writes a value that nobody reads: a disk that is full or has become
// read-only shows only when something is written.
func ping(t *tx) error {
	_, err := t.exec("UPDATE liveness SET at = at + 1")
	return err
}
