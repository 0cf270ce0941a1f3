package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"threadhub/internal/directory"
	"threadhub/internal/idempotency"
	"threadhub/internal/journal"
	"threadhub/internal/spool"
	"threadhub/threads"
	"threadhub/workers"
)

// Defaults of what an address may set otherwise (timeoutMS,
// serverSelectionTimeoutMS, connectTimeoutMS). A caller's earlier deadline
// always counts.
const (
	operationTimeout = 15 * time.Second
	selectionTimeout = 5 * time.Second
	connectTimeout   = 5 * time.Second
	closeTimeout     = 5 * time.Second
)

// Options are what the address of the server does not say. The zero value is
// right for production.
type Options struct {
	// Monitor is told about every command sent to the server.
	Monitor *event.CommandMonitor
	// Dialer makes the connections to the server; nil is the driver's own.
	Dialer options.ContextDialer
	// TidyEvery is for how long what finished commits leave in conversations may
	// wait for others to be taken out with, while it is little; 0 is 50 ms.
	TidyEvery time.Duration
}

// Store keeps the hub's data in one database. It is safe for concurrent use by
// many goroutines, and by many processes on one database.
type Store struct {
	client *mongo.Client
	db     *mongo.Database

	contacts      *mongo.Collection
	identities    *mongo.Collection
	conversations *mongo.Collection
	messages      *mongo.Collection
	transitions   *mongo.Collection
	deliveries    *mongo.Collection
	lanes         *mongo.Collection
	ruleRuns      *mongo.Collection
	seats         *mongo.Collection
	decisions     *mongo.Collection
	parked        *mongo.Collection
	records       *mongo.Collection
	requests      *mongo.Collection
	intents       *mongo.Collection
	spooled       *mongo.Collection
	spoolLanes    *mongo.Collection

	journal *journalStore
	tidying *tidying
}

var (
	_ threads.Store     = (*Store)(nil)
	_ workers.Outbox    = (*Store)(nil)
	_ directory.Store   = (*Store)(nil)
	_ idempotency.Store = (*Store)(nil)
	_ spool.Store       = (*Store)(nil)
	_ journal.Store     = (*journalStore)(nil)
)

// Open connects to the server of a mongodb:// or mongodb+srv:// address and
// brings its database up to date. The database is the one the address names,
// or "threadhub". Writes wait for a majority and for the journal and are
// retried once, unless the address says otherwise (w, journal, retryWrites).
//
// A database that a newer version of the hub has written is refused with
// [ErrNewer]. The store has to be closed.
func Open(ctx context.Context, uri string, o Options) (*Store, error) {
	s, err := connect(uri, o)
	if err != nil {
		return nil, fmt.Errorf("mongo: open: %w", err)
	}
	err = s.migrate(ctx)
	if err == nil {
		err = s.journal.lone.learnServer(ctx, s.db)
	}
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("mongo: open: %w", err)
	}
	return s, nil
}

// connect makes the store without asking the server for anything.
func connect(uri string, o Options) (*Store, error) {
	name, err := databaseName(uri)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(clientOptions(uri, o))
	if err != nil {
		return nil, err
	}
	return newStore(client, name, o), nil
}

// clientOptions puts the address over the defaults, so that it wins.
func clientOptions(uri string, o Options) *options.ClientOptions {
	durable := true
	opts := options.Client().
		SetAppName("threadhub").
		SetTimeout(operationTimeout).
		SetServerSelectionTimeout(selectionTimeout).
		SetConnectTimeout(connectTimeout).
		SetRetryWrites(true).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &durable}).
		ApplyURI(uri).
		SetBSONOptions(bsonOptions()).
		SetRegistry(registry())
	if o.Monitor != nil {
		opts.SetMonitor(o.Monitor)
	}
	if o.Dialer != nil {
		opts.SetDialer(o.Dialer)
	}
	return opts
}

func newStore(client *mongo.Client, name string, o Options) *Store {
	db := client.Database(name)
	return &Store{
		client:        client,
		db:            db,
		contacts:      db.Collection("contacts"),
		identities:    db.Collection("identities"),
		conversations: db.Collection("conversations"),
		messages:      db.Collection("messages"),
		transitions:   db.Collection("transitions"),
		deliveries:    db.Collection("deliveries"),
		lanes:         db.Collection("lanes"),
		ruleRuns:      db.Collection("rule_runs"),
		seats:         db.Collection("seats"),
		decisions:     db.Collection("routing_decisions"),
		parked:        db.Collection("parked"),
		records:       db.Collection("records"),
		requests:      db.Collection("requests"),
		intents:       db.Collection("spool_intents"),
		spooled:       db.Collection("spool_events"),
		spoolLanes:    db.Collection("spool_lanes"),
		tidying:       newTidying(db.Collection("conversations"), o.TidyEvery),
		journal: &journalStore{
			entries: db.Collection("journal"),
			items:   db.Collection("quarantine"),
		},
	}
}

// Journal is the record of accepted webhooks, in the same database.
func (s *Store) Journal() journal.Store { return s.journal }

// Ping tells whether the server answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx, nil); err != nil {
		return fmt.Errorf("mongo: ping: %w", err)
	}
	return nil
}

// Close ends all connections, after a short wait for operations under way.
func (s *Store) Close() error {
	s.tidying.close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := s.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("mongo: close: %w", err)
	}
	return nil
}
