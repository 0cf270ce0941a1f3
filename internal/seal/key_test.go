package seal

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseKey(t *testing.T) {
	key := GenerateKey()
	raw := key.bytes[:]
	for name, text := range map[string]string{
		"hexadecimal":                   hex.EncodeToString(raw),
		"upper case hexadecimal":        strings.ToUpper(hex.EncodeToString(raw)),
		"base64":                        base64.StdEncoding.EncodeToString(raw),
		"base64 without padding":        base64.RawStdEncoding.EncodeToString(raw),
		"the URL alphabet":              base64.URLEncoding.EncodeToString(raw),
		"a line of a file":              base64.StdEncoding.EncodeToString(raw) + "\r\n",
		"the URL alphabet, not padded ": base64.RawURLEncoding.EncodeToString(raw),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseKey(text)
			require.NoError(t, err)
			require.Equal(t, key, got)
		})
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":              "",
		"a password":           "correct horse battery staple",
		"16 bytes":             "c3VwZXJzZWNyZXRrZXkhIQ==",
		"hexadecimal too long": strings.Repeat("ab", 33),
		"all zeros":            strings.Repeat("0", 64),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseKey(text)
			require.ErrorIs(t, err, ErrKey)
			require.ErrorContains(t, err, "openssl rand -base64 32", "the error says what to do")
			if text != "" {
				require.NotContains(t, err.Error(), text)
			}
		})
	}
}

func TestSeveralKeys(t *testing.T) {
	one, two := GenerateKey(), GenerateKey()
	for name, text := range map[string]string{
		"by commas":    one.text() + ", " + two.text(),
		"by lines":     one.text() + "\r\n\n" + two.text() + "\n",
		"by all sorts": "," + one.text() + ",\n" + two.text(),
	} {
		keys, err := ParseKeys(text)
		require.NoError(t, err, name)
		require.Equal(t, []Key{one, two}, keys, name)
	}
	for _, text := range []string{"", " ,\n", one.text() + ",short"} {
		_, err := ParseKeys(text)
		require.ErrorIs(t, err, ErrKey)
	}
}

func TestKeyNeverPrintsItself(t *testing.T) {
	key := GenerateKey()
	asJSON, err := json.Marshal(map[string]any{"key": key, "nested": []Key{key}})
	require.NoError(t, err)
	out := fmt.Sprint(key, &key, []Key{key}) + fmt.Sprintf("%v %+v %#v %x %s %q %d", key, key, key, key, key, key, key) +
		key.LogValue().String() + string(asJSON)
	for _, form := range []string{key.text(), hex.EncodeToString(key.bytes[:]), fmt.Sprint(key.bytes[:3])} {
		require.NotContains(t, out, form)
	}
}

func TestLoadOrCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	key, created, err := LoadOrCreate(path)
	require.NoError(t, err)
	require.True(t, created)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	again, created, err := LoadOrCreate(path)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, key, again)

	require.NoError(t, Save(path, GenerateKey(), key[0]))
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	both, err := Load(path)
	require.NoError(t, err)
	require.Len(t, both, 2)
	require.Equal(t, key[0], both[1])

	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
}

func TestLoadOrCreateAtOnceGivesOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	var wg sync.WaitGroup
	keys := make([]Key, 16)
	for i := range keys {
		wg.Go(func() {
			key, _, err := LoadOrCreate(path)
			if err == nil {
				keys[i] = key[0]
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		require.NotEmpty(t, k.ID())
		require.Equal(t, keys[0], k)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	good := GenerateKey().text()
	for name, c := range map[string]struct{ path, says string }{
		"a file the group can read": {write("group", good, 0o640), "chmod 600"},
		"a file the world can read": {write("world", good, 0o604), "chmod 600"},
		"a file without a key":      {write("empty", "", 0o600), "restore the file"},
		"a file that was cut off":   {write("cut", good[:20], 0o600), "restore the file"},
		"a directory":               {dir, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := LoadOrCreate(c.path)
			require.ErrorIs(t, err, ErrKeyFile)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), good[:20])
		})
	}
	_, _, err := LoadOrCreate(filepath.Join(dir, "no", "such", "directory", "key"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
