package rcs

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
)

// Where tokens are got unless the key says otherwise.
const defaultTokenURL = "https://oauth2.googleapis.com/token"

// agentDomain ends the full name of every agent.
const agentDomain = "@rbm.goog"

var (
	_ connectors.Connector  = (*agent)(nil)
	_ connectors.Handshaker = (*agent)(nil)
	_ connectors.Skimmer    = (*agent)(nil)
	_ connectors.Accounted  = (*agent)(nil)
	_ connectors.Tokened    = (*agent)(nil)
	_ connectors.Typist     = (*agent)(nil)
	_ connectors.Reader     = (*agent)(nil)
	_ connectors.Checker    = (*agent)(nil)
	_ connectors.Perishable = (*agent)(nil)
	_ connectors.Redactor   = (*agent)(nil)
)

// agent is the connector of one channel. It is read only after open.
type agent struct {
	key *serviceKey
	raw connectors.Secret // the key as it was entered
	// tokens sign webhooks: the current one and, while it is being changed, the
	// one before.
	tokens []connectors.Secret

	id       string // as entered, for calls
	base     string // without a slash at its end
	tokenURL string
	traffic  string
	ttl      string
	test     string
}

// settings as the schema describes them.
type settings struct {
	AgentID     string `json:"agent_id"`
	Region      string `json:"region"`
	TrafficType string `json:"traffic_type"`
	TTLSeconds  int64  `json:"ttl_seconds"`
	TestPhone   string `json:"test_phone_number"`
	APIBaseURL  string `json:"api_base_url"`
	TokenURL    string `json:"token_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	a, err := configured(c)
	if err != nil {
		return nil, fmt.Errorf("rcs: %w", err)
	}
	return a, nil
}

func configured(c connectors.Config) (*agent, error) {
	for _, name := range []string{"service_account_key", "client_token"} {
		if c.Credentials[name].Empty() {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("settings are not a JSON object as the schema describes")
		}
	}
	a := &agent{
		raw:     c.Credentials["service_account_key"],
		tokens:  []connectors.Secret{c.Credentials["client_token"], c.Credentials["client_token_previous"]},
		id:      strings.TrimSpace(s.AgentID),
		traffic: s.TrafficType,
		test:    s.TestPhone,
	}
	if a.id == "" {
		return nil, errors.New("agent_id is missing: copy it from the agent's page in the developer console")
	}
	if s.TTLSeconds > 0 {
		a.ttl = fmt.Sprintf("%ds", s.TTLSeconds)
	}
	var err error
	if a.key, err = readKey(a.raw); err != nil {
		return nil, err
	}
	return a, a.reach(s)
}

// reach says where the API and its tokens are. One address of one's own stands
// for both, unless the key or the settings name another for tokens.
func (a *agent) reach(s settings) error {
	region := cmp.Or(s.Region, "us")
	if region != "us" && region != "europe" && region != "asia" {
		return errors.New("region is us, europe or asia")
	}
	var err error
	if a.base, err = address("api_base_url", cmp.Or(s.APIBaseURL, "https://"+region+"-rcsbusinessmessaging.googleapis.com")); err != nil {
		return err
	}
	from := cmp.Or(s.TokenURL, a.key.audience)
	if s.TokenURL == "" && s.APIBaseURL != "" && a.key.audience == defaultTokenURL {
		from = a.base + "/token"
	}
	a.tokenURL, err = address("token_url", from)
	return err
}

func address(name, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%s is not an absolute http or https address", name)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%s must hold neither user, query nor fragment", name)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Account is the agent's full name.
func (a *agent) Account() string { return fullName(a.id) }

// fullName is an agent's name with its domain, in the one spelling that is
// compared.
func fullName(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" || strings.Contains(id, "@") {
		return id
	}
	return id + agentDomain
}
