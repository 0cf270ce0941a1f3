package chaos_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/chaos"
)

func TestEverySabotageStillFitsTheSource(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	for _, name := range chaos.Sabotages() {
		t.Run(name, func(t *testing.T) {
			overlay, err := chaos.Sabotage(name, root, t.TempDir())
			require.NoError(t, err)
			require.NotEmpty(t, overlay)
		})
	}
	_, err = chaos.Sabotage("nothing", root, t.TempDir())
	require.ErrorContains(t, err, "take one of")
}
