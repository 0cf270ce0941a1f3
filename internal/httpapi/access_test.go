package httpapi_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
)

// TestEveryRouteForEveryRole makes a call without a body to every route the
// engine knows, as every kind of caller, and holds the matrix of who gets past
// the door to a file that people review. A new route changes the file.
func TestEveryRouteForEveryRole(t *testing.T) {
	var engine *gin.Engine
	h := newHub(t)
	engine, ok := h.handler.(*gin.Engine)
	require.True(t, ok)
	_, agent := h.agent("bea")
	callers := []struct{ name, token string }{
		{"nobody", ""},
		{"wrong", "tok_x.nonsense"},
		{"admin", adminToken},
		{"agent", agent},
		{"reader", h.token(`{"name":"r","role":"integration","scopes":["conversations:read","contacts:read","channels:read","agents:read","settings:read"]}`)},
		{"writer", h.token(`{"name":"w","role":"integration","scopes":["messages:write","conversations:write","contacts:write","agents:write"]}`)},
		{"noscope", h.token(`{"name":"n","role":"integration"}`)},
		{"bound admin", h.token(`{"name":"b","role":"admin","scopes":["channels:read"]}`)},
	}
	enter(h).join("cyd", "agent")
	sessions := map[string]string{"admin session": "ada", "agent session": "cyd"}
	parameter := regexp.MustCompile(`:[a-z_]+`)
	var lines []string
	for _, route := range engine.Routes() {
		if route.Path == "/v1/events" {
			continue // does not end: see TestWhoMayFollow
		}
		line := fmt.Sprintf("%-6s %-46s", route.Method, route.Path)
		for _, c := range callers {
			a := h.do(request{method: route.Method, path: parameter.ReplaceAllString(route.Path, "zz_1"), token: c.token})
			line += fmt.Sprintf(" %s=%s", c.name, verdict(a.status))
		}
		for _, name := range slices.Sorted(maps.Keys(sessions)) {
			b := &browser{hub: h} // anew: some calls end the session
			require.Equal(t, http.StatusCreated, b.call(http.MethodPost, "/v1/session", signInBody(sessions[name], goodPassword)).status)
			a := b.call(route.Method, parameter.ReplaceAllString(route.Path, "zz_1"), "")
			line += fmt.Sprintf(" %s=%s", name, verdict(a.status))
			cookieless := strings.HasPrefix(route.Path, "/webhooks/") || strings.HasPrefix(route.Path, "/webchat/")
			if route.Method != http.MethodGet && !cookieless {
				b.csrf = ""
				require.NotEqual(t, "in", verdict(b.call(route.Method, parameter.ReplaceAllString(route.Path, "zz_1"), "").status)+public(route.Path), "%s %s without the CSRF token", route.Method, route.Path)
			}
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	httpapi.Golden(t, "access.golden", b.Bytes())
}

// public marks the routes that people call before they are signed in.
func public(path string) string {
	if slices.Contains([]string{"/v1/session", "/v1/setup", "/v1/invitations/check", "/v1/invitations/accept"}, path) {
		return " before sign-in"
	}
	return ""
}

// verdict is "in" for a caller who got past the door, whatever came then.
func verdict(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "401"
	case http.StatusForbidden:
		return "403"
	default:
		return "in"
	}
}

func TestEveryOperationOfTheDocumentHasARoute(t *testing.T) {
	h := newHub(t)
	engine, ok := h.handler.(*gin.Engine)
	require.True(t, ok)
	routes := map[string]bool{}
	for _, r := range engine.Routes() {
		routes[r.Method+" "+r.Path] = true
	}
	operations := httpapi.OperationRoutes(t)
	require.Len(t, operations, len(routes))
	for _, op := range operations {
		require.True(t, routes[op], "%s is documented and not served", op)
	}
}

func TestWhoMayFollow(t *testing.T) {
	h := newHub(t)
	for token, status := range map[string]int{
		"": http.StatusUnauthorized,
		h.token(`{"name":"n","role":"integration","scopes":["messages:write"]}`): http.StatusForbidden,
	} {
		require.Equal(t, status, h.do(request{method: http.MethodGet, path: "/v1/events", token: token}).status)
	}
}

func TestATokenStopsWorkingAtOnceWhenItIsRevoked(t *testing.T) {
	h := newHub(t)
	created := h.must(http.MethodPost, "/v1/tokens", `{"name":"x","role":"agent"}`)
	token, _ := created.body["token"].(string)
	require.Equal(t, http.StatusOK, h.do(request{method: http.MethodGet, path: "/v1/me", token: token}).status)
	require.Equal(t, http.StatusNoContent, h.must(http.MethodDelete, "/v1/tokens/"+created.id(), "").status)
	a := h.do(request{method: http.MethodGet, path: "/v1/me", token: token})
	require.Equal(t, http.StatusUnauthorized, a.status)
	require.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
}

func TestATokenExpires(t *testing.T) {
	h := newHub(t)
	token := h.token(`{"name":"x","role":"agent","expires_at":"2026-03-01T10:00:00+00:00"}`)
	require.Equal(t, http.StatusOK, h.do(request{method: http.MethodGet, path: "/v1/me", token: token}).status)
	h.wait(3600e9)
	require.Equal(t, http.StatusUnauthorized, h.do(request{method: http.MethodGet, path: "/v1/me", token: token}).status)
	past := h.do(request{method: http.MethodPost, path: "/v1/tokens", token: adminToken, body: `{"name":"x","role":"agent","expires_at":"2026-03-01T10:00:00Z"}`})
	require.Equal(t, http.StatusUnprocessableEntity, past.status)
	require.Equal(t, []string{"expires_at"}, past.fields())
}

func TestWhatACallerMayNotSeeIsNotThere(t *testing.T) {
	h := newHub(t)
	seen, hidden := h.channel(""), h.channel("")
	group := h.must(http.MethodPost, "/v1/groups", `{"name":"Billing"}`).id()
	mine, other := h.receive(seen, "p1", "hello"), h.receive(hidden, "p2", "hello")
	grouped := h.receive(seen, "p3", "hello")
	h.must(http.MethodPatch, "/v1/conversations/"+grouped, fmt.Sprintf(`{"group_id":%q}`, group))
	byChannel := h.token(fmt.Sprintf(`{"name":"c","role":"agent","channels":[%q]}`, seen))
	byGroup := h.token(fmt.Sprintf(`{"name":"g","role":"agent","groups":[%q]}`, group))
	contactOf := func(id string) string {
		contact, _ := h.must(http.MethodGet, "/v1/conversations/"+id, "").body["contact"].(map[string]any)
		s, _ := contact["id"].(string)
		return s
	}
	for name, c := range map[string]struct {
		token, path string
		status      int
	}{
		"a conversation of the channel":      {byChannel, "/v1/conversations/" + mine, 200},
		"one of another channel":             {byChannel, "/v1/conversations/" + other, 404},
		"the messages of it":                 {byChannel, "/v1/conversations/" + other + "/messages", 404},
		"the log of it":                      {byChannel, "/v1/conversations/" + other + "/log", 404},
		"the contact of it":                  {byChannel, "/v1/contacts/" + contactOf(other), 404},
		"the conversations of that contact":  {byChannel, "/v1/contacts/" + contactOf(other) + "/conversations", 404},
		"a contact of the channel":           {byChannel, "/v1/contacts/" + contactOf(mine), 200},
		"another channel":                    {byChannel, "/v1/channels/" + hidden, 404},
		"a conversation of no group":         {byGroup, "/v1/conversations/" + mine, 404},
		"a conversation of the group":        {byGroup, "/v1/conversations/" + grouped, 200},
		"a contact without one in the group": {byGroup, "/v1/contacts/" + contactOf(mine), 404},
		"a contact with one in the group":    {byGroup, "/v1/contacts/" + contactOf(grouped), 200},
	} {
		require.Equal(t, c.status, h.do(request{method: http.MethodGet, path: c.path, token: c.token}).status, name)
	}
	for token, want := range map[string]int{byChannel: 2, byGroup: 1, adminToken: 3} {
		list := h.do(request{method: http.MethodGet, path: "/v1/conversations", token: token})
		require.Len(t, list.data(t), want)
		counts := h.do(request{method: http.MethodGet, path: "/v1/conversations/counts", token: token})
		require.EqualValues(t, want, counts.body["all"])
		require.Len(t, h.do(request{method: http.MethodGet, path: "/v1/contacts", token: token}).data(t), want)
	}
	asked := h.do(request{method: http.MethodGet, path: "/v1/conversations?channel_id=" + hidden, token: byChannel})
	require.Empty(t, asked.data(t), "asking for what is hidden finds nothing")
	for _, change := range []request{
		{method: http.MethodPatch, path: "/v1/conversations/" + other, body: `{"subject":"x"}`},
		{method: http.MethodPost, path: "/v1/conversations/" + other + "/messages", body: `{"text":"x"}`},
		{method: http.MethodPost, path: "/v1/conversations/" + other + "/read"},
		{method: http.MethodPost, path: "/v1/conversations/" + other + "/end-session"},
		{method: http.MethodPatch, path: "/v1/contacts/" + contactOf(other), body: `{"name":"x"}`},
	} {
		change.token = byChannel
		require.Equal(t, http.StatusNotFound, h.do(change).status, change.path)
	}
	bulk := h.do(request{
		method: http.MethodPost, path: "/v1/conversations/bulk", token: byChannel,
		body: fmt.Sprintf(`{"ids":[%q,%q],"priority":"high"}`, other, mine),
	})
	require.EqualValues(t, http.StatusNotFound, bulk.data(t)[0]["status"])
	require.Equal(t, true, bulk.data(t)[1]["ok"])
	start := h.do(request{
		method: http.MethodPost, path: "/v1/conversations", token: byGroup,
		body: fmt.Sprintf(`{"channel_id":%q,"to":"p9","message":{"type":"template","template":{"name":"a","language":"en"}}}`, seen),
	})
	require.Equal(t, http.StatusForbidden, start.status)
}

func TestAnAgentSetsOnlyItsOwnAvailability(t *testing.T) {
	h := newHub(t)
	bea, beaToken := h.agent("bea")
	leo, _ := h.agent("leo")
	put := func(id, token string) int {
		return h.do(request{method: http.MethodPut, path: "/v1/agents/" + id + "/availability", body: `{"status":"online"}`, token: token}).status
	}
	require.Equal(t, http.StatusOK, put(bea, beaToken))
	require.Equal(t, http.StatusForbidden, put(leo, beaToken))
	require.Equal(t, http.StatusOK, put(leo, adminToken))
}

func TestForwardedAddressesAreBelievedOnlyFromNamedProxies(t *testing.T) {
	for name, c := range map[string]struct {
		proxies []string
		want    string
	}{
		"nobody by default":  {nil, "192.0.2.1"},
		"a proxy that named": {[]string{"192.0.2.1"}, "203.0.113.9"},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			h := newHub(t, func(d *httpapi.Deps) {
				d.TrustedProxies = c.proxies
				d.Webhook = func(g *gin.Context) { got = g.ClientIP(); g.Status(http.StatusOK) }
			})
			req := httptest.NewRequest(http.MethodPost, "/webhooks/ch_1", nil)
			req.Header.Set("X-Forwarded-For", "203.0.113.9")
			h.handler.ServeHTTP(httptest.NewRecorder(), req)
			require.Equal(t, c.want, got)
		})
	}
}
