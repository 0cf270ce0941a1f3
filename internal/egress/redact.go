package egress

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"threadhub/connectors"
)

// shortest is the length in bytes below which a value is not masked: it would
// make every text unreadable and is no secret worth the name.
const shortest = 4

const mask = "[secret]"

// Redactor takes a channel's secrets out of text, in the forms in which they
// get into it: as they are, escaped for a URL or JSON, in base64. It is safe
// for concurrent use; a nil one changes nothing.
type Redactor struct{ replacer *strings.Replacer }

// NewRedactor makes the redactor of a channel from its credentials and the
// other strings that its connector names (connectors.Redactor).
func NewRedactor(credentials map[string]connectors.Secret, others ...string) *Redactor {
	values := slices.Clone(others)
	for _, s := range credentials {
		values = append(values, s.Reveal())
	}
	var found []string
	for _, v := range values {
		if len(v) >= shortest {
			found = append(found, forms(v)...)
		}
	}
	// Longer ones first: a secret that is part of another must not break it up.
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	found = slices.Compact(found)
	pairs := make([]string, 0, 2*len(found))
	for _, f := range found {
		pairs = append(pairs, f, mask)
	}
	return &Redactor{strings.NewReplacer(pairs...)}
}

// forms are the ways in which a secret is written.
func forms(v string) []string {
	quoted, _ := json.Marshal(v) // a string always marshals
	query := url.QueryEscape(v)
	lower := regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(query, strings.ToLower)
	return []string{
		v, query, lower, url.PathEscape(v), strings.Trim(string(quoted), `"`),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(v)), "="),
		strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(v)), "="),
	}
}

// String answers text with every secret replaced by a placeholder.
func (r *Redactor) String(text string) string {
	if r == nil {
		return text
	}
	return r.replacer.Replace(text)
}
