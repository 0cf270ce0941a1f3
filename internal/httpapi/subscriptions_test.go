package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/threads"
)

// subscription makes one; more is put into the body.
func (h *hub) subscription(more string) answer {
	h.t.Helper()
	return h.must(http.MethodPost, "/v1/subscriptions", `{"url":"https://crm.example/events","events":["message.created"]`+more+`}`)
}

func TestASubscriptionIsMadeChangedAndDeleted(t *testing.T) {
	h := newHub(t)
	made := h.subscription(`,"name":"CRM"`)
	secret, _ := made.body["secret"].(string)
	require.Contains(t, secret, "whsec_")
	require.Equal(t, []any{"CRM", true, nil, []any{}}, []any{made.body["name"], made.body["enabled"], made.body["disabled_reason"], made.body["channels"]})
	require.NotNil(t, made.body["created_by"])
	path := "/v1/subscriptions/" + made.id()
	got := h.must(http.MethodGet, path, "")
	require.NotContains(t, got.raw, secret)
	require.NotContains(t, got.body, "secret")
	health, _ := got.body["health"].(map[string]any)
	require.Equal(t, "untried", health["state"])

	changed := h.must(http.MethodPatch, path, `{"enabled":false,"events":["*"],"version":1}`)
	require.Equal(t, []any{false, []any{"*"}, 2.0}, []any{changed.body["enabled"], changed.body["events"], changed.body["version"]})
	require.NotContains(t, changed.body, "secret")
	require.Equal(t, "version_conflict", h.do(request{method: "PATCH", path: path, body: `{"name":"x"}`, token: adminToken, header: map[string]string{"If-Match": `"1"`}}).code())
	rotated := h.must(http.MethodPost, path+"/rotate-secret", `{"overlap":"2h"}`)
	require.NotEqual(t, secret, rotated.body["secret"])
	require.Equal(t, "2026-03-01T11:00:00.000Z", rotated.body["former_secret_until"])

	h.subscription("")
	first := h.must(http.MethodGet, "/v1/subscriptions?limit=1", "")
	require.Equal(t, made.id(), first.data(t)[0]["id"])
	second := h.must(http.MethodGet, "/v1/subscriptions?limit=1&cursor="+first.body["next_cursor"].(string), "")
	require.Len(t, second.data(t), 1)
	require.Nil(t, second.body["next_cursor"])
	h.must(http.MethodDelete, path, "")
	require.Equal(t, "not_found", h.do(request{method: "GET", path: path, token: adminToken}).code())
	require.Equal(t, "not_found", h.do(request{method: "DELETE", path: path, token: adminToken}).code())
}

func TestWhatIsWrongWithASubscriptionIsNamed(t *testing.T) {
	h := newHub(t)
	path := "/v1/subscriptions/" + h.subscription("").id()
	for name, c := range map[string]struct{ method, path, body, field string }{
		"an unknown field":      {"POST", "/v1/subscriptions", `{"url":"https://a.example","events":["*"],"evnts":[]}`, "evnts"},
		"an unknown event":      {"POST", "/v1/subscriptions", `{"url":"https://a.example","events":["message.create"]}`, "events[0]"},
		"no events":             {"POST", "/v1/subscriptions", `{"url":"https://a.example","events":[]}`, "events"},
		"a private address":     {"POST", "/v1/subscriptions", `{"url":"https://private.example","events":["*"]}`, "url"},
		"no address":            {"PATCH", path, `{"url":"here"}`, "url"},
		"a channel of nobody":   {"PATCH", path, `{"channels":["ch_none"]}`, "channels[0]"},
		"a secret that is none": {"POST", path + "/rotate-secret", `{"secret":"canary"}`, "secret"},
		"no duration":           {"POST", path + "/rotate-secret", `{"overlap":"soon"}`, "overlap"},
		"a backward range":      {"POST", path + "/deliveries/replay", `{"from":"2026-03-02T00:00:00.000Z","to":"2026-03-01T00:00:00.000Z"}`, "to"},
		"a state of no end":     {"POST", path + "/deliveries/replay", `{"from":"2026-03-01T00:00:00.000Z","to":"2026-03-02T00:00:00.000Z","states":["pending"]}`, "states[0]"},
		"a cursor of nobody":    {"GET", path + "/deliveries?cursor=x", "", "cursor"},
		"a state of nothing":    {"GET", path + "/deliveries?state=lost", "", "state"},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(request{method: c.method, path: c.path, body: c.body, token: adminToken})
			require.Equal(t, []string{c.field}, a.fields(), a.raw)
			require.NotContains(t, a.raw, "canary")
		})
	}
	require.Len(t, h.must(http.MethodGet, "/v1/subscriptions", "").data(t), 1)
}

func TestDeliveriesAreSeenAsTheSubscriberSeesThem(t *testing.T) {
	h := newHub(t)
	id := h.subscription("").id()
	path := "/v1/subscriptions/" + id + "/deliveries"
	ctx := context.Background()
	conv, err := h.store.Conversation(ctx, threads.ConversationID(h.receive(h.channel(""), "p1", "hello")))
	require.NoError(t, err)
	messages, _, err := h.store.Messages(ctx, conv.ID, threads.MessagePage{Limit: 1})
	require.NoError(t, err)
	require.NoError(t, h.relay.Announce(ctx, []threads.Notice{
		{Type: threads.NoticeMessageCreated, At: h.clock(), Conversation: &conv, Message: &messages[0]},
		{Type: threads.NoticeConversationCreated, At: h.clock(), Conversation: &conv},
	}))
	list := h.must(http.MethodGet, path, "").data(t)
	require.Len(t, list, 1)
	require.Equal(t, []any{"message.created", "pending", 0.0, nil}, []any{list[0]["event"], list[0]["state"], list[0]["attempts"], list[0]["status"]})
	payload, _ := list[0]["payload"].(map[string]any)
	require.Equal(t, []any{list[0]["id"], "message.created"}, []any{payload["id"], payload["type"]})
	require.Contains(t, payload, "message")
	require.Contains(t, payload, "conversation")
	delivery, _ := list[0]["id"].(string)
	require.Equal(t, list[0], h.must(http.MethodGet, path+"/"+delivery, "").body)
	h.must(http.MethodPost, path+"/"+delivery+"/replay", "")
	now := time.Now().UTC()
	replayed := h.must(http.MethodPost, path+"/replay", fmt.Sprintf(`{"from":%q,"to":%q}`, now.Add(-time.Hour).Format("2006-01-02T15:04:05.000Z"), now.Add(time.Hour).Format("2006-01-02T15:04:05.000Z")))
	require.Equal(t, 0.0, replayed.body["replayed"], "it waits anyway")
	for _, r := range []request{
		{method: "GET", path: path + "/ev_none"},
		{method: "POST", path: path + "/ev_none/replay"},
		{method: "GET", path: "/v1/subscriptions/sub_none/deliveries"},
		{method: "GET", path: "/v1/subscriptions/sub_none/deliveries/" + delivery},
		{method: "POST", path: "/v1/subscriptions/sub_none/test"},
	} {
		r.token = adminToken
		require.Equal(t, "not_found", h.do(r).code(), r.path)
	}
}

func TestASubscriptionIsTried(t *testing.T) {
	h := newHub(t)
	path := "/v1/subscriptions/" + h.subscription(`,"enabled":false`).id() + "/test"
	ok := h.must(http.MethodPost, path, "")
	require.Equal(t, []any{true, 200.0, nil}, []any{ok.body["ok"], ok.body["status"], ok.body["error"]})
	h.answer = func() (*connectors.Response, error) { return &connectors.Response{Status: http.StatusTeapot}, nil }
	bad := h.must(http.MethodPost, path, "")
	require.Equal(t, []any{false, 418.0, "the receiver answered 418"}, []any{bad.body["ok"], bad.body["status"], bad.body["error"]})
	h.answer = func() (*connectors.Response, error) { return nil, errors.New("no connection") }
	require.Equal(t, nil, h.must(http.MethodPost, path, "").body["status"])
}

func TestATokenOfSomeChannelsHasNoSayInSubscriptions(t *testing.T) {
	h := newHub(t)
	path := "/v1/subscriptions/" + h.subscription("").id()
	limited := h.token(fmt.Sprintf(`{"name":"some","role":"admin","channels":[%q]}`, h.channel("")))
	for _, r := range []request{
		{method: "GET", path: "/v1/subscriptions"},
		{method: "GET", path: path},
		{method: "GET", path: path + "/deliveries"},
		{method: "GET", path: path + "/deliveries/ev_1"},
		{method: "POST", path: "/v1/subscriptions", body: `{"url":"https://a.example","events":["*"]}`},
		{method: "PATCH", path: path, body: `{}`},
		{method: "DELETE", path: path},
		{method: "POST", path: path + "/test"},
		{method: "POST", path: path + "/rotate-secret", body: `{}`},
		{method: "POST", path: path + "/deliveries/ev_1/replay"},
		{method: "POST", path: path + "/deliveries/replay", body: `{"from":"2026-03-01T00:00:00.000Z","to":"2026-03-02T00:00:00.000Z"}`},
	} {
		r.token = limited
		require.Equal(t, http.StatusForbidden, h.do(r).status, "%s %s", r.method, r.path)
	}
}
