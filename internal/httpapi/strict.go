package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxDepth of nesting in a body. The document's deepest is under ten.
const maxDepth = 64

// errBody is a body that is not one well-formed JSON value.
type errBody struct{ detail string }

func (e *errBody) Error() string { return e.detail }

// readStrict reads one JSON value and nothing after it: objects as
// map[string]any, arrays as []any, numbers as json.Number. It refuses, with
// *errBody, what is not JSON in UTF-8 or nested too deep, and answers by field
// what is JSON but ambiguous or unfit to be stored: names given twice and NUL
// characters.
func readStrict(data []byte) (any, []fieldError, error) {
	if !utf8.Valid(data) {
		return nil, nil, &errBody{"the body is not UTF-8"}
	}
	r := &strictReader{d: json.NewDecoder(bytes.NewReader(data))}
	r.d.UseNumber()
	v, err := r.value("", 0)
	if err == nil {
		if _, err = r.d.Token(); errors.Is(err, io.EOF) {
			return v, r.fields, nil
		}
		return nil, nil, &errBody{"something follows the JSON value"}
	}
	var own *errBody
	if errors.As(err, &own) {
		return nil, nil, own
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil, &errBody{"the JSON value ends too early"}
	}
	return nil, nil, &errBody{fmt.Sprintf("not JSON at byte %d: %v", r.d.InputOffset(), err)}
}

type strictReader struct {
	d      *json.Decoder
	fields []fieldError
}

func (r *strictReader) value(path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, &errBody{fmt.Sprintf("the JSON value is nested deeper than %d", maxDepth)}
	}
	token, err := r.d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return r.object(path, depth)
		}
		return r.array(path, depth)
	case string:
		r.check(path, t)
	}
	return token, nil
}

func (r *strictReader) object(path string, depth int) (any, error) {
	object := map[string]any{}
	for r.d.More() {
		token, err := r.d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // Token answers nothing else in this place
		field := join(path, name)
		r.check(field, name)
		if _, twice := object[name]; twice {
			r.fields = append(r.fields, fieldError{field, "is given twice"})
		}
		if object[name], err = r.value(field, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := r.d.Token() // the closing brace
	return object, err
}

func (r *strictReader) array(path string, depth int) (any, error) {
	array := []any{}
	for r.d.More() {
		v, err := r.value(fmt.Sprintf("%s[%d]", path, len(array)), depth+1)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	_, err := r.d.Token() // the closing bracket
	return array, err
}

func (r *strictReader) check(path, s string) {
	if strings.ContainsRune(s, 0) {
		r.fields = append(r.fields, fieldError{strings.ReplaceAll(path, "\x00", "\\u0000"), "holds a NUL character"})
	}
}

// join writes a field's place as "message.attachments[0].url".
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
