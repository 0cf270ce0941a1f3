package conntest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// nesting is deep enough to exhaust a parser that recurses without a bound.
const nesting = 10_000

// malformed are bodies that no platform sends.
func malformed() map[string][]byte {
	return map[string][]byte{
		"an empty body":            {},
		"white space":              []byte(" \n\t"),
		"words":                    []byte("not what you expect"),
		"HTML":                     []byte("<html><body>502 Bad Gateway</body></html>"),
		"null":                     []byte("null"),
		"a number":                 []byte("42"),
		"a string":                 []byte(`"x"`),
		"an empty object":          []byte("{}"),
		"an empty array":           []byte("[]"),
		"an array of numbers":      []byte("[1,2,3]"),
		"a truncated object":       []byte(`{"a": {"b": [1, 2`),
		"10,000 nested arrays":     bytes.Repeat([]byte("["), nesting),
		"10,000 nested objects":    bytes.Repeat([]byte(`{"a":`), nesting),
		"10,000 balanced brackets": []byte(strings.Repeat("[", nesting) + strings.Repeat("]", nesting)),
		"invalid UTF-8":            {'{', '"', 0xff, 0xfe, '"', ':', '1', '}'},
		"raw NUL bytes":            {0, 0, 0, 0},
		"a NUL byte in an object":  []byte("{\"a\":\"\x00\"}"),
		"a byte order mark":        []byte("\xef\xbb\xbf{}"),
		"two values":               []byte("{}{}"),
		"a huge number":            []byte(`{"a": 1e999999}`),
	}
}

func checkMalformed(b *bench) error {
	hooks, err := b.webhooks()
	if err != nil {
		return err
	}
	bodies := malformed()
	for _, h := range hooks {
		bodies["the first half of in/"+h.name] = h.req.Body[:len(h.req.Body)/2]
	}
	for _, template := range templates(hooks) {
		if err := b.garbled(template, bodies); err != nil {
			return err
		}
	}
	return nil
}

// garbled wants each body in the template's place to be refused, or kept as
// Unknown.
func (b *bench) garbled(template *connectors.Request, bodies map[string][]byte) error {
	for name, body := range bodies {
		req := clone(template)
		req.Body = body
		events, err := b.hold(req)
		switch {
		case errors.Is(err, connectors.ErrMalformed):
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case len(events) == 0:
			return fmt.Errorf("%s is dropped without a word", name)
		default:
			for _, ev := range events {
				if ev.Type != normalize.EventUnknown {
					return fmt.Errorf("%s becomes an event of type %q", name, ev.Type)
				}
			}
		}
	}
	return nil
}

// checkWrongTypes gives each value of each JSON body another type in turn, and
// then leaves each out: nothing may panic, and an altered webhook is refused or
// kept, never dropped.
func checkWrongTypes(b *bench) error {
	return b.eachWebhook(func(h webhook, events []normalize.Event) error {
		if len(events) == 0 {
			return nil
		}
		var doc any
		if json.Unmarshal(h.req.Body, &doc) != nil {
			return nil
		}
		return mutate(doc, func(v any) { doc = v }, func(where string, removed bool) error {
			body, err := json.Marshal(doc)
			if err != nil {
				return err
			}
			req := clone(h.req)
			req.Body = body
			got, err := b.hold(req)
			if err != nil && !errors.Is(err, connectors.ErrMalformed) {
				return fmt.Errorf("with %s altered: %w", where, err)
			}
			if err == nil && len(got) == 0 && !removed {
				return fmt.Errorf("with %s altered nothing is left of the webhook", where)
			}
			return nil
		})
	})
}

// mutate sets each value below v to values of other types, calls try, and puts
// it back; members of objects are then left out as well.
func mutate(v any, set func(any), try func(where string, removed bool) error) error {
	return mutateAt("", v, set, try)
}

func mutateAt(where string, v any, set func(any), try func(string, bool) error) error {
	for _, other := range otherTypes(v) {
		set(other)
		err := try(where, false)
		set(v)
		if err != nil {
			return err
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			at := where + "." + name
			if err := mutateAt(at, value, func(x any) { v[name] = x }, try); err != nil {
				return err
			}
			delete(v, name)
			err := try(at, true)
			v[name] = value
			if err != nil {
				return err
			}
		}
	case []any:
		for i, value := range v {
			if err := mutateAt(fmt.Sprintf("%s[%d]", where, i), value, func(x any) { v[i] = x }, try); err != nil {
				return err
			}
		}
	}
	return nil
}

func otherTypes(v any) []any {
	switch v.(type) {
	case string:
		return []any{float64(-1), nil, map[string]any{}, ""}
	case float64:
		return []any{"x", nil, []any{}, -1e18, 1.5, 1e18}
	case bool:
		return []any{"x", float64(1)}
	case map[string]any:
		return []any{"x", []any{float64(1)}, nil}
	case []any:
		return []any{"x", map[string]any{"a": "b"}, []any{nil}, []any{"x"}}
	}
	return []any{"x"}
}
