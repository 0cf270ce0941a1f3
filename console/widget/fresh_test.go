package widget_test

import (
	"testing"

	"threadhub/internal/webfiles/freshtest"
)

func TestDistIsMadeOfTheSourcesAsTheyAre(t *testing.T) {
	// vite.config.ts names the same.
	freshtest.Dist(t, "tsconfig.json", "vite.config.ts", "src", "../package-lock.json", "../src/ui/Linked.tsx", "../../sdk/sums.ts", "../../sdk/src")
}
