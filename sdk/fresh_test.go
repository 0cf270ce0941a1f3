package sdk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/webfiles/freshtest"
)

func TestDistIsMadeOfTheSourcesAsTheyAre(t *testing.T) {
	// vite.config.ts names the same.
	freshtest.Dist(t, "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "sums.ts", "src")
}

func TestTheClientsKnowNoDOM(t *testing.T) {
	names, err := filepath.Glob("dist/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		code, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NotRegexp(t, `\b(document|window|navigator|localStorage|EventSource|XMLHttpRequest)(\.\w|\()`, string(code), name)
		require.NotRegexp(t, `https?://[a-z]`, string(code), "%s names no host", name)
	}
}

func TestTheLockNamesNoRegistry(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	require.NoError(t, err)
	require.NotContains(t, string(lock), `"resolved"`, "run npm install with --omit-lockfile-registry-resolved")
}
