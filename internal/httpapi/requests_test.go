package httpapi_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
)

func TestARequestThatBreaksTheDocumentIsRefused(t *testing.T) {
	h := newHub(t)
	long := strings.Repeat("x", 201)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code               string
		fields             []string
	}{
		"no JSON":                      {"POST", "/v1/groups", `{not json`, 400, "malformed_json", nil},
		"JSON that ends early":         {"POST", "/v1/groups", `{"name":`, 400, "malformed_json", nil},
		"two values":                   {"POST", "/v1/groups", `{"name":"a"} {}`, 400, "malformed_json", nil},
		"nesting without end":          {"POST", "/v1/groups", strings.Repeat("[", 10000), 400, "malformed_json", nil},
		"bytes that are no text":       {"POST", "/v1/groups", "{\"name\":\"\xff\"}", 400, "malformed_json", nil},
		"no object":                    {"POST", "/v1/groups", `[]`, 422, "validation", []string{""}},
		"an unknown field":             {"POST", "/v1/groups", `{"name":"a","id":"gr_1","extra":1}`, 422, "validation", []string{"id", "extra"}},
		"a field in capitals":          {"POST", "/v1/groups", `{"Name":"a"}`, 422, "validation", []string{"name", "Name"}},
		"a name given twice":           {"POST", "/v1/groups", `{"name":"a","name":"b"}`, 422, "validation", []string{"name"}},
		"a NUL character":              {"POST", "/v1/groups", `{"name":"a\u0000b"}`, 422, "validation", []string{"name"}},
		"a missing field":              {"POST", "/v1/groups", `{}`, 422, "validation", []string{"name"}},
		"a wrong type":                 {"POST", "/v1/groups", `{"name":7}`, 422, "validation", []string{"name"}},
		"an empty name":                {"POST", "/v1/groups", `{"name":""}`, 422, "validation", []string{"name"}},
		"a name too long":              {"POST", "/v1/groups", `{"name":"` + long + `"}`, 422, "validation", []string{"name"}},
		"a null where none may be":     {"POST", "/v1/groups", `{"name":null}`, 422, "validation", []string{"name"}},
		"an unknown role":              {"POST", "/v1/tokens", `{"name":"a","role":"root"}`, 422, "validation", []string{"role"}},
		"an unknown scope":             {"POST", "/v1/tokens", `{"name":"a","role":"integration","scopes":["all"]}`, 422, "validation", []string{"scopes[0]"}},
		"a time that is none":          {"POST", "/v1/tokens", `{"name":"a","role":"agent","expires_at":"tomorrow"}`, 422, "validation", []string{"expires_at"}},
		"an agent that does not exist": {"POST", "/v1/tokens", `{"name":"a","role":"agent","agent_id":"ag_0"}`, 422, "validation", []string{"agent_id"}},
		"a group that does not exist":  {"POST", "/v1/agents", `{"name":"a","email":"a@b","groups":["gr_0"]}`, 422, "validation", []string{"groups"}},
		"an address that is none":      {"POST", "/v1/agents", `{"name":"a","email":"ab"}`, 422, "validation", []string{"email"}},
		"a capacity below zero":        {"POST", "/v1/agents", `{"name":"a","email":"a@b","capacity":{"messaging":-1}}`, 422, "validation", []string{"capacity.messaging"}},
		"a body where none is wanted":  {"POST", "/v1/conversations/cv_1/read", `{"status":"solved"}`, 422, "validation", []string{""}},
		"an unknown parameter":         {"GET", "/v1/conversations?stauts=open", "", 422, "validation", []string{"stauts"}},
		"an operator as a parameter":   {"GET", "/v1/conversations?status[$ne]=open", "", 422, "validation", []string{"status[$ne]"}},
		"an unknown status":            {"GET", "/v1/conversations?status=open,done", "", 422, "validation", []string{"status[1]"}},
		"an unknown sort":              {"GET", "/v1/conversations?sort=name", "", 422, "validation", []string{"sort"}},
		"a limit of nothing":           {"GET", "/v1/conversations?limit=0", "", 422, "validation", []string{"limit"}},
		"a limit too high":             {"GET", "/v1/conversations?limit=201", "", 422, "validation", []string{"limit"}},
		"a limit that is no number":    {"GET", "/v1/conversations?limit=ten", "", 422, "validation", []string{"limit"}},
		"a parameter given twice":      {"GET", "/v1/conversations?status=open&status=new", "", 422, "validation", []string{"status"}},
		"a NUL in a parameter":         {"GET", "/v1/contacts?q=%00", "", 422, "validation", []string{"q"}},
		"a query that cannot be read":  {"GET", "/v1/contacts?q=%zz", "", 422, "validation", []string{""}},
		"an id that cannot be one":     {"GET", "/v1/conversations/a%20b", "", 404, "not_found", nil},
		"an unknown record":            {"GET", "/v1/conversations/cv_0", "", 404, "not_found", nil},
		"an unknown address":           {"GET", "/v2/conversations", "", 404, "not_found", nil},
		"a slash too many":             {"GET", "/v1/conversations/", "", 404, "not_found", nil},
		"a method it does not take":    {"DELETE", "/v1/conversations", "", 405, "method_not_allowed", nil},
		"a close delay too long":       {"PATCH", "/v1/settings", `{"default_style":{"name":"social_messaging","close_after":"673h"}}`, 422, "validation", []string{"default_style"}},
		"a delay where none may be":    {"PATCH", "/v1/settings", `{"default_style":{"name":"live_chat","close_after":"1h"}}`, 422, "validation", []string{"default_style"}},
		"a delay that is none":         {"PATCH", "/v1/settings", `{"default_style":{"name":"social_messaging","close_after":"4 days"}}`, 422, "validation", []string{"default_style.close_after"}},
		"a retention of an hour":       {"PATCH", "/v1/settings", `{"retention":{"conversations":"1h"}}`, 422, "validation", []string{"retention.conversations"}},
		"a retention of nothing":       {"PATCH", "/v1/settings", `{"retention":{"styles":{"live_chat":"0s"}}}`, 422, "validation", []string{"retention.styles.live_chat"}},
		"a retention below nothing":    {"POST", "/v1/retention/preview", `{"retention":{"quarantine":"-5h"}}`, 422, "validation", []string{"retention.quarantine"}},
		"a retention of ages":          {"POST", "/v1/retention/preview", `{"retention":{"conversations":"999999h"}}`, 422, "validation", []string{"retention.conversations"}},
		"webhooks for ever":            {"PATCH", "/v1/settings", `{"retention":{"payloads":"forever"}}`, 422, "validation", []string{"retention.payloads"}},
		"a retention of a channel":     {"POST", "/v1/channels", `{"kind":"parrot","name":"s","credentials":{"bot_token":"canary-7f3a91"},"retention":{"event_log":"5m"}}`, 422, "validation", []string{"retention.event_log"}},
		"a preview of no channel":      {"POST", "/v1/retention/preview", `{"channel_id":"ch_0","retention":{"conversations":"48h"}}`, 422, "validation", []string{"channel_id"}},
		"an unknown schedule": {
			"PATCH", "/v1/settings",
			`{"default_style":{"name":"social_messaging","clock":"business","schedule_id":"sc_1"}}`, 422, "validation",
			[]string{"default_style.schedule_id"},
		},
		"an unknown connector":  {"POST", "/v1/channels", `{"kind":"smoke","name":"s","credentials":{}}`, 422, "validation", []string{"kind"}},
		"a credential too few":  {"POST", "/v1/channels", `{"kind":"parrot","name":"s","credentials":{}}`, 422, "validation", nil},
		"a start on no channel": {"POST", "/v1/conversations", `{"channel_id":"ch_0","to":"p1","message":{"text":"hi"}}`, 422, "validation", []string{"channel_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(request{method: c.method, path: c.path, body: c.body, token: adminToken})
			require.Equal(t, c.status, a.status, a.raw)
			require.Equal(t, c.code, a.code(), a.raw)
			if c.fields != nil {
				require.ElementsMatch(t, c.fields, a.fields(), a.raw)
			}
		})
	}
	require.Empty(t, h.must(http.MethodGet, "/v1/groups", "").data(t), "nothing was stored")
}

func TestABodyHasToBePlainJSONOfBoundedSize(t *testing.T) {
	h := newHub(t)
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		status int
	}{
		"another type":          {map[string]string{"Content-Type": "text/plain"}, `{"name":"a"}`, 415},
		"no type":               {map[string]string{"Content-Type": ""}, `{"name":"a"}`, 415},
		"a form":                {map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, `name=a`, 415},
		"another character set": {map[string]string{"Content-Type": "application/json; charset=latin1"}, `{"name":"a"}`, 415},
		"compressed":            {map[string]string{"Content-Encoding": "gzip"}, `{"name":"a"}`, 415},
		"more than 1 MiB":       {nil, `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413},
		"JSON in UTF-8":         {map[string]string{"Content-Type": "application/json; charset=UTF-8"}, `{"name":"a"}`, 201},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(request{method: http.MethodPost, path: "/v1/groups", body: c.body, token: adminToken, header: c.header})
			require.Equal(t, c.status, a.status, a.raw)
		})
	}
}

func TestARequestKeepsItsNameIfItIsAPlainOne(t *testing.T) {
	h := newHub(t)
	for given, kept := range map[string]bool{"trace-1.a:b": true, "": false, "two words": false, "x\ty": false, strings.Repeat("a", 65): false} {
		a := h.do(request{method: http.MethodGet, path: "/healthz", header: map[string]string{"X-Request-Id": given}})
		require.Equal(t, kept, a.header.Get("X-Request-Id") == given, given)
	}
	a := h.do(request{method: http.MethodGet, path: "/v1/me", header: map[string]string{"X-Request-Id": "trace-2"}})
	require.Equal(t, "trace-2", a.body["request_id"])
}

func TestAnswersAreNotForBrowsersToRun(t *testing.T) {
	h := newHub(t)
	a := h.must(http.MethodGet, "/v1/me", "")
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Contains(t, a.header.Get("Content-Security-Policy"), "default-src 'none'")
}

func TestThePageOfTheDocumentNeedsNothingElse(t *testing.T) {
	h := newHub(t)
	a := h.do(request{method: http.MethodGet, path: "/docs"})
	require.Equal(t, http.StatusOK, a.status)
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(a.raw)
	require.Len(t, style, 2)
	require.Contains(t, a.header.Get("Content-Security-Policy"), "style-src 'sha256-"+base64Of(sha256Of(style[1]))+"'")
	require.NotRegexp(t, `(src|href)="https?:`, a.raw)
	for _, op := range httpapi.OperationRoutes(t) {
		_, route, _ := strings.Cut(op, " ")
		require.Contains(t, a.raw, regexp.MustCompile(`:(\w+)`).ReplaceAllString(route, "{$1}"))
	}
}

func TestTheDocumentIsServedWithoutTheGeneratorsNotes(t *testing.T) {
	h := newHub(t)
	a := h.do(request{method: http.MethodGet, path: "/openapi.json"})
	require.Equal(t, "3.1.0", a.body["openapi"])
	require.NotContains(t, a.raw, "x-go-")
}

func TestReadinessTellsWhichPartIsAwayAndNotWhy(t *testing.T) {
	h := newHub(t)
	require.Equal(t, http.StatusOK, h.do(request{method: http.MethodGet, path: "/readyz"}).status)
	h.broken = errors.New("dial 10.1.2.3 with password hunter2")
	a := h.do(request{method: http.MethodGet, path: "/readyz"})
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Contains(t, a.raw, `"name":"store"`)
	require.NotContains(t, a.raw, "hunter2")
}

func TestAStoreThatIsAwayIs503AndAPanicIs500(t *testing.T) {
	conversations := &brokenConversations{}
	h := newHub(t, func(d *httpapi.Deps) {
		conversations.Conversations = d.Conversations
		d.Conversations = conversations
	})
	id := h.receive(h.channel(""), "p1", "hello")
	a := h.do(request{method: http.MethodPost, path: "/v1/conversations/" + id + "/read", token: adminToken})
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Equal(t, "unavailable", a.code())
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.NotContains(t, a.raw, "disk")
	a = h.do(request{method: http.MethodPost, path: "/v1/conversations/" + id + "/end-session", token: adminToken})
	require.Equal(t, http.StatusInternalServerError, a.status)
	require.Equal(t, "internal", a.code())
	require.Contains(t, h.observe, "endConversationSession 500")
	require.Contains(t, h.observe, "markConversationRead 503")
}
