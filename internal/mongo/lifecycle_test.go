package mongo_test

import (
	"testing"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/threadtest"
)

// inTurns opens stores on a server for the length of a test; the commands of
// one that is not a real server go one at a time.
func inTurns(t *testing.T) func(t *testing.T) *mongo.Store {
	t.Helper()
	server := mongotest.Start(t)
	o := mongo.Options{}
	if !server.Real {
		o.Dialer = &turns{}
	}
	return func(t *testing.T) *mongo.Store { return server.OpenAt(t, server.Database(t), o) }
}

func TestConversationsGoAsTheScriptsSay(t *testing.T) {
	threadtest.Scripts(t, "../../testdata/threads", inTurns(t)(t))
}
