package whatsapp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

// vectorBody is signed with vectorSecret in the platform's documentation of
// webhooks: the escape stays six ASCII characters.
const (
	vectorSecret = "test_app_secret"
	vectorBody   = `{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"mid":"m","text":"\u00e4"}}]}]}`
	vectorHeader = "sha256=5a96c333c6c31d5dc0a575c468fedefe1d587f97081fb8ec50344d49ad00bb0e"
)

func post(body, header string) *connectors.Request {
	h := http.Header{}
	if header != "" {
		h.Set("X-Hub-Signature-256", header)
	}
	return &connectors.Request{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	rotating := func(cfg *connectors.Config) {
		cfg.Credentials["app_secret_previous"] = connectors.NewSecret(oldSecret)
	}
	known := func(cfg *connectors.Config) {
		cfg.Credentials["app_secret"] = connectors.NewSecret(vectorSecret)
	}
	body := `{"object":"whatsapp_business_account","entry":[]}`
	right := signature(appSecret, []byte(body))
	for name, c := range map[string]struct {
		change       func(*connectors.Config)
		body, header string
		ok           bool
	}{
		"the documented example is accepted":                  {known, vectorBody, vectorHeader, true},
		"the same body written otherwise is refused":          {known, strings.ReplaceAll(vectorBody, `\u00e4`, "ä"), vectorHeader, false},
		"the app secret's signature is accepted":              {nil, body, right, true},
		"an altered body is refused":                          {nil, body + " ", right, false},
		"an empty body with its signature is accepted":        {nil, "", signature(appSecret, nil), true},
		"a missing header is refused":                         {nil, body, "", false},
		"a signature without its prefix is refused":           {nil, body, strings.TrimPrefix(right, "sha256="), false},
		"a shortened signature is refused":                    {nil, body, right[:len(right)-1], false},
		"a longer signature is refused":                       {nil, body, right + "0", false},
		"an upper-case signature is refused":                  {nil, body, "sha256=" + strings.ToUpper(right[7:]), false},
		"another secret's signature is refused":               {nil, body, signature(oldSecret, []byte(body)), false},
		"the previous secret counts while it is kept":         {rotating, body, signature(oldSecret, []byte(body)), true},
		"the current secret counts beside the previous":       {rotating, body, right, true},
		"the absent previous secret signs nothing when empty": {nil, body, signature("", []byte(body)), false},
	} {
		t.Run(name, func(t *testing.T) {
			err := open(t, c.change).Verify(post(c.body, c.header), time.Time{})
			if c.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrSignature)
			}
		})
	}
}

func TestHandshakeIsToldFromOtherRequests(t *testing.T) {
	h := open(t, nil).(connectors.Handshaker)
	query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {verifyToken}, "hub.challenge": {"1158201444"}}

	reply, ok := h.Handshake(&connectors.Request{Method: http.MethodGet, Query: query})
	require.True(t, ok)
	require.Equal(t, connectors.Reply{Status: 200, ContentType: "text/plain", Body: []byte("1158201444")}, reply)

	_, ok = h.Handshake(&connectors.Request{Method: http.MethodPost, Query: query})
	require.False(t, ok, "a POST is an event, whatever its query says")

	_, ok = h.Handshake(&connectors.Request{Method: http.MethodGet, Query: url.Values{"page": {"1"}}})
	require.False(t, ok, "a GET without hub.mode is no handshake")

	query.Del("hub.verify_token")
	reply, ok = h.Handshake(&connectors.Request{Method: http.MethodGet, Query: query})
	require.True(t, ok)
	require.Equal(t, http.StatusForbidden, reply.Status)
	require.NotContains(t, string(reply.Body), verifyToken)
}
