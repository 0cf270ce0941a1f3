package main_test

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// run carries a command out to its end.
func run(t *testing.T, env []string, args ...string) (code int, out, log string) {
	t.Helper()
	p := launch(t, env, args...)
	code = p.wait(patience)
	return code, p.Output(), p.Log()
}

func TestWhatCannotBeUsedIsRefusedAndNamesWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "threadhub.yaml")
	require.NoError(t, os.WriteFile(file, []byte("adr: 127.0.0.1:0\n"), 0o600))
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	cases := []struct {
		name string
		env  []string
		args []string
		says []string
	}{
		{"an environment variable that is no setting", []string{"THREADHUB_ADRR=127.0.0.1:0"}, []string{"serve"}, []string{"THREADHUB_ADRR", "THREADHUB_ADDR"}},
		{"a key of the file that is no setting", nil, []string{"serve", "--config", file}, []string{"adr", "addr"}},
		{"a flag that is none", nil, []string{"serve", "--adress", "127.0.0.1:0"}, []string{"--adress"}},
		{"a command that is none", nil, []string{"server"}, []string{"server", "serve"}},
		{"no command", nil, nil, []string{"serve"}},
		{"an address that somebody else has", []string{"THREADHUB_ADDR=" + busy.Addr().String()}, []string{"serve"}, []string{"address already in use", "THREADHUB_ADDR"}},
		{"a data directory that is a file", []string{"THREADHUB_DATA_DIR=" + file}, []string{"serve"}, []string{"THREADHUB_DATA_DIR"}},
		{"workers without a store to share", nil, []string{"worker"}, []string{"THREADHUB_MONGODB_URI", "THREADHUB_REDIS_URL", "threadhub serve"}},
		{"an API without a store to share", nil, []string{"api"}, []string{"THREADHUB_MONGODB_URI"}},
		{"a master key that is none", []string{"THREADHUB_MASTER_KEY=short"}, []string{"serve"}, []string{"32 bytes"}},
		{"checking what cannot be used", []string{"THREADHUB_SHUTDOWN_GRACE=soon"}, []string{"check-config"}, []string{"THREADHUB_SHUTDOWN_GRACE"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, log := run(t, environment(dir, c.env...), c.args...)
			require.Equal(t, 1, code)
			require.Empty(t, out)
			for _, want := range c.says {
				require.Contains(t, log, want)
			}
			require.NotContains(t, log, adminToken)
		})
	}
}

func TestCommandsThatStartNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	env := environment(dir)
	t.Run("version", func(t *testing.T) {
		code, out, _ := run(t, env, "version")
		require.Zero(t, code)
		require.Regexp(t, `^threadhub \S+\n$`, out)
	})
	t.Run("openapi prints the document", func(t *testing.T) {
		code, out, _ := run(t, env, "openapi")
		require.Zero(t, code)
		var doc struct {
			OpenAPI string         `json:"openapi"`
			Paths   map[string]any `json:"paths"`
		}
		require.NoError(t, json.Unmarshal([]byte(out), &doc))
		require.Regexp(t, `^3\.1\.`, doc.OpenAPI)
		require.Contains(t, doc.Paths, "/webhooks/{channel_id}")
	})
	t.Run("check-config", func(t *testing.T) {
		code, out, _ := run(t, env, "check-config")
		require.Zero(t, code)
		require.Contains(t, out, "can be used")
	})
	t.Run("help", func(t *testing.T) {
		code, out, _ := run(t, env, "--help")
		require.Zero(t, code)
		require.Contains(t, out, "serve")
	})
	require.NoDirExists(t, dir, "none of them makes a data directory")
}

func TestOneDataDirectoryIsForOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := launch(t, environment(dir), "serve")
	newHub(t).at(first)
	for _, command := range []string{"serve", "admin token", "migrate"} {
		code, out, log := run(t, environment(dir), strings.Fields(command)...)
		require.Equal(t, 1, code, command)
		require.Empty(t, out, command)
		require.Contains(t, log, dir, command)
		require.Contains(t, log, "in use by another process", command)
	}
	first.stop()
	code, out, _ := run(t, environment(dir), "migrate")
	require.Zero(t, code)
	require.Contains(t, out, "up to date")
}

// shownToken is the admin token in what a first start prints.
var shownToken = regexp.MustCompile(`shown only now:\s+(\S+)\s`)

func TestTheFirstStartShowsATokenOnce(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	env := environment(t.TempDir(), "THREADHUB_ADMIN_TOKEN=")
	works := func() int {
		status, _, err := h.do(t.Context(), http.MethodGet, "/v1/channels", bearer(h.Token), nil)
		require.NoError(t, err)
		return status
	}

	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	code, out, _ := run(t, append(env, "THREADHUB_ADDR="+busy.Addr().String()), "serve")
	require.Equal(t, 1, code)
	require.Empty(t, out)

	p := launch(t, env, "serve")
	h.at(p)
	shown := shownToken.FindStringSubmatch(p.Output())
	require.NotNil(t, shown, "a start that failed is not the first: the next one shows the token: %q", p.Output())
	h.Token = shown[1]
	require.Equal(t, http.StatusOK, works())
	p.stop()

	p = launch(t, env, "serve")
	h.at(p)
	require.Empty(t, p.Output())
	require.Equal(t, http.StatusOK, works(), "it still holds")
	p.stop()
	require.NotContains(t, p.Log(), h.Token)

	code, out, _ = run(t, env, "admin", "token", "--name", "lost mine")
	require.Zero(t, code)
	require.Regexp(t, `^\S+\n$`, out)
	p = launch(t, env, "serve")
	h.at(p)
	h.Token = out[:len(out)-1]
	require.Equal(t, http.StatusOK, works(), "a token made on the host")
	h.Token = "adm_wrong"
	require.Equal(t, http.StatusUnauthorized, works())
	p.stop()
}
