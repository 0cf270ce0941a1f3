package custom

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
)

// Names of calls that are not for content.
const (
	opCheck     = "check"
	opSubscribe = "webhook"
	opToken     = "token"
	opMedia     = "fetch"
	opTyping    = "typing"
	opRead      = "read"
	opReact     = "react"
)

// call is a compiled callDef.
type call struct {
	name    string // the class of the call for breakers, logs and Classify
	step    string // by which later steps find what it saved
	when    *expression.Program
	method  string
	url     address
	query   map[string]template
	headers map[string]textual
	body    body
	upload  *upload
	// content is set for the one that shows the message.
	content bool
	// file is set for one whose answer may be a file.
	file bool

	successWhen *expression.Program
	externalID  *expression.Program
	save        map[string]*expression.Program
}

// body is what a call carries: at most one of these.
type body struct {
	json, xml template
	form      map[string]template
	text      textual
}

type upload struct {
	field           string
	url, name, mime textual
	fields          map[string]textual
	max             int64
}

// maxUpload is how large a file may be that is sent as bytes, unless the
// definition says less.
const maxUpload = 25 << 20

// call compiles a call. Its name is unique in the definition.
func (c *compiler) call(scope scopeName, path, op string, d callDef) *call {
	out := &call{name: op, step: d.Name, method: d.Method, query: map[string]template{}, headers: map[string]textual{}, save: map[string]*expression.Program{}}
	if out.method == "" {
		out.method = http.MethodPost
		if scope == scopeFile || op == opCheck {
			out.method = http.MethodGet
		}
	}
	c.oneOf(path+".method", out.method, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete)
	out.when = c.optional(scope, path+".when", d.When, truth)
	out.url = c.target(scope, path, d)
	for _, name := range slices.Sorted(maps.Keys(d.Query)) {
		out.query[name] = c.template(scope, path+".query."+name, d.Query[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		c.header(path, name)
		out.headers[http.CanonicalHeaderKey(name)] = c.pieces(scope, path+".headers."+name, d.Headers[name], scalar)
	}
	c.body(scope, path, d, out)
	out.successWhen = c.optional(scopeAnswer, path+".success_when", d.SuccessWhen, truth)
	out.externalID = c.optional(scopeAnswer, path+".external_id", d.ExternalID, anything)
	for _, name := range slices.Sorted(maps.Keys(d.Save)) {
		out.save[name] = c.expr(scopeAnswer, path+".save."+name, d.Save[name], scalar)
	}
	c.out.calls[out.name] = out
	return out
}

// ours are headers that the hub sets itself.
var ours = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding", "Te", "Trailer", "Upgrade"}

func (c *compiler) header(path, name string) {
	switch {
	case !headerName(name):
		c.fault(path+".headers", "%q is no name of a header", name)
	case slices.Contains(ours, http.CanonicalHeaderKey(name)):
		c.fault(path+".headers."+name, "the hub sets this header itself: take it out")
	}
}

func (c *compiler) body(scope scopeName, path string, d callDef, out *call) {
	given := 0
	if d.JSON != nil {
		out.body.json, given = c.template(scope, path+".json", d.JSON), given+1
	}
	if d.XML != nil {
		out.body.xml, given = c.template(scope, path+".xml", d.XML), given+1
	}
	if d.Text != nil {
		out.body.text, given = c.pieces(scope, path+".text", *d.Text, scalar), given+1
	}
	if d.Form != nil {
		out.body.form, given = map[string]template{}, given+1
		for _, name := range slices.Sorted(maps.Keys(d.Form)) {
			out.body.form[name] = c.template(scope, path+".form."+name, d.Form[name])
		}
	}
	if m := d.Multipart; m != nil {
		given++
		out.upload = c.multipart(scope, path+".multipart", m)
	}
	switch {
	case given > 1:
		c.fault(path, "give one of json, form, xml, text and multipart")
	case given == 1 && out.method == http.MethodGet:
		c.fault(path+".method", "a GET carries no body: use query, or another method")
	}
}

func (c *compiler) multipart(scope scopeName, path string, m *multipartDef) *upload {
	u := &upload{field: m.Field, max: m.MaxBytes, fields: map[string]textual{}}
	if u.field == "" {
		c.fault(path+".field", "name the part that holds the file")
	}
	if u.max <= 0 || u.max > maxUpload {
		u.max = maxUpload
	}
	u.url = c.pieces(scope, path+".url", m.URL, scalar)
	if m.URL == "" {
		c.fault(path+".url", `say where the file is: "{{attachment.url}}"`)
	}
	u.name = c.pieces(scope, path+".name", m.Name, scalar)
	u.mime = c.pieces(scope, path+".mime", m.MIME, scalar)
	for _, name := range slices.Sorted(maps.Keys(m.Fields)) {
		u.fields[name] = c.pieces(scope, path+".fields."+name, m.Fields[name], scalar)
	}
	return u
}

// build fills a call in.
func (k *call) build(base string, s *stage) (*connectors.Call, error) {
	out := &connectors.Call{Name: k.name, Method: k.method, Header: http.Header{}}
	var err error
	if out.URL, err = k.url.fill(base, s, k.query); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if err := k.carry(out, s); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(k.headers)) {
		value, err := k.headers[name].join(s, headerValue)
		if err != nil {
			return nil, fmt.Errorf("headers.%s: %w", name, err)
		}
		if value != "" {
			out.Header.Set(name, value)
		}
	}
	return out, nil
}

// headerValue refuses what would begin another header.
func headerValue(v string, _ piece) (string, error) {
	for _, r := range v {
		if r < ' ' || r == 0x7f {
			return "", fmt.Errorf("a header cannot hold a line break or another control character")
		}
	}
	return v, nil
}

// carry writes the body.
func (k *call) carry(out *connectors.Call, s *stage) (err error) {
	kind := ""
	switch {
	case k.body.json != nil:
		kind = "application/json"
		out.Body, err = writeJSON(k.body.json, s)
	case k.body.xml != nil:
		kind = "application/xml"
		out.Body, err = writeXMLTemplate(k.body.xml, s)
	case k.body.form != nil:
		kind = "application/x-www-form-urlencoded"
		out.Body, err = writeForm(k.body.form, s)
	case k.body.text != nil:
		kind = "text/plain; charset=utf-8"
		var text string
		text, err = k.body.text.join(s, verbatim)
		out.Body = []byte(text)
	case k.upload != nil:
		out.Upload, err = k.upload.fill(s)
	}
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if kind != "" {
		out.Header.Set("Content-Type", kind)
	}
	return nil
}

func writeForm(form map[string]template, s *stage) ([]byte, error) {
	values, err := formValues(form, s)
	if err != nil {
		return nil, err
	}
	return []byte(values.Encode()), nil
}

// formValues fills a form or a query: a list becomes a parameter that is there
// more than once, a value that is missing none.
func formValues(form map[string]template, s *stage) (url.Values, error) {
	values := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		v, present, err := form[name].fill(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if !present || v == nil {
			continue
		}
		all, ok := v.([]any)
		if !ok {
			all = []any{v}
		}
		for _, each := range all {
			text, err := scalarText(each)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			values.Add(name, text)
		}
	}
	return values, nil
}

func (u *upload) fill(s *stage) (*connectors.Upload, error) {
	out := &connectors.Upload{Field: u.field, MaxBytes: u.max}
	for _, p := range []struct {
		from textual
		to   *string
	}{{u.url, &out.URL}, {u.name, &out.Name}, {u.mime, &out.MIME}} {
		text, err := p.from.join(s, headerValue)
		if err != nil {
			return nil, err
		}
		*p.to = text
	}
	for _, name := range slices.Sorted(maps.Keys(u.fields)) {
		text, err := u.fields[name].join(s, verbatim)
		if err != nil {
			return nil, fmt.Errorf("fields.%s: %w", name, err)
		}
		out.Fields = append(out.Fields, connectors.FormField{Name: name, Value: text})
	}
	if !strings.HasPrefix(out.URL, "http://") && !strings.HasPrefix(out.URL, "https://") {
		return nil, fmt.Errorf("the file has no address")
	}
	return out, nil
}
