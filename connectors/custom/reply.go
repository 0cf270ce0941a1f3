package custom

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"threadhub/connectors"
)

// reply is the answer to a webhook or a handshake.
type reply struct {
	status      int
	contentType string
	json, xml   template
	text        textual
}

func (c *compiler) reply(scope scopeName, path string, d *replyDef) *reply {
	r := &reply{status: d.Status, contentType: d.ContentType}
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.status < 200 || r.status > 299 {
		c.fault(path+".status", "%d is no success: a platform would send again; use 200 to 299", d.Status)
	}
	given := 0
	if d.JSON != nil {
		r.json, given = c.template(scope, path+".json", d.JSON), given+1
	}
	if d.XML != nil {
		r.xml, given = c.template(scope, path+".xml", d.XML), given+1
	}
	if d.Text != nil {
		r.text, given = c.pieces(scope, path+".text", *d.Text, scalar), given+1
	}
	if given > 1 {
		c.fault(path, "give one of json, xml and text")
	}
	if r.contentType == "" {
		r.contentType = map[bool]string{true: "application/json", false: "text/plain; charset=utf-8"}[r.json != nil]
		if r.xml != nil {
			r.contentType = "application/xml"
		}
	}
	if kind, _, err := mime.ParseMediaType(r.contentType); err != nil || strings.Contains(kind, "html") {
		c.fault(path+".content_type", "%q is no type for an answer to a platform: use application/json, application/xml or text/plain", d.ContentType)
	}
	return r
}

// write fills the answer in.
func (r *reply) write(s *stage) (connectors.Reply, error) {
	out := connectors.Reply{Status: r.status, ContentType: r.contentType}
	var err error
	switch {
	case r.json != nil:
		out.Body, err = writeJSON(r.json, s)
	case r.xml != nil:
		out.Body, err = writeXMLTemplate(r.xml, s)
	case r.text != nil:
		var text string
		text, err = r.text.join(s, verbatim)
		out.Body = []byte(text)
	}
	return out, err
}

func verbatim(v string, _ piece) (string, error) { return v, nil }

// handshake is how a platform's proof of ownership is answered.
type handshake struct {
	method    string
	echoQuery string
	echoJSON  string
	required  []requirement
	verified  bool
	reply     *reply
}

// requirement is a value that the request has to hold.
type requirement struct {
	header, query, json string
	want                textual
}

func (c *compiler) shake(d *handshakeDef) {
	if d == nil {
		return
	}
	const path = "settings.handshake"
	h := &handshake{method: d.Method, echoQuery: d.EchoQuery, echoJSON: d.EchoJSON, verified: d.Verified}
	if h.method == "" {
		h.method = http.MethodGet
	}
	c.oneOf(path+".method", h.method, http.MethodGet, http.MethodPost)
	for name, text := range d.RequireQuery {
		h.required = append(h.required, requirement{query: name, want: c.pieces(scopeHook, path+".require_query."+name, text, scalar)})
	}
	for name, text := range d.RequireHeader {
		h.required = append(h.required, requirement{header: name, want: c.pieces(scopeHook, path+".require_header."+name, text, scalar)})
	}
	for name, text := range d.RequireJSON {
		h.required = append(h.required, requirement{json: name, want: c.pieces(scopeHook, path+".require_json."+name, text, scalar)})
	}
	switch {
	case d.EchoQuery != "" && d.EchoJSON != "" || d.EchoQuery == "" && d.EchoJSON == "" && d.Reply == nil:
		c.fault(path, "say what to answer by one of echo_query, echo_json and reply")
	case d.EchoJSON != "" && h.method == http.MethodGet:
		c.fault(path+".echo_json", "a GET has no body: set method to POST")
	case h.method == http.MethodPost && len(h.required) == 0 && d.EchoJSON == "":
		c.fault(path, `say what tells the handshake from events, for example "require_json": {"type": "url_verification"}`)
	}
	if d.Reply != nil {
		h.reply = c.reply(scopeHook, path+".reply", d.Reply)
	}
	c.out.handshake = h
}

// maxEcho bounds what is given back to a caller, in bytes.
const maxEcho = 4 << 10

// Handshake answers the platform's proof of ownership. A GET that asks for an
// echo without what is required is answered 403; any other request that does
// not fit is none.
func (ch *channel) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	h := ch.def.handshake
	if h == nil || req.Method != h.method || len(req.Header.Values(connectors.StreamHeader)) > 0 {
		return connectors.Reply{}, false
	}
	echo, asked := h.echo(req)
	if !asked {
		return connectors.Reply{}, false
	}
	s := ch.hookStage(req)
	if !h.holds(req, s) || h.verified && ch.prove(req, noTime) != nil {
		return refusedEcho, h.echoQuery != ""
	}
	if h.reply == nil {
		return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte(echo)}, true
	}
	out, err := h.reply.write(s)
	if err != nil {
		return refusedEcho, h.method == http.MethodGet
	}
	return out, true
}

var refusedEcho = connectors.Reply{Status: http.StatusForbidden, ContentType: "text/plain; charset=utf-8", Body: []byte("this is not the handshake of the channel's platform")}

// echo is what the request wants back; asked is false when it wants nothing.
func (h *handshake) echo(req *connectors.Request) (text string, asked bool) {
	switch {
	case h.echoQuery != "":
		text, asked = req.Query.Get(h.echoQuery), req.Query.Get(h.echoQuery) != ""
	case h.echoJSON != "":
		text, asked = jsonPath(req.Body, h.echoJSON)
	default:
		asked = true
	}
	return text, asked && len(text) <= maxEcho
}

// holds tells whether everything required is there, in constant time for each.
func (h *handshake) holds(req *connectors.Request, s *stage) bool {
	for _, r := range h.required {
		given, err := located(req, r.header, r.query, r.json)
		if err != nil {
			return false
		}
		want, err := r.want.join(s, verbatim)
		if err != nil || want == "" || !connectors.NewSecret(want).Equal(given) {
			return false
		}
	}
	return true
}

// Acknowledge shapes the answer to a webhook that was taken in. A template that
// cannot be filled from it answers plainly: the webhook is safe already.
func (ch *channel) Acknowledge(req *connectors.Request) connectors.Reply {
	if ch.def.ack == nil {
		return connectors.Reply{Status: http.StatusOK}
	}
	s := ch.hookStage(req)
	out, err := ch.def.ack.write(s)
	if err != nil {
		return connectors.Reply{Status: http.StatusOK}
	}
	return out
}

func writeJSON(t template, s *stage) ([]byte, error) {
	v, present, err := t.fill(s)
	if err != nil {
		return nil, err
	}
	if !present {
		v = nil
	}
	return marshal(v)
}

func writeXMLTemplate(t template, s *stage) ([]byte, error) {
	v, _, err := t.fill(s)
	if err != nil {
		return nil, err
	}
	raw, err := encodeXML(v)
	if err == nil && len(raw) > maxWritten {
		err = fmt.Errorf("more than %d bytes", maxWritten)
	}
	return raw, err
}

// marshal writes JSON as it is, without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var w strings.Builder
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	if w.Len() > maxWritten {
		return nil, fmt.Errorf("more than %d bytes", maxWritten)
	}
	return []byte(strings.TrimSuffix(w.String(), "\n")), nil
}
