package wechat_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/wechat"
	"threadhub/normalize"
)

const (
	appID    = "wx00c0ffee00c0ffee"
	token    = "wechatToken1"
	previous = "wechatToken0"
	aesKey   = "kite0bakery1kite2bakery3kite4bakery5kite6bQ"
	oldKey   = "loaf0bakery1kite2bakery3kite4bakery5kite6bA"
	nonce    = "1707170717"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"app_id":         connectors.NewSecret(appID),
			"app_secret":     connectors.NewSecret("wechat-app-secret-of-this-suite"),
			"token":          connectors.NewSecret(token),
			"token_previous": connectors.NewSecret(previous),
		},
		Settings: json.RawMessage(`{"video_thumb_url":"https://media.example/thumb.jpg"}`),
	}
}

func safe() connectors.Config {
	c := config()
	c.Credentials["encoding_aes_key"] = connectors.NewSecret(aesKey)
	c.Credentials["encoding_aes_key_previous"] = connectors.NewSecret(oldKey)
	return c
}

func signature(values ...string) string {
	slices.Sort(values)
	sum := sha1.Sum([]byte(strings.Join(values, "")))
	return hex.EncodeToString(sum[:])
}

// stamp signs the query of a request in plain mode.
func stamp(req *connectors.Request, token string, at time.Time) {
	if req.Query == nil {
		req.Query = url.Values{}
	}
	seconds := strconv.FormatInt(at.Unix(), 10)
	req.Query.Set("timestamp", seconds)
	req.Query.Set("nonce", nonce)
	req.Query.Set("signature", signature(token, seconds, nonce))
}

// encrypt is what WeChat's Encrypt element holds.
func encrypt(key, appID string, content []byte) string {
	k, err := base64.StdEncoding.DecodeString(key + "=")
	if err != nil {
		panic(err)
	}
	var plain bytes.Buffer
	plain.WriteString("sixteen random b")
	plain.Write(binary.BigEndian.AppendUint32(nil, uint32(len(content))))
	plain.Write(content)
	plain.WriteString(appID)
	pad := 32 - plain.Len()%32
	plain.Write(bytes.Repeat([]byte{byte(pad)}, pad))
	block, err := aes.NewCipher(k)
	if err != nil {
		panic(err)
	}
	out := make([]byte, plain.Len())
	cipher.NewCBCEncrypter(block, k[:16]).CryptBlocks(out, plain.Bytes())
	return base64.StdEncoding.EncodeToString(out)
}

// seal encrypts and signs a request as in safe mode.
func seal(req *connectors.Request, key, token string, at time.Time) {
	stamp(req, token, at)
	if req.Method == http.MethodGet {
		return
	}
	encrypted := encrypt(key, appID, req.Body)
	req.Body = []byte("<xml><ToUserName><![CDATA[gh_kite]]></ToUserName><Encrypt><![CDATA[" + encrypted + "]]></Encrypt></xml>")
	req.Query.Set("msg_signature", signature(token, req.Query.Get("timestamp"), nonce, encrypted))
}

// suite is of an account in plain mode, which does not sign bodies.
func suite() conntest.Suite {
	return conntest.Suite{
		Kind: wechat.Kind(), Config: config(), Cases: "../../testdata/wechat", Tolerance: 5 * time.Minute,
		Sign: func(req *connectors.Request, at time.Time) { stamp(req, token, at) },
	}
}

// sealed is of one in safe mode: the same cases, encrypted. What stands beside
// the encrypted element is not signed, so that the suite cannot try every byte.
func sealed() conntest.Suite {
	s := suite()
	s.Config = safe()
	s.Sign = func(req *connectors.Request, at time.Time) { seal(req, aesKey, token, at) }
	return s
}

func TestConformance(t *testing.T)           { conntest.Run(t, suite()) }
func TestConformanceInSafeMode(t *testing.T) { conntest.Run(t, sealed()) }
func FuzzParse(f *testing.F)                 { conntest.FuzzParse(f, suite()) }
func FuzzParseEncrypted(f *testing.F)        { conntest.FuzzParse(f, sealed()) }
func FuzzVerify(f *testing.F)                { conntest.FuzzVerify(f, suite()) }
func FuzzVerifyEncrypted(f *testing.F)       { conntest.FuzzVerify(f, sealed()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

// open makes a connector of a configuration with changes to it.
func open(t testing.TB, c connectors.Config, change func(*connectors.Config)) connectors.Connector {
	t.Helper()
	if change != nil {
		change(&c)
	}
	conn, err := wechat.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func post(body string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Query: url.Values{}, Header: http.Header{}, Body: []byte(body)}
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		change  func(*connectors.Config)
		refused string
	}{
		"no settings at all are fine":   {change: func(c *connectors.Config) { c.Settings = nil }},
		"a server of one's own is fine": {change: func(c *connectors.Config) { c.Settings = json.RawMessage(`{"api_base_url":"http://127.0.0.1:1/wx/"}`) }},
		"an AES key of another length":  {func(c *connectors.Config) { c.Credentials["encoding_aes_key"] = connectors.NewSecret("short-key-1234") }, "encoding_aes_key"},
		"an AES key of other characters": {func(c *connectors.Config) {
			c.Credentials["encoding_aes_key"] = connectors.NewSecret(strings.Repeat("-", 43))
		}, "encoding_aes_key"},
		"an address with a query":      {func(c *connectors.Config) { c.Settings = json.RawMessage(`{"api_base_url":"https://a.example/?a=b"}`) }, "api_base_url"},
		"an address with a password":   {func(c *connectors.Config) { c.Settings = json.RawMessage(`{"api_base_url":"https://u:p@a.example"}`) }, "api_base_url"},
		"an address of another scheme": {func(c *connectors.Config) { c.Settings = json.RawMessage(`{"api_base_url":"ftp://a.example"}`) }, "api_base_url"},
		"settings that are no object":  {func(c *connectors.Config) { c.Settings = json.RawMessage(`[]`) }, "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			tt.change(&c)
			_, err := wechat.Kind().New(c)
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
	paths, err := filepath.Glob("../../../shared/platforms/samples/wechat/*.xml")
	require.NoError(t, err)
	plain, encrypted := open(t, config(), nil), open(t, safe(), nil)
	now := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			req := post(string(body))
			stamp(req, token, now)
			require.NoError(t, plain.Verify(req, now))
			events, err := plain.Parse(req)
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.NoError(t, events[0].Validate())
			require.Equal(t, normalize.EventMessage, events[0].Type)
			require.NotEqual(t, normalize.TypeUnsupported, events[0].Message.Type)
			seal(req, aesKey, token, now)
			require.NoError(t, encrypted.Verify(req, now))
			again, err := encrypted.Parse(req)
			require.NoError(t, err)
			require.Equal(t, events, again)
		})
	}
}
