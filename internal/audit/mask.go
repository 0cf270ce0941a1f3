package audit

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
)

// What stands in the log in place of a secret.
const (
	hidden        = "(hidden)"
	hiddenChanged = "(hidden, changed)"
)

// secret are the names of fields whose values are never logged.
var secret = map[string]bool{
	"hash": true, "password": true, "secret": true, "secrets": true, "credentials": true, "token": true,
}

// uninteresting are fields that change by themselves.
var uninteresting = map[string]bool{
	"updated_at": true, "seen_at": true, "changed_at": true, "availability": true, "health": true, "revision": true,
}

// differ answers the fields of two records that differ, secrets masked. nil
// stands for a record that is not there. A record that is no object is under
// the name "value".
func differ(before, after []byte) (was, is map[string]any) {
	old, next := fields(before), fields(after)
	was, is = map[string]any{}, map[string]any{}
	for name, v := range old {
		other, kept := next[name]
		if kept && reflect.DeepEqual(v, other) || after != nil && uninteresting[name] {
			continue
		}
		was[name] = mask(name, v, nil)
	}
	for name, v := range next {
		other, had := old[name]
		if had && reflect.DeepEqual(v, other) || before != nil && uninteresting[name] {
			continue
		}
		is[name] = mask(name, v, other)
	}
	return was, is
}

func fields(body []byte) map[string]any {
	if body == nil {
		return nil
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return map[string]any{"value": hidden} // whatever it is
	}
	if object, ok := v.(map[string]any); ok {
		return object
	}
	return map[string]any{"value": v}
}

// mask takes secrets out of a value; old is what was there before, so that the
// log shows which of several secrets were changed.
func mask(name string, v, old any) any {
	switch v := v.(type) {
	case map[string]any:
		before, _ := old.(map[string]any)
		out := make(map[string]any, len(v))
		for k, inner := range v {
			if secret[name] {
				out[k] = mask(name, inner, before[k])
				continue
			}
			out[k] = mask(k, inner, before[k])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = mask(name, inner, nil)
		}
		return out
	case nil:
		return nil
	case string:
		if secret[name] || sealed(v) {
			return cover(v, old)
		}
		return plainAddress(v)
	}
	if secret[name] {
		return cover(v, old)
	}
	return v
}

func cover(v, old any) string {
	if old != nil && !reflect.DeepEqual(v, old) {
		return hiddenChanged
	}
	return hidden
}

// plainAddress takes out of an address what may hold a key: the query, and the
// name and password.
func plainAddress(s string) string {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return hidden
	}
	if u.User != nil {
		u.User = url.User(hidden)
	}
	if u.RawQuery != "" {
		u.RawQuery = hidden
	}
	return u.String()
}

// sealed tells a value that package seal made: it opens under the master key,
// and has no place in a log either.
func sealed(s string) bool { return strings.HasPrefix(s, "v1.") && strings.Count(s, ".") == 2 }
