package all_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/all"
	"threadhub/normalize"
)

// field is what a form needs to know of a property.
type field struct {
	Type        kinds             `json:"type"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	WriteOnly   bool              `json:"writeOnly"`
	Enum        []json.RawMessage `json:"enum"`
	Default     json.RawMessage   `json:"default"`
	Format      string            `json:"format"`
	Pattern     string            `json:"pattern"`
	MaxLength   int               `json:"maxLength"`
	Items       *field            `json:"items"`
	// Ref is a description of a whole object, for a form inside the form.
	Ref string `json:"$ref"`
}

// kinds is a type, or several of which a form asks for the first.
type kinds string

func (k *kinds) UnmarshalJSON(raw []byte) error {
	var one string
	list := []string{}
	if json.Unmarshal(raw, &one) == nil {
		list = append(list, one)
	} else if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if len(list) > 0 {
		*k = kinds(list[0])
	}
	return nil
}

type form struct {
	Type       string           `json:"type"`
	Closed     *bool            `json:"additionalProperties"`
	Required   []string         `json:"required"`
	Properties map[string]field `json:"properties"`
}

func read(t *testing.T, schema json.RawMessage) form {
	t.Helper()
	var f form
	require.NoError(t, json.Unmarshal(schema, &f))
	require.Equal(t, "object", f.Type)
	require.True(t, f.Closed != nil && !*f.Closed, "fields that nobody named are taken")
	for _, name := range f.Required {
		require.Contains(t, f.Properties, name, "required, and not described")
	}
	return f
}

// TestAFormCanBeDrawnOfEveryKind wants everything in the schemas that a form
// shows, so that none needs to know a platform.
func TestAFormCanBeDrawnOfEveryKind(t *testing.T) {
	for _, k := range all.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			var errs []error
			for name, f := range read(t, k.Credentials).Properties {
				errs = append(errs, labelled(name, f), secret(name, f))
			}
			set := read(t, k.Settings)
			for name, f := range set.Properties {
				errs = append(errs, labelled(name, f), usable(name, f, slices.Contains(set.Required, name)))
			}
			require.NoError(t, errors.Join(append(errs, steps(k.Setup))...))
		})
	}
}

func labelled(name string, f field) error {
	switch {
	case f.Title == "" || strings.HasSuffix(f.Title, "."):
		return fmt.Errorf("%s needs a title, which is no sentence", name)
	case f.Description == "":
		return fmt.Errorf("%s needs a description", name)
	}
	return nil
}

func secret(name string, f field) error {
	switch {
	case f.Type != "string" || !f.WriteOnly:
		return fmt.Errorf("%s is not marked as a secret text", name)
	case f.MaxLength <= 0 && f.Pattern == "":
		return fmt.Errorf("%s is a secret without a bound", name)
	}
	return nil
}

// usable wants a type that a form has an input for, and a value to begin with
// where there is a choice.
func usable(name string, f field, required bool) error {
	switch {
	case f.Type == "boolean" && len(f.Default) == 0:
		return fmt.Errorf("%s is a switch without a default", name)
	case len(f.Enum) > 0 && len(f.Default) == 0 && !required:
		return fmt.Errorf("%s is a choice without a default", name)
	case len(f.Enum) > 0 && len(f.Default) > 0 && !slices.ContainsFunc(f.Enum, func(v json.RawMessage) bool { return string(v) == string(f.Default) }):
		return fmt.Errorf("the default of %s is none of its choices", name)
	case f.Type == "object" && f.Ref != "", f.Type == "array" && f.Items != nil && f.Items.Ref != "":
		return nil
	case f.Type == "array" && (f.Items == nil || f.Items.Type != "string"):
		return fmt.Errorf("%s is a list of what no form can ask for", name)
	case !slices.Contains([]kinds{"string", "boolean", "integer", "number", "array"}, f.Type):
		return fmt.Errorf("%s is of type %q", name, f.Type)
	case f.Type == "string" && len(f.Enum) == 0 && f.Pattern == "" && f.Format == "" && f.MaxLength == 0:
		return fmt.Errorf("%s is a text without a bound", name)
	case name == "api_base_url" && len(f.Default) == 0 && !strings.Contains(f.Description, "if not at "):
		return fmt.Errorf("%s does not say where the platform is", name)
	}
	return nil
}

var step = regexp.MustCompile(`(?m)^(\d+)\. \S`)

// steps wants at least three, numbered in their order.
func steps(markdown string) error {
	found := step.FindAllStringSubmatch(markdown, -1)
	if len(found) < 3 {
		return fmt.Errorf("%d steps", len(found))
	}
	for i, s := range found {
		if s[1] != fmt.Sprint(i+1) {
			return fmt.Errorf("step %d is numbered %s", i+1, s[1])
		}
	}
	return nil
}

// TestAComposerKnowsWhatEveryKindTakes wants the capabilities to say whatever
// has to be checked before a message is sent.
func TestAComposerKnowsWhatEveryKindTakes(t *testing.T) {
	for _, k := range all.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			require.NoError(t, complete(k))
		})
	}
}

func complete(k connectors.Kind) error {
	c := k.Caps
	if c.Text.Max <= 0 {
		return errors.New("how long may a text be?")
	}
	if len(c.Media) > 0 && c.MaxAttachments <= 0 {
		return errors.New("how many attachments may a message have?")
	}
	for kind, m := range c.Media {
		switch {
		case !slices.Contains([]normalize.MessageType{normalize.TypeImage, normalize.TypeAudio, normalize.TypeVideo, normalize.TypeFile, normalize.TypeSticker}, kind):
			return fmt.Errorf("%q is no type of media", kind)
		case m.MaxBytes <= 0:
			return fmt.Errorf("how large may %s be?", kind)
		}
	}
	if b := c.Buttons; b != nil && b.Max <= 0 {
		return errors.New("how many buttons?")
	}
	if l := c.List; l != nil && (l.Rows <= 0 || l.Sections <= 0) {
		return errors.New("how many rows and sections?")
	}
	if w := c.Window; w != nil && w.Open <= 0 {
		return errors.New("how long is the reply window open?")
	}
	if slices.Contains(c.Inbound, normalize.EventReceipt) != (len(c.Receipts) > 0) {
		return fmt.Errorf("receipts come in, or do not: %v and %v", c.Inbound, c.Receipts)
	}
	return nil
}
