package conntest

import (
	"encoding/json"
	"fmt"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// leak names the credential whose value the text holds.
func (b *bench) leak(text string) (string, bool) {
	for name, value := range b.Config.Credentials {
		if v := value.Reveal(); v != "" && strings.Contains(text, v) {
			return name, true
		}
	}
	return "", false
}

func checkSecrets(b *bench) error {
	for _, look := range []func(*bench) error{secretsInEvents, secretsInErrors, secretsInFailures} {
		if err := look(b); err != nil {
			return err
		}
	}
	return nil
}

func secretsInEvents(b *bench) error {
	return b.eachWebhook(func(_ webhook, events []normalize.Event) error {
		if name, ok := b.leak(indent(events)); ok {
			return fmt.Errorf("an event holds %q", name)
		}
		return nil
	})
}

// secretsInErrors provokes errors with inputs that hold the credentials.
func secretsInErrors(b *bench) error {
	hooks, err := b.webhooks()
	if err != nil {
		return err
	}
	out, err := b.base()
	if err != nil {
		return err
	}
	var errs []error
	for name, value := range b.Config.Credentials {
		req := clone(hooks[0].req)
		req.Body = []byte(value.Reveal())
		_, parsed := b.parse(req)
		impossible := out
		impossible.Parts = []normalize.Message{{Type: "no such type", Text: ""}}
		_, next := b.conn.Next(&impossible, nil)
		impossible.To.ID = "no such peer"
		_, peer := b.conn.Next(&impossible, nil)
		_, opened := b.Kind.New(b.without(name))
		broken := b.Config
		broken.Settings = json.RawMessage(`{"api_base_url": "::` + "\x7f" + `"}`)
		_, settings := b.Kind.New(broken)
		errs = append(errs, b.conn.Verify(req, signedAt()), parsed, next, peer, opened, settings)
	}
	for _, err := range errs {
		if err == nil {
			continue
		}
		if name, ok := b.leak(err.Error()); ok {
			return fmt.Errorf("an error holds %q", name)
		}
	}
	return nil
}

// secretsInFailures lets the platform repeat a credential in an error: some do.
func secretsInFailures(b *bench) error {
	all, err := b.carriedCalls()
	if err != nil {
		return err
	}
	for _, c := range all {
		for name, value := range b.Config.Credentials {
			for _, body := range []string{value.Reveal(), echoing(c.resp.Body, value.Reveal())} {
				for _, status := range []int{c.resp.Status, 400, 401, 500} {
					o, err := b.classify(c.call, &connectors.Response{Status: status, Header: c.resp.Header, Body: []byte(body)})
					if err != nil {
						return err
					}
					if _, ok := b.leak(indent(o.Failure)); ok {
						return fmt.Errorf("the failure of call %q repeats %q from the answer", c.call.Name, name)
					}
				}
			}
		}
	}
	return nil
}

// echoing puts the value into every string of a JSON body.
func echoing(body []byte, value string) string {
	var doc any
	if json.Unmarshal(body, &doc) != nil {
		return value
	}
	doc = infect(doc, value)
	raw, err := json.Marshal(doc)
	if err != nil {
		return value
	}
	return string(raw)
}

func infect(v any, value string) any {
	switch v := v.(type) {
	case string:
		return v + " " + value
	case map[string]any:
		for name := range v {
			v[name] = infect(v[name], value)
		}
	case []any:
		for i := range v {
			v[i] = infect(v[i], value)
		}
	}
	return v
}
