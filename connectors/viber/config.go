package viber

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"threadhub/connectors"
)

// What a channel gets that does not say otherwise.
const (
	defaultBase   = "https://chatapi.viber.com"
	defaultSender = "Support"
)

var (
	_ connectors.Connector    = (*bot)(nil)
	_ connectors.Skimmer      = (*bot)(nil)
	_ connectors.Acknowledger = (*bot)(nil)
	_ connectors.Subscriber   = (*bot)(nil)
	_ connectors.Checker      = (*bot)(nil)
	_ connectors.Profiler     = (*bot)(nil)
)

// bot is the connector of one channel. It is read only after open.
type bot struct {
	// tokens sign webhooks: the current one, which also authorises calls, and
	// while it is being changed the one before.
	tokens  []connectors.Secret
	base    string // with "/pa", without a slash at its end
	own     bool   // the base is not Viber's
	sender  sender
	welcome string
}

// settings as the schema describes them.
type settings struct {
	SenderName   string `json:"sender_name"`
	SenderAvatar string `json:"sender_avatar"`
	WelcomeText  string `json:"welcome_text"`
	APIBaseURL   string `json:"api_base_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	b := &bot{tokens: []connectors.Secret{c.Credentials["auth_token"], c.Credentials["auth_token_previous"]}}
	if err := checkToken(b.tokens[0]); err != nil {
		return nil, fmt.Errorf("viber: %w", err)
	}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("viber: settings are not a JSON object as the schema describes")
		}
	}
	b.sender = sender{Name: cmp.Or(s.SenderName, defaultSender), Avatar: s.SenderAvatar}
	if utf8.RuneCountInString(b.sender.Name) > maxSender {
		return nil, fmt.Errorf("viber: sender_name is longer than the %d characters that Viber takes", maxSender)
	}
	b.welcome = s.WelcomeText
	b.own = s.APIBaseURL != "" && strings.TrimRight(s.APIBaseURL, "/") != defaultBase
	base, err := baseURL(cmp.Or(s.APIBaseURL, defaultBase))
	if err != nil {
		return nil, fmt.Errorf("viber: %w", err)
	}
	b.base = strings.TrimSuffix(base, "/pa") + "/pa"
	return b, nil
}

// checkToken refuses what cannot stand in a header.
func checkToken(token connectors.Secret) error {
	if token.Empty() {
		return errors.New("auth_token is missing")
	}
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("auth_token holds a character that no token has: copy it again, without spaces or line breaks")
		}
	}
	return nil
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
