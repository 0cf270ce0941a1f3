package app_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/app"
	"threadhub/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const adminToken = "adm_0123456789abcdef"

// hub is a whole hub inside the test, spoken to over HTTP as a client would.
type hub struct {
	t    testing.TB
	cfg  config.Server
	base string
	stop func() error
	log  *bytes.Buffer
}

func newConfig(t testing.TB) config.Server {
	t.Helper()
	var cfg config.Server
	cfg.Addr, cfg.DataDir = "127.0.0.1:0", t.TempDir()
	cfg.AdminToken = connectors.NewSecret(adminToken)
	cfg.AllowPrivateNetworks = true
	cfg.AuditRetention = 24 * time.Hour
	cfg.JournalRetention, cfg.ShutdownGrace, cfg.WorkerConcurrency = 24*time.Hour, 10*time.Second, 8
	return cfg
}

func startHub(t testing.TB, cfg config.Server) *hub { return startRole(t, cfg, app.RoleAll) }

func startRole(t testing.TB, cfg config.Server, role app.Role) *hub {
	t.Helper()
	h := &hub{t: t, cfg: cfg, log: &bytes.Buffer{}}
	ctx, cancel := context.WithCancel(context.Background())
	running, err := app.New(ctx, app.Options{Config: cfg, Role: role, Logger: slog.New(slog.NewTextHandler(&locked{w: h.log}, nil))})
	if err != nil {
		cancel()
		require.NoError(t, err)
	}
	h.base = "http://" + running.Addr()
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx) }()
	h.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		require.NoError(t, h.stop())
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	require.Eventually(t, func() bool { st, _ := h.call("GET", "/readyz", nil, ""); return st == 200 }, time.Minute, 20*time.Millisecond)
	return h
}

// newHub opens a hub that is expected not to.
func newHub(cfg config.Server) (*app.Hub, error) {
	return app.New(context.Background(), app.Options{Config: cfg, Role: app.RoleAll, Logger: slog.New(slog.DiscardHandler)})
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

type object = map[string]any

// call speaks JSON to the API.
func (h *hub) call(method, path string, body any, token string) (int, object) {
	h.t.Helper()
	var r io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(h.t, err)
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, h.base+path, r)
	require.NoError(h.t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return h.do(req)
}

func (h *hub) do(req *http.Request) (int, object) {
	h.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	var out object
	if json.Unmarshal(raw, &out) != nil {
		out = object{"raw": string(raw)}
	}
	return resp.StatusCode, out
}

func (h *hub) must(status int, method, path string, body any, token string) object {
	h.t.Helper()
	st, out := h.call(method, path, body, token)
	require.Equal(h.t, status, st, "%s %s: %v", method, path, out)
	return out
}

func (h *hub) list(path string) []object {
	h.t.Helper()
	var all []object
	cursor := ""
	for {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		page := h.must(200, "GET", path+sep+"limit=200&cursor="+cursor, nil, adminToken)
		for _, item := range page["data"].([]any) {
			all = append(all, item.(object))
		}
		next, _ := page["next_cursor"].(string)
		if next == "" {
			return all
		}
		cursor = next
	}
}

func (h *hub) conversations(channel string) []object {
	h.t.Helper()
	return h.list("/v1/conversations?channel_id=" + channel)
}

func (h *hub) messages(conversation any) []object {
	h.t.Helper()
	page := h.must(200, "GET", fmt.Sprintf("/v1/conversations/%s/messages?limit=200", conversation), nil, adminToken)
	var out []object
	for _, m := range page["data"].([]any) {
		out = append(out, m.(object))
	}
	return out
}

func (h *hub) eventually(what string, ok func() bool) {
	h.t.Helper()
	require.Eventually(h.t, ok, time.Minute, 20*time.Millisecond, what)
}

// one waits for the channel's only conversation.
func (h *hub) one(channel string) object {
	h.t.Helper()
	var list []object
	h.eventually("one conversation", func() bool { list = h.conversations(channel); return len(list) > 0 })
	require.Len(h.t, list, 1)
	return list[0]
}

// agent makes an agent who is online, and answers their id and token.
func (h *hub) agent(name string) (id, token string) {
	h.t.Helper()
	a := h.must(201, "POST", "/v1/agents", object{
		"name": name, "email": name + "@example.org", "role": "agent", "skills": []string{}, "groups": []string{}, "capacity": object{"messaging": 5},
	}, adminToken)
	id = a["id"].(string)
	tok := h.must(201, "POST", "/v1/tokens", object{"name": name, "role": "agent", "agent_id": id}, adminToken)
	token = tok["token"].(string)
	h.must(200, "PUT", "/v1/agents/"+id+"/availability", object{"status": "online"}, token)
	return id, token
}

func (h *hub) patch(conversation, body any, token string) (int, object) {
	h.t.Helper()
	return h.call("PATCH", fmt.Sprintf("/v1/conversations/%s", conversation), body, token)
}

// stub is a platform's API on loopback.
type stub struct {
	*httptest.Server
	mu    sync.Mutex
	calls []recorded
	reply func(r recorded) (int, any)
}

type recorded struct {
	path   string
	header http.Header
	body   object
	n      int
}

func newStub(t *testing.T, reply func(r recorded) (int, any)) *stub {
	t.Helper()
	s := &stub{reply: reply}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		rec := recorded{path: r.URL.Path, header: r.Header}
		_ = json.Unmarshal(raw, &rec.body)
		s.mu.Lock()
		s.calls = append(s.calls, rec)
		rec.n = len(s.calls)
		s.mu.Unlock()
		status, body := s.reply(rec)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(s.Close)
	return s
}

// sent answers the calls whose path ends so.
func (s *stub) sent(end string) (out []recorded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if strings.HasSuffix(c.path, end) {
			out = append(out, c)
		}
	}
	return out
}

func telegramStub(t *testing.T) *stub {
	return newStub(t, func(r recorded) (int, any) {
		return 200, object{"ok": true, "result": object{"message_id": 9000 + r.n, "date": 1, "chat": object{"id": r.body["chat_id"], "type": "private"}}}
	})
}

func whatsappStub(t *testing.T) *stub {
	return newStub(t, func(r recorded) (int, any) {
		return 200, object{"messaging_product": "whatsapp", "contacts": []object{{"input": r.body["to"], "wa_id": r.body["to"]}}, "messages": []object{{"id": fmt.Sprintf("wamid.OUT%d", r.n)}}}
	})
}

const (
	tgSecret = "tg-secret"
	waSecret = "wa-app-secret"
)

func (h *hub) channel(kind string, credentials, settings object, more object) string {
	h.t.Helper()
	body := object{"kind": kind, "name": kind + " test", "credentials": credentials, "settings": settings}
	for k, v := range more {
		body[k] = v
	}
	return h.must(201, "POST", "/v1/channels", body, adminToken)["id"].(string)
}

func (h *hub) telegram(api string, more object) string {
	h.t.Helper()
	settings := object{}
	if api != "" {
		settings["api_base_url"] = api
	}
	return h.channel("telegram", object{"bot_token": "7001:AAcanarycanarycanarycanarycanary", "secret_token": tgSecret}, settings, more)
}

func (h *hub) whatsapp(api, number string) string {
	h.t.Helper()
	settings := object{"phone_number_id": number, "waba_id": "2060001"}
	if api != "" {
		settings["api_base_url"] = api
	}
	return h.channel("whatsapp", object{"access_token": "EAAcanary", "app_secret": waSecret, "verify_token": "vt-1"}, settings, nil)
}

// hook delivers a webhook.
func (h *hub) hook(channel string, body []byte, header http.Header) int {
	h.t.Helper()
	req, err := http.NewRequest("POST", h.base+"/webhooks/"+channel, bytes.NewReader(body))
	require.NoError(h.t, err)
	req.Header = header
	st, _ := h.do(req)
	return st
}

var updates = struct {
	sync.Mutex
	n int
}{n: 1000}

func nextID() int {
	updates.Lock()
	defer updates.Unlock()
	updates.n++
	return updates.n
}

// update is a Telegram message of a user.
func update(user int, text string) object {
	return object{"update_id": nextID(), "message": object{
		"message_id": nextID(), "date": time.Now().Unix(), "text": text,
		"from": object{"id": user, "is_bot": false, "first_name": "Ana"}, "chat": object{"id": user, "type": "private", "first_name": "Ana"},
	}}
}

func (h *hub) tg(channel string, update object) int {
	h.t.Helper()
	body, err := json.Marshal(update)
	require.NoError(h.t, err)
	return h.hook(channel, body, http.Header{"X-Telegram-Bot-Api-Secret-Token": {tgSecret}, "Content-Type": {"application/json"}})
}

func waText(from, text string) object {
	return object{"from": from, "id": fmt.Sprintf("wamid.IN%d", nextID()), "timestamp": fmt.Sprint(time.Now().Unix()), "type": "text", "text": object{"body": text}}
}

func waValue(number string, messages ...object) object {
	v := object{"messaging_product": "whatsapp", "metadata": object{"display_phone_number": "15550001111", "phone_number_id": number}, "messages": messages}
	var contacts []object
	for _, m := range messages {
		contacts = append(contacts, object{"profile": object{"name": "Bo"}, "wa_id": m["from"]})
	}
	v["contacts"] = contacts
	return object{"field": "messages", "value": v}
}

func waBody(changes ...object) []byte {
	raw, _ := json.Marshal(object{"object": "whatsapp_business_account", "entry": []object{{"id": "2060001", "changes": changes}}})
	return raw
}

func waSign(body []byte, secret string) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}, "Content-Type": {"application/json"}}
}
