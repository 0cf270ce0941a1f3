package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"threadhub/internal/seal"
)

func ring(t *testing.T, active seal.Key, others ...seal.Key) *seal.Keyring {
	t.Helper()
	r, err := seal.NewKeyring(active, others...)
	require.NoError(t, err)
	return r
}

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func written(t *testing.T, keys *seal.Keyring, parts ...Part) []byte {
	t.Helper()
	var b bytes.Buffer
	m := Manifest{Hub: "1.2.3", At: time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC), Schemas: map[string]int{"a.db": 4}}
	require.NoError(t, Write(&b, keys, m, parts...))
	return b.Bytes()
}

func anything(Manifest) error { return nil }

func TestABackupComesOutAsItWentIn(t *testing.T) {
	old, now := seal.GenerateKey(), seal.GenerateKey()
	store := tree(t, map[string]string{"a.db": strings.Repeat("row of somebody ", 20_000), "b.db": ""})
	media := tree(t, map[string]string{"blobs/ab/abc": "picture", "incoming/half": "half"})
	raw := written(t, ring(t, old), Part{Name: "store", Dir: store}, Part{Name: "media", Dir: media, Skip: []string{"incoming"}},
		Part{Name: "gone", Dir: filepath.Join(store, "not there")})
	require.NotContains(t, string(raw), "row of somebody", "nobody reads it without the key")

	to := t.TempDir()
	var m Manifest
	require.NoError(t, Read(bytes.NewReader(raw), ring(t, now, old), func(found Manifest) error { m = found; return nil },
		Part{Name: "store", Dir: filepath.Join(to, "s")}, Part{Name: "media", Dir: filepath.Join(to, "m")}),
		"a key that was replaced still opens what it sealed")
	require.Equal(t, Manifest{Format: 1, Hub: "1.2.3", At: m.At, Key: old.ID(), Schemas: map[string]int{"a.db": 4}}, m)
	got := map[string]string{}
	require.NoError(t, filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			raw, e := os.ReadFile(path)
			rel, _ := filepath.Rel(to, path)
			got[rel], err = string(raw), e
			info, _ := d.Info()
			require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
		}
		return err
	}))
	require.Equal(t, map[string]string{"s/a.db": strings.Repeat("row of somebody ", 20_000), "s/b.db": "", "m/blobs/ab/abc": "picture"}, got)
}

func TestABackupThatIsNotWholeIsRefused(t *testing.T) {
	key := seal.GenerateKey()
	keys := ring(t, key)
	raw := written(t, keys, Part{Name: "store", Dir: tree(t, map[string]string{"a.db": strings.Repeat("x", 300_000)})})
	read := func(raw []byte, keys *seal.Keyring) error {
		return Read(bytes.NewReader(raw), keys, anything, Part{Name: "store", Dir: t.TempDir()})
	}
	require.NoError(t, read(raw, keys))
	for _, n := range []int{0, 10, 100, len(raw) / 2, len(raw) - 1} {
		require.ErrorIs(t, read(raw[:n], keys), ErrForm, "cut off after %d bytes", n)
	}
	for _, at := range []int{30, 200, len(raw) / 2, len(raw) - 1} {
		changed := bytes.Clone(raw)
		changed[at] ^= 1
		require.Error(t, read(changed, keys), "changed at %d", at)
	}
	require.ErrorIs(t, read(raw, ring(t, seal.GenerateKey())), ErrKey)
	require.ErrorIs(t, read([]byte("a letter"), keys), ErrForm)
}

func TestAnArchiveCannotWriteBesideItsDirectory(t *testing.T) {
	key := seal.GenerateKey()
	for _, name := range []string{"store/../../escaped", "/etc/escaped", "store//abs", "elsewhere/a", "a.db"} {
		var b bytes.Buffer
		sealed, err := age.Encrypt(&b, lockbox{ring(t, key)})
		require.NoError(t, err)
		w := tar.NewWriter(sealed)
		require.NoError(t, writeManifest(w, Manifest{Format: format}))
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 1}))
		_, err = w.Write([]byte("x"))
		require.NoError(t, err)
		require.NoError(t, errors.Join(w.Close(), sealed.Close()))
		require.ErrorIs(t, Read(&b, ring(t, key), anything, Part{Name: "store", Dir: t.TempDir()}), ErrForm, name)
	}
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	full := errors.New("no space left")
	store := tree(t, map[string]string{"a.db": "x"})
	require.ErrorContains(t, Write(fullDisk{full}, ring(t, seal.GenerateKey()), Manifest{}, Part{Name: "store", Dir: store}), full.Error())
	key := seal.GenerateKey()
	raw := written(t, ring(t, key), Part{Name: "store", Dir: store})
	refused := errors.New("not this one")
	require.ErrorIs(t, Read(bytes.NewReader(raw), ring(t, key), func(Manifest) error { return refused }), refused)
	require.Error(t, Read(iotest.ErrReader(full), ring(t, key), anything))
}

// fullDisk takes nothing.
type fullDisk struct{ err error }

func (w fullDisk) Write([]byte) (int, error) { return 0, w.err }
