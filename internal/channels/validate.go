package channels

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/threads"
)

// schemas are a kind's two JSON Schemas, compiled.
type schemas struct{ credentials, settings *jsonschema.Schema }

func compileSchemas(k connectors.Kind) (schemas, error) {
	credentials, err := compile("credentials", k.Credentials)
	if err != nil {
		return schemas{}, err
	}
	settings, err := compile("settings", k.Settings)
	return schemas{credentials, settings}, err
}

func compile(name string, raw json.RawMessage) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name+".json", doc); err != nil {
		return nil, fmt.Errorf("schema of %s: %w", name, err)
	}
	return c.Compile(name + ".json")
}

// validate checks a channel's fields against its kind, and that the connector
// opens with them. All that is wrong is answered at once; what an admin has to be
// reminded of otherwise.
func (r *Registry) validate(k connectors.Kind, name string, credentials map[string]string, settings json.RawMessage) ([]string, error) {
	var wrong []FieldError
	if trimmed := strings.TrimSpace(name); trimmed == "" || len(name) > 200 {
		wrong = append(wrong, FieldError{Field: "name", Message: "a name of 1 to 200 bytes is needed"})
	}
	doc := map[string]any{}
	for field, value := range credentials {
		doc[field] = value
	}
	wrong = append(wrong, fieldErrors("credentials", r.schemas[k.Name].credentials.Validate(doc))...)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(settings))
	if err != nil {
		return nil, &InvalidError{Fields: append(wrong, FieldError{Field: "settings", Message: "not valid JSON"})}
	}
	wrong = append(wrong, fieldErrors("settings", r.schemas[k.Name].settings.Validate(parsed))...)
	wrong = append(wrong, r.addressErrors(parsed)...)
	if len(wrong) > 0 {
		return nil, &InvalidError{Fields: wrong}
	}
	c, err := k.New(connectors.Config{Credentials: secrets(credentials), Settings: settings})
	if err != nil {
		return nil, &InvalidError{Fields: configErrors(err)}
	}
	if wrong := r.calledErrors(c); len(wrong) > 0 {
		return nil, &InvalidError{Fields: wrong}
	}
	if w, ok := c.(connectors.Warner); ok {
		return w.Warnings(), nil
	}
	return nil, nil
}

func secrets(credentials map[string]string) map[string]connectors.Secret {
	out := make(map[string]connectors.Secret, len(credentials))
	for field, value := range credentials {
		out[field] = connectors.NewSecret(value)
	}
	return out
}

// configErrors lists what a connector found wrong, by field where it tells.
func configErrors(err error) []FieldError {
	var told *connectors.ConfigError
	if !errors.As(err, &told) {
		return []FieldError{{Field: "settings", Message: err.Error()}}
	}
	out := make([]FieldError, len(told.Faults))
	for i, f := range told.Faults {
		out[i] = FieldError{Field: f.Field, Message: f.Message}
	}
	return out
}

// calledErrors refuses addresses that a connector is going to call and must not.
func (r *Registry) calledErrors(c connectors.Connector) (wrong []FieldError) {
	a, ok := c.(connectors.Addressed)
	if !ok {
		return nil
	}
	for _, address := range a.Addresses() {
		if err := r.CheckURL(address.URL); err != nil {
			wrong = append(wrong, FieldError{Field: address.Field, Message: err.Error()})
		}
	}
	return wrong
}

// validSendFor refuses a time to try messages for that is none; 0 is the usual.
// weigh sets how many places a conversation of the channel's takes; nil leaves
// it alone.
func (r *record) weigh(places *int) error {
	if places == nil {
		return nil
	}
	if *places < 1 || *places > threads.MaxWeight {
		return directory.Invalid("weight", fmt.Sprintf("must be a whole number from 1 to %d: how many places of an agent's capacity one conversation takes", threads.MaxWeight))
	}
	r.Weight = *places
	return nil
}

func validSendFor(d time.Duration) error {
	if d != 0 && (d < minSendFor || d > maxSendFor) {
		return directory.Invalid("send_for", fmt.Sprintf("must be from %s to %s", minSendFor, maxSendFor))
	}
	return nil
}

// addressErrors refuses settings that would make the hub call an address it
// must not: every setting whose name ends in _url is one the hub calls.
func (r *Registry) addressErrors(settings any) (wrong []FieldError) {
	fields, _ := settings.(map[string]any)
	for name, value := range fields {
		address, ok := value.(string)
		if !ok || address == "" || !strings.HasSuffix(name, "_url") {
			continue
		}
		if err := r.CheckURL(address); err != nil {
			wrong = append(wrong, FieldError{Field: "settings." + name, Message: err.Error()})
		}
	}
	return wrong
}

// fieldErrors lists what a schema found wrong, by field.
func fieldErrors(prefix string, err error) []FieldError {
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return nil
	}
	var out []FieldError
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) > 0 {
			return
		}
		field := strings.Join(append([]string{prefix}, e.InstanceLocation...), ".")
		switch k := e.ErrorKind.(type) {
		case *kind.Required:
			for _, missing := range k.Missing {
				out = append(out, FieldError{Field: field + "." + missing, Message: "is required"})
			}
		case *kind.AdditionalProperties:
			for _, extra := range k.Properties {
				out = append(out, FieldError{Field: field + "." + extra, Message: "is not a field of this connector"})
			}
		default:
			// The library's words name the rule, never the value of a secret:
			// values are left out for credentials.
			text := "is not valid"
			if prefix != "credentials" {
				text = e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
			}
			out = append(out, FieldError{Field: field, Message: text})
		}
	}
	walk(ve)
	return out
}
