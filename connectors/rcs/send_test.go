package rcs_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/normalize"
)

func text(s string) normalize.Message { return normalize.Message{Type: normalize.TypeText, Text: s} }

func outbound(id string, parts ...normalize.Message) *normalize.Outbound {
	return &normalize.Outbound{ID: id, To: normalize.Peer{ID: "+15550100777"}, Parts: parts}
}

func messageID(t require.TestingT, call *connectors.Call) string {
	u, err := url.Parse(call.URL)
	require.NoError(t, err)
	return u.Query().Get("messageId")
}

func TestAMessageKeepsItsIDHoweverOftenItIsSent(t *testing.T) {
	conn := open(t, nil)
	id := func(hub string, done ...normalize.Exchange) string {
		call, err := conn.Next(outbound(hub, text("1"), text("2")), done)
		require.NoError(t, err)
		return messageID(t, call)
	}
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, id("msg_1"))
	require.Equal(t, id("msg_1"), id("msg_1"), "the same call made again")
	require.NotEqual(t, id("msg_1"), id("msg_2"), "another message")
	require.NotEqual(t, id("msg_1"), id("msg_1", normalize.Exchange{Part: 0}), "another part")
}

func TestEveryStepOfAMessageGoesOutOnceUnderItsOwnID(t *testing.T) {
	conn := open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		out := outbound("msg_1")
		steps := 0
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			if rapid.Bool().Draw(t, "sound with words") {
				out.Parts = append(out.Parts, normalize.Message{
					Type: normalize.TypeAudio, Text: "words", Attachments: []normalize.Attachment{{Type: normalize.TypeAudio, URL: "https://media.example/a.mp3"}},
				})
				steps += 2
			} else {
				out.Parts = append(out.Parts, text("words"))
				steps++
			}
		}
		seen := map[string]bool{}
		var done []normalize.Exchange
		for {
			call, err := conn.Next(out, done)
			require.NoError(t, err)
			if call == nil {
				break
			}
			require.True(t, call.Idempotent)
			require.False(t, seen[messageID(t, call)])
			seen[messageID(t, call)] = true
			done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part})
		}
		require.Len(t, seen, steps)
	})
}

func TestFittedTextsAreWithinTheirUnits(t *testing.T) {
	caps, conn := suite(t).Kind.Caps, open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		long := strings.Repeat(rapid.SampledFrom([]string{"a ", "句子。", "👍🏽", "👨‍👩‍👧‍👦 "}).Draw(t, "word"), rapid.IntRange(1, 5000).Draw(t, "times"))
		parts, _, err := normalize.Fit(text(long), caps)
		if err != nil {
			return // more than the hub sends as one message
		}
		for i := range parts {
			call, err := conn.Next(outbound("msg_1", parts[i]), nil)
			require.NoError(t, err)
			var body struct{ ContentMessage struct{ Text string } }
			require.NoError(t, json.Unmarshal(call.Body, &body))
			require.NotEmpty(t, body.ContentMessage.Text)
			require.LessOrEqual(t, normalize.UTF16.Len(body.ContentMessage.Text), 3072)
		}
	})
}

func TestTheAssertionIsSignedAndMadeOutToGoogle(t *testing.T) {
	now := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	call, err := open(t, nil).(connectors.Tokened).TokenCall(now)
	require.NoError(t, err)
	form, err := url.ParseQuery(string(call.Body))
	require.NoError(t, err)
	parts := strings.Split(form.Get("assertion"), ".")
	require.Len(t, parts, 3)
	var claims struct {
		Iss, Scope, Aud string
		Iat, Exp        int64
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &claims))
	require.Equal(t, "https://oauth2.googleapis.com/token", claims.Aud)
	require.Equal(t, now.Unix(), claims.Iat)
	require.Equal(t, int64(3600), claims.Exp-claims.Iat)

	var file struct {
		Key string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal([]byte(config(t).Credentials["service_account_key"].Reveal()), &file))
	block, _ := pem.Decode([]byte(file.Key))
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	mark, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.NoError(t, rsa.VerifyPKCS1v15(&private.(*rsa.PrivateKey).PublicKey, crypto.SHA256, sum[:], mark))
}

func TestTheTokenGoesToTheAPIAlone(t *testing.T) {
	tests := map[string]struct {
		settings, token, api string
	}{
		"Google's":                       {`{"agent_id":"a","region":"asia"}`, "https://oauth2.googleapis.com/token", "https://asia-rcsbusinessmessaging.googleapis.com/"},
		"a server of one's own for both": {`{"agent_id":"a","api_base_url":"http://127.0.0.1:1/rcs/"}`, "http://127.0.0.1:1/rcs/token", "http://127.0.0.1:1/rcs/"},
		"one for each":                   {`{"agent_id":"a","api_base_url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:2/t"}`, "http://127.0.0.1:2/t", "http://127.0.0.1:1/"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn := open(t, func(c *connectors.Config) { c.Settings = json.RawMessage(tt.settings) })
			tokened := conn.(connectors.Tokened)
			call, err := tokened.TokenCall(time.Unix(1, 0))
			require.NoError(t, err)
			require.Equal(t, tt.token, call.URL)
			call = conn.(connectors.Checker).Check()
			require.True(t, strings.HasPrefix(call.URL, tt.api), call.URL)
			tokened.Authorize(call, connectors.NewSecret("t"))
			require.Equal(t, "Bearer t", call.Header.Get("Authorization"))
			other := &connectors.Call{URL: "https://media.example/a", Header: http.Header{}}
			tokened.Authorize(other, connectors.NewSecret("t"))
			require.Empty(t, other.Header)
		})
	}
}

func TestMessagesCarryTheirTrafficTypeAndTime(t *testing.T) {
	conn := open(t, func(c *connectors.Config) {
		c.Settings = json.RawMessage(`{"agent_id":"a","traffic_type":"TRANSACTION","ttl_seconds":3600}`)
	})
	call, err := conn.Next(outbound("msg_1", text("hi")), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"contentMessage":{"text":"hi"},"messageTrafficType":"TRANSACTION","ttl":"3600s"}`, string(call.Body))
}
