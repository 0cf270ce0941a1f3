package rulebook

import (
	"context"
	"fmt"

	"threadhub/connectors"
	"threadhub/internal/callout"
	"threadhub/internal/seal"
	"threadhub/threads/rules"
)

func place(rule rules.ID, url string) seal.Place {
	return seal.Place{Channel: string(rule), Field: "webhook " + url}
}

// sealSecrets keeps a secret for every webhook of the rule: the given one, the
// one it has, or a new one. It answers those that were made here.
func (r *Registry) sealSecrets(e *entry, given map[string]string) (made map[string]string, err error) {
	had := e.Secrets
	e.Secrets = nil
	for _, a := range e.Actions {
		if a.Type != rules.CallWebhook {
			continue
		}
		secret, kept := given[a.URL], had[a.URL]
		if secret == "" && kept == "" {
			secret = callout.MakeSecret()
			if made == nil {
				made = map[string]string{}
			}
			made[a.URL] = secret
		}
		if secret != "" {
			if kept, err = r.Keys.Seal(place(e.ID, a.URL), connectors.NewSecret(secret)); err != nil {
				return nil, fmt.Errorf("seal the secret of a webhook: %w", err)
			}
		}
		if e.Secrets == nil {
			e.Secrets = map[string]string{}
		}
		e.Secrets[a.URL] = kept
	}
	return made, nil
}

// Webhook answers a webhook of a rule; false when the rule is gone or calls
// that address no more.
func (r *Registry) Webhook(ctx context.Context, rule rules.ID, url string) (Webhook, bool, error) {
	item, err := r.list.Read(ctx)
	if err != nil {
		return Webhook{}, false, err
	}
	i := item.Value.index(rule)
	if i < 0 || item.Value.Rules[i].Secrets[url] == "" {
		return Webhook{}, false, nil
	}
	secret, err := r.Keys.Open(place(rule, url), item.Value.Rules[i].Secrets[url])
	if err != nil {
		return Webhook{}, false, fmt.Errorf("open the secret of a webhook: %w", err)
	}
	return Webhook{URL: url, Secret: secret}, true, nil
}
