package tiktok_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/tiktok"
	"threadhub/normalize"
)

const (
	header   = "Tiktok-Signature"
	secret   = "tiktok-client-secret-1"
	previous = "tiktok-client-secret-0"
	business = "-0c0ffee_kite-bakery"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"client_secret":          connectors.NewSecret(secret),
			"client_secret_previous": connectors.NewSecret(previous),
			"refresh_token":          connectors.NewSecret("tiktok-refresh-token-of-this-suite"),
		},
		Settings: json.RawMessage(`{"client_key":"7600000000000000007","business_id":"` + business + `"}`),
	}
}

func mac(secret, stamp, body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(stamp + "." + body))
	return hex.EncodeToString(m.Sum(nil))
}

func sign(req *connectors.Request, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set(header, "t="+stamp+",s="+mac(secret, stamp, string(req.Body)))
}

func suite() conntest.Suite {
	return conntest.Suite{
		Kind: tiktok.Kind(), Config: config(), Cases: "../../testdata/tiktok", Sign: sign, SignsBody: true, Tolerance: 5 * time.Minute,
	}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

// open makes a connector of the suite's configuration with changes to it.
func open(t testing.TB, change func(*connectors.Config)) connectors.Connector {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	conn, err := tiktok.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func post(body string, signatures ...string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: signatures}, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	// The vector of platforms/tiktok (signature).
	const knownBody = `{"client_key":"7623241219121414161","event":"im_receive_msg","create_time":1700000000,"user_openid":"biz-123","content":"{\"conversation_id\":\"c1\"}"}`
	const knownMAC = "5810f0e9384adc7e8f5792e79d4a47491ea30e9b062d44b02a5a9131d9344ce5"
	known := func(c *connectors.Config) { c.Credentials["client_secret"] = connectors.NewSecret("client_secret") }
	rotated := func(c *connectors.Config) { delete(c.Credentials, "client_secret_previous") }
	const body = `{"event":"im_receive_msg"}`
	now := time.Unix(1700000000, 0)
	at := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	stamp := at(0)
	tests := map[string]struct {
		change  func(*connectors.Config)
		body    string
		headers []string
		ok      bool
	}{
		"the known vector":                             {known, knownBody, []string{"t=1700000000,s=" + knownMAC}, true},
		"the pairs in the other order":                 {known, knownBody, []string{"s=" + knownMAC + ",t=1700000000"}, true},
		"a space and a pair that is not known":         {known, knownBody, []string{"t=1700000000, v=2, s=" + knownMAC}, true},
		"the previous secret while it is kept":         {nil, body, []string{"t=" + stamp + ",s=" + mac(previous, stamp, body)}, true},
		"the previous secret once it is removed":       {rotated, body, []string{"t=" + stamp + ",s=" + mac(previous, stamp, body)}, false},
		"no secret at all":                             {rotated, body, []string{"t=" + stamp + ",s=" + mac("", stamp, body)}, false},
		"a time five minutes ago":                      {nil, body, []string{"t=" + at(-5*time.Minute) + ",s=" + mac(secret, at(-5*time.Minute), body)}, true},
		"a time longer ago":                            {nil, body, []string{"t=" + at(-301*time.Second) + ",s=" + mac(secret, at(-301*time.Second), body)}, false},
		"a time further ahead":                         {nil, body, []string{"t=" + at(301*time.Second) + ",s=" + mac(secret, at(301*time.Second), body)}, false},
		"a time that is none":                          {nil, body, []string{"t=now,s=" + mac(secret, "now", body)}, false},
		"another time than the signed one":             {nil, body, []string{"t=" + at(time.Second) + ",s=" + mac(secret, stamp, body)}, false},
		"two times":                                    {nil, body, []string{"t=" + stamp + ",t=" + stamp + ",s=" + mac(secret, stamp, body)}, false},
		"two signatures of which one is right":         {nil, body, []string{"t=" + stamp + ",s=00,s=" + mac(secret, stamp, body)}, false},
		"two headers":                                  {nil, body, []string{"t=" + stamp + ",s=" + mac(secret, stamp, body), "x"}, false},
		"a signature without a time":                   {nil, body, []string{"s=" + mac(secret, "", body)}, false},
		"a signature in capital letters is no other's": {nil, body, []string{"t=" + stamp + ",s=" + strings.ToUpper(mac(secret, stamp, body))}, false},
		"no signature":                                 {nil, body, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := open(t, tt.change).Verify(post(tt.body, tt.headers...), now)
			if tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrSignature)
			}
		})
	}
}

// FuzzVerify throws headers and bodies at Verify: what is accepted holds the
// right signature. The suite's own would not do: the pairs may come in any order.
func FuzzVerify(f *testing.F) {
	f.Add("t=1700000000,s=00", []byte("{}"))
	f.Add("s="+mac(secret, "1700000000", "{}")+",t=1700000000", []byte("{}"))
	f.Add("", []byte{})
	conn, now := open(f, nil), time.Unix(1700000000, 0)
	f.Fuzz(func(t *testing.T, given string, body []byte) {
		err := conn.Verify(post(string(body), given), now)
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrSignature)
			return
		}
		found := false
		for stamp := now.Unix() - 300; stamp <= now.Unix()+300; stamp++ {
			s := strconv.FormatInt(stamp, 10)
			found = found || strings.Contains(given, mac(secret, s, string(body))) || strings.Contains(given, mac(previous, s, string(body)))
		}
		require.True(t, found, "accepted without a signature")
	})
}

func TestConfiguration(t *testing.T) {
	with := func(name, value string) func(*connectors.Config) {
		return func(c *connectors.Config) { c.Credentials[name] = connectors.NewSecret(value) }
	}
	settings := func(raw string) func(*connectors.Config) {
		return func(c *connectors.Config) { c.Settings = json.RawMessage(raw) }
	}
	tests := map[string]struct {
		change  func(*connectors.Config)
		refused string
	}{
		"an access token alone is fine": {change: func(c *connectors.Config) {
			delete(c.Credentials, "refresh_token")
			c.Credentials["access_token"] = connectors.NewSecret("for-a-day")
		}},
		"no token at all":              {with("refresh_token", ""), "refresh_token"},
		"a token with a line break":    {with("access_token", "a\nb"), "access_token"},
		"no business account":          {settings(`{"client_key":"7"}`), "business_id"},
		"no app":                       {settings(`{"business_id":"b"}`), "client_key"},
		"a server of one's own":        {settings(`{"client_key":"7","business_id":"b","api_base_url":"http://127.0.0.1:1/"}`), ""},
		"an address with a query":      {settings(`{"client_key":"7","business_id":"b","api_base_url":"https://a.example/?b"}`), "api_base_url"},
		"an address with a password":   {settings(`{"client_key":"7","business_id":"b","api_base_url":"https://u:p@a.example"}`), "api_base_url"},
		"an address of another scheme": {settings(`{"client_key":"7","business_id":"b","api_base_url":"ftp://a.example"}`), "api_base_url"},
		"settings of another type":     {settings(`[]`), "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			tt.change(&c)
			_, err := tiktok.Kind().New(c)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
		})
	}
}

func TestTheTokenOfTheCredentialsIsUsedWhereNoneIsGot(t *testing.T) {
	conn := open(t, func(c *connectors.Config) {
		delete(c.Credentials, "refresh_token")
		c.Credentials["access_token"] = connectors.NewSecret("for-a-day")
	})
	tokened := conn.(connectors.Tokened)
	call, err := tokened.TokenCall(time.Time{})
	require.NoError(t, err)
	require.Nil(t, call)
	check := conn.(connectors.Checker).Check()
	tokened.Authorize(check, connectors.Secret{})
	require.Equal(t, "for-a-day", check.Header.Get("Access-Token"))
	for _, other := range []string{"https://business-api.tiktok.com.evil.example/open_api/v1.3/x", "https://media.example/kite.png"} {
		call := &connectors.Call{URL: other, Header: http.Header{}}
		tokened.Authorize(call, connectors.NewSecret("token"))
		require.Empty(t, call.Header, "it goes to TikTok alone")
	}
}

// TestSamplesOfOthersAreUnderstood reads bodies collected from public sources,
// where they are at hand: none may be refused or remain Unknown. Some are the
// content alone, which is put into an envelope first.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/tiktok/*.json")
	require.NoError(t, err)
	conn, now := open(t, nil), time.Unix(1789814497, 0)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			if strings.HasPrefix(filepath.Base(path), "content_") {
				body, err = json.Marshal(map[string]any{"event": "im_receive_msg", "create_time": 1789814497, "user_openid": "biz-123", "content": string(body)})
				require.NoError(t, err)
			}
			req := post(string(body))
			sign(req, now)
			require.NoError(t, conn.Verify(req, now))
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.Len(t, events, 1)
			ev := events[0]
			require.NoError(t, ev.Validate())
			require.NotEqual(t, normalize.EventUnknown, ev.Type)
			require.NotEmpty(t, ev.Peer.ID)
			require.NotEqual(t, ev.Account, string(ev.Peer.ID))
			if ev.Message != nil {
				unsupported := strings.Contains(path, "unsupported")
				require.Equal(t, unsupported, ev.Message.Type == normalize.TypeUnsupported)
			}
		})
	}
}
