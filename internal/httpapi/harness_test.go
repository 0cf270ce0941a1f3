package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/api"
	"threadhub/connectors"
	"threadhub/internal/audit"
	"threadhub/internal/auth"
	"threadhub/internal/blob"
	"threadhub/internal/canned"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/expiry"
	"threadhub/internal/httpapi"
	"threadhub/internal/media"
	"threadhub/internal/people"
	"threadhub/internal/privacy"
	"threadhub/internal/queuebook"
	"threadhub/internal/reactions"
	"threadhub/internal/retention"
	"threadhub/internal/rulebook"
	"threadhub/internal/schedules"
	"threadhub/internal/seal"
	"threadhub/internal/settings"
	"threadhub/internal/sqlite"
	"threadhub/internal/stylerules"
	"threadhub/internal/subscriptions"
	"threadhub/internal/templates"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/threads/routing"
)

func TestMain(m *testing.M) {
	// The page at /docs is text to the contract.
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.FileBodyDecoder)
	goleak.VerifyTestMain(m)
}

const (
	adminToken = "adm-of-the-tests"
	publicURL  = "https://hub.example"
	botSecret  = "canary-7f3a91"
	week       = retention.Keep(7 * 24 * time.Hour)
)

// hub is the whole API over a real embedded store, on a clock that the test
// moves. Only the platform and the live stream are stand-ins.
type hub struct {
	t          *testing.T
	handler    http.Handler
	store      *sqlite.Store
	auth       *auth.Service
	service    *threads.Service
	dispatcher *routing.Dispatcher
	live       *live
	relay      *subscriptions.Relay
	expiry     *expiry.Keeper
	contract   routers.Router
	unerased   error // keeps erasures from their end

	mu      sync.Mutex
	now     time.Time
	answer  func() (*connectors.Response, error) // of the platform
	broken  error                                // of the parts /readyz asks
	users   []string                             // of every schedule
	observe []string
}

func newHub(t *testing.T, change ...func(*httpapi.Deps)) *hub {
	t.Helper()
	plain, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, plain.Close()) })
	h := &hub{t: t, store: plain, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), live: newLive()}
	h.answer = func() (*connectors.Response, error) { return &connectors.Response{Status: http.StatusOK}, nil }
	logger := slog.New(slog.DiscardHandler)
	log := audit.NewStore(plain, h.clock, logger)
	store := records{plain, log}
	h.auth = auth.New(auth.Options{Store: store, Now: h.clock, AdminToken: adminToken, Hashing: auth.Hashing{MemoryKiB: 64, Passes: 1}})
	set := settings.New(store)
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	kinds := connectors.Set{parrotKind()}
	registry, err := channels.NewRegistry(channels.Options{
		Store: store, Kinds: kinds, Keys: keys, Caller: h, Logger: logger, Now: h.clock,
		CheckURL: func(string) error { return nil }, DefaultStyle: set.DefaultStyle,
		OpenConversations: func(ctx context.Context, id threads.ChannelID) (int, error) {
			n, err := store.CountConversations(ctx, []threads.Filter{{
				Channels: []threads.ChannelID{id}, Statuses: []threads.Status{threads.StatusNew, threads.StatusOpen},
			}})
			return n[0], err
		},
		CloseConversations: func(ctx context.Context, id threads.ChannelID) error { return h.service.ShutChannel(ctx, id) },
	})
	require.NoError(t, err)
	calendars := schedules.New(schedules.Options{
		Store: store, Now: h.clock, Users: func(context.Context, string) ([]string, error) { return h.users, nil },
	})
	exists := func(err error) (bool, error) { return err == nil, nil }
	rules := stylerules.NewRegistry(stylerules.Options{
		Store: store, Now: h.clock,
		ChannelExists: func(ctx context.Context, id threads.ChannelID) (bool, error) {
			_, err := registry.Get(ctx, id)
			return exists(err)
		},
		ScheduleExists: func(ctx context.Context, id string) (bool, error) {
			_, err := calendars.Get(ctx, id)
			return exists(err)
		},
	})
	book := rulebook.NewRegistry(rulebook.Options{
		Store: store, Keys: keys, Now: h.clock, CheckURL: h.checkURL,
		ChannelExists: rules.ChannelExists, ScheduleExists: rules.ScheduleExists,
		AgentExists: func(ctx context.Context, id threads.AgentID) (bool, error) {
			_, err := h.auth.Agent(ctx, id)
			return exists(err)
		},
		GroupExists: func(ctx context.Context, id threads.GroupID) (bool, error) {
			_, err := h.auth.Group(ctx, id)
			return exists(err)
		},
	})
	queues := queuebook.NewRegistry(queuebook.Options{
		Store: store, Now: h.clock, ChannelExists: rules.ChannelExists, ScheduleExists: rules.ScheduleExists, GroupExists: book.GroupExists,
		SkillExists: func(_ context.Context, name string) (bool, error) { return name != "klingon", nil },
	})
	catalogue := templates.NewCatalogue(templates.Options{Store: store, Channels: registry, Caller: h, Now: h.clock, Logger: logger})
	told := subscriptions.NewRegistry(subscriptions.Options{
		Store: store, Spool: store, Keys: keys, Now: h.clock, CheckURL: h.checkURL, ChannelExists: rules.ChannelExists,
	})
	h.relay = subscriptions.NewRelay(subscriptions.RelayOptions{
		Spool: store, Book: told, Records: store, Bell: func() {}, Owner: "hub_1", Now: h.clock, Logger: logger,
	})
	h.service = threads.NewService(threads.Options{
		Templates: catalogue,
		Store:     store, Channels: registry, Roster: h.auth, Hub: set, Schedules: calendars, StyleRules: rules, Announce: h.live, Logger: logger, Now: h.clock,
		Rules: book,
	})
	h.dispatcher = &routing.Dispatcher{
		Threads: h.service, Store: store, Settings: set.Routing, Roster: roster{h}, Queues: queues.Queues, Schedules: calendars, Now: h.clock, Logger: logger,
	}
	filesDir := t.TempDir()
	files, err := blob.OpenDir(filesDir)
	require.NoError(t, err)
	library := media.Open(media.Options{
		Store: files, Scratch: filesDir, MaxFile: 1 << 20, Space: 4 << 20, PublicURL: publicURL, Channels: registry, Carrier: h, Now: h.clock, Logger: logger,
	})
	deps := httpapi.Deps{
		Logger: logger, Auth: h.auth, Settings: set, Schedules: calendars, StyleRules: rules, Rules: book, Queues: queues, Routing: h.dispatcher, Channels: registry, Kinds: kinds, Conversations: h.service, Records: store,
		Webhooks: store.Journal(), Idempotency: store, Live: h.live, Media: library, Audit: log, Probe: h.probe, Now: h.clock, PublicURL: publicURL, Canned: canned.New(store, h.clock), Templates: catalogue, Reactions: &reactions.Desk{Threads: h.service, Channels: registry, Carrier: h},
		Ready: func(context.Context) []httpapi.Component {
			return []httpapi.Component{{Name: "store", Err: h.broken, Detail: "embedded"}}
		},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			_, _ = io.WriteString(w, "threadhub_up 1\n")
		}),
		Webhook: func(c *gin.Context) { c.Status(http.StatusOK) },
		Observe: func(operation string, status int, _ time.Duration) {
			h.mu.Lock() // a stream may end while a call is answered
			defer h.mu.Unlock()
			h.observe = append(h.observe, fmt.Sprintf("%s %d", operation, status))
		},
	}
	eraser := privacy.New(privacy.Options{
		Records: store, Store: store, Threads: h.service, Journal: store.Journal(), Spool: store, Media: library,
		Erased: func(context.Context, threads.ContactID, []threads.ChannelID) error { return h.unerased }, Now: h.clock, Logger: logger,
	})
	set.Keep = retention.Policy{Conversations: retention.Forever, Payloads: week, EventLog: week, Quarantine: week, DeadLetters: retention.Forever}
	h.expiry = expiry.NewKeeper(expiry.Options{
		Records: store, Store: store, Journal: store.Journal(), Eraser: eraser, Owner: "hub_1", Now: h.clock, Logger: logger, Registerer: prometheus.NewRegistry(),
		Hub: func(ctx context.Context) (retention.Policy, error) {
			got, err := set.Get(ctx)
			return got.Retention, err
		},
		Channel: func(ctx context.Context, id threads.ChannelID) (retention.Policy, error) {
			ch, err := registry.Get(ctx, id)
			if errors.Is(err, directory.ErrNotFound) {
				err = nil
			}
			return ch.Retention, err
		},
		Registered: func(context.Context, threads.ChannelID, int) ([]threads.ChannelID, error) { return nil, nil },
	})
	deps.Eraser, deps.Retention, deps.People = eraser, h.expiry, people.NewBook(store, h.service, h.clock)
	deps.Subscriptions = told
	deps.Subscribers = subscriptions.NewCourier(subscriptions.CourierOptions{
		Book: told, Relay: h.relay, Carrier: h, Render: httpapi.NewRenderer(deps), Now: h.clock, Logger: logger,
		Metrics: subscriptions.NewMetrics(prometheus.NewRegistry()),
	})
	for _, f := range change {
		f(&deps)
	}
	engine, err := httpapi.New(deps)
	require.NoError(t, err)
	h.handler, h.contract = engine, documentRouter(t)
	return h
}

// records is a store before whose records the audit log stands.
type records struct {
	*sqlite.Store
	log *audit.Store
}

func (r records) Put(ctx context.Context, d directory.Document) error { return r.log.Put(ctx, d) }

func (r records) Delete(ctx context.Context, kind, id string) error {
	return r.log.Delete(ctx, kind, id)
}

// documentRouter finds operations of the document as it is served.
func documentRouter(t *testing.T) routers.Router {
	t.Helper()
	body, err := api.DocumentJSON()
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(body)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(context.Background()))
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	return router
}

func (h *hub) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hub) wait(pause time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(pause)
}

// probe knows two addresses.
func (*hub) probe(_ context.Context, url string) (int64, error) {
	switch {
	case strings.Contains(url, "private"):
		return -1, egress.ErrBlocked
	case strings.Contains(url, "huge"):
		return 2 << 30, nil
	}
	return -1, nil
}

// checkURL takes every address but one.
func (*hub) checkURL(url string) error {
	if strings.Contains(url, "private") {
		return egress.ErrBlocked
	}
	return nil
}

// Do stands in for the platform.
func (h *hub) Do(context.Context, egress.Target, *connectors.Call) (*connectors.Response, error) {
	return h.answer()
}

// request is a call of the API.
type request struct {
	method, path string
	token        string // "" for none
	body         string
	header       map[string]string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any // nil when it is not a JSON object
}

// code is the code of a problem.
func (a answer) code() string { s, _ := a.body["code"].(string); return s }

// id of the record that was answered.
func (a answer) id() string { s, _ := a.body["id"].(string); return s }

// data of a list.
func (a answer) data(t *testing.T) []map[string]any {
	t.Helper()
	list, ok := a.body["data"].([]any)
	require.True(t, ok, a.raw)
	out := make([]map[string]any, len(list))
	for i, v := range list {
		out[i], ok = v.(map[string]any)
		require.True(t, ok, a.raw)
	}
	return out
}

// fields that a 422 names.
func (a answer) fields() []string {
	list, _ := a.body["errors"].([]any)
	out := []string{}
	for _, v := range list {
		if f, ok := v.(map[string]any); ok {
			out = append(out, fmt.Sprint(f["field"]))
		}
	}
	return out
}

// do makes a call and holds the answer, and a request that was not refused,
// to the document.
func (h *hub) do(r request) answer {
	h.t.Helper()
	req := httptest.NewRequestWithContext(context.Background(), r.method, r.path, strings.NewReader(r.body))
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	a := answer{status: w.Code, header: w.Header(), raw: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &a.body)
	h.hold(r, req, a)
	return a
}

func (h *hub) hold(r request, req *http.Request, a answer) {
	h.t.Helper()
	what := fmt.Sprintf("%s %s answered %d: %s", r.method, r.path, a.status, a.raw)
	if a.status >= http.StatusBadRequest && !strings.HasSuffix(r.path, "/readyz") {
		require.Equal(h.t, "application/problem+json", a.header.Get("Content-Type"), what)
		require.NotEmpty(h.t, a.code(), what)
		require.NotEmpty(h.t, a.header.Get("X-Request-Id"), what)
	}
	route, params, err := h.contract.FindRoute(req)
	if err != nil {
		require.Contains(h.t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, a.status, what)
		return
	}
	req.Body = io.NopCloser(strings.NewReader(r.body))
	in := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, SkipSettingDefaults: true,
		},
	}
	if a.status < http.StatusBadRequest {
		require.NoError(h.t, openapi3filter.ValidateRequest(context.Background(), in), what)
	}
	require.NoError(h.t, openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader([]byte(a.raw))),
		Options: in.Options,
	}), what)
}

// must makes a call as the admin that has to succeed.
func (h *hub) must(method, path, body string) answer {
	h.t.Helper()
	a := h.do(request{method: method, path: path, body: body, token: adminToken})
	require.Less(h.t, a.status, http.StatusMultipleChoices, "%s %s: %s", method, path, a.raw)
	return a
}

// token makes a token; draft is the body of POST /v1/tokens.
func (h *hub) token(draft string) string {
	h.t.Helper()
	s, _ := h.must(http.MethodPost, "/v1/tokens", draft).body["token"].(string)
	require.NotEmpty(h.t, s)
	return s
}

// agent adds an agent and answers its id and a token that acts as it.
func (h *hub) agent(name string) (id, token string) {
	h.t.Helper()
	id = h.must(http.MethodPost, "/v1/agents", fmt.Sprintf(`{"name":%q,"email":"%s@example.org"}`, name, name)).id()
	return id, h.token(fmt.Sprintf(`{"name":%q,"role":"agent","agent_id":%q}`, name, id))
}

// channel registers a channel of the stand-in platform.
func (h *hub) channel(more string) string {
	h.t.Helper()
	return h.must(http.MethodPost, "/v1/channels",
		fmt.Sprintf(`{"kind":"parrot","name":"Parrot","credentials":{"bot_token":%q}%s}`, botSecret, more)).id()
}

// receive lets a customer write and answers the conversation's id.
func (h *hub) receive(channel, from, text string) string {
	h.t.Helper()
	now := h.clock()
	h.wait(time.Millisecond)
	id := normalize.PlatformID(fmt.Sprintf("%s-%d", from, now.UnixMilli()))
	errs := h.service.Ingest(context.Background(), []threads.Arrival{{
		Channel: threads.ChannelID(channel), ReceivedAt: now, Event: normalize.Event{
			Key: "msg:" + string(id), Type: normalize.EventMessage, At: now, Peer: normalize.Peer{ID: normalize.PeerID(from), Name: "Ana " + from},
			Message: &normalize.Message{ID: id, Type: normalize.TypeText, Text: text},
		},
	}})
	require.NoError(h.t, errors.Join(errs...))
	list := h.must(http.MethodGet, "/v1/conversations?sort=-created_at&channel_id="+channel, "").data(h.t)
	for _, c := range list {
		if contact, _ := c["contact"].(map[string]any); contact["external_id"] == from {
			s, _ := c["id"].(string)
			return s
		}
	}
	h.t.Fatalf("no conversation of %s", from)
	return ""
}
