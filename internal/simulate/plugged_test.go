package simulate

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/all"
)

// plugged is the real connector of a simulated account, with the token that the
// platform gave it.
type plugged struct {
	connectors.Connector
	platform Platform
	token    connectors.Secret
}

// opened is the real connector for a simulated account.
func opened(t *testing.T, p Platform) *plugged {
	t.Helper()
	acc := p.Account()
	kind, ok := all.Kinds().Lookup(acc.Kind)
	require.True(t, ok)
	set := map[string]any{"api_base_url": "http://sim/" + acc.name()}
	maps.Copy(set, acc.Settings)
	settings, err := json.Marshal(set)
	require.NoError(t, err)
	cfg := connectors.Config{Credentials: map[string]connectors.Secret{}, Settings: settings, WebhookURL: webhookAddress}
	for k, v := range acc.Credentials {
		cfg.Credentials[k] = connectors.NewSecret(v)
	}
	c, err := kind.New(cfg)
	require.NoError(t, err)
	return &plugged{Connector: c, platform: p}
}

// carry hands a connector's call to the platform, as a hub and the server
// would: with a token where it takes one, signed where it is.
func carry(t *testing.T, c *plugged, call *connectors.Call) Answer {
	t.Helper()
	if call.Header == nil {
		call.Header = http.Header{}
	}
	if tokened, ok := c.Connector.(connectors.Tokened); ok {
		token, err := tokened.TokenCall(time.Now())
		require.NoError(t, err)
		if token != nil && c.token.Empty() {
			answer := serve(t, c.platform, token)
			got, err := tokened.ReadToken(&connectors.Response{Status: answer.Status, Body: answer.Body})
			require.NoError(t, err, "%s", answer.Body)
			c.token = got.Access
		}
		tokened.Authorize(call, c.token)
	}
	if signer, ok := c.Connector.(connectors.Signer); ok {
		signer.Sign(call, time.Now(), "nonce-0123456789")
	}
	return serve(t, c.platform, call)
}

func serve(t *testing.T, p Platform, call *connectors.Call) Answer {
	t.Helper()
	u, err := url.Parse(call.URL)
	require.NoError(t, err)
	path, ok := strings.CutPrefix(u.Path, "/"+p.Account().name())
	require.True(t, ok && u.Host == "sim", "%s is not below the platform's address", call.URL)
	return p.Serve(Call{
		Kind: p.Account().name(), At: time.Now(), Method: call.Method, Path: path, Query: u.Query(),
		Header: call.Header, Body: call.Body, Base: "http://sim/" + p.Account().name(),
	})
}
