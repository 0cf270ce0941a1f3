package sqlite

import (
	"testing"

	"threadhub/internal/threadtest"
)

func TestConversationsGoAsTheScriptsSay(t *testing.T) {
	threadtest.Scripts(t, "../../testdata/threads", open(t, t.TempDir()), threadtest.Options{})
}
