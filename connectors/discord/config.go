package discord

import (
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
)

// defaultBase is where the REST API is reached (platforms/discord: Outbound REST).
const defaultBase = "https://discord.com/api/v10"

var (
	_ connectors.Connector    = (*account)(nil)
	_ connectors.Handshaker   = (*account)(nil)
	_ connectors.Acknowledger = (*account)(nil)
	_ connectors.Streamed     = (*account)(nil)
	_ connectors.Follower     = (*account)(nil)
	_ connectors.Reactor      = (*account)(nil)
	_ connectors.Typist       = (*account)(nil)
	_ connectors.Subscriber   = (*account)(nil)
	_ connectors.Checker      = (*account)(nil)
	_ connectors.Perishable   = (*account)(nil)
	_ connectors.Profiler     = (*account)(nil)
)

// account is the connector of one bot. It is read only after open.
type account struct {
	token       connectors.Secret
	publicKey   connectors.Secret // as entered, to be kept out of texts
	key         ed25519.PublicKey
	application string // "" when it was not entered
	self        string // the id of the bot; "" when neither the application nor the token tells
	base        string // without a slash at its end
	agent       string
}

// settings as the schema describes them.
type settings struct {
	ApplicationID string `json:"application_id"`
	APIBaseURL    string `json:"api_base_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	a := &account{token: c.Credentials["bot_token"], publicKey: c.Credentials["public_key"]}
	if err := checkToken(a.token); err != nil {
		return nil, fmt.Errorf("discord: %w", err)
	}
	key, err := hex.DecodeString(a.publicKey.Reveal())
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("discord: public_key is not 64 hexadecimal digits: copy it from the page General Information of the application")
	}
	a.key = key
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("discord: settings are not a JSON object as the schema describes")
		}
	}
	if s.ApplicationID != "" && !snowflake(s.ApplicationID) {
		return nil, errors.New("discord: application_id is not a number as the page General Information shows it")
	}
	a.application = s.ApplicationID
	a.self = cmp.Or(a.application, botOf(a.token))
	if a.base, err = baseURL(cmp.Or(s.APIBaseURL, defaultBase)); err != nil {
		return nil, fmt.Errorf("discord: %w", err)
	}
	a.agent = userAgent(c.WebhookURL)
	return a, nil
}

// userAgent names the hub in the form that Discord asks for, "DiscordBot
// (address, version)"; without it Cloudflare refuses calls (platforms/discord:
// Outbound REST). The address is that of the hub whose bot it is, since that is
// where whoever runs it can be asked. A hub that does not know its own gives
// its name.
func userAgent(webhookURL string) string {
	home := "threadhub"
	if u, err := url.Parse(webhookURL); err == nil && u.Host != "" {
		home = u.Scheme + "://" + u.Host
	}
	return "DiscordBot (" + home + ", 1)"
}

// checkToken refuses what cannot stand in a header.
func checkToken(token connectors.Secret) error {
	if token.Empty() {
		return errors.New("bot_token is missing")
	}
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("bot_token holds a character that no token has: copy it again, without spaces or line breaks, and without the word Bot")
		}
	}
	return nil
}

// botOf is the id of the token's bot, which its first part holds in base64
// (discord.com/developers/docs/reference, Authentication); "" for a token of
// another form. A bot has the id of its application.
func botOf(token connectors.Secret) string {
	first, _, _ := strings.Cut(token.Reveal(), ".")
	id, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(first, "="))
	if err != nil || !snowflake(string(id)) {
		return ""
	}
	return string(id)
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
