package mongo_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
	"go.uber.org/goleak"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/threads"
	"threadhub/workers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct is the database of an address, past the store.
func direct(t *testing.T, uri string) *driver.Database {
	t.Helper()
	cs, err := connstring.ParseAndValidate(uri)
	require.NoError(t, err)
	c, err := driver.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Disconnect(context.Background())) })
	return c.Database(cs.Database)
}

func TestOpeningAgainChangesNothing(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	s := server.OpenAt(t, uri, mongo.Options{})
	require.NoError(t, s.Ping(t.Context()))
	commit(t, s, first("ann", 1))

	again := server.OpenAt(t, uri, mongo.Options{})
	require.Equal(t, int64(1), current(t, again, first("ann", 1)).Version)
	n, err := direct(t, uri).Collection("migrations").CountDocuments(t.Context(), bson.D{})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func TestAMigrationThatWasCutShortRunsAgain(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d := &death{last: cancel}
	d.before("insert", "migrations")
	_, err := mongo.Open(ctx, uri, mongo.Options{Dialer: d})
	require.Error(t, err)
	require.True(t, d.dead.Load())
	commit(t, server.OpenAt(t, uri, mongo.Options{}), first("ann", 1))
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	server.OpenAt(t, uri, mongo.Options{})
	_, err := direct(t, uri).Collection("migrations").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 9999}})
	require.NoError(t, err)

	_, err = mongo.Open(t.Context(), uri, mongo.Options{})
	require.ErrorIs(t, err, mongo.ErrNewer)
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	for _, uri := range []string{"", "localhost", "http://localhost/desk", "mongodb://"} {
		_, err := mongo.Open(t.Context(), uri, mongo.Options{})
		require.Error(t, err, uri)
	}
}

func TestWithoutAServerCallsFailWhenTheirContextEnds(t *testing.T) {
	server := mongotest.Start(t)
	gone := &death{}
	s := server.OpenAt(t, server.Database(t), mongo.Options{Dialer: gone})
	c := first("ann", 1)
	gone.dead.Store(true)

	calls := map[string]func(ctx context.Context) error{
		"ping":   s.Ping,
		"commit": func(ctx context.Context) error { return s.Commit(ctx, []threads.Change{c})[0] },
		"current": func(ctx context.Context) error {
			_, err := s.Current(ctx, []threads.Slot{c.Conversation.Slot()})
			return err
		},
		"append": func(ctx context.Context) error { return s.Journal().Append(ctx, entries(1)) },
		"claim": func(ctx context.Context) error {
			_, err := s.ClaimDeliveries(ctx, "w", noon, time.Minute, workers.Room{All: 1})
			return err
		},
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := call(ctx)
		cancel()
		require.Error(t, err, name)
		for _, meaning := range []error{threads.ErrConflict, threads.ErrSeen, threads.ErrNotFound} {
			require.NotErrorIs(t, err, meaning, name)
		}
	}
}

func TestOpeningFailsWhenItsContextEnds(t *testing.T) {
	// A listener that never answers.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = mongo.Open(ctx, "mongodb://"+l.Addr().String()+"/desk", mongo.Options{})
	require.Error(t, err)
	require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
}
