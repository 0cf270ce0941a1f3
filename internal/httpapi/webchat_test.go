package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	widget "threadhub/connectors/webchat"
	"threadhub/internal/bus"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/httpapi"
	"threadhub/internal/media"
	"threadhub/internal/seal"
	"threadhub/internal/webchat"
	"threadhub/threads"
)

// parlour is a web chat in the place of a channel: what visitors do is worked
// in at once.
type parlour struct {
	*hub
	widget *widget.Widget
}

func (p *parlour) Open(_ context.Context, id threads.ChannelID) (*channels.Opened, error) {
	if !strings.HasPrefix(string(id), "ch_") {
		return nil, threads.ErrNotFound
	}
	return &channels.Opened{Channel: channels.Channel{ID: id, Kind: "webchat", Enabled: true}, Connector: p.widget, Caps: widget.Kind().Caps}, nil
}

func (p *parlour) Deliver(ctx context.Context, id threads.ChannelID, req *connectors.Request) error {
	events, err := p.widget.Parse(req)
	for _, e := range events {
		now := p.clock()
		err = errors.Join(err, errors.Join(p.service.Ingest(ctx, []threads.Arrival{{Channel: id, Event: e, ReceivedAt: now}})...))
	}
	return err
}

func (*parlour) AgentName(context.Context, threads.AgentID) (string, error) { return "Bea", nil }

// newParlour answers a chat and the channel that its messages come in on.
func newParlour(t *testing.T) (p *parlour, channel string) {
	t.Helper()
	conn, err := widget.Kind().New(connectors.Config{Settings: []byte(`{"allowed_origins":["https://shop.example"]}`)})
	require.NoError(t, err)
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	events := bus.NewMemory(bus.MemoryOptions{})
	t.Cleanup(func() { require.NoError(t, events.Close()) })
	p = &parlour{widget: conn.(*widget.Widget)}
	p.hub = newHub(t, func(d *httpapi.Deps) {
		o := webchat.Options{
			Store: new(directory.Memory), Keys: keys, Channels: p, Desk: p, Bus: events, Media: d.Media.(*media.Library), Names: p,
			Now: d.Now, Logger: slog.New(slog.DiscardHandler), PublicURL: publicURL,
		}
		o.Records, o.Threads = d.Records.(webchat.Records), d.Conversations.(*threads.Service)
		d.Webchat = webchat.New(o)
	})
	return p, p.channel("")
}

// TestWhatVisitorsAreAnsweredIsAsDocumented makes each call of a visitor's
// client; do holds request and answer to the document.
func TestWhatVisitorsAreAnsweredIsAsDocumented(t *testing.T) {
	p, ch := newParlour(t)
	base := "/webchat/" + ch
	token := ""
	say := func(method, path, body string) answer {
		return p.do(request{method: method, path: base + path, body: body, token: token, header: map[string]string{"Origin": "https://shop.example"}})
	}
	require.Equal(t, http.StatusOK, say(http.MethodGet, "/config", "").status)
	a := say(http.MethodPost, "/sessions", `{"locale":"pt-PT","name":"Ana"}`)
	require.Equal(t, http.StatusCreated, a.status)
	require.Equal(t, "https://shop.example", a.header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Contains(t, a.body["stream_url"], publicURL+base+"/stream?ticket=")
	token = a.body["visitor_token"].(string)
	require.Equal(t, http.StatusCreated, say(http.MethodPost, "/stream-tickets", "").status)

	a = say(http.MethodPost, "/messages", `{"client_id":"c-1","text":"hello","page":{"url":"https://shop.example/tea","title":"Tea"}}`)
	require.Equal(t, http.StatusCreated, a.status, a.raw)
	conv := p.must(http.MethodGet, "/v1/conversations?channel_id="+ch, "").data(t)[0]["id"].(string)
	_, agent := p.agent("bea")
	sent := p.do(request{method: http.MethodPost, path: "/v1/conversations/" + conv + "/messages", token: agent, body: `{"text":"hello you","buttons":[{"id":"a","title":"Yes"}]}`})
	require.Equal(t, http.StatusAccepted, sent.status, sent.raw)
	a = say(http.MethodPost, "/messages", `{"client_id":"c-2","postback":{"kind":"button","id":"a","title":"Yes"},"reply_to":"`+sent.id()+`"}`)
	require.Equal(t, http.StatusCreated, a.status, a.raw)
	a = say(http.MethodPost, "/messages", `{"client_id":"c-3","location":{"latitude":41.5,"longitude":-8.4,"name":"Braga"}}`)
	require.Equal(t, http.StatusCreated, a.status, a.raw)

	up := p.do(request{
		method: http.MethodPost, path: base + "/attachments?name=note.txt", body: "plain words", token: token,
		header: map[string]string{"Content-Type": "application/octet-stream"},
	})
	require.Equal(t, http.StatusCreated, up.status, up.raw)
	a = say(http.MethodPost, "/messages", fmt.Sprintf(`{"client_id":"c-4","attachment_ids":[%q]}`, up.id()))
	require.Equal(t, http.StatusCreated, a.status, a.raw)

	a = say(http.MethodGet, "/messages", "")
	require.Equal(t, http.StatusOK, a.status, a.raw)
	list := a.data(t)
	require.Len(t, list, 5)
	require.Equal(t, "c-1", list[0]["client_id"])
	require.Equal(t, "bea", list[1]["author"].(map[string]any)["name"])
	require.Equal(t, sent.id(), list[2]["reply_to"].(map[string]any)["id"])
	file := list[4]["attachments"].([]any)[0].(map[string]any)["url"].(string)
	u, err := url.Parse(file)
	require.NoError(t, err)
	got := p.do(request{method: http.MethodGet, path: u.RequestURI()})
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "plain words", got.raw)
	require.Equal(t, "cross-origin", got.header.Get("Cross-Origin-Resource-Policy"))
	require.Contains(t, got.header.Get("Content-Disposition"), "attachment")
	require.Equal(t, http.StatusOK, say(http.MethodGet, "/messages?after="+a.body["cursor"].(string), "").status)

	for path, body := range map[string]string{
		"/typing": "", "/read": `{"up_to":"` + sent.id() + `"}`, "/events": `{"type":"page_view","page":{"url":"https://shop.example/"}}`,
	} {
		require.Equal(t, http.StatusNoContent, say(http.MethodPost, path, body).status, path)
	}
	require.Equal(t, http.StatusNoContent, say(http.MethodPost, "/events", `{"type":"chat_ended"}`).status)
	a = say(http.MethodPost, "/sessions", fmt.Sprintf(`{"visitor_token":%q}`, token))
	require.Equal(t, "ended", a.body["conversation"].(map[string]any)["state"], a.raw)
	require.Equal(t, http.StatusUnprocessableEntity, say(http.MethodPost, "/sessions", `{"identity":{"external_id":"ana"}}`).status)
	require.Equal(t, "identity_invalid", say(http.MethodPost, "/sessions", `{"identity":{"jwt":"a.b.c"}}`).code())
	require.Equal(t, http.StatusUnprocessableEntity, say(http.MethodGet, "/messages?after=a&before=b", "").status)
	require.Equal(t, http.StatusUnprocessableEntity, say(http.MethodPost, "/read", `{"up_to":"msg_none"}`).status)
	require.Equal(t, http.StatusNoContent, say(http.MethodDelete, "/sessions", "").status)
	require.Equal(t, "visitor_token_invalid", say(http.MethodGet, "/stream", "").code())
	require.Equal(t, "ticket_invalid", say(http.MethodGet, "/stream?ticket=x", "").code())
}
