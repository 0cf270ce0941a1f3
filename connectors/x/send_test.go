package x_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/connectors/x"
	"threadhub/normalize"
)

func text(s string) normalize.Message { return normalize.Message{Type: normalize.TypeText, Text: s} }

func outbound(parts ...normalize.Message) *normalize.Outbound {
	return &normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "3311"}, Parts: parts}
}

// TestTheSignatureIsThatOfThePublishedExample signs the call that X's own guide
// to OAuth 1.0a works out, but for its body: forms are not sent here, so the
// status stands in the address.
func TestTheSignatureIsThatOfThePublishedExample(t *testing.T) {
	conn := open(t, func(c *connectors.Config) {
		c.Settings = json.RawMessage(`{"api_base_url":"https://api.twitter.com"}`)
		with("consumer_key", "xvz1evFS4wEEPTGEFPHBog")(c)
		with("consumer_secret", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw")(c)
		with("access_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb")(c)
		with("access_token_secret", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")(c)
	})
	call := &connectors.Call{
		Method: http.MethodPost, Header: http.Header{},
		URL: "https://api.twitter.com/1.1/statuses/update.json?include_entities=true&status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
	}
	conn.(connectors.Signer).Sign(call, time.Unix(1318622958, 0), "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg")
	require.Contains(t, call.Header.Get("Authorization"), `oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"`)
}

func TestOnlyCallsOfTheAccountAreSigned(t *testing.T) {
	signer := open(t, nil).(connectors.Signer)
	tests := map[string]struct {
		address, bearer string
		signed          bool
	}{
		"a call of the API":                     {"https://api.x.com/2/users/me", "", true},
		"media that X keeps":                    {"https://pbs.twimg.com/dm_gif/1/a.jpg", "", true},
		"media that X keeps, without TLS":       {"http://pbs.twimg.com/dm_gif/1/a.jpg", "", false},
		"a file that is elsewhere":              {"https://media.example/a.jpg", "", false},
		"a host whose name begins as the API's": {"https://api.x.com.evil.example/2/users/me", "", false},
		"an address that is none":               {"://", "", false},
		"a call of the app":                     {"https://api.x.com/2/webhooks", "Bearer b", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			call := &connectors.Call{Method: http.MethodGet, URL: tt.address, Header: http.Header{}}
			if tt.bearer != "" {
				call.Header.Set("Authorization", tt.bearer)
			}
			signer.Sign(call, time.Unix(1, 0), "n")
			require.Equal(t, tt.signed, strings.HasPrefix(call.Header.Get("Authorization"), "OAuth "))
		})
	}
}

func TestTheWebhookIsRegisteredBeforeItsIDIsKnown(t *testing.T) {
	settings := func(s string) func(*connectors.Config) {
		return func(c *connectors.Config) { c.Settings = json.RawMessage(s) }
	}
	t.Run("the app registers it and is told the id", func(t *testing.T) {
		conn := open(t, settings(`{}`))
		calls, err := conn.(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
		require.NoError(t, err)
		require.Len(t, calls, 1)
		require.Equal(t, "Bearer x-bearer-token-1", calls[0].Header.Get("Authorization"))
		require.JSONEq(t, `{"url":"https://hub.example/webhooks/ch_1"}`, string(calls[0].Body))
		o := conn.Classify(calls[0], &connectors.Response{Status: 200, Body: []byte(`{"data":{"id":"1976","valid":true}}`)})
		require.Equal(t, connectors.Done, o.Verdict)
		require.Equal(t, "1976", o.Data["webhook_id"])
	})
	t.Run("a server of one's own takes any address", func(t *testing.T) {
		conn := open(t, settings(`{"api_base_url":"http://127.0.0.1:1"}`))
		_, err := conn.(connectors.Subscriber).Subscribe("http://127.0.0.1:9/webhooks/ch_1")
		require.NoError(t, err)
	})
	t.Run("without the app's token it says what is missing", func(t *testing.T) {
		conn := open(t, func(c *connectors.Config) { delete(c.Credentials, "bearer_token") })
		_, err := conn.(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
		require.ErrorContains(t, err, "bearer_token")
	})
}

func TestFittedTextsAreWithinTheirUnits(t *testing.T) {
	caps, conn := suite().Kind.Caps, open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		long := strings.Repeat(rapid.SampledFrom([]string{"a ", "句子。", "👍🏽", "👨‍👩‍👧‍👦 "}).Draw(t, "word"), rapid.IntRange(1, 9000).Draw(t, "times"))
		parts, _, err := normalize.Fit(text(long), caps)
		if err != nil {
			return // more than the hub sends as one message
		}
		for i := range parts {
			call, err := conn.Next(outbound(parts[i]), nil)
			require.NoError(t, err)
			var body struct{ Text string }
			require.NoError(t, json.Unmarshal(call.Body, &body))
			require.NotEmpty(t, body.Text)
			require.LessOrEqual(t, normalize.UTF16.Len(body.Text), 10_000)
		}
	})
}

func TestWhatXHasNoFormForIsWrittenOut(t *testing.T) {
	conn := open(t, nil)
	tests := map[string]struct {
		message normalize.Message
		want    string
	}{
		"buttons": {normalize.Message{Type: normalize.TypeText, Text: "Pick", Buttons: []normalize.Button{{ID: "a", Title: "Yes"}, {ID: "b", Title: "No"}}}, "1. Yes"},
		"a place": {normalize.Message{Type: normalize.TypeLocation, Location: &normalize.Location{Latitude: 1.5, Longitude: 2.5}}, "1.5,2.5"},
		"a card":  {normalize.Message{Type: normalize.TypeContact, Contacts: []normalize.ContactCard{{Name: "Ada Lark", Phones: []string{"+15550100"}}}}, "Ada Lark"},
		"a file":  {normalize.Message{Type: normalize.TypeFile, Attachments: []normalize.Attachment{{Type: normalize.TypeFile, URL: "https://media.example/a.pdf"}}}, "https://media.example/a.pdf"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			parts, losses, err := normalize.Fit(tt.message, suite().Kind.Caps)
			require.NoError(t, err)
			require.NotEmpty(t, losses)
			call, err := conn.Next(outbound(parts...), nil)
			require.NoError(t, err)
			require.Contains(t, string(call.Body), tt.want)
		})
	}
}

// TestThePaceIsWhatXAllows: 15 messages in any 15 minutes, the first of them
// included.
func TestThePaceIsWhatXAllows(t *testing.T) {
	rate := x.Kind().Caps.Rate
	const minutes = 15
	// What goes out from the first moment up to, but not at, the last one.
	most := rate.Burst + int(rate.PerSecond*(minutes*60-1))
	require.LessOrEqual(t, most, 15)
	require.LessOrEqual(t, rate.PerSecond*24*60*60, 1440.0)
}
