package webchat_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/webchat"
	"threadhub/normalize"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"identity_secret":          connectors.NewSecret("webchat-identity-secret-1"),
			"identity_secret_previous": connectors.NewSecret("webchat-identity-secret-0"),
		},
		Settings: json.RawMessage(`{"allowed_origins":["https://shop.example","http://localhost:3000"],"greeting":"Olá!","require_identity":true}`),
	}
}

// suite has nothing to sign with: visitors are no platform.
func suite() conntest.Suite {
	return conntest.Suite{
		Kind: webchat.Kind(), Config: config(), Cases: "../../testdata/webchat",
		Sign: func(*connectors.Request, time.Time) {}, Batches: true,
	}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

// open makes a widget of the suite's configuration with changes to it.
func open(t testing.TB, change func(*connectors.Config)) *webchat.Widget {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	conn, err := webchat.Kind().New(c)
	require.NoError(t, err)
	return conn.(*webchat.Widget)
}

func TestWebhooksAreRefused(t *testing.T) {
	require.ErrorIs(t, open(t, nil).Verify(&connectors.Request{Method: "POST"}, time.Now()), connectors.ErrSignature)
}

func TestOriginsAreComparedExactly(t *testing.T) {
	w := open(t, nil)
	for origin, allowed := range map[string]bool{
		"https://shop.example":          true,
		"HTTPS://Shop.Example":          true,
		"http://localhost:3000":         true,
		"http://shop.example":           false,
		"https://shop.example:8443":     false,
		"https://shop.example.evil.com": false,
		"https://evil-shop.example":     false,
		"https://www.shop.example":      false,
		"https://shop.example/":         false,
		"http://localhost":              false,
		"null":                          false,
		"":                              false,
	} {
		require.Equal(t, allowed, w.Allows(origin), origin)
	}
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		settings string
		secrets  bool
		refused  string
	}{
		"nothing at all is fine":               {settings: ``},
		"a colour has a default":               {settings: `{"colour":""}`},
		"settings of another type":             {settings: `[]`, refused: "settings"},
		"an identity is asked for and unknown": {settings: `{"require_identity":true}`, refused: "require_identity"},
		"keys that are none":                   {settings: `{"identity_keys":"-----BEGIN"}`, refused: "identity_keys"},
		"keys for encryption only":             {settings: `{"identity_keys":"{\"keys\":[{\"kty\":\"RSA\",\"use\":\"enc\"}]}"}`, refused: "identity_keys"},
		"an RSA key that is none":              {settings: `{"identity_keys":"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"%\",\"e\":\"AQAB\"}]}"}`, refused: "key 0"},
		"an RSA key that is too short":         {settings: `{"identity_keys":"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"qqqq\",\"e\":\"AQAB\"}]}"}`, refused: "2048"},
		"an Ed25519 key that is too short":     {settings: `{"identity_keys":"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"qqqq\"}]}"}`, refused: "Ed25519"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := connectors.Config{Settings: json.RawMessage(tt.settings)}
			conn, err := webchat.Kind().New(c)
			if tt.refused != "" {
				require.ErrorContains(t, err, tt.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "#2457d6", conn.(*webchat.Widget).Colour)
		})
	}
}

func TestWhatTheChatShowsIsNeverDegraded(t *testing.T) {
	for name, m := range map[string]normalize.Message{
		"a text of the greatest length": {Type: normalize.TypeText, Text: string(make([]rune, webchat.MaxText))},
		"buttons under a picture": {
			Type: normalize.TypeImage, Text: "Which?", Attachments: []normalize.Attachment{{Type: normalize.TypeImage, URL: "https://a.example/1"}},
			Buttons: []normalize.Button{{ID: "a", Title: "A"}, {Title: "B", URL: "https://b.example/"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			parts, losses, err := normalize.Fit(m, webchat.Kind().Caps)
			require.NoError(t, err)
			require.Len(t, parts, 1)
			require.Empty(t, losses)
		})
	}
}
