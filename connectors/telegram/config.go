package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"threadhub/connectors"
)

const defaultBase = "https://api.telegram.org"

var (
	_ connectors.Connector     = (*bot)(nil)
	_ connectors.Follower      = (*bot)(nil)
	_ connectors.Reactor       = (*bot)(nil)
	_ connectors.Typist        = (*bot)(nil)
	_ connectors.Reader        = (*bot)(nil)
	_ connectors.Subscriber    = (*bot)(nil)
	_ connectors.Checker       = (*bot)(nil)
	_ connectors.MediaResolver = (*bot)(nil)
	_ connectors.Introducer    = (*bot)(nil)
)

// bot is the connector of one channel. It is read only after open.
type bot struct {
	base     string // without a slash at its end
	token    connectors.Secret
	secret   connectors.Secret
	previous connectors.Secret // still accepted while secret is being changed
	id       int64             // the bot's own user id, 0 when the token does not tell
}

// settings as the schema describes them.
type settings struct {
	APIBaseURL string `json:"api_base_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	b := &bot{
		token:    c.Credentials["bot_token"],
		secret:   c.Credentials["secret_token"],
		previous: c.Credentials["secret_token_previous"],
	}
	if err := checkToken(b.token); err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	if b.secret.Empty() {
		return nil, errors.New("telegram: secret_token is missing")
	}
	base, err := baseURL(c.Settings)
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	b.base = base
	if id, _, ok := strings.Cut(b.token.Reveal(), ":"); ok {
		// A token that does not begin with the bot's id is no fault here: the
		// platform is the judge of tokens.
		b.id, _ = strconv.ParseInt(id, 10, 64)
	}
	return b, nil
}

// checkToken refuses only what would change the meaning of the URL the token
// is put into.
func checkToken(token connectors.Secret) error {
	if token.Empty() {
		return errors.New("bot_token is missing")
	}
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' || strings.ContainsRune(`/?#%\`, r) {
			return errors.New("bot_token holds a character that no token has")
		}
	}
	return nil
}

func baseURL(raw json.RawMessage) (string, error) {
	var s settings
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", errors.New("settings are not a JSON object as the schema describes")
		}
	}
	if s.APIBaseURL == "" {
		return defaultBase, nil
	}
	u, err := url.Parse(s.APIBaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("api_base_url is not an absolute http or https address")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("api_base_url must hold neither user, query nor fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
