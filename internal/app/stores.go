package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"threadhub/internal/audit"
	"threadhub/internal/directory"
	"threadhub/internal/idempotency"
	"threadhub/internal/journal"
	"threadhub/internal/mongo"
	"threadhub/internal/spool"
	"threadhub/internal/sqlite"
	"threadhub/threads"
	"threadhub/workers"
)

// store is everything the hub keeps, in whichever database.
type store interface {
	threads.Store
	workers.Outbox
	directory.Store
	idempotency.Store
	spool.Store
	Journal() journal.Store
	Ping(ctx context.Context) error
	Close() error
}

var (
	_ store = (*sqlite.Store)(nil)
	_ store = (*mongo.Store)(nil)
)

// auditedStore logs what is changed of the small records.
type auditedStore struct {
	store
	log *audit.Store
}

// Put implements [directory.Store].
func (s auditedStore) Put(ctx context.Context, d directory.Document) error { return s.log.Put(ctx, d) }

// Delete implements [directory.Store].
func (s auditedStore) Delete(ctx context.Context, kind, id string) error {
	return s.log.Delete(ctx, kind, id)
}

// audited puts the audit log before a store.
func audited(s store, logger *slog.Logger) auditedStore {
	return auditedStore{s, audit.NewStore(s, time.Now, logger)}
}

// openStore opens MongoDB when an address is given, and the embedded store
// otherwise.
func openStore(ctx context.Context, mongoURI, dataDir string, o sqlite.Options) (store, error) {
	if mongoURI != "" {
		s, err := mongo.Open(ctx, mongoURI, mongo.Options{})
		if err != nil {
			return nil, fmt.Errorf("%w; check THREADHUB_MONGODB_URI and that the server runs", err)
		}
		return s, nil
	}
	s, err := sqlite.Open(ctx, dataDir, o)
	switch {
	case errors.As(err, new(*sqlite.HalfError)):
		return nil, fmt.Errorf("open the embedded store: %w; nothing was changed: docs/operations.md, \"The store is damaged\", says how to go on", err)
	case errors.Is(err, sqlite.ErrLocked):
		return nil, fmt.Errorf("open the embedded store: %w: stop the hub that runs there first, or choose another directory with THREADHUB_DATA_DIR", err)
	case err != nil:
		return nil, fmt.Errorf("open the embedded store: %w", err)
	}
	return s, nil
}

// openExisting is openStore for what is done to a hub that has run: it makes no
// store where there is none.
func openExisting(ctx context.Context, mongoURI, dataDir string) (store, error) {
	if mongoURI == "" && errors.Is(sqlite.Whole(dataDir), sqlite.ErrNoStore) {
		return nil, fmt.Errorf("no hub has its data in %s: give this command the hub's own settings (THREADHUB_DATA_DIR), as its user", dataDir)
	}
	return openStore(ctx, mongoURI, dataDir, sqlite.Options{})
}
