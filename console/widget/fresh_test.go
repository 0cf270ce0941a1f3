package widget_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sources are what dist is made of; vite.config.ts reads the same names.
var sources = []string{"tsconfig.json", "vite.config.ts", "src", "../package-lock.json", "../src/ui/Linked.tsx", "../../sdk/src"}

func TestDistIsMadeOfTheSourcesAsTheyAre(t *testing.T) {
	built, err := os.ReadFile("dist/sources.txt")
	require.NoError(t, err, "run make console")
	var lines []string
	for _, name := range sources {
		err := filepath.WalkDir(name, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(name)
			sum := sha256.Sum256(content)
			lines = append(lines, hex.EncodeToString(sum[:])+"  "+filepath.ToSlash(name))
			return err
		})
		require.NoError(t, err)
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	require.Equal(t, lines, strings.Split(strings.TrimSpace(string(built)), "\n"), "dist is older than its sources; run make console and commit what it makes")
}
