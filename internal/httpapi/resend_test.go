package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// settle ends the delivery of a message with the patch.
func (h *hub) settle(id string, p threads.MessagePatch) {
	h.t.Helper()
	ctx := context.Background()
	list, err := h.store.ClaimDeliveries(ctx, "w", h.clock(), time.Minute, workers.Room{All: 10})
	require.NoError(h.t, err)
	for _, d := range list {
		if string(d.MessageID) != id {
			continue
		}
		_, err := h.store.BeginCalls(ctx, []threads.MessageID{d.MessageID})
		require.NoError(h.t, err)
		_, err = h.store.SettleCalls(ctx, []workers.DeliveryResult{{Delivery: d, Message: p}})
		require.NoError(h.t, err)
		return
	}
	h.t.Fatalf("no delivery of %s", id)
}

func TestADeadLetterIsListedAndSentAgainByAPersonOnly(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	at := "/v1/conversations/" + h.receive(ch, "p1", "hello") + "/messages"
	_, agent := h.agent("bea")
	post := func(path, token string) answer { return h.do(request{method: "POST", path: path, token: token}) }
	send := func() string {
		return h.do(request{method: "POST", path: at, body: `{"text":"hi","metadata":{"order":"7"}}`, token: agent}).id()
	}
	first := send()
	require.Equal(t, "message_not_failed", post("/v1/messages/"+first+"/resend", agent).code())
	h.settle(first, threads.MessagePatch{Status: threads.MessageUnknown, At: h.clock(), Error: &normalize.Failure{Reason: normalize.ReasonUnknown}})
	second := send()
	h.settle(second, threads.MessagePatch{Status: threads.MessageFailed, At: h.clock(), Error: &normalize.Failure{Reason: normalize.ReasonUnavailable}})

	ids := func(query string) (out []string) {
		for _, m := range h.must(http.MethodGet, "/v1/dead-letters"+query, "").data(t) {
			out = append(out, m["id"].(string))
		}
		return out
	}
	require.Equal(t, []string{second, first}, ids(""))
	require.Equal(t, []string{first}, ids("?status=unknown&channel_id="+ch))
	require.Empty(t, ids("?channel_id=ch_other"))
	require.Equal(t, http.StatusForbidden, h.do(request{method: "GET", path: "/v1/dead-letters", token: agent}).status, "the list is for admins")

	machine := h.must(http.MethodPost, "/v1/tokens", `{"name":"crm","role":"integration","scopes":["messages:write"]}`).body["token"].(string)
	require.Equal(t, http.StatusForbidden, post("/v1/messages/"+first+"/resend", machine).status)
	again := post("/v1/messages/"+first+"/resend", agent)
	require.Equal(t, http.StatusAccepted, again.status, again.raw)
	require.Equal(t, "queued", again.body["status"])
	require.Equal(t, first, again.body["resend_of"])
	require.Equal(t, map[string]any{"order": "7"}, again.body["metadata"])
	require.Equal(t, again.id(), post("/v1/messages/"+first+"/resend", agent).id(), "asked for twice, sent once")
	old := h.must(http.MethodGet, "/v1/messages/"+first, "")
	require.Equal(t, "unknown", old.body["status"], "what became of it stays to be read")
	require.Equal(t, again.id(), old.body["resent_as"])
	require.Equal(t, http.StatusAccepted, h.must(http.MethodPost, "/v1/dead-letters/"+second+"/retry", "").status)
	require.Empty(t, ids(""))
	require.Equal(t, http.StatusNotFound, post("/v1/dead-letters/msg_none/retry", adminToken).status)
}

func TestAScheduledMessageCanBeTakenBackUntilItLeaves(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.receive(ch, "p1", "hello")
	at := "/v1/conversations/" + id
	send := func(after time.Duration, more string) answer {
		when := h.clock().Add(after).Format(time.RFC3339)
		return h.do(request{method: "POST", path: at + "/messages", body: fmt.Sprintf(`{"text":"later","send_at":%q%s}`, when, more), token: adminToken})
	}
	m := send(2*time.Hour, "")
	require.Equal(t, http.StatusAccepted, m.status, m.raw)
	require.Equal(t, "queued", m.body["status"])
	require.Equal(t, "2026-03-01T11:00:00.000Z", m.body["send_at"])
	require.Equal(t, "new", h.must(http.MethodGet, at, "").body["status"], "it is no reply yet")
	for name, c := range map[string]struct {
		answer answer
		code   string
	}{
		"before now":               {send(-time.Hour, ""), "invalid_send_at"},
		"in a year":                {send(365*24*time.Hour, ""), "invalid_send_at"},
		"when the window is over":  {send(25*time.Hour, ""), "outside_reply_window"},
		"as a note, to nobody":     {send(time.Hour, `,"internal":true`), "invalid_send_at"},
		"with a time that is none": {h.do(request{method: "POST", path: at + "/messages", body: `{"text":"x","send_at":"soon"}`, token: adminToken}), "validation"},
	} {
		require.Equal(t, http.StatusUnprocessableEntity, c.answer.status, name)
		require.Equal(t, c.code, c.answer.code(), name)
	}
	for range 2 {
		gone := h.must(http.MethodPost, "/v1/messages/"+m.id()+"/cancel", "")
		require.Equal(t, "failed", gone.body["status"])
		require.Equal(t, "canceled", gone.body["error"].(map[string]any)["code"])
	}
	require.Empty(t, h.must(http.MethodGet, "/v1/dead-letters", "").data(t), "nobody has to look at it")
	require.Equal(t, false, h.must(http.MethodGet, at, "").body["needs_attention"])
	sent := h.do(request{method: "POST", path: at + "/messages", body: `{"text":"now"}`, token: adminToken})
	h.settle(sent.id(), threads.MessagePatch{Status: threads.MessageSent, At: h.clock()})
	late := h.do(request{method: "POST", path: "/v1/messages/" + sent.id() + "/cancel", token: adminToken})
	require.Equal(t, http.StatusConflict, late.status)
	require.Equal(t, "message_left", late.code())
}

func TestAChannelSaysHowLongItsMessagesAreTried(t *testing.T) {
	h := newHub(t)
	id := h.channel("")
	at := "/v1/channels/" + id
	require.Equal(t, "24h", h.must(http.MethodGet, at, "").body["send_for"])
	require.Equal(t, "30m", h.must(http.MethodPatch, at, `{"send_for":"30m"}`).body["send_for"])
	require.Equal(t, "2h", h.must(http.MethodGet, "/v1/channels/"+h.channel(`,"send_for":"2h"`), "").body["send_for"])
	for _, bad := range []string{"1s", "169h", "soon"} {
		a := h.do(request{method: "PATCH", path: at, body: fmt.Sprintf(`{"send_for":%q}`, bad), token: adminToken})
		require.Equal(t, []string{"send_for"}, a.fields(), a.raw)
	}
}
