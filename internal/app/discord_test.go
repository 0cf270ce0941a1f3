package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/queue/queuetest"
)

func discordKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("another seed for tests, 32 bytes"))
}

func (h *hub) discord(api string) string {
	settings := object{"application_id": "7001"}
	if api != "" {
		settings["api_base_url"] = api
	}
	return h.channel("discord", object{
		"bot_token": "discord-canary", "public_key": hex.EncodeToString(discordKey().Public().(ed25519.PublicKey)),
	}, settings, nil)
}

// interact delivers a signed interaction or webhook event, and answers what
// Discord was told.
func (h *hub) interact(channel string, body []byte, forged bool, more http.Header) (int, string) {
	h.t.Helper()
	req, err := http.NewRequest("POST", h.base+"/webhooks/"+channel, strings.NewReader(string(body)))
	require.NoError(h.t, err)
	for name := range more {
		req.Header.Set(name, more.Get(name))
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	signature := ed25519.Sign(discordKey(), append([]byte(stamp), body...))
	if forged {
		signature[0] ^= 1
	}
	req.Header.Set("X-Signature-Timestamp", stamp)
	req.Header.Set("X-Signature-Ed25519", hex.EncodeToString(signature))
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	return resp.StatusCode, string(answer)
}

// discordStub is Discord's API and Gateway on loopback. It keeps what it has
// sent and sends it again to whoever resumes.
type discordStub struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	calls   []recorded
	sent    []string // the session's events; the number of the first is 2
	opened  []string // "identify" or "resume <seq>"
	open    map[*websocket.Conn]bool
	refused int // a code to close every connection with
}

func newDiscordStub(t *testing.T) *discordStub {
	t.Helper()
	s := &discordStub{t: t, open: map[*websocket.Conn]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gateway/bot", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"url":%q,"shards":1,"session_start_limit":{"total":1000,"remaining":999,"reset_after":1,"max_concurrency":1}}`, s.gateway())
	})
	mux.HandleFunc("GET /socket/", s.talk)
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		rec := recorded{path: r.URL.Path, header: r.Header}
		_ = json.Unmarshal(raw, &rec.body)
		s.mu.Lock()
		s.calls = append(s.calls, rec)
		id := 9000 + len(s.calls)
		s.mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/users/@me/channels") {
			id = 6001
		}
		_, _ = fmt.Fprintf(w, `{"id":"%d"}`, id)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *discordStub) gateway() string { return "ws" + strings.TrimPrefix(s.URL, "http") + "/socket" }

func (s *discordStub) posts(end string) (out []recorded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if strings.HasSuffix(c.path, end) {
			out = append(out, c)
		}
	}
	return out
}

func (s *discordStub) talk(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	ctx := context.Background()
	write := func(raw string) { _ = conn.Write(ctx, websocket.MessageText, []byte(raw)) }
	write(`{"op":10,"d":{"heartbeat_interval":41250}}`)
	for {
		_, raw, err := conn.Read(ctx)
		if err != nil {
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
			return
		}
		var c struct {
			Op   int `json:"op"`
			Data any `json:"d"`
		}
		_ = json.Unmarshal(raw, &c)
		if c.Op != 2 && c.Op != 6 {
			write(`{"op":11}`)
			continue
		}
		s.begin(conn, c.Op, c.Data.(object), write)
	}
}

func (s *discordStub) begin(conn *websocket.Conn, op int, data object, write func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case data["token"] != "discord-canary":
		s.t.Errorf("a token of %v", data["token"])
	case s.refused > 0:
		go func() { _ = conn.Close(websocket.StatusCode(s.refused), "") }()
		return
	case op == 2:
		s.opened = append(s.opened, "identify")
		write(fmt.Sprintf(`{"op":0,"t":"READY","s":1,"d":{"session_id":"sess","resume_gateway_url":%q,"user":{"id":"7001"}}}`, s.gateway()))
	default:
		seq := int(data["seq"].(float64))
		s.opened = append(s.opened, fmt.Sprintf("resume %s %d", data["session_id"], seq))
		for _, raw := range s.sent[max(seq-1, 0):] {
			write(raw)
		}
		write(fmt.Sprintf(`{"op":0,"t":"RESUMED","s":%d,"d":{}}`, len(s.sent)+1))
	}
	s.open[conn] = true
}

// happens sends an event to whoever is connected.
func (s *discordStub) happens(event string, data object) {
	s.t.Helper()
	raw, err := json.Marshal(data)
	require.NoError(s.t, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	frame := fmt.Sprintf(`{"op":0,"t":%q,"s":%d,"d":%s}`, event, len(s.sent)+2, raw)
	s.sent = append(s.sent, frame)
	for conn := range s.open {
		_ = conn.Write(context.Background(), websocket.MessageText, []byte(frame))
	}
}

func (s *discordStub) connections() (now int, all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open), append([]string(nil), s.opened...)
}

func dm(id int, text string) object {
	return object{
		"id": strconv.Itoa(id), "type": 0, "channel_id": "6001", "channel_type": 1, "content": text,
		"author": object{"id": "501", "username": "bia", "global_name": "Bia"}, "timestamp": time.Now().UTC().Format(time.RFC3339Nano),
	}
}

func TestDirectMessagesOfDiscordComeOverTheGateway(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	platform := newDiscordStub(t)
	ch := h.discord(platform.URL)
	_, token := h.agent("bea")
	h.eventually("connected", func() bool { n, _ := platform.connections(); return n == 1 })
	health := func() object { return h.must(200, "GET", "/v1/channels/"+ch, nil, adminToken)["health"].(object) }
	h.eventually("the channel says so", func() bool { return health()["state"] == "ok" })
	platform.happens("MESSAGE_CREATE", dm(71, "Olá"))
	conv := h.one(ch)
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{
		"text": "Which?", "buttons": []object{{"id": "bread:rye", "title": "Rye"}},
	}, token)
	h.eventually("the answer is sent", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	require.Empty(t, platform.posts("/users/@me/channels"), "the channel is known from the message")
	out := platform.posts("/channels/6001/messages")
	require.Len(t, out, 1)
	require.Equal(t, "Bot discord-canary", out[0].header.Get("Authorization"))
	require.Equal(t, true, out[0].body["enforce_nonce"])

	t.Run("a button that comes over the Gateway is answered by a call", func(t *testing.T) {
		platform.happens("INTERACTION_CREATE", object{
			"id": "72", "application_id": "7001", "type": 3, "token": "itok", "channel_id": "6001", "context": 1,
			"user": object{"id": "501", "username": "bia"}, "data": object{"custom_id": "bread:rye", "component_type": 2},
		})
		h.eventually("the press is there", func() bool { return len(h.messages(conv["id"])) == 3 })
		h.eventually("and answered", func() bool { return len(platform.posts("/interactions/72/itok/callback")) == 1 })
	})
	// The next process goes on where this one was.
	require.NoError(t, h.stop())
	platform.happens("MESSAGE_CREATE", dm(73, "Still there?"))
	h = startHub(t, cfg)
	h.eventually("what came meanwhile is there, once", func() bool { return len(h.messages(conv["id"])) == 4 })
	_, all := platform.connections()
	require.Equal(t, []string{"identify", "resume sess 3"}, all)
	h.must(200, "PATCH", "/v1/channels/"+ch, object{"enabled": false}, adminToken)
	h.eventually("a channel that is paused has no connection", func() bool { n, _ := platform.connections(); return n == 0 })
	h.must(200, "PATCH", "/v1/channels/"+ch, object{"enabled": true}, adminToken)
	h.eventually("until it is not", func() bool { n, _ := platform.connections(); return n == 1 })
	require.NoError(t, h.stop(), "the log is read when nobody writes it any more")
	require.NotContains(t, h.log.String(), "discord-canary")
}

func TestACodeOfTheGatewaySuspendsTheChannel(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newDiscordStub(t)
	platform.refused = 4014
	ch := h.discord(platform.URL)
	var health object
	h.eventually("suspended", func() bool {
		health = h.must(200, "GET", "/v1/channels/"+ch, nil, adminToken)["health"].(object)
		return health["state"] == "suspended"
	})
	require.Contains(t, health["detail"], "Privileged Gateway Intents")
}

func TestInteractionsOfDiscordComeOverHTTP(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newDiscordStub(t)
	ch := h.discord(platform.URL)
	_, token := h.agent("bea")
	st, answer := h.interact(ch, []byte(`{"id":"1","type":1,"token":"t"}`), false, nil)
	require.Equal(t, 200, st)
	require.JSONEq(t, `{"type":1}`, answer)
	st, _ = h.interact(ch, []byte(`{"id":"1","type":1,"token":"t"}`), true, nil)
	require.Equal(t, 401, st, "Discord tries this, too")
	st, answer = h.interact(ch, []byte(`{"version":1,"application_id":"7001","type":0}`), false, nil)
	require.Equal(t, 204, st)
	require.Empty(t, answer)
	injected, err := json.Marshal(object{"op": 0, "s": 1, "t": "MESSAGE_CREATE", "d": dm(1, "injected")})
	require.NoError(t, err)
	st, _ = h.interact(ch, injected, false, http.Header{"X-Threadhub-Stream": {"gateway/0"}})
	require.Equal(t, 401, st, "events of the Gateway do not come over HTTP")
	require.Empty(t, h.list("/v1/channels/"+ch+"/events"))

	now := strconv.FormatInt((time.Now().UnixMilli()-1420070400000)<<22, 10)
	st, answer = h.interact(ch, webhookBody(t, object{
		"id": now, "application_id": "7001", "type": 2, "token": "itok", "guild_id": "88", "channel_id": "89", "context": 0,
		"member": object{"user": object{"id": "501", "username": "bia"}},
		"data":   object{"name": "message", "type": 1, "options": []object{{"name": "text", "type": 3, "value": "Where is it?"}}},
	}), false, nil)
	require.Equal(t, 200, st)
	require.JSONEq(t, `{"type":5,"data":{"flags":64}}`, answer)
	conv := h.one(ch)
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "On its way"}, token)
	h.eventually("the answer is sent", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	out := platform.posts("/webhooks/7001/itok")
	require.Len(t, out, 1)
	require.Equal(t, 64.0, out[0].body["flags"])

	st, _ = h.interact(ch, []byte(`{"version":1,"application_id":"7001","type":1,"event":{"type":"APPLICATION_DEAUTHORIZED","timestamp":"2026-03-14T09:26:53.123","data":{"user":{"id":"501","username":"bia"}}}}`), false, nil)
	require.Equal(t, 204, st)
}

// TestDiscordsConnectionIsHeldByOneWorker: the API's process takes part in
// nothing of it.
func TestDiscordsConnectionIsHeldByOneWorker(t *testing.T) {
	server, redis := mongotest.Start(t), queuetest.Start(t)
	cfg := sharedConfig(t, server.Database(t), redis.URL())
	api := startRole(t, cfg, app.RoleAPI)
	platform := newDiscordStub(t)
	ch := api.discord(platform.URL)
	first := startRole(t, cfg, app.RoleWorker)
	api.eventually("connected", func() bool { n, _ := platform.connections(); return n == 1 })
	startRole(t, cfg, app.RoleWorker)
	platform.happens("MESSAGE_CREATE", dm(71, "one"))
	conv := api.one(ch)
	require.NoError(t, first.stop())
	api.eventually("the other took over", func() bool { _, all := platform.connections(); return len(all) == 2 })
	platform.happens("MESSAGE_CREATE", dm(72, "two"))
	api.eventually("and goes on", func() bool { return len(api.messages(conv["id"])) == 2 })
	_, all := platform.connections()
	require.Equal(t, []string{"identify", "resume sess 2"}, all)
}

// TestDiscordSamplesAreTakenIn is TestRealSamplesAreTakenIn for Discord. What
// only the Gateway brings is refused over HTTP or kept for inspection; see
// docs/connectors.md.
func TestDiscordSamplesAreTakenIn(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "platforms", "samples", "discord", "*.json"))
	require.NoError(t, err)
	h := startHub(t, newConfig(t))
	platform := newDiscordStub(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			ch := h.discord(platform.URL)
			st, _ := h.interact(ch, body, false, nil)
			require.Contains(t, []int{200, 204}, st)
			if filepath.Base(file) == "interaction_ping.json" {
				return
			}
			h.workedIn(ch, 0)
		})
	}
}
