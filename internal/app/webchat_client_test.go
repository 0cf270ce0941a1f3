package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	shop           = "https://shop.example"
	identitySecret = "identity-secret-canary"
)

func (h *hub) webchat(settings, more object) string {
	h.t.Helper()
	set := object{"allowed_origins": []string{shop}, "greeting": "Olá!"}
	for k, v := range settings {
		set[k] = v
	}
	return h.channel("webchat", object{"identity_secret": identitySecret}, set, more)
}

// visitor is a page of the shop.
type visitor struct {
	*hub
	channel, token, origin string
	session                object
}

func (h *hub) visitor(channel string, opening object) *visitor {
	h.t.Helper()
	v := &visitor{hub: h, channel: channel, origin: shop}
	v.open(opening)
	return v
}

func (v *visitor) open(opening object) {
	v.t.Helper()
	st, out := v.say("POST", "/sessions", opening)
	require.Equal(v.t, 201, st, out)
	v.session, v.token = out, out["visitor_token"].(string)
}

func (v *visitor) request(method, path string, body io.Reader) *http.Request {
	v.t.Helper()
	req, err := http.NewRequest(method, v.base+"/webchat/"+v.channel+path, body)
	require.NoError(v.t, err)
	if v.origin != "" {
		req.Header.Set("Origin", v.origin)
	}
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	return req
}

func (v *visitor) say(method, path string, body any) (int, object) {
	v.t.Helper()
	var r io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(v.t, err)
		r = bytes.NewReader(raw)
	}
	req := v.request(method, path, r)
	req.Header.Set("Content-Type", "application/json")
	return v.do(req)
}

// write posts a text and answers its id.
func (v *visitor) write(clientID, text string) string {
	v.t.Helper()
	st, out := v.say("POST", "/messages", object{"client_id": clientID, "text": text})
	require.Equal(v.t, 201, st, out)
	return out["id"].(string)
}

// history reads what was said, as texts.
func (v *visitor) history(query string) (texts []string, page object) {
	v.t.Helper()
	st, page := v.say("GET", "/messages"+query, nil)
	require.Equal(v.t, 200, st, page)
	for _, m := range page["data"].([]any) {
		text, _ := m.(object)["text"].(string)
		texts = append(texts, text)
	}
	return texts, page
}

// told is an event of a stream.
type told struct {
	id, kind string
	data     object
}

// line is a stream that a test reads.
type line struct {
	t      *testing.T
	events chan told
	stop   func()
	last   string
}

// follow opens the stream with a ticket, as a browser does.
func (v *visitor) follow(query url.Values) *line {
	v.t.Helper()
	st, out := v.say("POST", "/stream-tickets", nil)
	require.Equal(v.t, 201, st, out)
	if query == nil {
		query = url.Values{}
	}
	query.Set("ticket", out["ticket"].(string))
	token := v.token
	v.token = ""
	req := v.request("GET", "/stream?"+query.Encode(), nil)
	v.token = token
	ctx, cancel := context.WithCancel(context.Background())
	resp, err := http.DefaultClient.Do(req.WithContext(ctx))
	require.NoError(v.t, err)
	require.Equal(v.t, 200, resp.StatusCode)
	require.Equal(v.t, "text/event-stream", resp.Header.Get("Content-Type"))
	l := &line{t: v.t.(*testing.T), events: make(chan told, 1000)}
	done := make(chan struct{})
	l.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	v.t.Cleanup(l.stop)
	ready := make(chan string, 1)
	go func() {
		defer close(done)
		defer close(l.events)
		defer resp.Body.Close()
		readStream(resp.Body, func(e told) {
			select {
			case ready <- e.id:
			default:
			}
			if e.kind != "" {
				l.events <- e
			}
		})
	}()
	select {
	case l.last = <-ready:
	case <-time.After(time.Minute):
		require.Fail(v.t, "the stream does not begin")
	}
	return l
}

func readStream(r io.Reader, each func(told)) {
	var e told
	var data string
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		name, value, _ := strings.Cut(scan.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			data = value
		case "":
			if e.id != "" || e.kind != "" {
				_ = json.Unmarshal([]byte(data), &e.data)
				each(e)
			}
			e, data = told{}, ""
		}
	}
}

// next waits for an event of the kind; others are passed over.
func (l *line) next(kind string) object {
	l.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case e, ok := <-l.events:
			require.True(l.t, ok, "the stream ended before %s", kind)
			l.last = e.id
			if e.kind == kind {
				return e.data
			}
		case <-deadline:
			require.Fail(l.t, "no "+kind)
		}
	}
}

func (h *hub) reply(conversation any, token, text string) string {
	h.t.Helper()
	return h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conversation), object{"text": text}, token)["id"].(string)
}

func (h *hub) status(conversation any, message string) func() any {
	return func() any {
		for _, m := range h.messages(conversation) {
			if m["id"] == message {
				return m["status"]
			}
		}
		return nil
	}
}
