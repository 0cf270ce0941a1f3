package custom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode/utf8"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
)

// Formats of a body.
const (
	formatJSON      = "json"
	formatForm      = "form"
	formatMultipart = "multipart"
	formatXML       = "xml"
	formatText      = "text"
)

// Bounds of a form: more is none.
const (
	maxFields = 1000
	maxField  = 64 << 10 // bytes of a multipart field that are read
)

// document is a body as expressions see it.
type document struct {
	body   any
	params map[string]any // of a form: every value of each name
}

// decode reads a body. The error says what is wrong and repeats nothing of it.
func decode(format, contentType string, raw []byte) (document, error) {
	switch format {
	case formatForm:
		return decodeForm(raw)
	case formatMultipart:
		return decodeMultipart(contentType, raw)
	case formatXML:
		body, err := decodeXML(raw)
		return document{body: body, params: map[string]any{}}, err
	case formatText:
		if !utf8.Valid(raw) {
			return document{}, fmt.Errorf("%w: it is no text in UTF-8", connectors.ErrMalformed)
		}
		return document{body: string(raw), params: map[string]any{}}, nil
	}
	body, err := expression.DecodeJSON(raw)
	if err != nil {
		return document{}, fmt.Errorf("%w: %w", connectors.ErrMalformed, err)
	}
	return document{body: body, params: map[string]any{}}, nil
}

// fields collects the values of a form: body holds the first of each name,
// params all of them.
type fields struct{ body, params map[string]any }

func (f *fields) add(name, value string) {
	if _, ok := f.body[name]; !ok {
		f.body[name] = value
	}
	all, _ := f.params[name].([]any)
	f.params[name] = append(all, value)
}

func decodeForm(raw []byte) (document, error) {
	f := fields{map[string]any{}, map[string]any{}}
	if n := bytes.Count(raw, []byte("&")); n >= maxFields {
		return document{}, fmt.Errorf("%w: a form with more than %d fields", connectors.ErrMalformed, maxFields)
	}
	named := false
	for item := range strings.SplitSeq(string(raw), "&") {
		if item == "" {
			continue
		}
		name, value, ok := strings.Cut(item, "=")
		named = named || ok
		key, err1 := url.QueryUnescape(name)
		val, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || !utf8.ValidString(key) || !utf8.ValidString(val) {
			return document{}, fmt.Errorf("%w: the form cannot be decoded", connectors.ErrMalformed)
		}
		f.add(key, val)
	}
	if !named {
		return document{}, fmt.Errorf("%w: no form at all", connectors.ErrMalformed)
	}
	return document{f.body, f.params}, nil
}

// decodeMultipart reads the plain fields. Files among them are left out: a
// platform that sends bytes is not for a declarative connector.
func decodeMultipart(contentType string, raw []byte) (document, error) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return document{}, fmt.Errorf("%w: its Content-Type names no boundary", connectors.ErrMalformed)
	}
	f := fields{map[string]any{}, map[string]any{}}
	r := multipart.NewReader(bytes.NewReader(raw), params["boundary"])
	for n := range maxFields {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) && n > 0 {
			return document{f.body, f.params}, nil
		}
		if err != nil {
			return document{}, fmt.Errorf("%w: the parts cannot be told apart", connectors.ErrMalformed)
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return document{}, fmt.Errorf("%w: a part breaks off", connectors.ErrMalformed)
		}
		if part.FileName() == "" && part.FormName() != "" && utf8.Valid(value) {
			f.add(part.FormName(), string(value))
		}
	}
	return document{}, fmt.Errorf("%w: more than %d parts", connectors.ErrMalformed, maxFields)
}
