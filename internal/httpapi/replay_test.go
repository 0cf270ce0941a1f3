package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
	"threadhub/internal/journal"
)

// shelve keeps webhooks of a channel, each in a state.
func (h *hub) shelve(channel string, states ...journal.State) {
	h.t.Helper()
	j := h.store.Journal()
	for i, state := range states {
		id := fmt.Sprintf("ev_%s_%04d", channel, i)
		require.NoError(h.t, j.Append(h.t.Context(), []journal.Entry{{
			ID: id, ChannelID: channel, ReceivedAt: h.clock().Add(time.Duration(i) * time.Minute), Method: http.MethodPost, Body: []byte("{}"), State: journal.Pending,
		}}))
		if state == journal.Quarantined {
			require.NoError(h.t, j.Quarantine(h.t.Context(), []journal.Item{{ID: id + "/0", EntryID: id, ChannelID: channel, Kind: "malformed", Reason: "x", At: h.clock()}}))
		}
		if state != journal.Pending {
			require.NoError(h.t, j.Finish(h.t.Context(), []journal.Result{{ID: id, State: state}}))
		}
	}
}

func (h *hub) backlog() int {
	h.t.Helper()
	n, err := h.store.Journal().Backlog(h.t.Context())
	require.NoError(h.t, err)
	return n
}

func TestAWebhookIsWorkedAgain(t *testing.T) {
	rung := 0
	h := newHub(t, func(d *httpapi.Deps) { d.Replayed = func() { rung++ } })
	ch, other := h.channel(""), h.channel("")
	h.shelve(ch, journal.Quarantined, journal.Done, journal.Quarantined)
	first := "ev_" + ch + "_0000"
	path := "/v1/channels/" + ch + "/events/" + first + "/replay"
	a := h.must(http.MethodPost, path, "")
	require.Equal(t, http.StatusAccepted, a.status)
	require.EqualValues(t, 1, a.body["replayed"])
	require.Equal(t, 1, h.backlog())
	require.Equal(t, 1, rung)
	require.EqualValues(t, 0, h.must(http.MethodPost, path, "").body["replayed"], "it waits for its turn")
	items := h.must(http.MethodGet, "/v1/quarantine", "").data(t)
	require.Len(t, items, 1)
	item, _ := items[0]["id"].(string)
	require.EqualValues(t, 1, h.must(http.MethodPost, "/v1/quarantine/"+item+"/retry", "").body["replayed"])
	require.Empty(t, h.must(http.MethodGet, "/v1/quarantine", "").data(t))
	for _, wrong := range []string{
		"/v1/channels/" + other + "/events/" + first + "/replay", "/v1/channels/" + ch + "/events/ev_0/replay",
		"/v1/channels/ch_0/events/" + first + "/replay", "/v1/quarantine/ev_0.0/retry",
	} {
		require.Equal(t, http.StatusNotFound, h.do(request{method: http.MethodPost, path: wrong, token: adminToken}).status, wrong)
	}
	limited := h.token(fmt.Sprintf(`{"name":"l","role":"admin","channels":[%q]}`, other))
	require.Equal(t, http.StatusNotFound, h.do(request{method: http.MethodPost, path: "/v1/quarantine/" + first + ".0/retry", token: limited}).status)
}

func TestAChannelsWebhooksAreWorkedAgain(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	h.shelve(ch, journal.Quarantined, journal.Done, journal.Quarantined, journal.Pending, journal.Quarantined)
	replay := func(body string) any {
		return h.must(http.MethodPost, "/v1/channels/"+ch+"/replay", body).body["replayed"]
	}
	require.EqualValues(t, 1, replay(`{"from":"2026-03-01T09:01:00Z","to":"2026-03-01T09:04:00Z"}`))
	require.EqualValues(t, 2, replay(`{}`))
	require.EqualValues(t, 0, replay(`{}`), "again changes nothing")
	require.EqualValues(t, 1, replay(`{"results":["done","quarantined"]}`))
	require.Equal(t, 5, h.backlog())
	refused := h.do(request{method: http.MethodPost, path: "/v1/channels/" + ch + "/replay", token: adminToken, body: `{"results":["pending"]}`})
	require.Equal(t, []string{"results[0]"}, refused.fields())
}
