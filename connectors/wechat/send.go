package wechat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opSend      = "custom/send"
	opTemplate  = "template/send"
	opNotice    = "subscribe/bizsend"
	opUpload    = "media/upload"
	opTyping    = "custom/typing"
	opMedia     = "media/get"
	opDownload  = "download"
	opProfile   = "user/info"
	opCheck     = "get_api_domain_ip"
	opToken     = "stable_token"
	dataMediaID = "media_id"
)

// requestHeader carries the name of a message that goes out. WeChat gives it no
// id, and Classify makes one of this.
const requestHeader = "X-Request-Id"

// outPrefix begins the PlatformID of what went out without an id of WeChat's.
const outPrefix = "out:"

// Next uploads what has to be, and sends what was uploaded.
func (a *account) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if out.To.ID == "" {
		return nil, errors.New("wechat: the recipient has no id")
	}
	steps, err := a.steps(out)
	if err != nil {
		return nil, err
	}
	n := len(done)
	if n >= len(steps) {
		return nil, nil
	}
	s := steps[n]
	switch {
	case s.upload != nil:
		return &connectors.Call{
			Name: opUpload, Method: http.MethodPost, URL: a.base + "/cgi-bin/media/upload?type=" + s.kind,
			Header: http.Header{}, Upload: s.upload, Part: s.part,
		}, nil
	case s.template != nil:
		return a.template(out, s, n)
	}
	if err := s.fill(steps[:n], done); err != nil {
		return nil, err
	}
	call, err := a.post(opSend, "/cgi-bin/message/custom/send", s.message)
	if err != nil {
		return nil, err
	}
	call.Part, call.Visible = s.part, true
	call.Header.Set(requestHeader, fmt.Sprintf("%s:%d", out.ID, n))
	return call, nil
}

// fill puts the ids of the files that were uploaded for it into the message.
func (s *step) fill(before []step, done []normalize.Exchange) error {
	file := func(kind string) (string, error) {
		for i := len(before) - 1; i >= 0; i-- {
			if before[i].kind == kind && before[i].part == s.part {
				if id := done[i].Data[dataMediaID]; id != "" {
					return id, nil
				}
			}
		}
		return "", fmt.Errorf("wechat: the upload of the %s left no media id", kind)
	}
	m := &s.message
	var err error
	switch {
	case m.Image != nil:
		m.Image.MediaID, err = file("image")
	case m.Voice != nil:
		m.Voice.MediaID, err = file("voice")
	case m.Video != nil:
		if m.Video.MediaID, err = file("video"); err == nil {
			m.Video.Thumb, _ = file("thumb") // there is none unless the settings name one
		}
	}
	return err
}

// subscription is the type of component that makes a template a subscription
// notice, which another call sends.
const subscription = "subscribe"

// template sends a message that WeChat approved. The members of its components
// are the call's own.
func (a *account) template(out *normalize.Outbound, s step, n int) (*connectors.Call, error) {
	body := map[string]any{}
	op, path := opTemplate, "/cgi-bin/message/template/send"
	for i, c := range s.template.Components {
		members, ok := c.(map[string]any)
		if !ok {
			return nil, fmt.Errorf(`wechat: template component %d is not an object such as {"data": {"thing1": {"value": "…"}}}`, i)
		}
		maps.Copy(body, members)
		if members["type"] == subscription {
			op, path = opNotice, "/cgi-bin/message/subscribe/bizsend"
		}
	}
	delete(body, "type")
	body["touser"], body["template_id"] = string(out.To.ID), s.template.Name
	if op == opTemplate {
		// WeChat carries out what comes again with it once.
		body["client_msg_id"] = clientID(out.ID, n)
	}
	call, err := a.post(op, path, body)
	if err != nil {
		return nil, err
	}
	call.Part, call.Visible = s.part, true
	call.Header.Set(requestHeader, fmt.Sprintf("%s:%d", out.ID, n))
	return call, nil
}

// clientID is within the 32 characters that WeChat takes.
func clientID(id string, n int) string { return digest(fmt.Sprintf("%s:%d", id, n)) }

// post is a call with a JSON body in plain UTF-8: WeChat shows escapes as they
// are.
func (a *account) post(op, path string, body any) (*connectors.Call, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("wechat: encode %s: %w", op, err)
	}
	raw := separators(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
	return &connectors.Call{
		Name: op, Method: http.MethodPost, URL: a.base + path, Body: raw,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
	}, nil
}

// separators writes out the two separators of lines that the encoder escapes
// whatever it is told.
func separators(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`\u202`)) {
		return raw
	}
	plain := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch {
		case bytes.HasPrefix(raw[i:], []byte(`\u2028`)), bytes.HasPrefix(raw[i:], []byte(`\u2029`)):
			plain = utf8.AppendRune(plain, 0x2028+rune(raw[i+5]-'8'))
			i += 5
		case raw[i] == '\\' && i+1 < len(raw):
			// A backslash takes what follows with it, another backslash included.
			plain = append(plain, raw[i], raw[i+1])
			i++
		default:
			plain = append(plain, raw[i])
		}
	}
	return plain
}

func (a *account) get(op, path string, query url.Values) *connectors.Call {
	address := a.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return &connectors.Call{Name: op, Method: http.MethodGet, URL: address, Header: http.Header{}}
}

// ours tells a call to WeChat's API from one to a file's address.
func (a *account) ours(call *connectors.Call) bool {
	return call.Name != opDownload && strings.HasPrefix(call.URL, a.base+"/cgi-bin/")
}
