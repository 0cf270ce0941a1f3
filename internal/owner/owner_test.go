//go:build unix

package owner

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Root's files go to the directory's owner; anybody else's stay their own.
func TestFilesAreGivenToTheDirectorysOwner(t *testing.T) {
	dir := t.TempDir()
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 {
		uid, gid = 4321, 1234
		require.NoError(t, os.Chown(dir, uid, gid))
	}
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, nil, 0o600))
	root := filepath.Join(dir, "a")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "b"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "b", "c"), nil, 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(root, "link")))
	require.NoError(t, Like(dir, root))
	for _, name := range []string{root, filepath.Join(root, "b"), filepath.Join(root, "b", "c"), filepath.Join(root, "link")} {
		info, err := os.Lstat(name)
		require.NoError(t, err)
		stat := info.Sys().(*syscall.Stat_t)
		require.Equal(t, []int{uid, gid}, []int{int(stat.Uid), int(stat.Gid)}, name)
	}
	info, err := os.Stat(outside)
	require.NoError(t, err)
	require.EqualValues(t, os.Geteuid(), info.Sys().(*syscall.Stat_t).Uid, "what a link names is not touched")

	if os.Geteuid() == 0 {
		require.Error(t, Like(dir, filepath.Join(dir, "nothing")))
		require.Error(t, Like(filepath.Join(dir, "nothing"), root))
		return
	}
	require.NoError(t, Like(dir, filepath.Join(dir, "nothing")))
}
