package tiktok

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
)

// defaultBase is where the API is reached.
const defaultBase = "https://business-api.tiktok.com"

var (
	_ connectors.Connector     = (*account)(nil)
	_ connectors.Skimmer       = (*account)(nil)
	_ connectors.Accounted     = (*account)(nil)
	_ connectors.Tokened       = (*account)(nil)
	_ connectors.Subscriber    = (*account)(nil)
	_ connectors.Checker       = (*account)(nil)
	_ connectors.Typist        = (*account)(nil)
	_ connectors.Reader        = (*account)(nil)
	_ connectors.MediaResolver = (*account)(nil)
)

// account is the connector of one channel. It is read only after open.
type account struct {
	// keys sign webhooks: the current one and, while it is being changed, the
	// one before.
	keys            []connectors.Secret
	access, refresh connectors.Secret
	secrets         []connectors.Secret // everything that must not be repeated
	clientKey       string
	business        string
	base            string // without a slash at its end
}

// settings as the schema describes them.
type settings struct {
	ClientKey  string `json:"client_key"`
	BusinessID string `json:"business_id"`
	APIBaseURL string `json:"api_base_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	a := &account{access: c.Credentials["access_token"], refresh: c.Credentials["refresh_token"]}
	if c.Credentials["client_secret"].Empty() {
		return nil, errors.New("tiktok: client_secret is missing")
	}
	for _, name := range []string{"client_secret", "client_secret_previous"} {
		if s := c.Credentials[name]; !s.Empty() {
			a.keys = append(a.keys, s)
		}
	}
	for _, s := range c.Credentials {
		a.secrets = append(a.secrets, s)
	}
	if a.refresh.Empty() && a.access.Empty() {
		return nil, errors.New("tiktok: refresh_token is missing (or an access_token, for a day)")
	}
	if strings.ContainsFunc(a.access.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("tiktok: access_token holds a character that no token has: copy it again, without spaces or line breaks")
	}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("tiktok: settings are not a JSON object as the schema describes")
		}
	}
	a.clientKey, a.business = s.ClientKey, s.BusinessID
	switch {
	case a.business == "":
		return nil, errors.New("tiktok: business_id is missing in the settings")
	case a.clientKey == "":
		return nil, errors.New("tiktok: client_key is missing in the settings")
	}
	var err error
	if a.base, err = baseURL(cmp.Or(s.APIBaseURL, defaultBase)); err != nil {
		return nil, fmt.Errorf("tiktok: %w", err)
	}
	return a, nil
}

func baseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("api_base_url is not an absolute http or https address")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("api_base_url must hold neither user, query nor fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Account is the business account whose events are the channel's.
func (a *account) Account() string { return a.business }
