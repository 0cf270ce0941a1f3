package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listed answers the ids of a list of conversations.
func (h *hub) listed(token, query string) []string {
	h.t.Helper()
	a := h.do(request{method: http.MethodGet, path: "/v1/conversations?" + query, token: token})
	require.Equal(h.t, http.StatusOK, a.status, a.raw)
	out := []string{}
	for _, c := range a.data(h.t) {
		id, _ := c["id"].(string)
		out = append(out, id)
	}
	return out
}

func TestListsOfWhatStylesDo(t *testing.T) {
	h := newHub(t)
	_, bea := h.agent("bea")
	ch := h.channel(`,"style":{"name":"live_chat_returning","close_after":"1h"}`)
	other := h.channel(`,"style":{"name":"live_chat"}`)
	solve := func(id string) { h.patch(bea, id, `{"status":"solved"}`) }

	soon := h.receive(ch, "p1", "hello")
	solve(soon)
	h.wait(10 * time.Minute)
	later := h.receive(ch, "p2", "hello")
	solve(later)
	due := func(after time.Duration) string {
		return "close_due_before=" + url.QueryEscape(h.clock().Add(after).Format(time.RFC3339Nano))
	}
	require.Equal(t, []string{soon}, h.listed(adminToken, due(55*time.Minute)))
	require.Equal(t, []string{soon, later}, h.listed(adminToken, due(2*time.Hour)), "the soonest first")
	require.Equal(t, []string{later, soon}, h.listed(adminToken, due(2*time.Hour)+"&sort=-updated_at"))
	require.Empty(t, h.listed(adminToken, due(2*time.Hour)+"&status=open"))

	h.receive(ch, "p2", "one more thing")
	require.Equal(t, []string{later}, h.listed(adminToken, "reopened=true"))
	require.Equal(t, []string{soon}, h.listed(adminToken, "reopened=false"))
	require.Equal(t, []string{soon}, h.listed(adminToken, due(2*time.Hour)), "a reopening ends the countdown")

	var chain []string
	for range 3 {
		chain = append(chain, h.receive(other, "p1", "hello"))
		solve(chain[len(chain)-1])
	}
	for _, id := range chain {
		require.Equal(t, chain, h.listed(adminToken, "chain_of="+id), "the oldest first, from wherever one looks")
	}
	require.Equal(t, []string{chain[2], chain[1], chain[0]}, h.listed(adminToken, "sort=-created_at&chain_of="+chain[0]))
	require.Equal(t, []string{soon}, h.listed(adminToken, "chain_of="+soon), "the same customer on another channel")
	require.Empty(t, h.listed(adminToken, "status=open&chain_of="+chain[0]))
	require.Equal(t, chain[1:2], h.listed(adminToken, "follow_up_of="+chain[0]))

	limited := h.token(`{"name":"l","role":"agent","channels":["` + ch + `"]}`)
	for _, c := range []struct{ token, query, field string }{
		{adminToken, "chain_of=cv_0", "chain_of"},
		{limited, "chain_of=" + chain[0], "chain_of"},
		{adminToken, "close_due_before=soon", "close_due_before"},
		{adminToken, "reopened=twice", "reopened"},
	} {
		a := h.do(request{method: http.MethodGet, path: "/v1/conversations?" + c.query, token: c.token})
		require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
		require.Equal(t, []string{c.field}, a.fields(), a.raw)
	}
}
