// Package freshtest holds what is built from sources by other tools to them.
package freshtest

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

// Dist requires that dist, in the directory of the test, was made of the sources
// as they are: files and folders, the same that the directory's vite.config.ts
// names. The build wrote their sums into dist/sources.txt (sdk/sums.ts).
func Dist(t *testing.T, sources ...string) {
	t.Helper()
	built, err := os.ReadFile("dist/sources.txt")
	require.NoError(t, err, "run make console")
	var lines []string
	for _, name := range sources {
		err := filepath.WalkDir(name, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(content)
			lines = append(lines, hex.EncodeToString(sum[:])+"  "+filepath.ToSlash(name))
			return nil
		})
		require.NoError(t, err)
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	require.Equal(t, lines, strings.Split(strings.TrimSpace(string(built)), "\n"), "dist is older than its sources; run make console and commit what it makes")
}
