package browsertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate"
)

const (
	adminToken = "adm_browser_0123456789"
	password   = "seven quiet otters"
)

// folder holds the program for the length of the run.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "threadhub-browser-") })

// program builds threadhub once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "threadhub")
	if out, err := exec.Command("go", "build", "-o", path, "threadhub/cmd/threadhub").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build threadhub: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	closing()
	if dir, err := folder(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// hub is the real program with an embedded store, and simulated platforms that
// its channels talk to.
type hub struct {
	t    testing.TB
	base string
	cmd  *exec.Cmd
	log  *transcript

	platforms map[string]simulate.Platform
	hooks     map[string]string // webhook addresses by kind
	channels  map[string]string // ids by kind
	staff     map[string]string // agents' ids by address
	server    *simulate.Server
	script    func(simulate.Call) *simulate.Fault
}

// transcript is what a process wrote so far.
type transcript struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

var runs = regexp.MustCompile(`"msg":"threadhub runs".*"addr":"([^"]+)"`)

// startHub starts a hub that nobody can sign in to yet.
func startHub(t testing.TB) *hub {
	t.Helper()
	h := &hub{t: t, platforms: map[string]simulate.Platform{}, hooks: map[string]string{}, channels: map[string]string{}, staff: map[string]string{}}
	h.launch(t.TempDir(), "127.0.0.1:0")
	return h
}

// newDesk starts a hub that has its admin, so that everybody signs in.
func newDesk(t testing.TB) *hub {
	t.Helper()
	h := startHub(t)
	h.agent("Ines Falk", "ines@desk.example", "admin")
	return h
}

// launch runs the program in a data directory.
func (h *hub) launch(dir, addr string) {
	h.t.Helper()
	path, err := program()
	require.NoError(h.t, err)
	h.log = &transcript{}
	h.cmd = exec.Command(path, "serve")
	h.cmd.Env = append(os.Environ(),
		"THREADHUB_ADDR="+addr, "THREADHUB_DATA_DIR="+dir, "THREADHUB_ADMIN_TOKEN="+adminToken,
		"THREADHUB_ALLOW_PRIVATE_NETWORKS=true", "THREADHUB_LOG_FORMAT=json",
	)
	h.cmd.Dir = dir
	h.cmd.Stderr = h.log
	require.NoError(h.t, h.cmd.Start())
	cmd, log := h.cmd, h.log
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its answer is in ProcessState
		close(done)
	}()
	h.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-done
		require.NotContains(h.t, log.String(), "panic")
	})
	require.Eventually(h.t, func() bool {
		found := runs.FindStringSubmatch(log.String())
		if found == nil {
			return false
		}
		h.base = "http://" + found[1]
		return true
	}, patience, 20*time.Millisecond, "the hub says where it listens")
	require.Eventually(h.t, func() bool {
		resp, err := http.Get(h.base + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond, "the hub is ready")
}

type object = map[string]any

// call speaks JSON to the API with the admin's token.
func (h *hub) call(method, path string, body any) (int, object) {
	h.t.Helper()
	var r io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(h.t, err)
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, h.base+path, r)
	require.NoError(h.t, err)
	req.Header.Set("Authorization", "Bearer "+adminToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	var out object
	_ = json.NewDecoder(resp.Body).Decode(&out) // an empty body is no answer
	return resp.StatusCode, out
}

func (h *hub) must(status int, method, path string, body any) object {
	h.t.Helper()
	got, out := h.call(method, path, body)
	require.Equal(h.t, status, got, "%s %s: %v", method, path, out)
	return out
}

// agent makes somebody who can sign in with [password], online.
func (h *hub) agent(name, email, role string) string {
	h.t.Helper()
	id := h.must(http.StatusCreated, http.MethodPost, "/v1/agents", object{
		"name": name, "email": email, "role": role, "capacity": object{"messaging": 5},
	})["id"].(string)
	token := h.must(http.StatusCreated, http.MethodPost, "/v1/agents/"+id+"/invite", nil)["token"]
	h.must(http.StatusCreated, http.MethodPost, "/v1/invitations/accept", object{"token": token, "password": password})
	h.must(http.StatusOK, http.MethodPut, "/v1/agents/"+id+"/availability", object{"status": "online"})
	h.staff[email] = id
	return id
}

// platform starts a simulated platform; the settings are those of a channel of
// its account.
func (h *hub) platform(kind string) (account simulate.Account, settings object) {
	h.t.Helper()
	platform, err := simulate.Open(kind, simulate.Config{Cast: simulate.Cast(), Seed: 7})
	require.NoError(h.t, err)
	server := simulate.NewServer(simulate.ServerConfig{Platforms: []simulate.Platform{platform}, Script: func(c simulate.Call) *simulate.Fault {
		if h.script == nil {
			return nil
		}
		return h.script(c)
	}})
	listening, err := server.Listen(context.Background(), "127.0.0.1:0")
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = listening.Close() })
	h.platforms[kind], h.server = platform, server
	account = platform.Account()
	settings = object{"api_base_url": listening.BaseURL(kind)}
	for name, value := range account.Settings {
		settings[name] = value
	}
	return account, settings
}

// channel connects a simulated platform, with a style for its conversations.
func (h *hub) channel(kind string, style object) string {
	h.t.Helper()
	account, settings := h.platform(kind)
	body := object{"kind": kind, "name": account.Title + " desk", "credentials": account.Credentials, "settings": settings, "enabled": true}
	if style != nil {
		body["style"] = style
	}
	ch := h.must(http.StatusCreated, http.MethodPost, "/v1/channels", body)
	return h.connected(kind, ch)
}

// connected lets the platform know where a channel's webhooks go.
func (h *hub) connected(kind string, ch object) string {
	h.hooks[kind], h.channels[kind] = h.base+ch["webhook_path"].(string), ch["id"].(string)
	return h.channels[kind]
}

// act lets a customer do something, and the platform tell the hub of it. The
// answer is the platform's id of a message.
func (h *hub) act(kind string, act simulate.Act) string {
	h.t.Helper()
	if act.At.IsZero() {
		act.At = time.Now()
	}
	hook, id, ok := h.platforms[kind].Webhook(act)
	require.True(h.t, ok, "%s has no %s", kind, act.Kind)
	req, err := http.NewRequest(http.MethodPost, h.hooks[kind], bytes.NewReader(hook.Body))
	require.NoError(h.t, err)
	req.Header = hook.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(h.t, http.StatusOK, resp.StatusCode)
	return id
}

// say lets a customer write.
func (h *hub) say(kind string, by simulate.Customer, text string) string {
	h.t.Helper()
	return h.act(kind, simulate.Act{Kind: simulate.Say, By: by, Text: text})
}

// sent waits for the n-th message that the platform got.
func (h *hub) sent(n int) simulate.Sent {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sends, err := h.server.WaitSends(ctx, n)
	require.NoError(h.t, err)
	return sends[n-1]
}

// signIn opens the console and signs in by its form.
func (p *tab) signIn(h *hub, email string) {
	p.t.Helper()
	p.open(h.base + "/console/")
	p.fill(`input[name="email"]`, email)
	p.fill(`input[name="password"]`, password)
	p.click("button", "Sign in")
	p.until("the inbox is there", `document.querySelector(".inbox")`)
}

// customer is somebody of the cast.
func customer(n int) simulate.Customer { return simulate.Cast()[n] }
