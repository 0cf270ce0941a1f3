package console_test

import (
	"testing"

	"threadhub/internal/webfiles/freshtest"
)

func TestDistIsMadeOfTheSourcesAsTheyAre(t *testing.T) {
	// vite.config.ts names the same.
	freshtest.Dist(t, "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "public", "src", "../sdk/sums.ts", "../sdk/src")
}
