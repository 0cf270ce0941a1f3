package rcs_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
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
	"threadhub/connectors/rcs"
	"threadhub/normalize"
)

const (
	header   = "X-Goog-Signature"
	secret   = "rcs-client-token-1"
	previous = "rcs-client-token-0"
)

func config(t testing.TB) connectors.Config {
	t.Helper()
	key, err := os.ReadFile("../../testdata/rcs/service_account.json")
	require.NoError(t, err)
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"service_account_key":   connectors.NewSecret(string(key)),
			"client_token":          connectors.NewSecret(secret),
			"client_token_previous": connectors.NewSecret(previous),
		},
		Settings: json.RawMessage(`{"agent_id":"parcel_desk_agent@rbm.goog","region":"europe"}`),
	}
}

// signed is what Google signs of a body: the event inside, or the body where
// there is none.
func signed(body []byte) []byte {
	var env struct{ Message struct{ Data []byte } }
	if json.Unmarshal(body, &env) != nil || len(env.Message.Data) == 0 {
		return body
	}
	return env.Message.Data
}

func signature(secret string, event []byte) string {
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write(event)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func suite(t testing.TB) conntest.Suite {
	return conntest.Suite{
		Kind:   rcs.Kind(),
		Config: config(t),
		Cases:  "../../testdata/rcs",
		Sign: func(req *connectors.Request, _ time.Time) {
			req.Header.Set(header, signature(secret, signed(req.Body)))
		},
	}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite(t)) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite(f)) }
func FuzzVerify(f *testing.F)      { conntest.FuzzVerify(f, suite(f)) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite(b)) }

// open makes a connector of the suite's configuration with changes to it.
func open(t testing.TB, change func(*connectors.Config)) connectors.Connector {
	t.Helper()
	c := config(t)
	if change != nil {
		change(&c)
	}
	conn, err := rcs.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func envelope(event string) string {
	return `{"message":{"data":"` + base64.StdEncoding.EncodeToString([]byte(event)) + `"}}`
}

func post(body string, signatures ...string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: signatures}, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	// A vector worked out with other tools.
	const (
		knownToken = "SJENCPGJESMGUFPY"
		knownEvent = `{"senderPhoneNumber":"+12223334444","messageId":"MxKx1","text":"hi","agentId":"bot@rbm.goog","sendTime":"2026-01-02T03:04:05.000001Z"}`
		knownMark  = "7CGU6dhwX4MpXYZ/gkPuwTpKWsHwnoS8lnfGovcL80Nqv0ANcAs2Fnf6ojvD+9yuXChyR3QqGN4VQy1qYzsYoA=="
	)
	const event = `{"messageId":"M1","senderPhoneNumber":"+15550100777","text":"hi"}`
	known := func(c *connectors.Config) { c.Credentials["client_token"] = connectors.NewSecret(knownToken) }
	rotated := func(c *connectors.Config) { delete(c.Credentials, "client_token_previous") }
	mark := func(token string) []string { return []string{signature(token, []byte(event))} }
	tests := map[string]struct {
		change     func(*connectors.Config)
		body       string
		signatures []string
		ok         bool
	}{
		"the known example is accepted":                    {known, envelope(knownEvent), []string{knownMark}, true},
		"what is around the event does not count":          {nil, strings.Replace(envelope(event), `{"message"`, `{"x":1,"message"`, 1), mark(secret), true},
		"the previous token counts while it is kept":       {nil, envelope(event), mark(previous), true},
		"the previous token counts no more without it":     {rotated, envelope(event), mark(previous), false},
		"an absent token signs nothing":                    {rotated, envelope(event), mark(""), false},
		"the signature of the whole body is none":          {nil, envelope(event), []string{signature(secret, []byte(envelope(event)))}, false},
		"another event under the same signature":           {nil, envelope(event + " "), mark(secret), false},
		"another spelling of the same signature":           {known, envelope(knownEvent), []string{strings.TrimRight(knownMark, "=")}, false},
		"a right signature before a forged one is refused": {nil, envelope(event), append(mark(secret), "x"), false},
		"no signature is refused":                          {nil, envelope(event), nil, false},
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

func TestOnlyWhoKnowsTheClientTokenIsAnswered(t *testing.T) {
	tests := map[string]struct {
		method, body, reply string
	}{
		"with the token":                {http.MethodPost, `{"clientToken":"` + secret + `","secret":"42"}`, "42"},
		"with the one before":           {http.MethodPost, `{"clientToken":"` + previous + `","secret":"42"}`, "42"},
		"with another":                  {http.MethodPost, `{"clientToken":"x","secret":"42"}`, ""},
		"with none":                     {http.MethodPost, `{"clientToken":"","secret":"42"}`, ""},
		"without a secret":              {http.MethodPost, `{"clientToken":"` + secret + `"}`, ""},
		"with a secret of any length":   {http.MethodPost, `{"clientToken":"` + secret + `","secret":"` + strings.Repeat("x", 1025) + `"}`, ""},
		"with a message":                {http.MethodPost, `{"clientToken":"` + secret + `","secret":"42","message":{"data":""}}`, ""},
		"by a method that posts not":    {http.MethodGet, `{"clientToken":"` + secret + `","secret":"42"}`, ""},
		"with something that is no ask": {http.MethodPost, `[]`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := post(tt.body)
			req.Method = tt.method
			reply, ok := open(t, nil).(connectors.Handshaker).Handshake(req)
			require.Equal(t, tt.reply != "", ok)
			require.Equal(t, tt.reply, string(reply.Body))
		})
	}
	t.Run("an absent token is nobody's", func(t *testing.T) {
		conn := open(t, func(c *connectors.Config) { delete(c.Credentials, "client_token_previous") })
		_, ok := conn.(connectors.Handshaker).Handshake(post(`{"clientToken":"","secret":"42"}`))
		require.False(t, ok)
	})
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		key, settings, refused string
	}{
		"an agent is enough":                   {"", `{"agent_id":"a"}`, ""},
		"no agent":                             {"", `{}`, "agent_id"},
		"settings that are no object":          {"", `[]`, "settings"},
		"a region that Google does not have":   {"", `{"agent_id":"a","region":"mars"}`, "region"},
		"an address without a scheme":          {"", `{"agent_id":"a","api_base_url":"api.example"}`, "api_base_url"},
		"an address with a password":           {"", `{"agent_id":"a","api_base_url":"https://u:p@api.example"}`, "api_base_url"},
		"a token address with a query":         {"", `{"agent_id":"a","token_url":"https://api.example/?a=b"}`, "token_url"},
		"a key that is no JSON":                {"private", `{"agent_id":"a"}`, "service_account_key is not a JSON file"},
		"a key of a person":                    {`{"type":"authorized_user"}`, `{"agent_id":"a"}`, "not the key of a service account"},
		"a key without its private part":       {`{"type":"service_account","client_email":"a@b.example"}`, `{"agent_id":"a"}`, "lacks client_email or private_key"},
		"a key whose private part is no PEM":   {`{"client_email":"a@b.example","private_key":"x"}`, `{"agent_id":"a"}`, "not in PEM form"},
		"a key whose private part is no key":   {`{"client_email":"a@b.example","private_key":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}`, `{"agent_id":"a"}`, "cannot be read"},
		"a key of another kind than RSA is no": {`{"client_email":"a@b.example","private_key":"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"}`, `{"agent_id":"a"}`, "not an RSA key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			if tt.key != "" {
				c.Credentials["service_account_key"] = connectors.NewSecret(tt.key)
			}
			c.Settings = json.RawMessage(tt.settings)
			_, err := rcs.Kind().New(c)
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
	paths, err := filepath.Glob("../../../shared/platforms/samples/rcs/*.json")
	require.NoError(t, err)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			body := string(raw)
			if strings.HasPrefix(filepath.Base(path), "user_") { // kept without their envelope
				body = envelope(body)
			}
			conn := open(t, func(c *connectors.Config) { c.Credentials["client_token"] = connectors.NewSecret("SJENCPGJESMGUFPY") })
			if reply, ok := conn.(connectors.Handshaker).Handshake(post(body)); ok {
				require.Equal(t, "1234567890", string(reply.Body))
				return
			}
			req := post(body, signature("SJENCPGJESMGUFPY", signed([]byte(body))))
			require.NoError(t, conn.Verify(req, time.Time{}))
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.NoError(t, events[0].Validate())
			require.NotEqual(t, normalize.EventUnknown, events[0].Type)
			if events[0].Message != nil {
				require.NotEqual(t, normalize.TypeUnsupported, events[0].Message.Type)
			}
		})
	}
}
