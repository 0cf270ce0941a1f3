package mongo_test

import (
	"testing"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/threadtest"
	"threadhub/threads"
)

// lifecycleStores opens stores on a server for the length of a test. The
// commands of one that is no real server go one at a time.
func lifecycleStores(t *testing.T) (open func(t *testing.T) *mongo.Store, o threadtest.Options) {
	t.Helper()
	server := mongotest.Start(t)
	options := mongo.Options{}
	if !server.Real {
		o.Slow, options.Dialer = true, &turns{}
	}
	return func(t *testing.T) *mongo.Store { return server.OpenAt(t, server.Database(t), options) }, o
}

func TestConversationsGoAsTheScriptsSay(t *testing.T) {
	open, o := lifecycleStores(t)
	threadtest.Scripts(t, "../../testdata/threads", open(t), o)
}

func TestAnyHistoryIsAsInThePlainModel(t *testing.T) {
	open, o := lifecycleStores(t)
	threadtest.Model(t, func(t *testing.T) threads.Store { return open(t) }, o)
}
