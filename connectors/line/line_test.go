package line_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/line"
	"threadhub/normalize"
)

const (
	header   = "X-Line-Signature"
	token    = "line-access-token-of-this-suite/+="
	secret   = "line-channel-secret-1"
	previous = "line-channel-secret-0"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"channel_access_token":    connectors.NewSecret(token),
			"channel_secret":          connectors.NewSecret(secret),
			"channel_secret_previous": connectors.NewSecret(previous),
		},
		Settings: json.RawMessage(`{"video_preview_url":"https://media.example/preview.png"}`),
	}
}

func signature(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func suite() conntest.Suite {
	return conntest.Suite{
		Kind:   line.Kind(),
		Config: config(),
		Cases:  "../../testdata/line",
		Sign: func(req *connectors.Request, _ time.Time) {
			req.Header.Set(header, signature(secret, string(req.Body)))
		},
		SignsBody: true,
		Batches:   true,
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
	conn, err := line.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func post(body string, signatures ...string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: signatures}, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	const body = `{"destination":"Uab","events":[]}`
	// The example that goes round with LINE's SDKs.
	const (
		knownSecret    = "8c570fa6dd201bb328f1c1eac23a96d8"
		knownBody      = `{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}`
		knownSignature = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="
	)
	known := func(c *connectors.Config) { c.Credentials["channel_secret"] = connectors.NewSecret(knownSecret) }
	rotated := func(c *connectors.Config) { delete(c.Credentials, "channel_secret_previous") }
	tests := map[string]struct {
		change     func(*connectors.Config)
		body       string
		signatures []string
		ok         bool
	}{
		"the known example is accepted":                  {known, knownBody, []string{knownSignature}, true},
		"the current secret's signature is accepted":     {nil, body, []string{signature(secret, body)}, true},
		"the previous secret counts while it is kept":    {nil, body, []string{signature(previous, body)}, true},
		"the previous secret counts no more without it":  {rotated, body, []string{signature(previous, body)}, false},
		"an absent secret signs nothing":                 {rotated, body, []string{signature("", body)}, false},
		"another spelling of the same bytes is refused":  {known, knownBody, []string{"GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLt="}, false},
		"a right signature before a forged one is no go": {nil, body, []string{signature(secret, body), "x"}, false},
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
		"a server of one's own is fine":           {token: token, settings: `{"api_base_url":"http://127.0.0.1:8081/","data_base_url":"http://127.0.0.1:8082"}`},
		"a token with a line break":               {token: "abc\ndef", refused: "channel_access_token"},
		"an address without a scheme":             {token: token, settings: `{"api_base_url":"api.example"}`, refused: "api_base_url"},
		"a data address of another scheme":        {token: token, settings: `{"data_base_url":"ftp://api.example"}`, refused: "data_base_url"},
		"an address with a password":              {token: token, settings: `{"api_base_url":"https://u:p@api.example"}`, refused: "api_base_url"},
		"an address with a query":                 {token: token, settings: `{"api_base_url":"https://api.example/?a=b"}`, refused: "api_base_url"},
		"settings of another type than an object": {token: token, settings: `[]`, refused: "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Credentials["channel_access_token"] = connectors.NewSecret(tt.token)
			c.Settings = json.RawMessage(tt.settings)
			_, err := line.Kind().New(c)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
			require.NotContains(t, err.Error(), tt.token)
		})
	}
}

func TestCallsGoToTheConfiguredServers(t *testing.T) {
	picture := &normalize.Attachment{Type: normalize.TypeImage, Ref: "51/2"}
	tests := map[string]struct{ settings, check, content string }{
		"LINE's own": {`{}`, "https://api.line.me", "https://api-data.line.me"},
		"one server of one's own stands for both": {`{"api_base_url":"http://127.0.0.1:1/line/"}`, "http://127.0.0.1:1/line", "http://127.0.0.1:1/line"},
		"a server of one's own for each":          {`{"api_base_url":"http://127.0.0.1:1","data_base_url":"http://127.0.0.1:2"}`, "http://127.0.0.1:1", "http://127.0.0.1:2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn := open(t, func(c *connectors.Config) { c.Settings = json.RawMessage(tt.settings) })
			require.Equal(t, tt.check+"/v2/bot/info", conn.(connectors.Checker).Check().URL)
			call, err := conn.(connectors.MediaResolver).Media(picture, nil)
			require.NoError(t, err)
			require.Equal(t, tt.content+"/v2/bot/message/51%2F2/content", call.URL)
		})
	}
}

// TestSamplesOfOthersAreUnderstood reads bodies collected from public sources,
// where they are at hand: none may be refused or remain Unknown.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/line/*.json")
	require.NoError(t, err)
	conn := open(t, nil)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, conn.Verify(post(string(body), signature(secret, string(body))), time.Time{}))
			events, err := conn.Parse(post(string(body)))
			require.NoError(t, err)
			require.NotEmpty(t, events)
			for _, ev := range events {
				require.NoError(t, ev.Validate())
				require.NotEqual(t, normalize.EventUnknown, ev.Type)
				if ev.Message != nil {
					require.NotEqual(t, normalize.TypeUnsupported, ev.Message.Type)
				}
				require.Equal(t, filepath.Base(path) == "empty_events_url_verification.json", ev.Peer.ID == "")
			}
		})
	}
}
