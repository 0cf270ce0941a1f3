package app_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

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
	for _, route := range []struct {
		method, path string
		body         object
	}{
		{"DELETE", "/sessions", nil},
		{"POST", "/messages", object{"client_id": "x", "text": "x"}},
		{"POST", "/stream-tickets", nil},
		{"GET", "/stream", nil},
		{"POST", "/typing", nil},
		{"POST", "/read", object{"up_to": "x"}},
		{"POST", "/events", object{"type": "page_view"}},
		{"POST", "/attachments", nil},
	} {
		v := &visitor{hub: h, channel: ch, token: good + "x", origin: shop}
		var body any
		if route.body != nil {
			body = route.body
		}
		st, _ := v.say(route.method, route.path, body)
		require.Equal(t, 401, st, route.path)
	}
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
