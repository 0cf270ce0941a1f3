package vk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"threadhub/connectors"
)

const (
	defaultBase    = "https://api.vk.com"
	defaultVersion = "5.199"
)

type settings struct {
	GroupID    json.RawMessage `json:"group_id"`
	APIVersion string          `json:"api_version"`
	APIBaseURL string          `json:"api_base_url"`
}

// community is the connector of one channel. It is read only after open.
type community struct {
	token        connectors.Secret
	secrets      []connectors.Secret // the current one and the one before
	confirmation connectors.Secret
	group        int64
	version      string
	base         string // without a slash at its end
}

var (
	_ connectors.Connector    = (*community)(nil)
	_ connectors.Handshaker   = (*community)(nil)
	_ connectors.Acknowledger = (*community)(nil)
	_ connectors.Skimmer      = (*community)(nil)
	_ connectors.Follower     = (*community)(nil)
	_ connectors.Reactor      = (*community)(nil)
	_ connectors.Typist       = (*community)(nil)
	_ connectors.Reader       = (*community)(nil)
	_ connectors.Subscriber   = (*community)(nil)
	_ connectors.Checker      = (*community)(nil)
	_ connectors.Profiler     = (*community)(nil)
)

func open(cfg connectors.Config) (connectors.Connector, error) {
	c, err := configured(cfg)
	if err != nil {
		return nil, fmt.Errorf("vk: %w", err)
	}
	return c, nil
}

func configured(cfg connectors.Config) (*community, error) {
	var set settings
	if len(cfg.Settings) > 0 {
		if err := json.Unmarshal(cfg.Settings, &set); err != nil {
			return nil, errors.New("settings are not a JSON object as the schema describes")
		}
	}
	for _, name := range []string{"access_token", "secret", "confirmation_code"} {
		if cfg.Credentials[name].Empty() {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	c := &community{
		token:        cfg.Credentials["access_token"],
		secrets:      []connectors.Secret{cfg.Credentials["secret"], cfg.Credentials["secret_previous"]},
		confirmation: cfg.Credentials["confirmation_code"],
		version:      set.APIVersion,
	}
	var err error
	if c.group, err = groupID(set.GroupID); err != nil {
		return nil, err
	}
	if c.version == "" {
		c.version = defaultVersion
	}
	if !version.MatchString(c.version) {
		return nil, errors.New("api_version is not of the form 5.199")
	}
	c.base, err = baseURL(set.APIBaseURL)
	return c, err
}

var version = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)

// groupID reads the community's id, a number in quotes or without.
func groupID(raw json.RawMessage) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(strings.Trim(string(raw), `" `), "-"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errors.New("group_id is missing or not a number: enter the community's id, the digits in vk.com/club123456")
	}
	return id, nil
}

func baseURL(raw string) (string, error) {
	if raw == "" {
		return defaultBase, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("api_base_url is not an absolute http or https address")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("api_base_url must hold neither user, query nor fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
