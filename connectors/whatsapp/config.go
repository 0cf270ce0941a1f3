package whatsapp

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// What a channel gets that does not say otherwise. A Graph API version lives
// for about two years; an expired one falls forward to the oldest living.
const (
	defaultBase    = "https://graph.facebook.com"
	defaultVersion = "v25.0"
)

// userAgent is sent with every call: Meta's media hosts refuse an empty one.
const userAgent = "threadhub"

type settings struct {
	PhoneNumberID string `json:"phone_number_id"`
	WABAID        string `json:"waba_id"`
	APIVersion    string `json:"api_version"`
	APIBaseURL    string `json:"api_base_url"`
	PerSecond     int    `json:"messages_per_second"`
}

// connector is one WhatsApp number. It is immutable.
type connector struct {
	accessToken connectors.Secret
	verifyToken connectors.Secret
	// appSecrets sign webhooks: the current one and, while it is being
	// changed, the one before.
	appSecrets []connectors.Secret

	phoneNumberID string
	wabaID        string
	perSecond     int
	root          string // base address and version, without a slash at the end
	ownHost       bool   // api_base_url points somewhere else than to Meta
}

var (
	_ connectors.Connector     = (*connector)(nil)
	_ connectors.Handshaker    = (*connector)(nil)
	_ connectors.Skimmer       = (*connector)(nil)
	_ connectors.Accounted     = (*connector)(nil)
	_ connectors.Rated         = (*connector)(nil)
	_ connectors.Checker       = (*connector)(nil)
	_ connectors.Subscriber    = (*connector)(nil)
	_ connectors.Reader        = (*connector)(nil)
	_ connectors.Typist        = (*connector)(nil)
	_ connectors.Reactor       = (*connector)(nil)
	_ connectors.MediaResolver = (*connector)(nil)
)

// open makes a connector of a channel's configuration.
func open(cfg connectors.Config) (connectors.Connector, error) {
	var set settings
	if len(cfg.Settings) > 0 {
		if err := json.Unmarshal(cfg.Settings, &set); err != nil {
			return nil, fmt.Errorf("whatsapp settings: %w", err)
		}
	}
	for _, name := range []string{"access_token", "app_secret", "verify_token"} {
		if cfg.Credentials[name].Empty() {
			return nil, fmt.Errorf("whatsapp credentials: %s is missing", name)
		}
	}
	if set.PhoneNumberID == "" {
		return nil, errors.New("whatsapp settings: phone_number_id is missing")
	}
	if strings.ContainsAny(cfg.Credentials["access_token"].Reveal(), "\r\n\x00") {
		return nil, errors.New("whatsapp credentials: access_token holds a line break")
	}
	root, err := set.root()
	if err != nil {
		return nil, err
	}
	return &connector{
		accessToken:   cfg.Credentials["access_token"],
		verifyToken:   cfg.Credentials["verify_token"],
		appSecrets:    []connectors.Secret{cfg.Credentials["app_secret"], cfg.Credentials["app_secret_previous"]},
		phoneNumberID: set.PhoneNumberID,
		wabaID:        set.WABAID,
		perSecond:     cmp.Or(set.PerSecond, perSecond),
		root:          root,
		ownHost:       !strings.HasPrefix(root, defaultBase+"/"),
	}, nil
}

// root joins the base address and the version.
func (s settings) root() (string, error) {
	base, version := s.APIBaseURL, s.APIVersion
	if base == "" {
		base = defaultBase
	}
	if version == "" {
		version = defaultVersion
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return "", errors.New("whatsapp settings: api_base_url is not an http or https address")
	}
	return strings.TrimRight(base, "/") + "/" + url.PathEscape(version), nil
}

// Account is the number's id, by which Meta addresses events (webhooks:
// value.metadata.phone_number_id).
func (c *connector) Account() string { return c.phoneNumberID }

// Rate is what Meta lets this number send.
func (c *connector) Rate() normalize.Rate { return rateOf(c.perSecond) }

// endpoint is the address of a Graph API node or edge.
func (c *connector) endpoint(path ...string) string {
	var b strings.Builder
	b.WriteString(c.root)
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// header authorises a call; json says that it has a body.
func (c *connector) header(json bool) http.Header {
	h := http.Header{
		"Authorization": {"Bearer " + c.accessToken.Reveal()},
		"User-Agent":    {userAgent},
	}
	if json {
		h.Set("Content-Type", "application/json")
	}
	return h
}
