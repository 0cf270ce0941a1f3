package messenger

import (
	"encoding/json"
	"errors"
	"fmt"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/connectors/meta/messaging"
)

type settings struct {
	PageID         string `json:"page_id"`
	AppID          string `json:"app_id"`
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
			return nil, fmt.Errorf("messenger settings: %w", err)
		}
	}
	if err := meta.Credentials(cfg, "page_access_token", "app_secret", "verify_token"); err != nil {
		return nil, fmt.Errorf("messenger credentials: %w", err)
	}
	if set.PageID == "" {
		return nil, errors.New("messenger settings: page_id is missing")
	}
	token, secret := cfg.Credentials["page_access_token"], cfg.Credentials["app_secret"]
	graph, err := meta.NewGraph(set.APIBaseURL, set.APIVersion, token)
	if err != nil {
		return nil, fmt.Errorf("messenger settings: %w", err)
	}
	if set.AppSecretProof {
		graph = graph.Proving(secret)
	}
	o := messaging.Options{
		Dialect: dialect(), Caps: capabilities(), Graph: graph, VerifyToken: cfg.Credentials["verify_token"],
		AppSecrets: []connectors.Secret{secret, cfg.Credentials["app_secret_previous"]},
		Account:    set.PageID, Node: set.PageID, CheckNode: "me", SubscribeNode: set.PageID,
		AppID: set.AppID, HumanAgent: set.HumanAgentTag,
	}
	for _, s := range cfg.Credentials {
		o.Secrets = append(o.Secrets, s)
	}
	if set.AppID != "" {
		r := registration{settings: set, appSecret: secret, verifyToken: cfg.Credentials["verify_token"]}
		o.Registration = r.call
	}
	return messaging.New(o), nil
}

// dialect is Messenger's.
func dialect() messaging.Dialect {
	return messaging.Dialect{
		Name: "messenger", Platform: "Messenger", Object: object, Metadata: true, Typed: true, Heart: "❤️",
		Subscription: fields(), CheckFields: "id,name", ProfileFields: "first_name,last_name,profile_pic",
		Page: func(id string) string { return "https://www.facebook.com/" + id },
	}
}

// object is what webhooks call a Page.
const object = "page"

// fields are what a Page can tell a messaging app (platforms/messenger: section
// 1).
func fields() []string {
	return []string{
		"messages", "message_echoes", "messaging_postbacks", "message_deliveries", "message_reads", "message_reactions",
		"message_edits", "messaging_referrals", "messaging_optins", "messaging_handovers", "standby", "messaging_policy_enforcement",
	}
}

// registration makes the app's webhooks for Pages come to this hub. It is the
// app that is told, with a token made of its id and secret (Graph API, app
// subscriptions). Meta makes the handshake at once.
type registration struct {
	settings
	appSecret, verifyToken connectors.Secret
}

// callback is an app's subscription to an object's webhooks.
type callback struct {
	Object string   `json:"object"`
	URL    string   `json:"callback_url"`
	Verify string   `json:"verify_token"`
	Fields []string `json:"fields"`
	Values bool     `json:"include_values"`
}

func (r registration) call(webhookURL string) (*connectors.Call, error) {
	app, err := meta.NewGraph(r.APIBaseURL, r.APIVersion, connectors.NewSecret(r.AppID+"|"+r.appSecret.Reveal()))
	if err != nil {
		return nil, err
	}
	return app.Post(messaging.OpRegister, callback{
		Object: object, URL: webhookURL, Verify: r.verifyToken.Reveal(), Fields: fields(), Values: true,
	}, r.AppID, "subscriptions")
}
