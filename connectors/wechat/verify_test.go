package wechat_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

// The vectors of platforms/wechat (signature), computed with two implementations.
const (
	knownToken     = "token123"
	knownStamp     = "1700000000"
	knownNonce     = "nonce42"
	knownSignature = "73a2815bf3ced534feb1e80bb9776ac7e9933a3e"
	knownKey       = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	knownAppID     = "wx0000000000000001"
	knownEncrypt   = "Q3stYC6hdFzMh9T8HCvyDA0PiAVIRKY4fybFt1AU3Kjg92i7rDs0lOnOlR+NGSUMWq/+FqKiL0E+Iwf/gkgjnJDrzdPve87GyUvPhCSoztXUWafiIjvgrdc4dgY9pz36ufaxcLzPOHEBiFnLocn/sYKVKv3fgN3MpRcL/zQvnOJUooGlkH7GnjA9JWCwIpzPNloJzGensCLlZQWf1xB+To5trl/r0ia5YaLMBQWqvMXLC3lXS1Mawz+6LIcbc0UAHS/nILvMJpImTyz3wLjbo36wyMGzneCVrOuzgU/15vEYkJ2C7gHfyPnl7JUw63XCLLxxQtOrdY5dsidI611xTQPK8UCGmho4ofiJC+1THwYGrJ7Xevo2AcSi3xhMzeGG"
	knownMessage   = "186539044ebd7e91f2a979855609ec9910ada3c9"
)

func known(c *connectors.Config) {
	c.Credentials["token"] = connectors.NewSecret(knownToken)
	c.Credentials["app_id"] = connectors.NewSecret(knownAppID)
}

func TestTheKnownVectorsAreAccepted(t *testing.T) {
	now := time.Unix(1700000000, 0)
	req := post("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[" + knownEncrypt + "]]></Encrypt></xml>")
	req.Query = url.Values{"signature": {knownSignature}, "timestamp": {knownStamp}, "nonce": {knownNonce}}
	require.NoError(t, open(t, config(), known).Verify(req, now), "plain mode")

	conn := open(t, config(), func(c *connectors.Config) {
		known(c)
		c.Credentials["encoding_aes_key"] = connectors.NewSecret(knownKey)
	})
	require.ErrorIs(t, conn.Verify(req, now), connectors.ErrSignature, "without the second signature")
	req.Query.Set("encrypt_type", "aes")
	req.Query.Set("msg_signature", knownMessage)
	require.NoError(t, conn.Verify(req, now), "safe mode")
	events, err := conn.Parse(req)
	require.NoError(t, err)
	require.Equal(t, "hi", events[0].Message.Text)
	require.Equal(t, "msg:1234567890123456", events[0].Key)
	require.EqualValues(t, "oABC", events[0].Peer.ID)
}

const hello = `<xml><ToUserName>gh_kite</ToUserName><FromUserName>oHana</FromUserName><CreateTime>1773480413</CreateTime><MsgType>text</MsgType><Content>Hi</Content><MsgId>1</MsgId></xml>`

func TestVerifyInSafeMode(t *testing.T) {
	now := time.Unix(1773480413, 0)
	tests := map[string]struct {
		change func(*connectors.Config)
		sign   func(*connectors.Request)
		ok     bool
	}{
		"both signatures of the current token":  {sign: func(r *connectors.Request) { seal(r, aesKey, token, now) }, ok: true},
		"both signatures of the previous token": {sign: func(r *connectors.Request) { seal(r, aesKey, previous, now) }, ok: true},
		"the previous key while it is kept":     {sign: func(r *connectors.Request) { seal(r, oldKey, token, now) }, ok: true},
		"the previous key once it is removed": {
			change: func(c *connectors.Config) { delete(c.Credentials, "encoding_aes_key_previous") },
			sign:   func(r *connectors.Request) { seal(r, oldKey, token, now) },
		},
		"the previous token once it is removed": {
			change: func(c *connectors.Config) { delete(c.Credentials, "token_previous") },
			sign:   func(r *connectors.Request) { seal(r, aesKey, previous, now) },
		},
		"another token": {sign: func(r *connectors.Request) { seal(r, aesKey, "another", now) }},
		"a plain body":  {sign: func(r *connectors.Request) { stamp(r, token, now) }},
		"a body for another account": {
			change: func(c *connectors.Config) { c.Credentials["app_id"] = connectors.NewSecret("wx-another-one") },
			sign:   func(r *connectors.Request) { seal(r, aesKey, token, now) },
		},
		"another encrypted body under the same signature": {sign: func(r *connectors.Request) {
			seal(r, aesKey, token, now)
			r.Body = []byte("<xml><Encrypt>" + encrypt(aesKey, appID, []byte(strings.Replace(hello, "Hi", "Ho", 1))) + "</Encrypt></xml>")
		}},
		"plain fields beside the encrypted ones": {sign: func(r *connectors.Request) {
			seal(r, aesKey, token, now)
			r.Body = []byte(strings.Replace(string(r.Body), "<Encrypt>", "<Content>forged</Content><MsgType>text</MsgType><Encrypt>", 1))
		}, ok: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn, req := open(t, safe(), tt.change), post(hello)
			tt.sign(req)
			err := conn.Verify(req, now)
			if !tt.ok {
				require.ErrorIs(t, err, connectors.ErrSignature)
				return
			}
			require.NoError(t, err)
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.Equal(t, "Hi", events[0].Message.Text, "only what was encrypted counts")
		})
	}
}

func TestVerifyInPlainMode(t *testing.T) {
	now := time.Unix(1773480413, 0)
	tests := map[string]struct {
		token string
		at    time.Time
		ok    bool
	}{
		"the current token":               {token, now, true},
		"the previous token":              {previous, now, true},
		"another token":                   {"another", now, false},
		"a time five minutes ago":         {token, now.Add(-5 * time.Minute), true},
		"a time longer ago":               {token, now.Add(-5*time.Minute - time.Second), false},
		"a time five minutes ahead":       {token, now.Add(5 * time.Minute), true},
		"a time further ahead":            {token, now.Add(5*time.Minute + time.Second), false},
		"a time that no clock ever shows": {token, time.Unix(1<<62, 0), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := post(hello)
			stamp(req, tt.token, tt.at)
			err := open(t, config(), nil).Verify(req, now)
			if tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrSignature)
			}
		})
	}
}

func TestAnEncryptedWebhookWaitsForItsKey(t *testing.T) {
	now := time.Unix(1773480413, 0)
	req := post(hello)
	seal(req, aesKey, token, now)
	plain := open(t, config(), nil)
	require.NoError(t, plain.Verify(req, now), "the query is signed all the same")
	events, err := plain.Parse(req)
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.NotNil(t, events[0].Unknown)
	require.Contains(t, events[0].Unknown.Reason, "EncodingAESKey")

	req.Body = []byte(strings.Replace(hello, "</xml>", "<Encrypt>bm90IGZvciB1cw==</Encrypt></xml>", 1))
	events, err = plain.Parse(req)
	require.NoError(t, err)
	require.Equal(t, "Hi", events[0].Message.Text, "compatibility mode sends both")
}

func TestTheHandshakeEchoesOnlyWhatIsSigned(t *testing.T) {
	conn := open(t, safe(), nil).(connectors.Handshaker)
	ask := func(token, method string) (connectors.Reply, bool) {
		req := &connectors.Request{Method: method, Query: url.Values{"echostr": {"<b>8137</b>"}}}
		stamp(req, token, time.Unix(1773480413, 0))
		return conn.Handshake(req)
	}
	reply, ok := ask(token, http.MethodGet)
	require.True(t, ok)
	require.Equal(t, 200, reply.Status)
	require.Equal(t, "<b>8137</b>", string(reply.Body), "as it came")
	require.True(t, strings.HasPrefix(reply.ContentType, "text/plain"))
	reply, ok = ask("another", http.MethodGet)
	require.True(t, ok)
	require.Equal(t, 403, reply.Status)
	require.NotContains(t, string(reply.Body), "8137")
	_, ok = ask(token, http.MethodPost)
	require.False(t, ok, "a webhook is none, whatever its query holds")
}
