package browsertest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// lab is a worker, which has no DOM, with the clients of sdk/ in it, and the
// hub behind a proxy that does harm.
type lab struct {
	*tab
	hub *hub

	mu sync.Mutex
	// harm is asked about each request, with how often the same was made
	// before; it answers whether the client is to have the answer. The hub
	// always gets the request, unless before answers a status.
	before func(r *http.Request, nth int) int
	answer func(r *http.Request, nth int) bool
	seen   map[string]int
}

func newLab(t *testing.T, h *hub) *lab {
	t.Helper()
	l := &lab{tab: newProfile(t), hub: h, seen: map[string]int{}}
	to, err := url.Parse(h.base)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.FlushInterval = -1
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	proxy.ModifyResponse = func(resp *http.Response) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.answer != nil && !l.answer(resp.Request, l.seen[name(resp.Request)]) {
			return fmt.Errorf("the answer is lost")
		}
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("/lab/", http.StripPrefix("/lab/", http.FileServer(http.Dir("testdata/lab"))))
	mux.HandleFunc("/lab/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!doctype html><title>lab</title><script src="/lab/lab.js"></script>`)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.seen[name(r)]++
		status := 0
		if l.before != nil {
			status = l.before(r, l.seen[name(r)])
		}
		l.mu.Unlock()
		if status != 0 {
			http.Error(w, "no", status)
			return
		}
		proxy.ServeHTTP(w, r)
	})
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = nil
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	l.open(server.URL + "/lab/")
	l.until("the worker runs", `typeof lab === "function"`)
	l.do(fmt.Sprintf(`kept.hub = %q; kept.api = new Api({hub: %q, token: %q})`, server.URL, server.URL, adminToken))
	return l
}

// name is what a request is, whatever it carries.
func name(r *http.Request) string { return r.Method + " " + r.URL.Path }

// harms sets what becomes of requests from here on.
func (l *lab) harms(before func(r *http.Request, nth int) int, answer func(r *http.Request, nth int) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.answer = before, answer
	clear(l.seen)
}

// do runs code in the worker and answers its value.
func (l *lab) do(code string) any {
	l.t.Helper()
	raw := js[string](l.tab, `lab(`+quoteJS(code)+`)`)
	var value any
	require.NoError(l.t, json.Unmarshal([]byte(raw), &value))
	return value
}

func quoteJS(code string) string {
	raw, err := json.Marshal(code)
	if err != nil { // texts always marshal
		return `""`
	}
	return string(raw)
}

// chats opens a chat in the worker under a name.
func (l *lab) chats(as, channel, more string) {
	l.t.Helper()
	l.do(fmt.Sprintf(`
		const chat = kept.%s = new webchat.Chat({hub: kept.hub, channel: %q, backoff: {first: 30, most: 200}, pollEvery: 100, %s});
		chat.start();
		await until(() => chat.state.line === 'live');`, as, channel, more))
}

// texts are what a chat shows, with how far each message of the visitor's got.
func (l *lab) texts(as string) []any {
	l.t.Helper()
	list, _ := l.do(fmt.Sprintf(`return kept.%s.state.entries.map((e) => (e.delivery ? e.delivery + ": " : "") + e.text)`, as)).([]any)
	return list
}

func TestTheClientsOfTheSDKHoldATalkWithoutADOM(t *testing.T) {
	h := newDesk(t)
	l := newLab(t, h)
	require.Equal(t, "undefined", l.do(`return typeof document`))
	// The API's client makes the channel, and is the agent.
	ch := l.do(`
		const ch = await kept.api.post('/v1/channels', {body: {kind: 'webchat', name: 'App', enabled: true, credentials: {identity_secret: 'sixteen letters at least'}, settings: {greeting: 'Hi'}, style: {name: 'social_messaging'}}});
		return kept.channel = ch.id`).(string)
	l.chats("chat", ch, "")
	require.Equal(t, "Hi", l.do(`return kept.chat.state.config.greeting`))
	l.do(`kept.chat.send({text: 'one'}); await until(() => kept.chat.state.entries[0].conversation_id)`)
	l.do(`
		const [conv] = await all((cursor) => kept.api.get('/v1/conversations', {query: {channel_id: kept.channel, ...(cursor ? {cursor} : {})}}));
		kept.path = {conversation_id: conv.id};
		await kept.api.post('/v1/conversations/{conversation_id}/messages', {path: kept.path, body: {text: 'two'}, key: 'k1'});
		await kept.api.post('/v1/conversations/{conversation_id}/messages', {path: kept.path, body: {text: 'two'}, key: 'k1'});
		await until(() => kept.chat.state.unread === 1);
		kept.chat.read();
		await until(async () => (await kept.api.get('/v1/conversations/{conversation_id}/messages', {path: kept.path})).data.at(-1).status === 'read');`)
	require.Equal(t, []any{"read: one", "two"}, l.texts("chat"))

	// A refusal says why.
	require.Equal(t, []any{float64(404), "not_found"}, l.do(`
		try { await kept.api.get('/v1/conversations/{conversation_id}', {path: {conversation_id: 'cv_none'}}) }
		catch (e) { return e instanceof Refused && [e.status, e.code] }`))

	// Ended by the visitor, and gone on with.
	l.do(`await kept.chat.end(); await until(() => kept.chat.state.conversation.state === 'ended');
		kept.chat.send({text: 'three'}); await until(() => kept.chat.state.conversation.state === 'open' && kept.chat.state.entries.length === 3)`)
	// A file, whose bytes come back.
	require.Equal(t, "bytes", l.do(`
		const file = await kept.chat.upload('a.txt', new TextEncoder().encode('bytes'));
		kept.chat.send({text: 'four', files: [file]});
		const entry = await until(() => kept.chat.state.entries.find((e) => e.text === 'four' && e.attachments[0].url));
		return (await fetch(entry.attachments[0].url.replace(/^https?:..[^/]+/, kept.hub))).text()`))
	l.sound()
}

func TestTheWebChatClientSendsOnceWhateverHappens(t *testing.T) {
	h := newDesk(t)
	ch := h.chat(object{"name": "social_messaging"}, nil)
	l := newLab(t, h)
	l.chats("chat", ch, "")
	posting := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages")
	}
	// Each second answer is lost, now and then the hub is busy.
	l.harms(func(r *http.Request, nth int) int {
		if posting(r) && nth%5 == 3 {
			return http.StatusServiceUnavailable
		}
		return 0
	}, func(r *http.Request, nth int) bool { return !posting(r) || nth%2 == 0 })
	l.do(`for (let i = 0; i < 6; i++) kept.chat.send({text: 'message ' + i});
		await until(() => kept.chat.state.entries.length === 6 && kept.chat.state.entries.every((e) => e.conversation_id))`)
	list := h.holds(h.newest(ch, 1)["id"], 6)
	for i, m := range list {
		require.Equal(t, fmt.Sprint("message ", i), m.(object)["text"])
	}

	// What cannot be sent says so, and lets the next one pass.
	l.harms(nil, nil)
	l.do(`kept.bad = kept.chat.send({text: 'x', replyTo: 'a'.repeat(300)}); kept.chat.send({text: 'good'});
		await until(() => kept.chat.state.entries.some((e) => e.delivery === 'failed') && kept.chat.state.entries.some((e) => e.text === 'good' && e.conversation_id))`)
	require.Equal(t, float64(1), l.do(`kept.chat.discard(kept.bad); await until(() => !kept.chat.state.entries.some((e) => e.delivery === 'failed')); return kept.chat.state.entries.filter((e) => e.text === 'good').length`))
	l.sound()
}

func TestTheWebChatClientMissesNothing(t *testing.T) {
	for name, how := range map[string]string{"by the stream": "", "by asking": "stream: false"} {
		t.Run(name, func(t *testing.T) {
			h := newDesk(t)
			ch := h.chat(object{"name": "social_messaging"}, nil)
			l := newLab(t, h)
			l.chats("chat", ch, how)
			l.do(`kept.chat.send({text: 'hello'}); await until(() => kept.chat.state.entries[0]?.conversation_id)`)
			conv := h.newest(ch, 1)["id"]
			for i := range 4 {
				// The line is down, something is said, the line is back.
				l.harms(func(r *http.Request, _ int) int {
					if strings.HasPrefix(r.URL.Path, "/webchat/") {
						return http.StatusBadGateway
					}
					return 0
				}, nil)
				l.do(`kept.chat.cut(); await until(() => kept.chat.state.line === 'lost')`)
				h.answer(conv, object{"text": fmt.Sprint("answer ", i)})
				l.harms(nil, nil)
				l.do(fmt.Sprintf(`await until(() => kept.chat.state.line === 'live' && kept.chat.state.entries.length === %d)`, i+2))
			}
			require.Equal(t, []any{"read: hello", "answer 0", "answer 1", "answer 2", "answer 3"}, l.texts("chat"))
			// An app in the background, and back.
			l.do(`kept.chat.stop(); await until(() => kept.chat.state.line === 'idle')`)
			h.answer(conv, object{"text": "answer 4"})
			l.do(`kept.chat.start(); await until(() => kept.chat.state.entries.length === 6)`)
			require.Equal(t, float64(5), l.do(`return kept.chat.state.unread`))
			l.sound()
		})
	}
}

func TestWhoSignsInFindsTheirTalkAndWhoSignsOutLeavesNone(t *testing.T) {
	h := newDesk(t)
	const secret = "sixteen letters at least"
	ch := h.must(http.StatusCreated, http.MethodPost, "/v1/channels", object{
		"kind": "webchat", "name": "App", "enabled": true, "settings": object{}, "credentials": object{"identity_secret": secret},
	})["id"].(string)
	l := newLab(t, h)
	l.do(`const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('` + secret + `'), {name: 'HMAC', hash: 'SHA-256'}, false, ['sign']);
		kept.vouch = async (id) => ({external_id: id, hash: Array.from(new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(id))), (b) => b.toString(16).padStart(2, '0')).join('')})`)
	// Anonymous first, then signed in: the talk stays.
	l.chats("phone", ch, "")
	l.do(`kept.phone.send({text: 'from the phone'}); await until(() => kept.phone.state.entries[0]?.conversation_id);
		await kept.phone.identify(() => kept.vouch('user-7'));
		await until(() => kept.phone.state.externalID === 'user-7' && kept.phone.state.line === 'live' && kept.phone.state.entries.length === 1)`)
	// On another device.
	l.chats("laptop", ch, "identity: () => kept.vouch('user-7')")
	require.Equal(t, []any{"received: from the phone"}, l.texts("laptop"))
	// Somebody else sees nothing of it.
	l.do(`await kept.laptop.identify(() => kept.vouch('user-8')); await until(() => kept.laptop.state.externalID === 'user-8' && kept.laptop.state.line === 'live')`)
	require.Empty(t, l.texts("laptop"))
	// The app starts anew and its site says that nobody is signed in: the token
	// that was kept is not for whoever holds the phone now.
	l.do(`const store = kept.store = webchat.memory();
		const first = new webchat.Chat({hub: kept.hub, channel: '` + ch + `', storage: store, identity: () => kept.vouch('user-7')});
		first.start(); await until(() => first.state.entries.length === 1); first.stop()`)
	l.chats("stranger", ch, "storage: kept.store, identity: () => null")
	require.Nil(t, l.do(`return kept.stranger.state.externalID`))
	require.Empty(t, l.texts("stranger"))
	l.do(`await kept.phone.signOut()`)
	require.Empty(t, l.texts("phone"))
	l.do(`kept.phone.start(); await until(() => kept.phone.state.line === 'live')`)
	require.Nil(t, l.do(`return kept.phone.state.externalID`))
	require.Empty(t, l.texts("phone"))
	l.sound()
}
