package console_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/console"
)

// firstLoad is the most JavaScript that the first page may need, gzipped.
const firstLoad = 150 << 10

// served is the handler, opened once.
var served = sync.OnceValues(console.Handler)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := served()
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryPlaceInTheConsoleIsThePage(t *testing.T) {
	page := get(t, "/console/")
	require.Equal(t, http.StatusOK, page.Code)
	require.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
	require.Equal(t, "no-cache", page.Header().Get("Cache-Control"))
	for _, path := range []string{"/console", "/console/inbox/mine/cv_1", "/console/admin/channels"} {
		w := get(t, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, page.Body.String(), w.Body.String(), path)
	}
}

func TestThePageHoldsNoScriptAndNoStyle(t *testing.T) {
	page := get(t, "/console/")
	require.NotRegexp(t, `<script(?:\s[^>]*)?>[^<]`, page.Body.String())
	require.NotRegexp(t, `<style|\sstyle=|\son\w+=`, page.Body.String())
	policy := page.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
}

func TestFilesNamedAfterTheirSumAreKeptForever(t *testing.T) {
	for _, path := range scripts(t) {
		if !strings.HasPrefix(path, "/console/assets/") {
			continue
		}
		w := get(t, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, "text/javascript; charset=utf-8", w.Header().Get("Content-Type"))
		require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	}
	require.Equal(t, "no-cache", get(t, "/console/theme.js").Header().Get("Cache-Control"))
}

func TestAFileThatIsNotThereIsNotThePage(t *testing.T) {
	for _, path := range []string{"/console/assets/index-old.js", "/console/robots.txt"} {
		require.Equal(t, http.StatusNotFound, get(t, path).Code, path)
	}
}

func TestAKnownFileIsNotSentAgain(t *testing.T) {
	tag := get(t, "/console/").Header().Get("ETag")
	require.NotEmpty(t, tag)
	require.Equal(t, http.StatusNotModified, get(t, "/console/inbox", "If-None-Match", tag).Code)
}

func TestScriptsAreCompressedForWhoTakesIt(t *testing.T) {
	path := scripts(t)[0]
	plain := get(t, path)
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	require.Empty(t, get(t, path, "Accept-Encoding", "br, gzip;q=0").Header().Get("Content-Encoding"))
	packed := get(t, path, "Accept-Encoding", "br, gzip")
	require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	z, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	content, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, plain.Body.String(), string(content))
}

func TestTheFirstLoadIsSmall(t *testing.T) {
	total := 0
	for _, path := range scripts(t) {
		total += get(t, path, "Accept-Encoding", "gzip").Body.Len()
	}
	t.Logf("first load: %d bytes of JavaScript, gzipped", total)
	require.LessOrEqual(t, total, firstLoad)
}

// scripts are the addresses of what the page loads before it shows anything:
// its scripts, and what they import without being asked.
func scripts(t *testing.T) []string {
	t.Helper()
	var list []string
	seen := map[string]bool{}
	add := func(text string, pattern string, base string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			if p := base + m[1]; !seen[p] {
				seen[p] = true
				list = append(list, p)
			}
		}
	}
	add(get(t, "/console/").Body.String(), `(?:src|href)="([^"]+\.js)"`, "")
	require.NotEmpty(t, list)
	for i := 0; i < len(list); i++ {
		add(get(t, list[i]).Body.String(), `(?:from|import)\s*"\./([^"]+\.js)"`, "/console/assets/")
	}
	return list
}

func TestNoFileNamesAnotherHost(t *testing.T) {
	known := regexp.MustCompile(`https?://(?:www\.w3\.org/|127\.0\.0\.1|localhost|hub\.example|reactjs\.org|preactjs\.com)`)
	err := filepath.WalkDir("dist", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, address := range regexp.MustCompile(`https?://[\w.-]+[^\s"'`+"`"+`)]*`).FindAll(content, -1) {
			if !known.Match(address) && bytes.ContainsRune(address, '.') {
				t.Errorf("%s names %s", name, address)
			}
		}
		return nil
	})
	require.NoError(t, err)
}

func TestTheLockNamesNoRegistry(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	require.NoError(t, err)
	require.False(t, strings.Contains(string(lock), `"resolved"`), "run npm install with --omit-lockfile-registry-resolved")
}
