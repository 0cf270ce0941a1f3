package canned

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// variables are what a canned reply may name, as {{contact.name}} or, with words
// to take where it is empty, {{contact.name|there}}.
var variables = []string{
	"contact.name", "contact.first_name", "contact.external_id", "agent.name", "agent.first_name", "channel.name",
	"conversation.id", "conversation.subject",
}

var place = regexp.MustCompile(`\{\{([^{}|]*)(\|[^{}]*)?\}\}`)

// checkText refuses a text that names what there is not.
func checkText(text string) error {
	for _, m := range place.FindAllStringSubmatch(text, -1) {
		if name := strings.TrimSpace(m[1]); !slices.Contains(variables, name) {
			return &InvalidError{"text", fmt.Sprintf("knows no {{%s}}: use one of %s", name, strings.Join(variables, ", "))}
		}
	}
	return nil
}

// Values are what the variables stand for. Those that are missing are empty.
type Values map[string]string

// Render puts the values into the text. A value is taken as it is: what looks
// like a variable in it stays what it is.
func Render(text string, values Values) string {
	return place.ReplaceAllStringFunc(text, func(found string) string {
		m := place.FindStringSubmatch(found)
		if v := values[strings.TrimSpace(m[1])]; v != "" {
			return v
		}
		return strings.TrimPrefix(m[2], "|")
	})
}

// Named are the values of a name under the two variables that hold it.
func (v Values) Named(who, name string) Values {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	v[who+".name"], v[who+".first_name"] = strings.TrimSpace(name), first
	return v
}
