package egress

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestAProbeTellsHowLargeAFileIsWithoutTakingItIn(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2147483648")
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/big", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/streamed", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	c := client(t, Options{AllowPrivate: true})
	for path, want := range map[string]int64{"/big": 2 << 30, "/moved": 2 << 30, "/round": -1, "/streamed": -1, "/none": -1} {
		got, err := c.Probe(t.Context(), srv.URL+path)
		require.NoError(t, err, path)
		require.Equal(t, want, got, path)
	}
	guarded := client(t, Options{})
	_, err := guarded.Probe(t.Context(), srv.URL+"/big")
	require.ErrorIs(t, err, ErrBlocked)
	_, err = guarded.Probe(t.Context(), "http://169.254.169.254/latest/meta-data")
	require.ErrorIs(t, err, ErrBlocked)
	_, err = guarded.Probe(t.Context(), "ftp://example.org/a.png")
	require.ErrorIs(t, err, ErrURL)
}

func TestAProbeThatTakesLongIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		p.status.Store(0)
		got, err := c.Probe(t.Context(), "https://files.example.org/a.png")
		require.NoError(t, err)
		require.EqualValues(t, -1, got)
	})
}
