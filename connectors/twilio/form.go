package twilio

import (
	"net/url"
	"strings"
)

// pair is one parameter of a form, decoded.
type pair struct{ key, value string }

// form is the parameters of a webhook in the order they were sent.
type form []pair

// readForm takes a form apart. What cannot be decoded stays as it was sent, and
// ok is false.
func readForm(body []byte) (f form, ok bool) {
	rest, ok := string(body), true
	f = make(form, 0, strings.Count(rest, "&")+1)
	for rest != "" {
		var item string
		item, rest, _ = strings.Cut(rest, "&")
		if item == "" {
			continue
		}
		key, value, _ := strings.Cut(item, "=")
		f = append(f, pair{decoded(key, &ok), decoded(value, &ok)})
	}
	return f, ok
}

func decoded(s string, ok *bool) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	plain, err := url.QueryUnescape(s)
	if err != nil {
		*ok = false
		return s
	}
	return plain
}

// get is the first value under the key, empty when there is none.
func (f form) get(key string) string {
	for i := range f {
		if f[i].key == key {
			return f[i].value
		}
	}
	return ""
}

func (f form) has(key string) bool {
	for i := range f {
		if f[i].key == key {
			return true
		}
	}
	return false
}

// first is the first of the keys' values that is not empty.
func (f form) first(keys ...string) string {
	for _, key := range keys {
		if value := f.get(key); value != "" {
			return value
		}
	}
	return ""
}
