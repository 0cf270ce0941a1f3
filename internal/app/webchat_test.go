package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/queue/queuetest"
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
	case <-time.After(20 * time.Second):
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
	deadline := time.After(20 * time.Second)
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

func TestAVisitorAndAnAgentTalk(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, object{"style": object{"name": "live_chat"}})
	agent, token := h.agent("bea")
	v := h.visitor(ch, object{"locale": "pt-BR"})
	require.Nil(t, v.session["conversation"])
	require.Equal(t, "Olá!", v.session["config"].(object)["greeting"])
	require.Empty(t, h.list("/v1/contacts"), "nobody has written yet")
	live := v.follow(nil)

	own := v.write("c-1", "do you deliver?")
	require.Equal(t, "do you deliver?", live.next("message.created")["text"])
	conv := h.one(ch)
	require.Equal(t, "new", conv["status"])
	require.Equal(t, "do you deliver?", h.messages(conv["id"])[0]["text"])
	h.must(200, "POST", fmt.Sprintf("/v1/conversations/%s/accept", conv["id"]), nil, token)
	require.Equal(t, "bea", live.next("agent.joined")["author"].(object)["name"])

	answer := h.reply(conv["id"], token, "yes, until six")
	got := live.next("message.created")
	require.Equal(t, answer, got["id"])
	require.Equal(t, object{"type": "agent", "name": "bea"}, got["author"])
	require.Equal(t, object{"up_to": own}, live.next("read"))
	h.eventually("what the stream told is delivered", func() bool { return h.status(conv["id"], answer)() == "delivered" })

	st, out := v.say("POST", "/read", object{"up_to": answer})
	require.Equal(t, 204, st, out)
	h.eventually("what was looked at is read", func() bool { return h.status(conv["id"], answer)() == "read" })
	for live.next("message.status")["status"] != "read" {
		continue
	}

	st, out = h.patch(conv["id"], object{"status": "solved"}, token)
	require.Equal(t, 200, st, out)
	require.Equal(t, object{"id": conv["id"], "state": "ended"}, live.next("conversation.closed"))
	v.open(object{"visitor_token": v.token})
	require.Equal(t, object{"id": conv["id"], "state": "ended"}, v.session["conversation"])

	v.write("c-2", "one more thing")
	require.Equal(t, "one more thing", live.next("message.created")["text"])
	var next object
	h.eventually("writing again begins the next one", func() bool {
		list := h.conversations(ch)
		for _, c := range list {
			if c["follow_up_of"] == conv["id"] {
				next = c
			}
		}
		return len(list) == 2 && next != nil
	})
	require.Equal(t, conv["contact"].(object)["id"], next["contact"].(object)["id"])
	texts, _ := v.history("")
	require.Equal(t, []string{"do you deliver?", "yes, until six", "one more thing"}, texts)
	require.NotEmpty(t, agent)
	for _, secret := range []string{v.token, identitySecret} {
		require.NotContains(t, h.log.String(), secret)
	}
}

func TestASolvedConversationGoesOnWhereItsStyleSaysSo(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, object{"style": object{"name": "social_messaging", "close_after": "1h"}})
	_, token := h.agent("bea")
	v := h.visitor(ch, object{})
	v.write("c-1", "hello")
	conv := h.one(ch)
	h.reply(conv["id"], token, "hello you")
	st, out := h.patch(conv["id"], object{"status": "solved"}, token)
	require.Equal(t, 200, st, out)
	v.write("c-2", "and another question")
	h.eventually("it is opened again", func() bool { return h.one(ch)["status"] == "open" })
}

func TestAVisitorWhoComesBackMissesNothing(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	_, token := h.agent("bea")
	v := h.visitor(ch, object{})
	live := v.follow(nil)
	v.write("c-1", "hello")
	live.next("message.created")
	conv := h.one(ch)
	first := h.reply(conv["id"], token, "one")
	require.Equal(t, "one", live.next("message.created")["text"])
	place := live.last
	live.stop()
	h.eventually("it was delivered", func() bool { return h.status(conv["id"], first)() == "delivered" })

	second := h.reply(conv["id"], token, "two")
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "a note", "internal": true}, token)
	h.reply(conv["id"], token, "three")
	h.eventually("they are sent", func() bool { return h.status(conv["id"], second)() == "sent" })

	live = v.follow(url.Values{"last_event_id": {place}})
	require.Equal(t, "two", live.next("message.created")["text"])
	require.Equal(t, "three", live.next("message.created")["text"])
	texts, page := v.history("?after=" + place)
	require.Equal(t, []string{"two", "three"}, texts)
	require.Equal(t, false, page["more"])
	texts, page = v.history("?limit=1&after=" + place)
	require.Equal(t, []string{"two"}, texts)
	require.Equal(t, true, page["more"])
	texts, page = v.history("?limit=10&after=" + page["cursor"].(string))
	require.Equal(t, []string{"three"}, texts)
	texts, _ = v.history("?after=" + page["cursor"].(string))
	require.Empty(t, texts)
	h.eventually("polling delivers, too", func() bool { return h.status(conv["id"], second)() == "delivered" })

	texts, page = v.history("?limit=2")
	require.Equal(t, []string{"two", "three"}, texts)
	texts, page = v.history("?limit=2&before=" + page["before"].(string))
	require.Equal(t, []string{"hello", "one"}, texts)
	require.Nil(t, page["before"])

	live = v.follow(url.Values{"last_event_id": {"of-another-world"}})
	live.next("reset")
	st, _ := v.say("GET", "/messages?after=nonsense", nil)
	require.Equal(t, 422, st)
}

func TestTheSameClientIDIsTheSameMessage(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	v, other := h.visitor(ch, object{}), h.visitor(ch, object{})
	var wg sync.WaitGroup
	ids := make([]string, 10)
	for i := range ids {
		wg.Go(func() { ids[i] = v.write("c-1", "hello") })
	}
	wg.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	require.NotEqual(t, ids[0], other.write("c-1", "hello"))
	h.eventually("two conversations", func() bool { return len(h.conversations(ch)) == 2 })
	for _, c := range h.conversations(ch) {
		require.Len(t, h.messages(c["id"]), 1)
	}
	require.Equal(t, ids[0], v.write("c-1", "something else, much later"))
}

func TestWhoMayChat(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch, elsewhere := h.webchat(nil, nil), h.webchat(nil, nil)
	v := h.visitor(ch, object{})
	v.write("c-1", "hello")
	h.one(ch)
	send := func(origin, channel, token string) int {
		st, _ := (&visitor{hub: h, channel: channel, token: token, origin: origin}).say("GET", "/messages", nil)
		return st
	}
	good := v.token
	require.Equal(t, 200, send(shop, ch, good))
	require.Equal(t, 200, send("", ch, good), "an app names no origin")
	require.Equal(t, 200, send("http://"+strings.TrimPrefix(h.cfg.BaseURL(), "http://"), ch, good), "the hub's own pages")
	for _, origin := range []string{"https://shop.example.evil.example", "http://shop.example", "https://shop.example:444", "null", "https://evil.example"} {
		require.Equal(t, 403, send(origin, ch, good), origin)
	}
	head, payload, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(payload, ".")
	for name, token := range map[string]string{
		"none": "", "cut short": good[:len(good)-3], "another signature": head + "." + body + "." + strings.Repeat("A", len(signature)),
		"no signature": "eyJhbGciOiJub25lIn0." + body + ".", "an admin's": adminToken,
	} {
		require.Equal(t, 401, send(shop, ch, token), name)
	}
	require.Equal(t, 401, send(shop, elsewhere, good), "a token of another chat")
	require.Equal(t, 404, send(shop, "ch_none", good))
	require.Equal(t, 404, send("", h.telegram("", nil), good), "no web chat at all")
	require.Equal(t, 401, h.hook(ch, []byte(`{"items":[]}`), nil), "visitors send no webhooks")
	require.Equal(t, 401, h.hook(ch, []byte(`{"items":[]}`), http.Header{"X-Threadhub-Stream": {"visitor"}}))

	st, out := v.say("POST", "/stream-tickets", nil)
	require.Equal(t, 201, st)
	v.token = ""
	stream := "/stream?ticket=" + url.QueryEscape(out["ticket"].(string))
	ctx, cancel := context.WithCancel(context.Background())
	resp, err := http.DefaultClient.Do(v.request("GET", stream, nil).WithContext(ctx))
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode)
	cancel()
	_ = resp.Body.Close()
	st, _ = v.say("GET", stream, nil)
	require.Equal(t, 401, st, "a ticket opens one stream")
	st, _ = v.say("GET", "/stream?ticket="+url.QueryEscape(good), nil)
	require.Equal(t, 401, st, "a token is no ticket")

	require.Equal(t, 200, h.must2("PATCH", "/v1/channels/"+ch, object{"enabled": false}))
	require.Equal(t, 403, send(shop, ch, good), "switched off")
}

func (h *hub) must2(method, path string, body any) int {
	st, _ := h.call(method, path, body, adminToken)
	return st
}

func TestPreflight(t *testing.T) {
	h := startHub(t, newConfig(t))
	v := &visitor{hub: h, channel: h.webchat(nil, nil), origin: shop}
	ask := func(origin string) *http.Response {
		v.origin = origin
		req := v.request("OPTIONS", "/messages", nil)
		req.Header.Set("Access-Control-Request-Method", "POST")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_ = resp.Body.Close()
		return resp
	}
	resp := ask(shop)
	require.Equal(t, 204, resp.StatusCode)
	require.Equal(t, shop, resp.Header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, resp.Header.Get("Access-Control-Allow-Credentials"))
	require.Contains(t, resp.Header.Get("Access-Control-Allow-Headers"), "Authorization")
	require.Contains(t, resp.Header.Values("Vary"), "Origin")
	resp = ask("https://evil.example")
	require.Equal(t, 403, resp.StatusCode)
	require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
}

func identityOf(t *testing.T, id, secret string) object {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"external_id": id, "name": "Ana Prado", "email": "ana@shop.example", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte(secret))
	require.NoError(t, err)
	return object{"jwt": token}
}

func TestASignedInVisitorIsKnownOnEveryDevice(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	_, token := h.agent("bea")

	// The conversation begins without a name and goes on with one.
	phone := h.visitor(ch, object{"name": "Somebody"})
	phone.write("p-1", "before I signed in")
	conv := h.one(ch)
	live := phone.follow(nil)
	anonymous := phone.token
	phone.open(object{"visitor_token": phone.token, "identity": identityOf(t, "u-7", identitySecret)})
	require.Equal(t, "u-7", phone.session["external_id"])
	live.next("session.revoked")
	st, _ := (&visitor{hub: h, channel: ch, token: anonymous, origin: shop}).say("GET", "/messages", nil)
	require.Equal(t, 401, st, "the token from before ends")
	phone.write("p-2", "it is me")
	h.eventually("one conversation with both", func() bool { return len(h.messages(h.one(ch)["id"])) == 2 })
	require.Equal(t, conv["id"], h.one(ch)["id"])

	// Another device shows the same conversation at once.
	laptop := h.visitor(ch, object{"identity": identityOf(t, "u-7", identitySecret)})
	texts, _ := laptop.history("")
	require.Equal(t, []string{"before I signed in", "it is me"}, texts)
	there := laptop.follow(nil)
	h.reply(conv["id"], token, "welcome back")
	require.Equal(t, "welcome back", there.next("message.created")["text"])

	// Somebody else on the laptop sees none of it.
	was := laptop.token
	laptop.open(object{"visitor_token": laptop.token, "identity": identityOf(t, "u-8", identitySecret)})
	texts, _ = laptop.history("")
	require.Empty(t, texts)
	there.next("session.revoked")
	st, _ = (&visitor{hub: h, channel: ch, token: was, origin: shop}).say("GET", "/messages", nil)
	require.Equal(t, 401, st)

	// Nor does somebody who says so without proof, by name or by e-mail.
	for name, opening := range map[string]object{
		"another secret": {"identity": identityOf(t, "u-7", "guessed-secret-0123")},
		"another hash":   {"identity": object{"external_id": "u-7", "hash": strings.Repeat("0", 64)}},
	} {
		st, out := (&visitor{hub: h, channel: ch, origin: shop}).say("POST", "/sessions", opening)
		require.Equal(t, 401, st, name)
		require.Equal(t, "identity_invalid", out["code"])
	}
	liar := h.visitor(ch, object{"name": "ana@shop.example"})
	texts, _ = liar.history("")
	require.Empty(t, texts)

	// Signing out ends it on this device.
	st, _ = phone.say("DELETE", "/sessions", nil)
	require.Equal(t, 204, st)
	st, _ = phone.say("GET", "/messages", nil)
	require.Equal(t, 401, st)
	phone.open(object{"visitor_token": phone.token})
	texts, _ = phone.history("")
	require.Empty(t, texts)
}

func TestAReturningUserKeepsWhatTheyJustWroteWithoutTheirName(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	_, token := h.agent("bea")
	home := h.visitor(ch, object{"identity": identityOf(t, "u-7", identitySecret)})
	home.write("h-1", "at home")
	h.one(ch)
	cafe := h.visitor(ch, object{})
	cafe.write("c-1", "in a café")
	h.eventually("two conversations", func() bool { return len(h.conversations(ch)) == 2 })
	cafe.open(object{"visitor_token": cafe.token, "identity": identityOf(t, "u-7", identitySecret)})
	texts, _ := cafe.history("")
	require.Equal(t, []string{"at home", "in a café"}, texts)
	live := cafe.follow(nil)
	for _, c := range h.conversations(ch) {
		h.reply(c["id"], token, "hello")
		require.Equal(t, "hello", live.next("message.created")["text"])
	}
	texts, _ = home.history("")
	require.NotContains(t, texts, "in a café", "what was written at the café stays there")
}

func TestOnlySignedInVisitorsMayChatWhereThatIsAskedFor(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(object{"require_identity": true}, nil)
	st, out := (&visitor{hub: h, channel: ch, origin: shop}).say("POST", "/sessions", object{})
	require.Equal(t, 401, st)
	require.Equal(t, "identity_required", out["code"])
	v := h.visitor(ch, object{"identity": identityOf(t, "u-1", identitySecret)})
	v.open(object{"visitor_token": v.token})
	v.write("c-1", "hello")
	require.Equal(t, "user:u-1", h.one(ch)["contact"].(object)["external_id"])
}

func TestAVisitorEndsTheChat(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.webchat(nil, nil)
	v := h.visitor(ch, object{})
	st, _ := v.say("POST", "/events", object{"type": "page_view", "page": object{"url": shop + "/tea"}})
	require.Equal(t, 204, st)
	st, _ = v.say("POST", "/typing", nil)
	require.Equal(t, 204, st)
	require.Empty(t, h.list("/v1/channels/"+ch+"/events"), "nothing is kept of who never wrote")
	live := v.follow(nil)
	v.write("c-1", "hello")
	conv := h.one(ch)
	st, _ = v.say("POST", "/events", object{"type": "chat_ended"})
	require.Equal(t, 204, st)
	v.write("c-2", "something new")
	require.Equal(t, conv["id"], live.next("conversation.closed")["id"])
	h.eventually("a new conversation", func() bool { return len(h.conversations(ch)) == 2 })
	for _, c := range h.conversations(ch) {
		require.Len(t, h.messages(c["id"]), 1)
	}
}

func TestFilesOfVisitors(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	ch := h.webchat(nil, nil)
	_, token := h.agent("bea")
	v, other := h.visitor(ch, object{}), h.visitor(ch, object{})
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 3))))
	put := func(v *visitor, name string, body []byte) (int, object) {
		req := v.request("POST", "/attachments?name="+url.QueryEscape(name), bytes.NewReader(body))
		req.Header.Set("Content-Type", "image/png")
		return h.do(req)
	}
	st, up := put(v, "../box.png", picture.Bytes())
	require.Equal(t, 201, st, up)
	require.Equal(t, "image/png", up["mime"])
	require.Equal(t, "box.png", up["name"])
	st, page := put(v, "box.png", []byte("<html><script>alert(1)</script>"))
	require.Equal(t, 201, st)
	require.Contains(t, page["mime"], "text/html", "a type is what the bytes show")
	st, _ = put(v, "big", make([]byte, 10<<20+1))
	require.Equal(t, 413, st)
	st, _ = put(v, "empty", nil)
	require.Equal(t, 422, st)

	st, _ = other.say("POST", "/messages", object{"client_id": "o-1", "attachment_ids": []any{up["id"]}})
	require.Equal(t, 422, st, "somebody else's file")
	st, out := v.say("POST", "/messages", object{"client_id": "c-1", "text": "look", "attachment_ids": []any{up["id"], page["id"]}})
	require.Equal(t, 201, st, out)
	conv := h.one(ch)
	m := h.messages(conv["id"])[0]
	require.Equal(t, "image", m["type"])
	files := m["attachments"].([]any)
	require.Len(t, files, 2)
	get := func(address, token string) *http.Response {
		u, err := url.Parse(address)
		require.NoError(t, err)
		req, err := http.NewRequest("GET", h.base+u.RequestURI(), nil)
		require.NoError(t, err)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	resp := get(files[0].(object)["url"].(string), token)
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "image/png", resp.Header.Get("Content-Type"))
	resp = get(files[1].(object)["url"].(string), token)
	require.Contains(t, resp.Header.Get("Content-Disposition"), "attachment")

	// An agent's file is read at an address of its own, for an hour.
	req, err := http.NewRequest("POST", h.base+"/v1/uploads?name=bill.pdf", strings.NewReader("%PDF-1.4 bill"))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	_, upload := h.do(req)
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "the bill", "attachments": []object{{"upload_id": upload["id"]}}}, token)
	_, history := v.history("")
	bill := history["data"].([]any)[1].(object)
	require.Equal(t, "the bill", bill["text"])
	address := bill["attachments"].([]any)[0].(object)["url"].(string)
	resp = get(address, "")
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	require.Equal(t, 403, get(strings.Replace(address, "signature=", "signature=x", 1), "").StatusCode)
	require.Equal(t, 403, get(strings.Replace(address, "expires=", "expires=9", 1), "").StatusCode)
}

func TestWhatVisitorsMaySend(t *testing.T) {
	h := startHub(t, newConfig(t))
	v := h.visitor(h.webchat(nil, nil), object{})
	for name, c := range map[string]struct {
		body   object
		status int
	}{
		"nothing":                 {object{"client_id": "a"}, 422},
		"white space":             {object{"client_id": "a", "text": " \n"}, 422},
		"no client_id":            {object{"text": "x"}, 422},
		"a client_id with spaces": {object{"client_id": "a b", "text": "x"}, 422},
		"too long a text":         {object{"client_id": "a", "text": strings.Repeat("x", 10_001)}, 422},
		"too large a body":        {object{"client_id": "a", "text": strings.Repeat("x", 70_000)}, 413},
		"a field nobody knows":    {object{"client_id": "a", "text": "x", "author": "admin"}, 422},
		"a page that is a script": {object{"client_id": "a", "text": "x", "page": object{"url": "javascript:alert(1)"}}, 422},
		"a longest text":          {object{"client_id": "b", "text": strings.Repeat("é", 10_000)}, 201},
		"a place":                 {object{"client_id": "c", "location": object{"latitude": 1.5, "longitude": 2.5}}, 201},
		"a button":                {object{"client_id": "d", "postback": object{"id": "yes", "title": "Yes"}}, 201},
	} {
		st, out := v.say("POST", "/messages", c.body)
		require.Equal(t, c.status, st, "%s: %v", name, out)
	}
	for i := range 30 {
		st, _ := v.say("POST", "/messages", object{"client_id": fmt.Sprint("f", i), "text": "flood"})
		if st == 429 {
			return
		}
	}
	require.Fail(t, "a flood is not bounded")
}

func TestAStreamHearsOfAnotherProcess(t *testing.T) {
	server, redis := mongotest.Start(t), queuetest.Start(t)
	cfg := sharedConfig(t, server.Database(t), redis.URL())
	writer := startRole(t, cfg, app.RoleAll)
	reader := startRole(t, cfg, app.RoleAPI)
	ch := writer.webchat(nil, nil)
	_, token := writer.agent("bea")
	v := reader.visitor(ch, object{})
	live := v.follow(nil)
	v.write("c-1", "hello")
	require.Equal(t, "hello", live.next("message.created")["text"])
	writer.reply(writer.one(ch)["id"], token, "hello from afar")
	require.Equal(t, "hello from afar", live.next("message.created")["text"])
	there := &visitor{hub: writer, channel: ch, token: v.token, origin: shop}
	st, _ := there.say("DELETE", "/sessions", nil)
	require.Equal(t, 204, st)
	live.next("session.revoked")
	st, _ = v.say("GET", "/messages", nil)
	require.Equal(t, 401, st)
}
