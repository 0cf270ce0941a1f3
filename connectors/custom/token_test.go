package custom_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

// TestDeadCredentialsSuspendAtTheToken: another token cannot be had by asking
// for one again.
func TestDeadCredentialsSuspendAtTheToken(t *testing.T) {
	var doc map[string]any
	require.NoError(t, json.Unmarshal(altered(t, "token", `{"request": {"url": "https://api.example.com/token", "json": {"key": "{{secrets.secret}}"}}, "access": "resp.body.token"}`), &doc))
	doc["outbound"].(map[string]any)["errors"] = []any{map[string]any{"when": "resp.body.code == 7", "class": "auth"}}
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	c, err := openCustom(raw)
	require.NoError(t, err)
	call, err := c.(connectors.Tokened).TokenCall(time.Time{})
	require.NoError(t, err)
	sent, err := c.Next(&normalize.Outbound{To: normalize.Peer{ID: "1"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "x"}}}, nil)
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		call   *connectors.Call
		status int
		body   string
		want   connectors.Verdict
		stale  bool
	}{
		"401 to the call for a token":           {call, 401, `{}`, connectors.Suspend, false},
		"403 to the call for a token":           {call, 403, `no`, connectors.Suspend, false},
		"an OAuth refusal of the client":        {call, 400, `{"error":"invalid_client"}`, connectors.Suspend, false},
		"an OAuth refusal of the refresh token": {call, 400, `{"error":"invalid_grant"}`, connectors.Suspend, false},
		"a rule that says auth":                 {call, 200, `{"code":7}`, connectors.Suspend, false},
		"a call that was put together wrongly":  {call, 400, `{"error":"invalid_request"}`, connectors.Refuse, false},
		"a platform that has trouble":           {call, 503, `{}`, connectors.Retry, false},
		"401 to a message":                      {sent, 401, `{}`, connectors.Retry, true},
		"a rule that says auth, of a message":   {sent, 200, `{"code":7}`, connectors.Retry, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.Classify(tt.call, &connectors.Response{Status: tt.status, Header: http.Header{}, Body: []byte(tt.body)})
			require.Equal(t, tt.want, o.Verdict)
			require.Equal(t, tt.stale, o.StaleToken)
		})
	}
}

// TestFieldsThatAreEmptyCanBeNamed: templates may name what is documented,
// whether this contact or file has it or not.
func TestFieldsThatAreEmptyCanBeNamed(t *testing.T) {
	raw := altered(t, "outbound/image", `{"url": "https://api.example.com/send", "json": {"to": "{{contact.name}}|{{contact.username}}|{{contact.phone}}|{{contact.locale}}|{{contact.kind}}",
		"file": "{{attachment.ref}}|{{attachment.mime}}|{{attachment.name}}|{{attachment.caption}}", "size": "{{attachment.size}}", "voice": "{{attachment.voice}}", "wide": "{{int(attachment.width) + int(attachment.height) + int(attachment.seconds)}}"}}`)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(raw, &doc))
	doc["capabilities"] = map[string]any{"media": []any{"image"}}
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	c, err := openCustom(raw)
	require.NoError(t, err)
	call, err := c.Next(&normalize.Outbound{To: normalize.Peer{ID: "1"}, Parts: []normalize.Message{{
		Type: normalize.TypeImage, Attachments: []normalize.Attachment{{Type: normalize.TypeImage, URL: "https://hub.example/f"}},
	}}}, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"to": "||||", "file": "|||", "size": 0, "voice": false, "wide": 0}`, string(call.Body))
}
