package custom_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/line"
	"threadhub/connectors/slack"
	"threadhub/connectors/telegram"
	"threadhub/connectors/twilio"
	"threadhub/normalize"
)

func macOf(alg func() hash.Hash, key, message string) []byte {
	m := hmac.New(alg, []byte(key))
	m.Write([]byte(message))
	return m.Sum(nil)
}

// twin is a platform spoken in code and by a preset.
type twin struct {
	kind        connectors.Kind
	credentials map[string]string
	settings    string
	to          normalize.PeerID
	context     map[string]string
	sign        func(req *connectors.Request, at time.Time)
}

func twins() map[string]twin {
	return map[string]twin{
		"telegram": {
			kind: telegram.Kind(), credentials: map[string]string{"bot_token": "7100200300:TEST", "secret_token": "st"}, to: "5310001",
			sign: func(req *connectors.Request, _ time.Time) { req.Header.Set("X-Telegram-Bot-Api-Secret-Token", "st") },
		},
		"line": {
			kind: line.Kind(), credentials: map[string]string{"channel_access_token": "at", "channel_secret": "cs"}, to: "U5e1a00000000000000000000000000a1",
			sign: func(req *connectors.Request, _ time.Time) {
				req.Header.Set("X-Line-Signature", base64.StdEncoding.EncodeToString(macOf(sha256.New, "cs", string(req.Body))))
			},
		},
		"twilio": {
			kind: twilio.Kind(), credentials: map[string]string{"account_sid": "AC5e1f00000000000000000000000000d4", "auth_token": "at"},
			settings: `{"from":"+14155550199"}`, to: "+14155550123",
			sign: func(req *connectors.Request, _ time.Time) {
				signed := req.URL + "Bodyhi thereFrom+14155550123MessageSidSM1"
				req.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(macOf(sha1.New, "at", signed)))
			},
		},
		"slack": {
			kind: slack.Kind(), credentials: map[string]string{"bot_token": "xoxb-1", "signing_secret": "ss"}, to: "U0MIRA", context: map[string]string{"channel": "D0MIRA"},
			sign: func(req *connectors.Request, at time.Time) {
				stamp := strconv.FormatInt(at.Unix(), 10)
				req.Header.Set("X-Slack-Request-Timestamp", stamp)
				req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(macOf(sha256.New, "ss", "v0:"+stamp+":"+string(req.Body))))
			},
		},
	}
}

func (w twin) open(t *testing.T, name string) (coded, declared connectors.Connector) {
	t.Helper()
	settings := w.settings
	if settings == "" {
		settings = `{}`
	}
	coded, err := w.kind.New(connectors.Config{
		Credentials: secrets(w.credentials), Settings: json.RawMessage(settings), WebhookURL: "https://hub.example/webhooks/ch_1",
	})
	require.NoError(t, err)
	w.credentials["from"] = "+14155550199"
	return coded, openPreset(t, name, w.credentials)
}

func TestPresetsVerifyWhatCodedConnectorsDo(t *testing.T) {
	at := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	for name, w := range twins() {
		t.Run(name, func(t *testing.T) {
			coded, declared := w.open(t, name)
			fresh := func() *connectors.Request {
				return &connectors.Request{
					Method: http.MethodPost, URL: "https://hub.example/webhooks/ch_1", Header: http.Header{}, Query: url.Values{},
					Body: []byte("MessageSid=SM1&From=%2B14155550123&Body=hi+there"),
				}
			}
			signed := fresh()
			w.sign(signed, at)
			for _, c := range []connectors.Connector{coded, declared} {
				require.NoError(t, c.Verify(signed, at))
				require.ErrorIs(t, c.Verify(fresh(), at), connectors.ErrSignature)
				forged := fresh()
				for header := range signed.Header {
					forged.Header.Set(header, "0"+signed.Header.Get(header)[1:])
				}
				require.ErrorIs(t, c.Verify(forged, at), connectors.ErrSignature)
			}
		})
	}
}

func TestPresetsSendWhatCodedConnectorsDo(t *testing.T) {
	for name, w := range twins() {
		t.Run(name, func(t *testing.T) {
			coded, declared := w.open(t, name)
			out := &normalize.Outbound{
				ID: "msg_1", To: normalize.Peer{ID: w.to}, Context: w.context,
				Parts: []normalize.Message{{Type: normalize.TypeText, Text: `1 < 2 & "so on" – ü`}},
			}
			want, err := coded.Next(out, nil)
			require.NoError(t, err)
			got, err := declared.Next(out, nil)
			require.NoError(t, err)
			require.Equal(t, want.Method+" "+want.URL, got.Method+" "+got.URL)
			require.Equal(t, want.Header.Get("Authorization"), got.Header.Get("Authorization"))
			require.Equal(t, carried(t, want), carried(t, got))
		})
	}
}

// carried is a call's body without what only the connector in code sends.
func carried(t *testing.T, call *connectors.Call) map[string]any {
	t.Helper()
	out := map[string]any{}
	if json.Unmarshal(call.Body, &out) != nil {
		values, err := url.ParseQuery(string(call.Body))
		require.NoError(t, err)
		for name := range values {
			out[name] = values.Get(name)
		}
	}
	for _, name := range []string{"unfurl_links", "unfurl_media", "link_names", "metadata", "mrkdwn", "parse", "notificationDisabled"} {
		delete(out, name)
	}
	return out
}
