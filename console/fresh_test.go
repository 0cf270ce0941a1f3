package console_test

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
var sources = []string{"index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "public", "src"}

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
			if err != nil {
				return err
			}
			sum := sha256.Sum256(content)
			lines = append(lines, hex.EncodeToString(sum[:])+"  "+filepath.ToSlash(name))
			return nil
		})
		require.NoError(t, err)
	}
	want := strings.Split(strings.TrimSpace(string(built)), "\n")
	var changed []string
	for _, line := range lines {
		if !slices.Contains(want, line) {
			changed = append(changed, line[66:])
		}
	}
	for _, line := range want {
		if name := line[66:]; !slices.ContainsFunc(lines, func(l string) bool { return l[66:] == name }) {
			changed = append(changed, name+" (gone)")
		}
	}
	require.Empty(t, changed, "dist is older than these; run make console and commit what it makes")
}
