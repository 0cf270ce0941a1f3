package custom_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/custom"
	"threadhub/normalize"
)

// example answers the documentation's block of that name.
func example(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../docs/custom-connectors.md")
	require.NoError(t, err)
	found := regexp.MustCompile("(?s)```json " + name + "\n(.*?)```").FindSubmatch(raw)
	require.NotNil(t, found, "the documentation has no block %q", name)
	return found[1]
}

func documented(t testing.TB) connectors.Connector {
	t.Helper()
	var channel struct {
		Kind, Name  string
		Credentials map[string]string
		Settings    json.RawMessage
	}
	require.NoError(t, json.Unmarshal(example(t, "channel"), &channel))
	c, err := custom.Kind().New(connectors.Config{Credentials: secrets(channel.Credentials), Settings: channel.Settings})
	require.NoError(t, err)
	return c
}

func TestTheDocumentationsExampleDoesWhatItSays(t *testing.T) {
	conn := documented(t)
	req := &connectors.Request{Method: http.MethodPost, Header: http.Header{}, Body: example(t, "webhook")}
	require.ErrorIs(t, conn.Verify(req, time.Now()), connectors.ErrSignature)
	events, err := conn.Parse(req)
	require.NoError(t, err)
	got, err := json.Marshal(events)
	require.NoError(t, err)
	require.JSONEq(t, string(example(t, "events")), string(got))

	call, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: events[0].Peer, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "It is!"}},
	}, nil)
	require.NoError(t, err)
	require.Equal(t, "https://api.acme.example/send", call.URL)
	require.JSONEq(t, string(example(t, "call")), string(call.Body))
}
