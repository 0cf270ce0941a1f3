package instagram

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/connectors/meta/messaging"
)

// Ways an account can be logged in (platforms/instagram: section 0).
const (
	loginInstagram = "instagram" // by itself
	loginFacebook  = "facebook"  // linked to a Page, whose token is used
)

const instagramBase = "https://graph.instagram.com"

type settings struct {
	UserID         string `json:"ig_user_id"`
	Login          string `json:"login"`
	PageID         string `json:"page_id"`
	HumanAgentTag  bool   `json:"human_agent_tag"`
	AppSecretProof bool   `json:"app_secret_proof"`
	APIVersion     string `json:"api_version"`
	APIBaseURL     string `json:"api_base_url"`
}

// open makes a connector of a channel's configuration.
func open(cfg connectors.Config) (connectors.Connector, error) {
	var set settings
	if len(cfg.Settings) > 0 {
		if err := json.Unmarshal(cfg.Settings, &set); err != nil {
			return nil, fmt.Errorf("instagram settings: %w", err)
		}
	}
	if err := meta.Credentials(cfg, "access_token", "app_secret", "verify_token"); err != nil {
		return nil, fmt.Errorf("instagram credentials: %w", err)
	}
	if set.UserID == "" {
		return nil, errors.New("instagram settings: ig_user_id is missing")
	}
	linked := set.linked()
	base := cmp.Or(set.APIBaseURL, instagramBase)
	if linked {
		base = cmp.Or(set.APIBaseURL, meta.DefaultBase)
	}
	token, secret := cfg.Credentials["access_token"], cfg.Credentials["app_secret"]
	graph, err := meta.NewGraph(base, set.APIVersion, token)
	if err != nil {
		return nil, fmt.Errorf("instagram settings: %w", err)
	}
	if set.AppSecretProof {
		graph = graph.Proving(secret)
	}
	o := messaging.Options{
		Dialect: dialect(), Caps: capabilities(), Graph: graph, VerifyToken: cfg.Credentials["verify_token"],
		AppSecrets: []connectors.Secret{secret, cfg.Credentials["app_secret_previous"]},
		Account:    set.UserID, Node: set.UserID, CheckNode: "me", SubscribeNode: "me", HumanAgent: set.HumanAgentTag,
	}
	if linked {
		// The token is the Page's, which me stands for; the account itself is
		// asked for by its id.
		o.Node, o.CheckNode = cmp.Or(set.PageID, "me"), set.UserID
		o.SubscribeNode = o.Node
		o.Dialect.CheckFields = "id,username,name"
	}
	for _, s := range cfg.Credentials {
		o.Secrets = append(o.Secrets, s)
	}
	return &account{Connector: messaging.New(o), token: token, base: strings.TrimRight(base, "/"), renews: !linked}, nil
}

// linked tells whether the token is that of a Page. Without a setting the
// address says it.
func (s settings) linked() bool {
	if s.Login != "" {
		return s.Login == loginFacebook
	}
	return s.PageID != "" || strings.HasPrefix(s.APIBaseURL, meta.DefaultBase)
}

// dialect is Instagram's. It has no metadata: what is sent comes back as an
// echo that its id alone tells from what was written in the app, so that
// echoes are marked as mirrored.
func dialect() messaging.Dialect {
	return messaging.Dialect{
		Name: "instagram", Platform: "Instagram", Object: "instagram", Heart: "love",
		Subscription: []string{
			"messages", "messaging_postbacks", "message_reactions", "messaging_seen", "messaging_referral", "message_edit",
			"messaging_handover", "standby",
		},
		CheckFields: "id,user_id,username,name", ProfileFields: "name,username,profile_pic",
		Page: func(string) string { return "" },
	}
}
