package httpapi_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

// parameterOf finds the names in a route.
var parameterOf = regexp.MustCompile(`:([a-z_]+)`)

// secluded is a hub with two of everything: one that limited callers see, and
// one that they do not.
type secluded struct {
	*hub
	hidden map[string]string // by name of the parameter: an id that is not theirs
	bodies map[string]string // by method and route: a body that would be taken
}

// noOnes are parameters that name nothing which belongs to a channel or a
// group. Whoever adds one decides here.
var noOnes = []string{
	"agent_id", "canned_reply_id", "group_id", "rule_id", "schedule_id", "style_rule_id", "queue_id", "session_id", "subscription_id", "delivery_id", "token_id", // people and settings: by role alone
	"key", // of a file: cannot be guessed
}

func seclude(t *testing.T) *secluded {
	h := newHub(t)
	h.channel("") // which they see
	hidden := h.channel("")
	h.shelve(hidden, journal.Quarantined)
	conv := h.receive(hidden, "p2", "hello")
	got := h.must(http.MethodGet, "/v1/conversations/"+conv, "")
	contact, _ := got.body["contact"].(map[string]any)
	message := h.must(http.MethodGet, "/v1/conversations/"+conv+"/messages", "").data(t)[0]["id"].(string)
	return &secluded{
		hub: h,
		hidden: map[string]string{
			"event_id": "ev_" + hidden + "_0000", "item_id": "ev_" + hidden + "_0000.0",
			"channel_id": hidden, "conversation_id": conv, "contact_id": contact["id"].(string), "message_id": message, "attachment_id": "att_" + strings.TrimPrefix(message, "msg_") + "_0",
		},
		bodies: map[string]string{
			"POST /v1/channels/:channel_id/replay":              `{}`,
			"PATCH /v1/channels/:channel_id":                    `{"name":"x"}`,
			"PATCH /v1/conversations/:conversation_id":          `{"subject":"x"}`,
			"POST /v1/conversations/:conversation_id/messages":  `{"text":"x"}`,
			"POST /v1/conversations/:conversation_id/follow-up": `{"message":{"text":"x"}}`,
			"POST /v1/contacts/:contact_id/merge":               `{"contact_id":"ct_none"}`,
			"POST /v1/contacts/:contact_id/unmerge":             `{"contact_id":"ct_none"}`,
			"PATCH /v1/contacts/:contact_id":                    `{"name":"x"}`,
			"PUT /v1/messages/:message_id/reaction":             `{"emoji":"👍"}`,
		},
	}
}

func deletes(r gin.RouteInfo) int {
	if r.Method == http.MethodDelete {
		return 1
	}
	return 0
}

// TestNothingOfAnothersIsThere calls every route that names a record with the
// id of one that the caller may not see. A new route is called as well; one
// with a new kind of parameter or that needs a body has to be named above.
func TestNothingOfAnothersIsThere(t *testing.T) {
	h := seclude(t)
	engine, ok := h.handler.(*gin.Engine)
	require.True(t, ok)
	seen := h.must(http.MethodGet, "/v1/channels", "").data(t)[0]["id"].(string)
	group := h.must(http.MethodPost, "/v1/groups", `{"name":"Billing"}`).id()
	bea := h.must(http.MethodPost, "/v1/agents", fmt.Sprintf(`{"name":"bea","email":"bea@example.org","limits":{"channels":[%q]}}`, seen)).id()
	// Everybody acts as an agent: some calls make no sense otherwise.
	leo := h.must(http.MethodPost, "/v1/agents", `{"name":"leo","email":"leo@example.org","role":"admin"}`).id()
	callers := map[string]string{
		"an agent limited to a channel":         h.token(fmt.Sprintf(`{"name":"t","role":"agent","agent_id":%q}`, bea)),
		"a token limited to a channel":          h.token(fmt.Sprintf(`{"name":"t","role":"agent","agent_id":%q,"channels":[%q]}`, leo, seen)),
		"a token limited to a group":            h.token(fmt.Sprintf(`{"name":"t","role":"agent","agent_id":%q,"groups":[%q]}`, leo, group)),
		"an admin's token limited to a channel": h.token(fmt.Sprintf(`{"name":"t","role":"admin","agent_id":%q,"channels":[%q]}`, leo, seen)),
		"a limited token of a limited agent":    h.token(fmt.Sprintf(`{"name":"t","role":"agent","agent_id":%q,"channels":[%q]}`, bea, h.hidden["channel_id"])),
	}
	called := 0
	routes := engine.Routes()
	slices.SortStableFunc(routes, func(a, b gin.RouteInfo) int { return deletes(a) - deletes(b) }) // what removes comes last
	for _, route := range routes {
		names := parameterOf.FindAllStringSubmatch(route.Path, -1)
		if len(names) == 0 || strings.HasPrefix(route.Path, "/webhooks/") || strings.HasPrefix(route.Path, "/webchat/") { // where a token of ours is nothing
			continue
		}
		path, about := route.Path, false
		for _, n := range names {
			id, known := h.hidden[n[1]]
			require.True(t, known || slices.Contains(noOnes, n[1]), "%s %s: say in this file whether %s can be hidden from somebody", route.Method, route.Path, n[1])
			if about = about || known; !known {
				id = "zz_1"
			}
			path = strings.Replace(path, ":"+n[1], id, 1)
		}
		if !about {
			continue
		}
		called++
		body := h.bodies[route.Method+" "+route.Path]
		for name, token := range callers {
			group := strings.Contains(name, "group")
			a := h.do(request{method: route.Method, path: path, token: token, body: body})
			if group && (strings.HasPrefix(route.Path, "/v1/channels/") || strings.HasPrefix(route.Path, "/v1/quarantine/")) {
				continue // channels belong to no group
			}
			what := fmt.Sprintf("%s: %s %s answered %d: %s", name, route.Method, route.Path, a.status, a.raw)
			require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden}, a.status, what)
			if strings.HasPrefix(name, "an admin") {
				require.Equal(t, http.StatusNotFound, a.status, what)
			}
		}
		admin := h.do(request{method: route.Method, path: path, token: adminToken, body: body})
		require.NotEqual(t, http.StatusForbidden, admin.status, "%s %s", route.Method, route.Path)
		if route.Method != http.MethodDelete && !strings.Contains(route.Path, "attachment") {
			require.NotEqual(t, http.StatusNotFound, admin.status, "%s %s: the record is there: %s", route.Method, route.Path, admin.raw)
		}
	}
	require.Greater(t, called, 15)
}
