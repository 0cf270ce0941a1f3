package zalo

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
)

// Hosts of the API and of its tokens (platforms/zalo: outbound, OAuth).
const (
	defaultBase  = "https://openapi.zalo.me"
	defaultOAuth = "https://oauth.zaloapp.com"
)

var (
	_ connectors.Connector  = (*account)(nil)
	_ connectors.Handshaker = (*account)(nil)
	_ connectors.Skimmer    = (*account)(nil)
	_ connectors.Accounted  = (*account)(nil)
	_ connectors.Tokened    = (*account)(nil)
	_ connectors.Reactor    = (*account)(nil)
	_ connectors.Checker    = (*account)(nil)
	_ connectors.Profiler   = (*account)(nil)
)

// account is the connector of one channel. It is read only after open.
type account struct {
	// keys sign webhooks: the current one and, while it is being changed, the
	// one before.
	keys                       []connectors.Secret
	access, refresh, appSecret connectors.Secret
	secrets                    []connectors.Secret // everything that must not be repeated
	appID, oaID                string
	base, oauth                string // without a slash at their ends
}

// settings as the schema describes them.
type settings struct {
	AppID        string `json:"app_id"`
	OAID         string `json:"oa_id"`
	APIBaseURL   string `json:"api_base_url"`
	OAuthBaseURL string `json:"oauth_base_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	a := &account{access: c.Credentials["access_token"], refresh: c.Credentials["refresh_token"], appSecret: c.Credentials["app_secret"]}
	if c.Credentials["oa_secret_key"].Empty() {
		return nil, errors.New("zalo: oa_secret_key is missing")
	}
	for _, name := range []string{"oa_secret_key", "oa_secret_key_previous"} {
		if s := c.Credentials[name]; !s.Empty() {
			a.keys = append(a.keys, s)
		}
	}
	for _, s := range c.Credentials {
		a.secrets = append(a.secrets, s)
	}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("zalo: settings are not a JSON object as the schema describes")
		}
	}
	a.appID, a.oaID = s.AppID, s.OAID
	if err := a.checkTokens(); err != nil {
		return nil, fmt.Errorf("zalo: %w", err)
	}
	var err error
	if a.base, err = baseURL("api_base_url", cmp.Or(s.APIBaseURL, defaultBase)); err != nil {
		return nil, fmt.Errorf("zalo: %w", err)
	}
	// A proxy or a stub stands for both hosts unless told otherwise.
	if a.oauth, err = baseURL("oauth_base_url", cmp.Or(s.OAuthBaseURL, s.APIBaseURL, defaultOAuth)); err != nil {
		return nil, fmt.Errorf("zalo: %w", err)
	}
	return a, nil
}

// checkTokens wants either a token or what it takes to get one, and nothing in
// them that cannot stand in a header.
func (a *account) checkTokens() error {
	switch {
	case a.refresh.Empty() && a.access.Empty():
		return errors.New("refresh_token is missing (or an access_token, for a day)")
	case !a.refresh.Empty() && a.appSecret.Empty():
		return errors.New("app_secret is missing, which a refresh_token needs")
	case !a.refresh.Empty() && a.appID == "":
		return errors.New("app_id is missing in the settings, which a refresh_token needs")
	}
	for name, s := range map[string]connectors.Secret{"access_token": a.access, "app_secret": a.appSecret} {
		if strings.ContainsFunc(s.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("%s holds a character that no token has: copy it again, without spaces or line breaks", name)
		}
	}
	return nil
}

func baseURL(name, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%s is not an absolute http or https address", name)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%s must hold neither user, query nor fragment", name)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Account is the Official Account whose events are the channel's, "" when the
// app has no other.
func (a *account) Account() string { return a.oaID }
