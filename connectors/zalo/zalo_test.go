package zalo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/zalo"
	"threadhub/normalize"
)

const (
	header   = "X-Zevent-Signature"
	key      = "zalo-oa-secret-key-1"
	previous = "zalo-oa-secret-key-0"
	appID    = "7001000200030004000"
	oaID     = "7388000100020003000"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"oa_secret_key":          connectors.NewSecret(key),
			"oa_secret_key_previous": connectors.NewSecret(previous),
			"refresh_token":          connectors.NewSecret("zalo-refresh-token-of-this-suite"),
			"app_secret":             connectors.NewSecret("zalo-app-secret-of-this-suite"),
		},
		Settings: json.RawMessage(`{"app_id":"` + appID + `","oa_id":"` + oaID + `"}`),
	}
}

func mac(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sign(req *connectors.Request, _ time.Time) {
	var body struct {
		AppID     string `json:"app_id"`
		Timestamp string `json:"timestamp"`
	}
	_ = json.Unmarshal(req.Body, &body)
	if body.AppID == "" {
		body.AppID = appID
	}
	req.Header.Set(header, "mac="+mac(body.AppID, string(req.Body), body.Timestamp, key))
}

func suite() conntest.Suite {
	return conntest.Suite{Kind: zalo.Kind(), Config: config(), Cases: "../../testdata/zalo", Sign: sign, SignsBody: true}
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
	conn, err := zalo.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func post(body string, signatures ...string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: signatures}, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	// The vector of platforms/zalo (signature).
	const (
		knownBody = `{"app_id":"360846524940903967","event_name":"user_send_text","sender":{"id":"246845883529197922"},"recipient":{"id":"388613280878808645"},"message":{"text":"xin chao","msg_id":"96d3cdf3af150460909"},"timestamp":"1700000000123"}`
		knownMAC  = "9a3ffeee922c0d1d92df25e388e5741521ce06846fb42a80f749410fc12fe19d"
	)
	known := func(c *connectors.Config) { c.Credentials["oa_secret_key"] = connectors.NewSecret("OA_SECRET") }
	rotated := func(c *connectors.Config) { delete(c.Credentials, "oa_secret_key_previous") }
	const body = `{"app_id":"11","oa_id":"22","event_name":"follow","timestamp":"33"}`
	const bare = `{"event_name":"user_seen_message","sender":{"id":"22"}}`
	tests := map[string]struct {
		change  func(*connectors.Config)
		body    string
		headers []string
		time    string
		ok      bool
	}{
		"the known vector":                             {known, knownBody, []string{"mac=" + knownMAC}, "", true},
		"the known vector without its prefix":          {known, knownBody, []string{knownMAC}, "", true},
		"the app's id and the body's time":             {nil, body, []string{"mac=" + mac("11", body, "33", key)}, "", true},
		"the account's id and the body's time":         {nil, body, []string{"mac=" + mac("22", body, "33", key)}, "", true},
		"the app's id and the header's time":           {nil, body, []string{"mac=" + mac("11", body, "44", key)}, "44", true},
		"the account's id and the header's time":       {nil, body, []string{"mac=" + mac("22", body, "44", key)}, "44", true},
		"the body's time beside another in the header": {nil, body, []string{"mac=" + mac("11", body, "33", key)}, "44", true},
		"the app's id of the settings":                 {nil, bare, []string{"mac=" + mac(appID, bare, "44", key)}, "44", true},
		"the account's id of the settings":             {nil, bare, []string{"mac=" + mac(oaID, bare, "", key)}, "", true},
		"the previous key while it is kept":            {nil, body, []string{"mac=" + mac("11", body, "33", previous)}, "", true},
		"the previous key once it is removed":          {rotated, body, []string{"mac=" + mac("11", body, "33", previous)}, "", false},
		"no key at all":                                {rotated, body, []string{"mac=" + mac("11", body, "33", "")}, "", false},
		"a time that stands nowhere":                   {nil, body, []string{"mac=" + mac("11", body, "55", key)}, "44", false},
		"two signatures":                               {nil, body, []string{"mac=" + mac("11", body, "33", key), "x"}, "", false},
		"another spelling of the prefix":               {nil, body, []string{"MAC=" + mac("11", body, "33", key)}, "", false},
		"no signature":                                 {nil, body, nil, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := post(tt.body, tt.headers...)
			if tt.time != "" {
				req.Header.Set("X-ZEvent-Timestamp", tt.time)
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

// FuzzVerify throws signatures and bodies at Verify. The suite's own would not
// do: a signature counts with and without its prefix.
func FuzzVerify(f *testing.F) {
	f.Add("mac=00", []byte(`{"app_id":"1","timestamp":"2"}`), "3")
	f.Add("", []byte{}, "")
	f.Add("mac="+mac(appID, "{}", key), []byte(`{}`), "")
	conn := open(f, nil)
	f.Fuzz(func(t *testing.T, given string, body []byte, stamp string) {
		req := post(string(body), given)
		req.Header.Set("X-ZEvent-Timestamp", stamp)
		err := conn.Verify(req, time.Time{})
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrSignature)
			return
		}
		var e struct {
			AppID, OAID, Timestamp json.RawMessage
		}
		require.NoError(t, json.Unmarshal(body, &e), "what is accepted is JSON")
		require.GreaterOrEqual(t, len(given), 64, "and has a signature of its own")
	})
}

func TestTheEmptyObjectOfASavedAddressIsAnswered(t *testing.T) {
	conn := open(t, nil).(connectors.Handshaker)
	for _, body := range []string{"{}", " {}\n"} {
		reply, ok := conn.Handshake(post(body))
		require.True(t, ok)
		require.Equal(t, 200, reply.Status)
	}
	for _, body := range []string{"", `{"event_name":"follow"}`, "[]"} {
		_, ok := conn.Handshake(post(body))
		require.False(t, ok)
	}
	_, ok := conn.Handshake(&connectors.Request{Method: http.MethodGet, Body: []byte("{}")})
	require.False(t, ok)
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
			c.Settings = nil
			c.Credentials = map[string]connectors.Secret{"oa_secret_key": connectors.NewSecret(key), "access_token": connectors.NewSecret("for-a-day")}
		}},
		"no token at all":                     {with("refresh_token", ""), "refresh_token"},
		"a refresh token without its secret":  {with("app_secret", ""), "app_secret"},
		"a refresh token without the app":     {settings(`{}`), "app_id"},
		"a secret with a line break":          {with("app_secret", "a\nb"), "app_secret"},
		"a server of one's own is fine":       {settings(`{"app_id":"1","api_base_url":"http://127.0.0.1:1/"}`), ""},
		"an address without a host":           {settings(`{"app_id":"1","api_base_url":"https://"}`), "api_base_url"},
		"a token's address with a query":      {settings(`{"app_id":"1","oauth_base_url":"https://a.example/?b"}`), "oauth_base_url"},
		"an address with a password":          {settings(`{"app_id":"1","api_base_url":"https://u:p@a.example"}`), "api_base_url"},
		"settings of another type than a map": {settings(`[]`), "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			tt.change(&c)
			_, err := zalo.Kind().New(c)
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
	require.Equal(t, "for-a-day", check.Header.Get("access_token"))
	other := &connectors.Call{URL: "https://openapi.zalo.me.evil.example/v3.0/oa", Header: http.Header{}}
	tokened.Authorize(other, connectors.NewSecret("token"))
	require.Empty(t, other.Header, "it goes to Zalo alone")
}

func TestEventsNameTheirAccountOnlyWhereTheAppHasSeveral(t *testing.T) {
	const body = `{"app_id":"1","event_name":"user_send_text","sender":{"id":"9"},"recipient":{"id":"22"},"message":{"msg_id":"m1","text":"a"},"timestamp":"1773480413123"}`
	alone := open(t, func(c *connectors.Config) { c.Settings = json.RawMessage(`{"app_id":"1"}`) })
	events, err := alone.Parse(post(body))
	require.NoError(t, err)
	require.Empty(t, events[0].Account)
	accounts, err := alone.(connectors.Skimmer).Skim(post(body))
	require.NoError(t, err)
	require.Empty(t, accounts)

	several := open(t, nil)
	require.Equal(t, oaID, several.(connectors.Accounted).Account())
	accounts, err = several.(connectors.Skimmer).Skim(post(body))
	require.NoError(t, err)
	require.Equal(t, []string{"22"}, accounts)
}

// TestSamplesOfOthersAreUnderstood reads bodies collected from public sources,
// where they are at hand: none may be refused or remain Unknown.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/zalo/*.json")
	require.NoError(t, err)
	conn := open(t, nil)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			req := post(string(body))
			sign(req, time.Time{})
			require.NoError(t, conn.Verify(req, time.Time{}))
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.NotEmpty(t, events)
			for _, ev := range events {
				require.NoError(t, ev.Validate())
				require.NotEqual(t, normalize.EventUnknown, ev.Type)
				if ev.Message != nil {
					require.NotEqual(t, normalize.TypeUnsupported, ev.Message.Type)
				}
				require.Equal(t, filepath.Base(path) == "zns_user_received_message.json", ev.Peer.ID == "")
			}
		})
	}
}
