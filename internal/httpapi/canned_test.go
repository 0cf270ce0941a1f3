package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

func TestACannedReplyIsFilledInForItsConversation(t *testing.T) {
	h := newHub(t)
	id := h.receive(h.channel(""), "p1", "hello")
	_, agent := h.agent("Bea")
	reply := h.must(http.MethodPost, "/v1/canned-replies", `{"name":"hi","text":"Hi {{contact.first_name|there}}, this is {{agent.name}} at {{channel.name}}."}`)
	require.Equal(t, http.StatusCreated, reply.status)
	want := "Hi Ana, this is Bea at Parrot."
	shown := h.do(request{method: "GET", path: "/v1/canned-replies/" + reply.id() + "?conversation_id=" + id, token: agent})
	require.Equal(t, want, shown.body["rendered"], shown.raw)
	at := "/v1/conversations/" + id + "/messages"
	sent := h.do(request{method: "POST", path: at, body: fmt.Sprintf(`{"canned_reply_id":%q}`, reply.id()), token: agent})
	require.Equal(t, http.StatusAccepted, sent.status, sent.raw)
	require.Equal(t, want, sent.body["text"])
	for body, field := range map[string]string{
		fmt.Sprintf(`{"text":"x","canned_reply_id":%q}`, reply.id()): "canned_reply_id",
		`{"canned_reply_id":"cr_none"}`:                              "canned_reply_id",
	} {
		require.Equal(t, []string{field}, h.do(request{method: "POST", path: at, body: body, token: agent}).fields())
	}
	bad := h.do(request{method: "POST", path: "/v1/canned-replies", body: `{"name":"x","text":"{{secret}}"}`, token: adminToken})
	require.Equal(t, []string{"text"}, bad.fields())
	require.Equal(t, http.StatusForbidden, h.do(request{method: "DELETE", path: "/v1/canned-replies/" + reply.id(), token: agent}).status)
	require.Equal(t, "hello", h.must(http.MethodPatch, "/v1/canned-replies/"+reply.id(), `{"name":"hello"}`).body["name"])
	require.Len(t, h.must(http.MethodGet, "/v1/canned-replies", "").data(t), 1)
	require.Equal(t, http.StatusNoContent, h.must(http.MethodDelete, "/v1/canned-replies/"+reply.id(), "").status)
}

func TestTemplatesAreListedAndAnUnknownOneIsRefused(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	at := "/v1/conversations/" + h.receive(ch, "p1", "hello") + "/messages"
	list := `[{"name":"parcel","language":"en","status":"APPROVED","usable":true,"text":"{{1}}","slots":[{"type":"body","count":1}]},
	 {"name":"old","language":"en","status":"PAUSED"}]`
	asked, away := 0, false
	h.answer = func() (*connectors.Response, error) {
		asked++
		if away {
			return nil, errors.New("away")
		}
		return &connectors.Response{Status: http.StatusOK, Body: []byte(list)}, nil
	}
	get := func(query string) answer { return h.must(http.MethodGet, "/v1/channels/"+ch+"/templates"+query, "") }
	send := func(name, more string) answer {
		body := fmt.Sprintf(`{"template":{"name":%q,"language":"en"%s}}`, name, more)
		return h.do(request{method: "POST", path: at, body: body, token: adminToken})
	}
	away = true
	require.NotNil(t, get("").body["failure"])
	require.Equal(t, http.StatusAccepted, send("anything", "").status, "nobody knows: the platform will say")
	away = false
	require.Len(t, get("?refresh=true").data(t), 2)
	require.Len(t, get("").data(t), 2)
	require.Equal(t, "2026-03-01T09:00:00.001Z", get("").body["synced_at"])
	require.Equal(t, 2, asked, "the list is kept")

	one := `,"components":[{"type":"body","parameters":[{"type":"text","text":"7"}]}]`
	require.Equal(t, http.StatusAccepted, send("parcel", one).status)
	for name, a := range map[string]answer{
		"takes 1 parameters in its body, not 0": send("parcel", ""),
		"knows no template \"new\"":             send("new", ""),
		"is paused at the platform":             send("old", ""),
	} {
		require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
		require.Equal(t, "unknown_template", a.code())
		require.Contains(t, a.body["detail"], name)
	}
	list = `[{"name":"new","language":"en","status":"APPROVED","usable":true}]`
	require.Equal(t, "unknown_template", send("new", "").code(), "the platform is not asked each time")
	h.wait(time.Minute)
	require.Equal(t, http.StatusAccepted, send("new", "").status, "it may have been approved since")
	require.Equal(t, 3, asked)
}
