package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

func TestADryRunTellsEverythingAndDoesNothing(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.receive(ch, "p1", "hello")
	at := "/v1/conversations/" + id + "/messages"
	long := strings.Repeat("words ", 30)
	a := h.do(request{method: "POST", path: at + "?dry_run=true", body: fmt.Sprintf(`{"text":%q,"location":{"latitude":1,"longitude":2}}`, long), token: adminToken})
	require.Equal(t, http.StatusOK, a.status, a.raw)
	require.Equal(t, true, a.body["complete"])
	require.EqualValues(t, 3, a.body["parts"], a.raw)
	require.Equal(t, true, a.body["reply_window"].(map[string]any)["open"])
	calls := a.body["calls"].([]any)
	require.Len(t, calls, 3)
	first := calls[0].(map[string]any)
	require.Equal(t, "say", first["name"])
	require.Equal(t, "https://parrots.example/bot[secret]/say", first["url"])
	require.Equal(t, map[string]any{"Authorization": "Bearer [secret]"}, first["headers"])
	require.NotContains(t, a.raw, botSecret)
	fields := []any{}
	for _, l := range a.body["losses"].([]any) {
		fields = append(fields, l.(map[string]any)["action"])
	}
	require.ElementsMatch(t, []any{"text", "split"}, fields)
	require.Len(t, h.must(http.MethodGet, at, "").data(t), 1, "nothing was stored")

	body := fmt.Sprintf(`{"channel_id":%q,"to":"p9","message":{"template":{"name":"hi","language":"en"}}}`, ch)
	a = h.do(request{method: "POST", path: "/v1/conversations?dry_run=true", body: body, token: adminToken})
	require.Equal(t, http.StatusOK, a.status, a.raw)
	require.Len(t, a.body["calls"], 1)
	owners, err := h.store.Owners(context.Background(), []threads.Identity{{Channel: threads.ChannelID(ch), Peer: "p9"}})
	require.NoError(t, err)
	require.Empty(t, owners, "no contact was made")
	body = fmt.Sprintf(`{"channel_id":%q,"to":"p9","message":{"text":"hi"}}`, ch)
	a = h.do(request{method: "POST", path: "/v1/conversations?dry_run=true", body: body, token: adminToken})
	require.Equal(t, "outside_reply_window", a.code(), "it is refused as the real one would be")
	n, err := h.store.DeliveryBacklog(context.Background())
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestBadInputIsRefusedWithWhatToDoInstead(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.receive(ch, "p1", "hello")
	at := "/v1/conversations/" + id + "/messages"
	buttons := []map[string]string{}
	for i := range 40 {
		buttons = append(buttons, map[string]string{"title": fmt.Sprint("choice ", i)})
	}
	forty, err := json.Marshal(buttons)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		path, body string
		status     int
		code, says string
	}{
		"text without end":                {at, fmt.Sprintf(`{"text":%q}`, strings.Repeat("x", 5000)), 422, "content_too_large", "shorten it"},
		"forty buttons":                   {at, fmt.Sprintf(`{"text":"which?","buttons":%s}`, forty), 422, "content_too_large", "ask in steps"},
		"a picture of two gigabytes":      {at, `{"attachments":[{"url":"https://files.example/huge.png"}]}`, 422, "content_too_large", "send a smaller file"},
		"an address inside":               {at, `{"attachments":[{"url":"https://private.example/a.png"}]}`, 422, "validation", "upload the file"},
		"a type the channel cannot carry": {at, `{"type":"audio","attachments":[{"upload_id":"none"}]}`, 422, "validation", "upload the file again"},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(request{method: "POST", path: c.path, body: c.body, token: adminToken})
			require.Equal(t, c.status, a.status, a.raw)
			require.Equal(t, c.code, a.code(), a.raw)
			require.Contains(t, a.body["detail"], c.says)
			dry := h.do(request{method: "POST", path: c.path + "?dry_run=true", body: c.body, token: adminToken})
			require.Equal(t, c.code, dry.code(), "a dry run refuses the same")
		})
	}
	n, err := h.store.DeliveryBacklog(context.Background())
	require.NoError(t, err)
	require.Zero(t, n)
}

// consent is what the platform tells of a contact's wishes.
func (h *hub) consent(channel, from, status string) {
	h.t.Helper()
	errs := h.service.Ingest(context.Background(), []threads.Arrival{{
		Channel: threads.ChannelID(channel), ReceivedAt: h.clock(), Event: normalize.Event{
			Key: "consent:" + from, Type: normalize.EventConsent, At: h.clock(), Peer: normalize.Peer{ID: normalize.PeerID(from)},
			Consent: &normalize.Consent{Status: normalize.ConsentStatus(status)},
		},
	}})
	require.NoError(h.t, errors.Join(errs...))
}

func TestWhoDoesNotWantToBeWrittenToIsNot(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	for status, code := range map[string]string{"opted_out": "contact_opted_out", "blocked": "contact_blocked", "opted_in": ""} {
		t.Run(status, func(t *testing.T) {
			to := "of " + status
			id := h.receive(ch, to, "hello")
			h.consent(ch, to, status)
			body := fmt.Sprintf(`{"channel_id":%q,"to":%q,"message":{"text":"news"}}`, ch, to)
			a := h.do(request{method: "POST", path: "/v1/conversations", body: body, token: adminToken})
			require.Equal(t, code, a.code(), a.raw)
			answer := h.do(request{method: "POST", path: "/v1/conversations/" + id + "/messages", body: `{"text":"as you asked"}`, token: adminToken})
			require.Equal(t, http.StatusAccepted, answer.status, "an answer to what they wrote is no news of ours")
		})
	}
}
