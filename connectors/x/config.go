package x

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

const defaultBase = "https://api.x.com"

var (
	_ connectors.Connector     = (*account)(nil)
	_ connectors.Handshaker    = (*account)(nil)
	_ connectors.Skimmer       = (*account)(nil)
	_ connectors.Accounted     = (*account)(nil)
	_ connectors.Signer        = (*account)(nil)
	_ connectors.Subscriber    = (*account)(nil)
	_ connectors.Checker       = (*account)(nil)
	_ connectors.MediaResolver = (*account)(nil)
	_ connectors.Profiler      = (*account)(nil)
)

// account is the connector of one channel. It is read only after open.
type account struct {
	user string // the account's id

	consumerKey, consumerSecret connectors.Secret
	token, tokenSecret          connectors.Secret
	bearer                      connectors.Secret
	// consumers and clients sign webhooks: the current one and, while it is
	// being changed, the one before.
	consumers, clients []connectors.Secret

	webhook string
	base    string // without a slash at its end
}

// settings as the schema describes them.
type settings struct {
	UserID     json.RawMessage `json:"user_id"` // text or a number
	WebhookID  string          `json:"webhook_id"`
	APIBaseURL string          `json:"api_base_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	a, err := configured(c)
	if err != nil {
		return nil, fmt.Errorf("x: %w", err)
	}
	return a, nil
}

func configured(c connectors.Config) (*account, error) {
	for _, name := range []string{"consumer_key", "consumer_secret", "access_token", "access_token_secret"} {
		if c.Credentials[name].Empty() {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"consumer_key", "access_token", "bearer_token"} {
		if !sendable(c.Credentials[name].Reveal()) {
			return nil, fmt.Errorf("%s holds a character that none has: copy it again, without spaces or line breaks", name)
		}
	}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("settings are not a JSON object as the schema describes")
		}
	}
	a := &account{
		consumerKey: c.Credentials["consumer_key"], consumerSecret: c.Credentials["consumer_secret"],
		token: c.Credentials["access_token"], tokenSecret: c.Credentials["access_token_secret"],
		bearer:    c.Credentials["bearer_token"],
		consumers: []connectors.Secret{c.Credentials["consumer_secret"], c.Credentials["consumer_secret_previous"]},
		clients:   []connectors.Secret{c.Credentials["client_secret"], c.Credentials["client_secret_previous"]},
		webhook:   s.WebhookID,
	}
	a.user = strings.Trim(string(s.UserID), `" `)
	if a.user == "" || a.user == "null" {
		a.user, _, _ = strings.Cut(a.token.Reveal(), "-")
	}
	if !digits(a.user) {
		return nil, errors.New("user_id is not the number of an account: enter it, since the access token does not begin with it")
	}
	if a.webhook != "" && !digits(a.webhook) {
		return nil, errors.New("webhook_id is not a number")
	}
	var err error
	a.base, err = baseURL(cmp.Or(s.APIBaseURL, defaultBase))
	return a, err
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

// sendable tells whether a token can stand in a header.
func sendable(token string) bool {
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return true
}

// digits tells whether s is an id of X's: a number that is never calculated
// with.
func digits(s string) bool {
	const most = 20
	return s != "" && len(s) <= most && strings.Trim(s, "0123456789") == ""
}

// person tells whether the peer is a user.
func person(id normalize.PeerID) bool { return digits(string(id)) }

// Account is the id of the account.
func (a *account) Account() string { return a.user }
