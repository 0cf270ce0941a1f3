package settings

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettingsThatWereReadBeforeAChangeDoNotUndoIt(t *testing.T) {
	var r recent
	r.put(Settings{Version: 3})
	r.put(Settings{Version: 2})
	got, ok := r.get()
	require.True(t, ok)
	require.EqualValues(t, 3, got.Version)
}
