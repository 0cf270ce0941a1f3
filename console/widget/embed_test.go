package widget_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/console/widget"
)

// served is the handler, opened once.
var served = sync.OnceValues(widget.Handler)

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

func TestTheScriptIsSmall(t *testing.T) {
	const most = 40 << 10
	packed := get(t, widget.ScriptPath, "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	t.Logf("widget.js: %d bytes, gzipped", packed.Body.Len())
	require.Less(t, packed.Body.Len(), most)
}

func TestAnySiteMayLoadTheScriptsAndKeepsThemForMinutes(t *testing.T) {
	for _, path := range []string{widget.ScriptPath, widget.SDKPath + "webchat.js", widget.SDKPath + "api.js"} {
		w := get(t, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, "text/javascript; charset=utf-8", w.Header().Get("Content-Type"))
		require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
		require.Equal(t, "cross-origin", w.Header().Get("Cross-Origin-Resource-Policy"))
		require.Contains(t, w.Header().Get("Cache-Control"), "max-age=300")
		require.Equal(t, http.StatusNotModified, get(t, path, "If-None-Match", w.Header().Get("ETag")).Code)
	}
}

func TestWhatOneClientImportsIsServed(t *testing.T) {
	for _, name := range []string{"webchat.js", "api.js"} {
		found := regexp.MustCompile(`from "\./([^"]+)"`).FindAllStringSubmatch(get(t, widget.SDKPath+name).Body.String(), -1)
		require.NotEmpty(t, found)
		for _, m := range found {
			require.Equal(t, http.StatusOK, get(t, widget.SDKPath+m[1]).Code, m[1])
		}
	}
}

func TestTheScriptNamesNoHostThatAPageWouldLoadFrom(t *testing.T) {
	known := regexp.MustCompile(`^https?://(?:www\.w3\.org/|www\.openstreetmap\.org/|preactjs\.com)`)
	for _, address := range regexp.MustCompile(`https?://[\w-]+\.[\w.-]+/?`).FindAllString(get(t, widget.ScriptPath).Body.String(), -1) {
		require.Regexp(t, known, address)
	}
}

func TestTheTryPageShowsAChannelsChatAndNothingElse(t *testing.T) {
	w := get(t, widget.TryPath+"ch_1?locale=pt-PT")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), `<script src="/widget.js" data-channel="ch_1"`)
	require.Contains(t, w.Body.String(), `data-locale="pt-PT"`)
	require.NotRegexp(t, `<script(?:\s[^>]*)?>[^<]|<style|\sstyle=|\son\w+=`, w.Body.String())
	require.NotContains(t, w.Header().Get("Content-Security-Policy"), "unsafe")
	require.Equal(t, "text/css; charset=utf-8", get(t, "/widget/try.css").Header().Get("Content-Type"))
}

func TestWhatIsNoIDIsNoPage(t *testing.T) {
	for _, path := range []string{widget.TryPath, widget.TryPath + "a/b", widget.TryPath + "%22%3E%3Cscript%3E", widget.TryPath + strings.Repeat("a", 65), "/widget/dist", "/sdk/", "/sdk/sources.txt"} {
		require.Equal(t, http.StatusNotFound, get(t, path).Code, path)
	}
	require.NotContains(t, get(t, widget.TryPath+`ch_1?locale="><script>`).Body.String(), `"><script>`)
}
