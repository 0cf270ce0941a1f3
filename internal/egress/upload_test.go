package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

// received is a multipart body as a platform reads it.
type received struct {
	fields           []string
	field, name, typ string
	file             []byte
	length           int64
}

// uploads is a platform that takes files.
func uploads(t *testing.T, got *received) string {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got.length = r.ContentLength
		form, err := r.MultipartReader()
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for {
			part, err := form.NextPart()
			if err != nil {
				break
			}
			body, _ := io.ReadAll(part)
			if part.FileName() == "" {
				got.fields = append(got.fields, part.FormName()+"="+string(body))
				continue
			}
			got.field, got.name, got.typ, got.file = part.FormName(), part.FileName(), part.Header.Get("Content-Type"), body
		}
		_, _ = io.WriteString(w, "ok")
	})
	return s.URL
}

func upload(platform, source string) *connectors.Call {
	return &connectors.Call{
		Name: "sendFile", Method: http.MethodPost, URL: platform, Visible: true, Header: http.Header{"Authorization": {"Bearer of-the-platform"}},
		Upload: &connectors.Upload{
			URL: source, Field: "file", Fields: []connectors.FormField{{Name: "chat", Value: "7"}, {Name: "caption", Value: "a\r\nb"}}, MaxBytes: 3 << 20,
		},
	}
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

func TestAnUploadCarriesTheFileAndItsFields(t *testing.T) {
	var leaked atomic.Bool
	source := serve(t, func(w http.ResponseWriter, r *http.Request) {
		leaked.Store(r.Header.Get("Authorization") != "")
		w.Header().Set("Content-Type", "text/plain") // not believed
		_, _ = io.WriteString(w, png)
	})
	var got received
	call := upload(uploads(t, &got), source.URL+"/pictures/a%22b.png?x=1")
	resp, err := client(t, Options{AllowPrivate: true}).Do(t.Context(), target, call)
	require.NoError(t, err)
	require.Equal(t, 200, resp.Status)
	require.Equal(t, []string{"chat=7", "caption=a\r\nb"}, got.fields)
	require.Equal(t, "file", got.field)
	require.Equal(t, `a"b.png`, got.name)
	require.Equal(t, "image/png", got.typ)
	require.Equal(t, png, string(got.file))
	require.Positive(t, got.length)
	require.False(t, leaked.Load(), "the source is told nothing of the platform's credentials")

	call.Upload.Name, call.Upload.MIME = "plan.pdf", "application/pdf"
	_, err = client(t, Options{AllowPrivate: true}).Do(t.Context(), target, call)
	require.NoError(t, err)
	require.Equal(t, "plan.pdf", got.name)
	require.Equal(t, "application/pdf", got.typ)
}

func TestALargeFileGoesOverTheDiskAndLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	body := bytes.Repeat([]byte("0123456789abcdef"), (2<<20)/16)
	source := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	var got received
	_, err := client(t, Options{AllowPrivate: true}).Do(t.Context(), target, upload(uploads(t, &got), source.URL))
	require.NoError(t, err)
	require.True(t, bytes.Equal(body, got.file))
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAFileThatCannotBeHadSendsNothing(t *testing.T) {
	answers := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	tests := map[string]struct {
		source http.HandlerFunc
		reason Reason
		final  bool
		says   string
	}{
		"that is gone":          {answers(404), ReasonSourceGone, true, "answers 404"},
		"behind a login":        {answers(401), ReasonSourceGone, true, "anybody can fetch"},
		"of a server in need":   {answers(503), ReasonSourceAway, false, "503"},
		"of a server too busy":  {answers(429), ReasonSourceAway, false, "429"},
		"that says it is large": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "4000000") }, ReasonSourceTooLarge, true, "3145728 bytes"},
		"that turns out large": {func(w http.ResponseWriter, _ *http.Request) {
			for range 4 {
				_, _ = w.Write(make([]byte, 1<<20))
				_ = http.NewResponseController(w).Flush()
			}
		}, ReasonSourceTooLarge, true, "smaller"},
		"that leads elsewhere for ever": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }, ReasonSourceGone, true, "address"},
		"that leads out of the web": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}, ReasonSourceGone, true, "address"},
		"that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		}, ReasonSourceAway, false, "could not be fetched"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var called atomic.Bool
			platform := serve(t, func(http.ResponseWriter, *http.Request) { called.Store(true) })
			c := client(t, Options{AllowPrivate: true})
			call := upload(platform.URL, serve(t, tt.source).URL+"/file")
			for range 6 {
				fail := failing(t, c, target, call)
				require.Equal(t, tt.reason, fail.Reason, "a breaker has no part in this")
				require.ErrorIs(t, fail, ErrNotSent)
				require.Equal(t, tt.final, errors.Is(fail, ErrSource))
				require.Contains(t, fail.Detail(), tt.says)
			}
			require.False(t, called.Load())
		})
	}
}

func TestAFileOnAPrivateAddressIsRefused(t *testing.T) {
	var reached atomic.Bool
	private := serve(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	c := client(t, Options{})
	for _, address := range []string{private.URL, "http://localhost/", "ftp://example.com/", "http://2130706433/", "::"} {
		fail := failing(t, c, target, upload("https://api.example.com/", address))
		require.Equal(t, ReasonSourceGone, fail.Reason, address)
		require.Contains(t, fail.Detail(), "public")
	}
	require.False(t, reached.Load())
}

func TestAFileOfTheHubsOwnIsNotFetched(t *testing.T) {
	var got received
	own := func(_ context.Context, address string) (io.ReadCloser, bool, error) {
		switch {
		case strings.HasSuffix(address, "/uploads/1"):
			return io.NopCloser(strings.NewReader(png)), true, nil
		case strings.HasSuffix(address, "/uploads/2"):
			return nil, true, fmt.Errorf("expired: %w", fs.ErrNotExist)
		case strings.HasSuffix(address, "/uploads/3"):
			return nil, true, errors.New("the disk is away")
		}
		return nil, false, nil
	}
	c := client(t, Options{AllowPrivate: true, Own: own})
	platform := uploads(t, &got)
	_, err := c.Do(t.Context(), target, upload(platform, "http://hub.example/uploads/1"))
	require.NoError(t, err)
	require.Equal(t, png, string(got.file))
	fail := failing(t, c, target, upload(platform, "http://hub.example/uploads/2"))
	require.ErrorIs(t, fail, ErrSource)
	require.Contains(t, fail.Detail(), "upload it again")
	fail = failing(t, c, target, upload(platform, "http://hub.example/uploads/3"))
	require.Equal(t, ReasonSourceAway, fail.Reason)
	require.NotErrorIs(t, fail, ErrSource, "it is tried again")
}

func TestAFetchAnswersTheFileOrTheRefusal(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 2<<20)
	var other atomic.Value
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) {
		other.Store(r.Header.Get("Authorization"))
		_, _ = w.Write(body)
	})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.URL.Path {
		case "/file":
			w.Header().Set("Content-Type", "video/mp4")
			_, _ = w.Write(body)
		case "/near":
			http.Redirect(w, r, "/file", http.StatusFound)
		case "/far":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "gone")
		}
	})
	c := client(t, Options{AllowPrivate: true})
	get := func(path string, limit int64) (*File, *connectors.Response, error) {
		return c.Fetch(t.Context(), target, &connectors.Call{
			Name: "download", Method: http.MethodGet, URL: s.URL + path, Header: http.Header{"Authorization": {"Bearer t"}},
		}, limit)
	}
	for _, path := range []string{"/file", "/near", "/far"} {
		f, resp, err := get(path, 3<<20)
		require.NoError(t, err)
		require.Equal(t, 200, resp.Status)
		require.Len(t, resp.Body, 1<<20)
		got, err := io.ReadAll(f.Open())
		require.NoError(t, err)
		require.True(t, bytes.Equal(body, got))
		f.Close()
	}
	require.Equal(t, "", other.Load(), "another host is not told the token")

	f, resp, err := get("/none", 3<<20)
	require.NoError(t, err)
	require.Nil(t, f)
	require.Equal(t, 404, resp.Status)
	require.Equal(t, "gone", string(resp.Body))

	for range 8 {
		_, _, err = get("/file", 1<<20)
		var fail *Error
		require.ErrorAs(t, err, &fail)
		require.Equal(t, ReasonTooLarge, fail.Reason, "no breaker opens for it")
	}
}
