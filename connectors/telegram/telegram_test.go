package telegram_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/telegram"
	"threadhub/normalize"
)

const (
	header   = "X-Telegram-Bot-Api-Secret-Token"
	token    = "7100200300:TEST-token_of-this-suite"
	secret   = "secret-token-of-this-suite"
	previous = "previous-token-of-this-suite"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"bot_token":             connectors.NewSecret(token),
			"secret_token":          connectors.NewSecret(secret),
			"secret_token_previous": connectors.NewSecret(previous),
		},
		Settings: json.RawMessage(`{}`),
	}
}

func suite() conntest.Suite {
	return conntest.Suite{
		Kind:   telegram.Kind(),
		Config: config(),
		Cases:  "../../testdata/telegram",
		Sign:   func(req *connectors.Request, _ time.Time) { req.Header.Set(header, secret) },
	}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }
func FuzzVerify(f *testing.F)      { conntest.FuzzVerify(f, suite()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

func open(t testing.TB, c connectors.Config) connectors.Connector {
	t.Helper()
	conn, err := telegram.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func signed(value string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: {value}}, Body: []byte(`{"update_id":1}`)}
}

func TestThePreviousSecretTokenIsAcceptedDuringARotation(t *testing.T) {
	require.NoError(t, open(t, config()).Verify(signed(previous), time.Time{}))

	rotated := config()
	delete(rotated.Credentials, "secret_token_previous")
	require.ErrorIs(t, open(t, rotated).Verify(signed(previous), time.Time{}), connectors.ErrSignature)
	require.ErrorIs(t, open(t, rotated).Verify(signed(""), time.Time{}), connectors.ErrSignature)
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		token, settings string
		refused         string
	}{
		"no settings at all are fine":             {token: token},
		"a server of one's own is fine":           {token: token, settings: `{"api_base_url":"http://127.0.0.1:8081/"}`},
		"a token that would change the path":      {token: "1:a/b", refused: "bot_token"},
		"a token that would begin a query":        {token: "1:a?b", refused: "bot_token"},
		"a token with a line break":               {token: "1:a\nb", refused: "bot_token"},
		"an address without a scheme":             {token: token, settings: `{"api_base_url":"api.example"}`, refused: "api_base_url"},
		"an address of another scheme":            {token: token, settings: `{"api_base_url":"ftp://api.example"}`, refused: "api_base_url"},
		"an address with a password":              {token: token, settings: `{"api_base_url":"https://u:p@api.example"}`, refused: "api_base_url"},
		"an address with a query":                 {token: token, settings: `{"api_base_url":"https://api.example/?a=b"}`, refused: "api_base_url"},
		"settings of another type than an object": {token: token, settings: `[]`, refused: "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Credentials["bot_token"] = connectors.NewSecret(tt.token)
			c.Settings = json.RawMessage(tt.settings)
			_, err := telegram.Kind().New(c)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
			require.NotContains(t, err.Error(), tt.token)
		})
	}
}

func TestCallsGoToTheConfiguredServer(t *testing.T) {
	c := config()
	c.Settings = json.RawMessage(`{"api_base_url":"http://127.0.0.1:8081/telegram/"}`)
	call := open(t, c).(connectors.Checker).Check()
	require.Equal(t, "http://127.0.0.1:8081/telegram/bot"+token+"/getMe", call.URL)
}

func TestWebhookAddressesThatTelegramRefusesAreRefusedBeforehand(t *testing.T) {
	tests := map[string]struct {
		secret, base, webhook string
		refused               string
	}{
		"https on the usual port is fine":           {secret: secret, webhook: "https://hub.example/webhooks/ch_1"},
		"https on port 8443 is fine":                {secret: secret, webhook: "https://hub.example:8443/webhooks/ch_1"},
		"plain http is refused":                     {secret: secret, webhook: "http://hub.example/webhooks/ch_1", refused: "https"},
		"other ports are refused":                   {secret: secret, webhook: "https://hub.example:9443/webhooks/ch_1", refused: "port"},
		"a server of one's own takes any address":   {secret: secret, base: "http://127.0.0.1:8081", webhook: "http://10.0.0.5:9000/webhooks/ch_1"},
		"an address without a host is refused":      {secret: secret, webhook: "/webhooks/ch_1", refused: "absolute"},
		"a secret with other characters is refused": {secret: "pass word!", webhook: "https://hub.example/webhooks/ch_1", refused: "secret_token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Credentials["secret_token"] = connectors.NewSecret(tt.secret)
			c.Settings = json.RawMessage(`{"api_base_url":"` + tt.base + `"}`)
			calls, err := open(t, c).(connectors.Subscriber).Subscribe(tt.webhook)
			if tt.refused == "" {
				require.NoError(t, err)
				require.Len(t, calls, 1)
				return
			}
			require.ErrorContains(t, err, tt.refused)
		})
	}
}

// TestTheFrontsErrorsAreToldFromTheAPIs: both say them in the same words, but
// only the API says that nothing was carried out.
func TestTheFrontsErrorsAreToldFromTheAPIs(t *testing.T) {
	conn := open(t, config())
	visible, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "5310001"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "hi"}},
	}, nil)
	require.NoError(t, err)
	quiet := conn.(connectors.Checker).Check()
	for _, tt := range []struct {
		status         int
		visible, quiet connectors.Verdict
	}{
		{500, connectors.Retry, connectors.Retry},
		{502, connectors.Unclear, connectors.Retry},
		{503, connectors.Retry, connectors.Retry},
		{504, connectors.Unclear, connectors.Retry},
	} {
		body, err := json.Marshal(map[string]any{"ok": false, "error_code": tt.status, "description": "words"})
		require.NoError(t, err)
		resp := &connectors.Response{Status: tt.status, Body: body}
		require.Equal(t, tt.visible, conn.Classify(visible, resp).Verdict, tt.status)
		require.Equal(t, tt.quiet, conn.Classify(quiet, resp).Verdict, tt.status)
	}
}

// TestSamplesOfOthersAreUnderstood reads bodies collected from public sources,
// where they are at hand: none may be refused or remain Unknown.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/telegram/*.json")
	require.NoError(t, err)
	conn := open(t, config())
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			events, err := conn.Parse(&connectors.Request{Method: http.MethodPost, Body: body})
			require.NoError(t, err)
			require.NotEmpty(t, events)
			for _, ev := range events {
				require.NoError(t, ev.Validate())
				require.NotEqual(t, normalize.EventUnknown, ev.Type)
				require.NotEmpty(t, ev.Peer.ID)
			}
		})
	}
}
