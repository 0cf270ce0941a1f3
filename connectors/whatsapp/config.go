package whatsapp

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

type settings struct {
	PhoneNumberID string `json:"phone_number_id"`
	WABAID        string `json:"waba_id"`
	APIVersion    string `json:"api_version"`
	APIBaseURL    string `json:"api_base_url"`
	PerSecond     int    `json:"messages_per_second"`
}

// connector is one WhatsApp number. It is immutable.
type connector struct {
	verifyToken connectors.Secret
	// appSecrets sign webhooks: the current one and, while it is being
	// changed, the one before.
	appSecrets []connectors.Secret

	phoneNumberID string
	wabaID        string
	perSecond     int
	graph         meta.Graph
	judge         meta.Judge
}

var (
	_ connectors.Connector     = (*connector)(nil)
	_ connectors.Handshaker    = (*connector)(nil)
	_ connectors.Skimmer       = (*connector)(nil)
	_ connectors.Accounted     = (*connector)(nil)
	_ connectors.Rated         = (*connector)(nil)
	_ connectors.Templater     = (*connector)(nil)
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
	if err := meta.Credentials(cfg, "access_token", "app_secret", "verify_token"); err != nil {
		return nil, fmt.Errorf("whatsapp credentials: %w", err)
	}
	if set.PhoneNumberID == "" {
		return nil, errors.New("whatsapp settings: phone_number_id is missing")
	}
	graph, err := meta.NewGraph(set.APIBaseURL, set.APIVersion, cfg.Credentials["access_token"])
	if err != nil {
		return nil, fmt.Errorf("whatsapp settings: %w", err)
	}
	appSecrets := []connectors.Secret{cfg.Credentials["app_secret"], cfg.Credentials["app_secret_previous"]}
	return &connector{
		verifyToken:   cfg.Credentials["verify_token"],
		appSecrets:    appSecrets,
		phoneNumberID: set.PhoneNumberID,
		wabaID:        set.WABAID,
		perSecond:     cmp.Or(set.PerSecond, perSecond),
		graph:         graph,
		judge: meta.Judge{
			Platform: "WhatsApp",
			Secrets:  append([]connectors.Secret{cfg.Credentials["access_token"], cfg.Credentials["verify_token"]}, appSecrets...),
		},
	}, nil
}

// Account is the number's id, by which Meta addresses events (webhooks:
// value.metadata.phone_number_id).
func (c *connector) Account() string { return c.phoneNumberID }

// Rate is what Meta lets this number send.
func (c *connector) Rate() normalize.Rate { return rateOf(c.perSecond) }
