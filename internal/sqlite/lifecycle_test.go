package sqlite

import (
	"testing"

	"threadhub/internal/threadtest"
	"threadhub/threads"
)

func lifecycleStore(t *testing.T) threads.Store { return open(t, t.TempDir()) }

func TestConversationsGoAsTheScriptsSay(t *testing.T) {
	threadtest.Scripts(t, "../../testdata/threads", lifecycleStore)
}

func TestAnyHistoryIsAsInThePlainModel(t *testing.T) {
	threadtest.Model(t, lifecycleStore)
}

func TestACrowdIsRoutedWithoutOverloadingAnybody(t *testing.T) {
	threadtest.Crowd(t, lifecycleStore)
}
