package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

// Fetch and FetchPublic make the hub's stand-in a carrier of files: the
// harness's answer is the file.
func (h *hub) Fetch(context.Context, egress.Target, *connectors.Call, int64) (*egress.File, *connectors.Response, error) {
	return nil, nil, context.Canceled
}

func (h *hub) FetchPublic(_ context.Context, _ egress.Target, address string, _ int64) (*egress.File, error) {
	c, err := egress.New(egress.Options{AllowPrivate: true})
	require.NoError(h.t, err)
	defer c.Close()
	return c.FetchPublic(context.Background(), egress.Target{}, address, 1<<20)
}

const picture = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

// attachment is the first one of the conversation's latest message.
func (h *hub) attachment(conv string) map[string]any {
	list := h.must(http.MethodGet, "/v1/conversations/"+conv+"/messages", "").data(h.t)
	atts, _ := list[len(list)-1]["attachments"].([]any)
	require.NotEmpty(h.t, atts)
	att, _ := atts[0].(map[string]any)
	return att
}

// shows lets a customer send a file that is at an address.
func (h *hub) shows(channel, from, address string) (conv string) {
	now := h.clock()
	conv = h.receive(channel, from, "look")
	errs := h.service.Ingest(context.Background(), []threads.Arrival{{
		Channel: threads.ChannelID(channel), ReceivedAt: now, Event: normalize.Event{
			Key: "msg:file:" + from, Type: normalize.EventMessage, At: now.Add(time.Second), Peer: normalize.Peer{ID: normalize.PeerID(from)},
			Message: &normalize.Message{ID: normalize.PlatformID("file-" + from), Type: normalize.TypeImage, Attachments: []normalize.Attachment{
				{Type: normalize.TypeImage, URL: address, Name: "holi\"day \u00e9.png", MIME: "text/html"},
			}},
		},
	}})
	require.NoError(h.t, errs[0])
	return conv
}

// hosting is a place where files are.
func hosting(t *testing.T, files map[string]string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := files[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if body == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAnAttachmentIsServedSafely(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	base := hosting(t, map[string]string{"/a.png": picture, "/b.png": "<html><script>alert(1)</script></html>", "/c.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`})
	tests := []struct{ from, path, kind, disposition string }{
		{"P1", "/a.png", "image/png", "inline"},
		{"P2", "/b.png", "text/html", "attachment"},
		{"P3", "/c.svg", "image/svg+xml", "attachment"},
	}
	for _, tt := range tests {
		conv := h.shows(ch, tt.from, base+tt.path)
		att := h.attachment(conv)
		require.Equal(t, "remote", att["state"])
		address, _ := att["url"].(string)
		require.Equal(t, publicURL+"/v1/attachments/"+att["id"].(string), address, "the platform's address stays inside")
		path := strings.TrimPrefix(address, publicURL)
		a := h.do(request{method: http.MethodGet, path: path, token: adminToken})
		require.Equal(t, 200, a.status, a.raw)
		require.Equal(t, tt.kind, a.header.Get("Content-Type"), "its bytes say what it is")
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.Contains(t, a.header.Get("Content-Security-Policy"), "sandbox")
		require.True(t, strings.HasPrefix(a.header.Get("Content-Disposition"), tt.disposition), a.header.Get("Content-Disposition"))
		require.Equal(t, "available", h.attachment(conv)["state"])
		a = h.do(request{method: http.MethodGet, path: path + "?download=true", token: adminToken})
		require.True(t, strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment"))
	}
}

func TestAnAttachmentIsForThoseWhoSeeItsConversation(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	other := h.channel("")
	conv := h.shows(ch, "P1", hosting(t, map[string]string{"/a.png": picture})+"/a.png")
	path := "/v1/attachments/" + h.attachment(conv)["id"].(string)
	require.Equal(t, 401, h.do(request{method: http.MethodGet, path: path}).status)
	limited := h.token(`{"name":"x","role":"agent","channels":["` + other + `"]}`)
	require.Equal(t, 404, h.do(request{method: http.MethodGet, path: path, token: limited}).status)
	for _, id := range []string{"att_x", "att_x_99", strings.TrimSuffix(path[len("/v1/attachments/"):], "0") + "7", "msg_1", "att_-_0", "att_x_-1"} {
		require.Equal(t, 404, h.do(request{method: http.MethodGet, path: "/v1/attachments/" + id, token: adminToken}).status, id)
	}
}

func TestAnAttachmentThatCannotBeHadSaysSo(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	base := hosting(t, map[string]string{"/away": "", "/large": strings.Repeat("x", 1<<20+1)})
	for from, tt := range map[string]struct {
		path, code, state string
		status            int
	}{
		"P1": {"/gone", "media_gone", "failed", 410},
		"P2": {"/away", "unavailable", "remote", 503},
		"P3": {"/large", "content_too_large", "failed", 413},
	} {
		conv := h.shows(ch, from, base+tt.path)
		path := "/v1/attachments/" + h.attachment(conv)["id"].(string)
		for range 2 {
			a := h.do(request{method: http.MethodGet, path: path, token: adminToken})
			require.Equal(t, tt.status, a.status, a.raw)
			require.Equal(t, tt.code, a.code())
		}
		require.Equal(t, tt.state, h.attachment(conv)["state"])
	}
}

// upload hands a file over.
func (h *hub) upload(query, body string) answer {
	return h.do(request{
		method: http.MethodPost, path: "/v1/uploads" + query, body: body, token: adminToken, header: map[string]string{"Content-Type": "application/octet-stream"},
	})
}

func TestAnUploadIsSentByItsID(t *testing.T) {
	h := newHub(t)
	conv := h.receive(h.channel(""), "P1", "hi")
	up := h.upload("?name=..%2Fboat.png", picture)
	require.Equal(t, 201, up.status, up.raw)
	require.Equal(t, "boat.png", up.body["name"])
	require.Equal(t, "image/png", up.body["mime"])
	require.NotContains(t, up.raw, "files")
	sent := h.must(http.MethodPost, "/v1/conversations/"+conv+"/messages", `{"attachments":[{"upload_id":"`+up.id()+`","caption":"ours"}]}`)
	require.Equal(t, "image", sent.body["type"])

	list := h.must(http.MethodGet, "/v1/conversations/"+conv+"/messages", "").data(t)
	id, _ := list[len(list)-1]["id"].(string)
	m, err := h.store.Message(context.Background(), threads.MessageID(id))
	require.NoError(t, err)
	address := m.Content.Attachments[0].URL
	require.True(t, strings.HasPrefix(address, publicURL+"/files/"), address)
	require.True(t, strings.HasSuffix(address, ".png"))
	require.EqualValues(t, len(picture), m.Content.Attachments[0].Size)

	path := strings.TrimPrefix(address, publicURL)
	a := h.do(request{method: http.MethodGet, path: path})
	require.Equal(t, 200, a.status)
	require.Equal(t, picture, a.raw, "platforms have no token")
	require.Equal(t, 404, h.do(request{method: http.MethodGet, path: strings.Replace(path, ".", ".0", 1)}).status)
	require.Equal(t, 404, h.do(request{method: http.MethodGet, path: "/files/" + up.id()}).status)

	att := h.attachment(conv)
	require.Equal(t, "available", att["state"])
	require.NotContains(t, att["url"], "/files/", "who reads the conversation has a token")
	h.wait(8 * 24 * time.Hour)
	require.Equal(t, 404, h.do(request{method: http.MethodGet, path: path}).status, "its time is over")
	a = h.do(request{method: http.MethodGet, path: "/v1/attachments/" + att["id"].(string), token: adminToken})
	require.Equal(t, picture, a.raw, "the agents still see it")
	late := h.do(request{method: http.MethodPost, path: "/v1/conversations/" + conv + "/messages", token: adminToken, body: `{"attachments":[{"upload_id":"` + up.id() + `"}]}`})
	require.Equal(t, 422, late.status)
	require.Equal(t, []string{"attachments[0].upload_id"}, late.fields())
}

func TestUploadsThatCannotBeTakenSayWhatToDo(t *testing.T) {
	h := newHub(t)
	require.Equal(t, "content_too_large", h.upload("", strings.Repeat("x", 1<<20+1)).code())
	require.Equal(t, 422, h.upload("", "").status)
	form := h.do(request{method: http.MethodPost, path: "/v1/uploads", body: "x", token: adminToken, header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}})
	require.Equal(t, 415, form.status)
	for i := range 4 {
		a := h.upload("", strings.Repeat(string(rune('a'+i)), 1<<20))
		require.Equal(t, 201, a.status, a.raw)
	}
	require.Equal(t, "storage_full", h.upload("", strings.Repeat("z", 1<<20)).code(), "an upload that a platform may still fetch is not dropped")
}

func TestAnAttachmentNeedsOneSource(t *testing.T) {
	h := newHub(t)
	conv := h.receive(h.channel(""), "P1", "hi")
	for body, field := range map[string]string{
		`{"attachments":[{}]}`: "attachments[0]",
		`{"attachments":[{"url":"https://x.example/a.png","upload_id":"up_1"}]}`: "attachments[0]",
		`{"attachments":[{"upload_id":"up_1"}]}`:                                 "attachments[0].upload_id",
	} {
		a := h.do(request{method: http.MethodPost, path: "/v1/conversations/" + conv + "/messages", body: body, token: adminToken})
		require.Equal(t, 422, a.status, a.raw)
		require.Equal(t, []string{field}, a.fields())
	}
}

func TestAnUploadIsTakenOncePerKey(t *testing.T) {
	h := newHub(t)
	once := func(body string) answer {
		return h.do(request{
			method: http.MethodPost, path: "/v1/uploads", body: body, token: adminToken,
			header: map[string]string{"Content-Type": "application/octet-stream", "Idempotency-Key": "k1"},
		})
	}
	first := once(picture)
	require.Equal(t, 201, first.status, first.raw)
	require.Equal(t, "image/png", first.body["mime"])
	require.Equal(t, first.id(), once(picture).id())
	require.Equal(t, "idempotency_mismatch", once("another file").code())
}
