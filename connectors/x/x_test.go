package x_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/x"
	"threadhub/normalize"
)

const (
	header       = "X-Twitter-Webhooks-Signature"
	clientHeader = "X-Twitter-Webhooks-Signature-Oauth2"
	secret       = "x-consumer-secret-1"
	previous     = "x-consumer-secret-0"
	client       = "x-client-secret-1"
	own          = "2244000000000000077"
)

func config() connectors.Config {
	c := connectors.Config{Credentials: map[string]connectors.Secret{}, Settings: json.RawMessage(`{"user_id":"` + own + `","webhook_id":"1976000000000000001"}`)}
	for name, value := range map[string]string{
		"consumer_key": "x-consumer-key-1", "consumer_secret": secret, "consumer_secret_previous": previous,
		"access_token": own + "-accessTokenOfThisSuite", "access_token_secret": "x-token-secret-1", "bearer_token": "x-bearer-token-1",
	} {
		c.Credentials[name] = connectors.NewSecret(value)
	}
	return c
}

func signature(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func suite() conntest.Suite {
	return conntest.Suite{
		Kind:   x.Kind(),
		Config: config(),
		Cases:  "../../testdata/x",
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
	conn, err := x.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func post(body string, signatures ...string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: signatures}, Body: []byte(body)}
}

func with(name, value string) func(*connectors.Config) {
	return func(c *connectors.Config) { c.Credentials[name] = connectors.NewSecret(value) }
}

func TestVerify(t *testing.T) {
	const (
		body           = `{"for_user_id":"1","direct_message_events":[]}`
		knownBody      = `{"for_user_id":"4337869213","direct_message_events":[]}`
		knownSignature = "sha256=Y6bY275KKBDy8msqYhAMIrE9o+K8myj3N6m3CTC+f+k="
	)
	rotated := func(c *connectors.Config) { delete(c.Credentials, "consumer_secret_previous") }
	tests := map[string]struct {
		change     func(*connectors.Config)
		body       string
		old, newer []string
		ok         bool
	}{
		"the known example is accepted":                    {with("consumer_secret", "consumer_secret"), knownBody, []string{knownSignature}, nil, true},
		"the current secret's signature is accepted":       {nil, body, []string{signature(secret, body)}, nil, true},
		"the previous secret counts while it is kept":      {nil, body, []string{signature(previous, body)}, nil, true},
		"the previous secret counts no more without it":    {rotated, body, []string{signature(previous, body)}, nil, false},
		"an absent secret signs nothing":                   {rotated, body, []string{signature("", body)}, nil, false},
		"a signature without its prefix is refused":        {nil, body, []string{strings.TrimPrefix(signature(secret, body), "sha256=")}, nil, false},
		"a right signature before a forged one is refused": {nil, body, []string{signature(secret, body), "x"}, nil, false},
		"no signature is refused":                          {nil, body, nil, nil, false},

		"the client secret signs its own header": {with("client_secret", client), body, nil, []string{signature(client, body)}, true},
		"the previous client secret counts while it is kept": {func(c *connectors.Config) {
			with("client_secret", "another")(c)
			with("client_secret_previous", client)(c)
		}, body, nil, []string{signature(client, body)}, true},
		"the newer header alone decides where its secret is":    {with("client_secret", client), body, []string{signature(secret, body)}, []string{"sha256=x"}, false},
		"the older header counts where the newer is missing":    {with("client_secret", client), body, []string{signature(secret, body)}, nil, true},
		"the older header counts where the client has none":     {nil, body, []string{signature(secret, body)}, []string{signature(client, body)}, true},
		"the newer header counts for nothing without a secret":  {nil, body, nil, []string{signature("", body)}, false},
		"the consumer secret does not sign for the client's is": {with("client_secret", client), body, nil, []string{signature(secret, body)}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := post(tt.body, tt.old...)
			if tt.newer != nil {
				req.Header[clientHeader] = tt.newer
			}
			err := open(t, tt.change).Verify(req, time.Time{})
			if tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrSignature)
			}
		})
	}
}

func TestAChallengeIsAnsweredUnlessItCouldBeAWebhook(t *testing.T) {
	tests := map[string]struct {
		change        func(*connectors.Config)
		method, token string
		want          string
	}{
		"the known example":                    {with("consumer_secret", "consumer_secret"), http.MethodGet, "challenge_string", "sha256=v1WdiCVwy17uGTMWveHGlqQXN/qW1bQraNXXByRO2YA="},
		"in base64":                            {nil, http.MethodGet, "NDM+/w==", signature(secret, "NDM+/w==")},
		"of an app with a client secret":       {with("client_secret", client), http.MethodGet, "abc", signature(client, "abc")},
		"that is the body of a webhook is not": {nil, http.MethodGet, `{"for_user_id":"1"}`, ""},
		"that is a list is not":                {nil, http.MethodGet, `[1]`, ""},
		"that is empty is not":                 {nil, http.MethodGet, "", ""},
		"that is endless is not":               {nil, http.MethodGet, strings.Repeat("x", 513), ""},
		"that is posted is not":                {nil, http.MethodPost, "abc", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := &connectors.Request{Method: tt.method, Query: url.Values{"crc_token": {tt.token}}}
			reply, ok := open(t, tt.change).(connectors.Handshaker).Handshake(req)
			require.Equal(t, tt.want != "", ok)
			if ok {
				require.JSONEq(t, `{"response_token":"`+tt.want+`"}`, string(reply.Body))
			}
		})
	}
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		token, settings, refused string
	}{
		"the account is told by the token":        {own + "-abc", `{}`, ""},
		"the account is a number":                 {"abc", `{"user_id":2244}`, ""},
		"the account is not told":                 {"abc", `{}`, "user_id"},
		"the account is an @name":                 {"abc", `{"user_id":"@parcels"}`, "user_id"},
		"a token with a line break":               {"1-a\nb", `{}`, "access_token"},
		"a webhook that is no number":             {"1-a", `{"webhook_id":"../x"}`, "webhook_id"},
		"an address without a scheme":             {"1-a", `{"api_base_url":"api.example"}`, "api_base_url"},
		"an address with a password":              {"1-a", `{"api_base_url":"https://u:p@api.example"}`, "api_base_url"},
		"an address with a query":                 {"1-a", `{"api_base_url":"https://api.example/?a=b"}`, "api_base_url"},
		"settings of another type than an object": {"1-a", `[]`, "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Credentials["access_token"] = connectors.NewSecret(tt.token)
			c.Settings = json.RawMessage(tt.settings)
			_, err := x.Kind().New(c)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
			require.NotContains(t, err.Error(), tt.token)
		})
	}
}

// TestSamplesOfOthersAreUnderstood reads bodies collected from public sources,
// where they are at hand: none may be refused or remain Unknown. What is
// encrypted cannot be read by anybody but X.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/x/*.json")
	require.NoError(t, err)
	conn := open(t, nil)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			req := post(string(body), signature(secret, string(body)))
			require.NoError(t, conn.Verify(req, time.Time{}))
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.NotEmpty(t, events)
			for _, ev := range events {
				require.NoError(t, ev.Validate())
				require.NotEqual(t, normalize.EventUnknown, ev.Type)
				require.NotEmpty(t, ev.Account)
				if ev.Message != nil {
					require.Equal(t, strings.Contains(path, "encrypted"), ev.Message.Type == normalize.TypeUnsupported)
				}
			}
		})
	}
}
