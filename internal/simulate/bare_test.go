package simulate

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheBareEndpointVerifiesAndDecodes(t *testing.T) {
	for _, kind := range early() {
		p := openPlatform(t, kind)
		secret := p.Account().Credentials["secret_token"] + p.Account().Credentials["app_secret"]
		h := Bare{Kind: kind, Secret: secret}.Handler()
		hook, _, _ := p.Webhook(Act{Kind: Say, By: Cast()[0], At: time.Now(), Text: "ça va ?"})
		post := func(header http.Header, body []byte) int {
			r := httptest.NewRequest(http.MethodPost, "/webhooks/bare", bytes.NewReader(body))
			r.Header = header
			return served(h)(r).StatusCode
		}
		require.Equal(t, 200, post(hook.Header, hook.Body), kind)
		require.Equal(t, 401, post(http.Header{}, hook.Body), kind)
		require.Equal(t, 413, post(hook.Header, make([]byte, bareBody+1)), kind)
		if kind == kindTelegram { // WhatsApp's signature is one of the body
			require.Equal(t, 400, post(hook.Header, []byte("{")), kind)
		} else {
			require.Equal(t, 401, post(hook.Header, append([]byte(" "), hook.Body...)), kind)
		}
	}
}

func TestTheBareEndpointSendsReplies(t *testing.T) {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/bot1/sendMessage" || string(body) != `{"chat_id":1,"text":"oui"}` {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer platform.Close()
	post := func(to, path, body string) int {
		h := Bare{Kind: kindTelegram, Secret: "s", Platform: to}.Handler()
		return served(h)(httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))).StatusCode
	}
	require.Equal(t, 202, post(platform.URL, "/sends/bot1/sendMessage", `{"chat_id":1,"text":"oui"}`))
	require.Equal(t, 502, post(platform.URL, "/sends/bot1/sendMessage", `{"chat_id":1,"text":"non"}`), "the platform refuses")
	require.Equal(t, 502, post("http://127.0.0.1:1", "/sends/bot1/sendMessage", `{"chat_id":1,"text":"oui"}`), "the platform is away")
	require.Equal(t, 400, post(platform.URL, "/sends/bot1/sendMessage", `{}`))
	require.Equal(t, 400, post(platform.URL, "/sends/bot1/sendMessage", `{`))
	require.Equal(t, 413, post(platform.URL, "/sends/bot1/sendMessage", `{"text":"`+strings.Repeat("a", bareBody)+`"}`))
}

func TestTheBareEndpointTellsItsAddress(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- Bare{Kind: "telegram", Addr: "127.0.0.1:0", Secret: "s"}.Run(ctx, w) }()
	line, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(line, "http://127.0.0.1:"))
	cancel()
	require.NoError(t, <-done)
}
