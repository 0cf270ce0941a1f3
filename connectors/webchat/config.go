package webchat

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

var (
	_ connectors.Connector = (*Widget)(nil)
	_ connectors.Local     = (*Widget)(nil)
	_ connectors.Reactor   = (*Widget)(nil)
)

// Widget is the connector of one web chat. It is read only after Kind.New made
// it, and safe for concurrent use.
type Widget struct {
	// Greeting, Colour and RequireIdentity are what the admin chose.
	Greeting, Colour string
	RequireIdentity  bool

	origins []string
	secrets []connectors.Secret
	keys    []publicKey
}

// settings as the schema describes them.
type settings struct {
	AllowedOrigins  []string `json:"allowed_origins"`
	Greeting        string   `json:"greeting"`
	Colour          string   `json:"colour"`
	RequireIdentity bool     `json:"require_identity"`
	IdentityKeys    string   `json:"identity_keys"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	w := &Widget{}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("webchat: settings are not a JSON object as the schema describes")
		}
	}
	for _, raw := range s.AllowedOrigins {
		w.origins = append(w.origins, strings.ToLower(raw))
	}
	for _, name := range []string{"identity_secret", "identity_secret_previous"} {
		if secret := c.Credentials[name]; !secret.Empty() {
			w.secrets = append(w.secrets, secret)
		}
	}
	var err error
	if w.keys, err = readKeys(s.IdentityKeys); err != nil {
		return nil, fmt.Errorf("webchat: identity_keys: %w", err)
	}
	if s.RequireIdentity && len(w.secrets)+len(w.keys) == 0 {
		return nil, errors.New("webchat: require_identity needs identity_secret or identity_keys")
	}
	w.Greeting, w.Colour, w.RequireIdentity = s.Greeting, cmp.Or(s.Colour, "#2457d6"), s.RequireIdentity
	return w, nil
}

// Allows tells whether a page of the origin may show the chat: the same scheme,
// host and port as one that is listed, and nothing like it.
func (w *Widget) Allows(origin string) bool {
	return slices.Contains(w.origins, strings.ToLower(origin))
}

// Verify refuses everything: visitors are no platform and send no webhooks.
func (w *Widget) Verify(*connectors.Request, time.Time) error {
	return fmt.Errorf("a web chat has no webhooks: %w", connectors.ErrSignature)
}

// Next makes no call: see Stored.
func (w *Widget) Next(*normalize.Outbound, []normalize.Exchange) (*connectors.Call, error) {
	return nil, nil
}

// React implements [connectors.Reactor]: visitors are shown what is stored.
func (w *Widget) React(connectors.Reacting) ([]*connectors.Call, error) { return nil, nil }

// Stored implements [connectors.Local]: visitors know a message by the hub's id.
func (w *Widget) Stored(out *normalize.Outbound) []normalize.PlatformID {
	return []normalize.PlatformID{normalize.PlatformID(out.ID)}
}

// Classify is never asked about a call of its own.
func (w *Widget) Classify(_ *connectors.Call, resp *connectors.Response) connectors.Outcome {
	if resp.Status == http.StatusTooManyRequests {
		return connectors.Outcome{Verdict: connectors.Wait, Failure: &normalize.Failure{Reason: normalize.ReasonThrottled, Retryable: true}}
	}
	return connectors.Outcome{Verdict: connectors.Unclear, Failure: &normalize.Failure{
		Reason: normalize.ReasonUnknown, Message: "a web chat makes no calls",
	}}
}
