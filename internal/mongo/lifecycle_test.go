package mongo_test

import (
	"testing"

	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/threadtest"
	"threadhub/threads"
)

// lifecycleStores opens stores on a server for the length of a test.
func lifecycleStores(t *testing.T) threadtest.Open {
	t.Helper()
	server := mongotest.Start(t)
	return func(t *testing.T) threads.Store { return server.Open(t) }
}

func TestConversationsGoAsTheScriptsSay(t *testing.T) {
	threadtest.Scripts(t, "../../testdata/threads", lifecycleStores(t))
}

func TestAnyHistoryIsAsInThePlainModel(t *testing.T) {
	threadtest.Model(t, lifecycleStores(t))
}

func TestACrowdIsRoutedWithoutOverloadingAnybody(t *testing.T) {
	threadtest.Crowd(t, lifecycleStores(t))
}
