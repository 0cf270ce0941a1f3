package app

import (
	"context"
	"fmt"

	"threadhub/internal/directory"
	"threadhub/internal/idempotency"
	"threadhub/internal/journal"
	"threadhub/internal/mongo"
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
	Journal() journal.Store
	Ping(ctx context.Context) error
	Close() error
}

var (
	_ store = (*sqlite.Store)(nil)
	_ store = (*mongo.Store)(nil)
)

// openStore opens MongoDB when an address is given, and the embedded store
// otherwise.
func openStore(ctx context.Context, mongoURI, dataDir string) (store, error) {
	if mongoURI != "" {
		s, err := mongo.Open(ctx, mongoURI, mongo.Options{})
		if err != nil {
			return nil, fmt.Errorf("%w; check THREADHUB_MONGODB_URI and that the server runs", err)
		}
		return s, nil
	}
	s, err := sqlite.Open(ctx, dataDir, sqlite.Options{})
	if err != nil {
		return nil, fmt.Errorf("open the embedded store: %w", err)
	}
	return s, nil
}
