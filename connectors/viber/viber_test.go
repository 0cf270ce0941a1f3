package viber_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/viber"
	"threadhub/normalize"
)

const (
	header   = "X-Viber-Content-Signature"
	token    = "0a1b2c3d4e5f6071-8293a4b5c6d7e8f9-suite0000000001"
	previous = "0a1b2c3d4e5f6071-8293a4b5c6d7e8f9-suite0000000000"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"auth_token":          connectors.NewSecret(token),
			"auth_token_previous": connectors.NewSecret(previous),
		},
		Settings: json.RawMessage(`{"sender_name":"Kite Bakery","sender_avatar":"https://media.example/kite.jpg"}`),
	}
}

func signature(token, body string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func suite() conntest.Suite {
	return conntest.Suite{
		Kind:      viber.Kind(),
		Config:    config(),
		Cases:     "../../testdata/viber",
		Sign:      func(req *connectors.Request, _ time.Time) { req.Header.Set(header, signature(token, string(req.Body))) },
		SignsBody: true,
	}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }
func FuzzVerify(f *testing.F)      { conntest.FuzzVerify(f, suite()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

// open makes a connector of the suite's configuration with changes to it.
func open(t testing.TB, change func(*connectors.Config)) connectors.Connector {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	conn, err := viber.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func settings(raw string) func(*connectors.Config) {
	return func(c *connectors.Config) { c.Settings = json.RawMessage(raw) }
}

func post(body string, signatures ...string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: signatures}, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	const body = `{"event":"webhook","timestamp":1773480413123,"message_token":7}`
	// The example of Viber's own SDK.
	const (
		knownToken     = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3"
		knownBody      = `{"event":"webhook","timestamp":4977069964384421269,"message_token":1478683725125}`
		knownSignature = "d21b343448c8aee33b8e93768ef6ceb64a6ba6163099973a2b8bd028fea510ef"
	)
	with := func(token string) func(*connectors.Config) {
		return func(c *connectors.Config) { c.Credentials["auth_token"] = connectors.NewSecret(token) }
	}
	rotated := func(c *connectors.Config) { delete(c.Credentials, "auth_token_previous") }
	tests := map[string]struct {
		change     func(*connectors.Config)
		body       string
		signatures []string
		ok         bool
	}{
		"the SDK's example is accepted":                  {with(knownToken), knownBody, []string{knownSignature}, true},
		"the shortest example is accepted":               {with("2"), "1", []string{"4703d481ddedca88184497744b52937586bef3b273645082c04529f73b85456e"}, true},
		"the current token's signature is accepted":      {nil, body, []string{signature(token, body)}, true},
		"the previous token counts while it is kept":     {nil, body, []string{signature(previous, body)}, true},
		"the previous token counts no more without it":   {rotated, body, []string{signature(previous, body)}, false},
		"an absent token signs nothing":                  {rotated, body, []string{signature("", body)}, false},
		"upper-case hex is refused":                      {nil, body, []string{strings.ToUpper(signature(token, body))}, false},
		"a right signature before a forged one is no go": {nil, body, []string{signature(token, body), "x"}, false},
		"no signature is refused":                        {nil, body, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := open(t, tt.change).Verify(post(tt.body, tt.signatures...), time.Time{})
			if tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrSignature)
			}
		})
	}
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		token, settings string
		refused         string
	}{
		"no settings at all are fine":             {token: token},
		"a server of one's own is fine":           {token: token, settings: `{"api_base_url":"http://127.0.0.1:8081/"}`},
		"a name of 28 characters is fine":         {token: token, settings: `{"sender_name":"` + strings.Repeat("é", 28) + `"}`},
		"a longer name":                           {token: token, settings: `{"sender_name":"` + strings.Repeat("é", 29) + `"}`, refused: "sender_name"},
		"a token with a line break":               {token: "abc\ndef", refused: "auth_token"},
		"an address without a scheme":             {token: token, settings: `{"api_base_url":"api.example"}`, refused: "api_base_url"},
		"an address with a password":              {token: token, settings: `{"api_base_url":"https://u:p@api.example"}`, refused: "api_base_url"},
		"an address with a query":                 {token: token, settings: `{"api_base_url":"https://api.example/?a=b"}`, refused: "api_base_url"},
		"settings of another type than an object": {token: token, settings: `[]`, refused: "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Credentials["auth_token"] = connectors.NewSecret(tt.token)
			c.Settings = json.RawMessage(tt.settings)
			_, err := viber.Kind().New(c)
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
	for base, want := range map[string]string{
		"":                              "https://chatapi.viber.com/pa/get_account_info",
		"https://chatapi.viber.com/":    "https://chatapi.viber.com/pa/get_account_info",
		"https://chatapi.viber.com/pa/": "https://chatapi.viber.com/pa/get_account_info",
		"http://127.0.0.1:1/viber":      "http://127.0.0.1:1/viber/pa/get_account_info",
	} {
		conn := open(t, settings(`{"api_base_url":"`+base+`"}`))
		require.Equal(t, want, conn.(connectors.Checker).Check().URL)
	}
}

func TestWebhookAddressesThatViberRefusesAreRefusedBeforehand(t *testing.T) {
	tests := map[string]struct{ base, webhook, refused string }{
		"https is fine":                           {"", "https://hub.example/webhooks/ch_1", ""},
		"plain http is refused":                   {"", "http://hub.example/webhooks/ch_1", "https"},
		"an IP address is refused":                {"", "https://203.0.113.7/webhooks/ch_1", "domain"},
		"an IPv6 address is refused":              {"", "https://[2001:db8::7]:8443/webhooks/ch_1", "domain"},
		"a server of one's own takes any address": {"http://127.0.0.1:1", "http://127.0.0.1:9/webhooks/ch_1", ""},
		"an address without a host is refused":    {"", "/webhooks/ch_1", "absolute"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn := open(t, settings(`{"api_base_url":"`+tt.base+`"}`))
			_, err := conn.(connectors.Subscriber).Subscribe(tt.webhook)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
		})
	}
}

// TestSamplesOfOthersAreUnderstood reads bodies collected from public sources,
// where they are at hand: none may be refused or remain Unknown.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/viber/*.json")
	require.NoError(t, err)
	conn := open(t, nil)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, conn.Verify(post(string(body), signature(token, string(body))), time.Time{}))
			events, err := conn.Parse(post(string(body)))
			require.NoError(t, err)
			require.NotEmpty(t, events)
			for _, ev := range events {
				require.NoError(t, ev.Validate())
				require.NotEqual(t, normalize.EventUnknown, ev.Type)
				if ev.Message != nil {
					require.NotEqual(t, normalize.TypeUnsupported, ev.Message.Type)
				}
			}
		})
	}
}
