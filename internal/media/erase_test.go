package media_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/media"
	"threadhub/normalize"
	"threadhub/threads"
)

// kept counts the files in the directory, notes included.
func kept(t *testing.T, dir string) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

func TestErasedFilesGoUnlessSomethingElseHasTheSame(t *testing.T) {
	m, dir := newMuseum(t), t.TempDir()
	l := newLibrary(t, m, 0, func(o *media.Options) { o.Dir = dir })
	m.put("r1", "a photo")
	m.put("r2", "a photo") // of somebody else, with the same bytes
	m.put("r3", "another one")
	mine, theirs, alone := message("1", "r1"), message("2", "r2"), message("3", "r3")
	for _, msg := range []*threads.Message{mine, theirs, alone} {
		read(t, l, msg)
	}
	u, err := l.Save(t.Context(), "plan.pdf", strings.NewReader("%PDF-1.7 and so on"))
	require.NoError(t, err)
	sent := &threads.Message{ID: "msg_4", Direction: threads.Outbound, Content: normalize.Message{
		Type: normalize.TypeFile, Attachments: []normalize.Attachment{{Type: normalize.TypeFile, URL: l.Address(u)}},
	}}
	require.Equal(t, 3+4, kept(t, dir), "files and notes")
	gone := []threads.Message{*mine, *alone, *sent, *message("5", "never fetched")}
	require.NoError(t, l.Erase(gone))
	require.NoError(t, l.Erase(gone), "again")
	require.Equal(t, 1+1, kept(t, dir))
	require.Equal(t, media.Remote, l.State(mine, 0))
	require.Equal(t, media.Failed, l.State(sent, 0))
	m.away.Store(true)
	require.Equal(t, "a photo", read(t, l, theirs))
}
