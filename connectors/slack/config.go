package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"threadhub/connectors"
)

const defaultBase = "https://slack.com/api"

type settings struct {
	TeamID     string `json:"team_id"`
	APIBaseURL string `json:"api_base_url"`
}

// bot is the connector of one channel. It is read only after open.
type bot struct {
	token   connectors.Secret
	secrets []connectors.Secret // that sign: the current one and the one before
	team    string              // the workspace, when the app serves several
	base    string              // without a slash at its end
	host    string              // of base
}

// shared is the bot of one of several workspaces whose events come to one
// address.
type shared struct{ *bot }

// Account is the workspace.
func (s shared) Account() string { return s.team }

var (
	_ connectors.Connector     = (*bot)(nil)
	_ connectors.Handshaker    = (*bot)(nil)
	_ connectors.Skimmer       = (*bot)(nil)
	_ connectors.Reactor       = (*bot)(nil)
	_ connectors.Checker       = (*bot)(nil)
	_ connectors.MediaResolver = (*bot)(nil)
	_ connectors.Profiler      = (*bot)(nil)
	_ connectors.Accounted     = shared{}
)

func open(cfg connectors.Config) (connectors.Connector, error) {
	b, err := configured(cfg)
	if err != nil {
		return nil, fmt.Errorf("slack: %w", err)
	}
	if b.team != "" {
		return shared{b}, nil
	}
	return b, nil
}

func configured(cfg connectors.Config) (*bot, error) {
	var set settings
	if len(cfg.Settings) > 0 {
		if err := json.Unmarshal(cfg.Settings, &set); err != nil {
			return nil, errors.New("settings are not a JSON object as the schema describes")
		}
	}
	for _, name := range []string{"bot_token", "signing_secret"} {
		if cfg.Credentials[name].Empty() {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	if strings.ContainsAny(cfg.Credentials["bot_token"].Reveal(), "\r\n\x00") {
		return nil, errors.New("bot_token holds a line break")
	}
	b := &bot{
		token:   cfg.Credentials["bot_token"],
		secrets: []connectors.Secret{cfg.Credentials["signing_secret"], cfg.Credentials["signing_secret_previous"]},
		team:    strings.TrimSpace(set.TeamID),
		base:    defaultBase,
		host:    "slack.com",
	}
	if set.APIBaseURL == "" {
		return b, nil
	}
	u, err := url.Parse(set.APIBaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("api_base_url is not an absolute http or https address")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("api_base_url must hold neither user, query nor fragment")
	}
	b.base, b.host = strings.TrimRight(u.String(), "/"), u.Host
	if u.Path == "" || u.Path == "/" {
		b.base += "/api"
	}
	return b, nil
}

// header authorises a call.
func (b *bot) header(contentType string) http.Header {
	h := http.Header{"Authorization": {"Bearer " + b.token.Reveal()}}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return h
}
