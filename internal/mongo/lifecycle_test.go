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
func lifecycleStores(t *testing.T) (threadtest.Open, threadtest.Options) {
	t.Helper()
	server := mongotest.Start(t)
	var options mongo.Options
	if !server.Real {
		options.Dialer, options.TidyEvery = &turns{}, soon
	}
	open := func(t *testing.T) threads.Store { return server.OpenAt(t, server.Database(t), options) }
	return open, threadtest.Options{Slow: !server.Real}
}

func TestConversationsGoAsTheScriptsSay(t *testing.T) {
	open, o := lifecycleStores(t)
	threadtest.Scripts(t, "../../testdata/threads", open, o)
}

func TestAnyHistoryIsAsInThePlainModel(t *testing.T) {
	open, o := lifecycleStores(t)
	threadtest.Model(t, open, o)
}

func TestACrowdIsRoutedWithoutOverloadingAnybody(t *testing.T) {
	open, o := lifecycleStores(t)
	threadtest.Crowd(t, open, o)
}
