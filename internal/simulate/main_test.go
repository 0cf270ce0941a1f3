package simulate

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inMemory is a transport that calls a handler, so that time in a test may be
// synthetic.
type inMemory func(*http.Request) *http.Response

func (f inMemory) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// served makes a transport of a handler.
func served(h http.Handler) inMemory {
	return func(r *http.Request) *http.Response {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
}

// golden compares got with testdata/simulate/<name> of the project.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "..", "testdata", "simulate", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// openPlatform opens a platform; those that tests call by hand have credentials
// that tests know.
func openPlatform(t *testing.T, name string) Platform {
	t.Helper()
	cfg := Config{Cast: Cast(), Seed: 1000}
	switch name {
	case kindTelegram:
		cfg.Credentials = map[string]string{"bot_token": "7000000001:AAtest", "secret_token": "hook_test"}
	case kindWhatsApp:
		cfg.Credentials = map[string]string{"access_token": "EAAtest", "app_secret": "app-secret-test", "verify_token": "verify-test"}
		cfg.Settings = map[string]string{"phone_number_id": "109900000000001", "waba_id": "209900000000001"}
	}
	p, err := Open(name, cfg)
	require.NoError(t, err)
	if housed, ok := p.(Housed); ok {
		housed.House("http://sim/"+name, func(Sent) {})
	}
	return p
}

// early are the platforms whose traffic is kept in golden files.
func early() []string { return []string{kindTelegram, kindWhatsApp} }
