package conntest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"threadhub/connectors"
)

var kindName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func checkKind(b *bench) error {
	k := b.Kind
	switch {
	case !kindName.MatchString(k.Name):
		return fmt.Errorf("name %q is not a stable lower-case word", k.Name)
	case k.Title == "":
		return errors.New("no title")
	case strings.TrimSpace(k.Setup) == "":
		return errors.New("no setup steps")
	}
	for name, value := range b.Config.Credentials {
		if len(value.Reveal()) < 8 {
			return fmt.Errorf("the suite's value of %q is too short to be looked for", name)
		}
	}
	return nil
}

// formSchema is what a form needs to know of a schema.
type formSchema struct {
	Type       string `json:"type"`
	Required   []string
	Properties map[string]struct{ Title, Description string }
	Closed     *bool `json:"additionalProperties"`
}

func checkSchemas(b *bench) error {
	credentials := map[string]any{}
	for name, value := range b.Config.Credentials {
		credentials[name] = value.Reveal()
	}
	if err := fits("credentials", b.Kind.Credentials, credentials); err != nil {
		return err
	}
	settings := b.Config.Settings
	if len(settings) == 0 {
		settings = json.RawMessage(`{}`)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(settings))
	if err != nil {
		return fmt.Errorf("the suite's settings: %w", err)
	}
	return fits("settings", b.Kind.Settings, doc)
}

// fits compiles the schema, checks that a form can be drawn from it, and holds
// the suite's own value to it.
func fits(what string, schema json.RawMessage, value any) error {
	var form formSchema
	if err := json.Unmarshal(schema, &form); err != nil {
		return fmt.Errorf("%s schema: %w", what, err)
	}
	if form.Type != "object" || form.Closed == nil || *form.Closed {
		return fmt.Errorf("%s schema must describe an object without additional properties", what)
	}
	for name, p := range form.Properties {
		if p.Title == "" || p.Description == "" {
			return fmt.Errorf("%s schema: %q needs a title and a description", what, name)
		}
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return fmt.Errorf("%s schema: %w", what, err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(what+".json", doc); err != nil {
		return fmt.Errorf("%s schema: %w", what, err)
	}
	compiled, err := c.Compile(what + ".json")
	if err != nil {
		return fmt.Errorf("%s schema: %w", what, err)
	}
	if err := compiled.Validate(value); err != nil {
		return fmt.Errorf("the suite's %s: %w", what, err)
	}
	return nil
}

func checkMissingCredentials(b *bench) error {
	var form formSchema
	if err := json.Unmarshal(b.Kind.Credentials, &form); err != nil {
		return fmt.Errorf("credentials schema: %w", err)
	}
	for _, name := range form.Required {
		for _, c := range []connectors.Config{b.without(name), b.withEmpty(name)} {
			_, err := b.Kind.New(c)
			if err == nil {
				return fmt.Errorf("opened without %q", name)
			}
			if !strings.Contains(err.Error(), name) {
				return fmt.Errorf("the error for a missing %q does not name it: %w", name, err)
			}
		}
	}
	broken := b.Config
	broken.Settings = json.RawMessage(`{"`)
	if _, err := b.Kind.New(broken); err == nil {
		return errors.New("opened with settings that are not JSON")
	}
	return nil
}

func (b *bench) without(name string) connectors.Config {
	c := connectors.Config{Credentials: map[string]connectors.Secret{}, Settings: b.Config.Settings}
	for n, value := range b.Config.Credentials {
		if n != name {
			c.Credentials[n] = value
		}
	}
	return c
}

func (b *bench) withEmpty(name string) connectors.Config {
	c := b.without(name)
	c.Credentials[name] = connectors.NewSecret("")
	return c
}
