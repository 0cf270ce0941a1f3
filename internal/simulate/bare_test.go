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
	for _, kind := range Kinds() {
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
