package sqlite

import (
	"testing"

	"threadhub/internal/threadtest"
	"threadhub/threads"
)

func TestConversationsGoAsTheScriptsSay(t *testing.T) {
	threadtest.Scripts(t, "../../testdata/threads", open(t, t.TempDir()), threadtest.Options{})
}

func TestAnyHistoryIsAsInThePlainModel(t *testing.T) {
	threadtest.Model(t, func(t *testing.T) threads.Store { return open(t, t.TempDir()) }, threadtest.Options{})
}
