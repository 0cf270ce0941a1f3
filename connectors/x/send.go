package x

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opSend      = "messages"
	opCheck     = "me"
	opProfile   = "user"
	opMedia     = "media"
	opRegister  = "webhooks"
	opValidate  = "webhook"
	opSubscribe = "subscriptions"
)

// sendBody is a message with at most one file.
type sendBody struct {
	Text        string     `json:"text,omitempty"`
	Attachments []mediaRef `json:"attachments,omitempty"`
}

type mediaRef struct {
	ID string `json:"media_id"`
}

// Next walks the parts in order; a part with a file takes some calls to upload
// it before the message.
func (a *account) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if !person(out.To.ID) {
		return nil, errors.New("x: the recipient is no user id")
	}
	for i := range out.Parts {
		var mine []normalize.Exchange
		sent := false
		for _, e := range done {
			if e.Part == i {
				mine, sent = append(mine, e), sent || e.Name == opSend
			}
		}
		if sent {
			continue
		}
		call, err := a.part(out, i, mine)
		if err != nil {
			return nil, fmt.Errorf("x: part %d: %w", i+1, err)
		}
		call.Part = i
		return call, nil
	}
	return nil, nil
}

// part is the next call for a part after those done.
func (a *account) part(out *normalize.Outbound, i int, done []normalize.Exchange) (*connectors.Call, error) {
	m := &out.Parts[i]
	body := sendBody{Text: m.Text}
	switch {
	case len(m.Buttons) > 0 || m.List != nil || m.Location != nil || len(m.Contacts) > 0 || m.Template != nil:
		return nil, fmt.Errorf("a message of type %q with more than text and media in it", m.Type)
	case len(m.Attachments) > 1:
		return nil, errors.New("a message holds one file on X")
	case len(m.Attachments) == 1:
		att := &m.Attachments[0]
		if att.URL == "" {
			return nil, errors.New("the file has no address to fetch it from")
		}
		body.Text = strings.Trim(m.Text+"\n"+att.Caption, "\n")
		how := uploading(att)
		if how == "" {
			// Its length has to be told beforehand and is not known.
			body.Text = strings.Trim(body.Text+"\n"+att.URL, "\n")
			break
		}
		id, call, err := a.upload(att, how, done)
		if err != nil || call != nil {
			return call, err
		}
		body.Attachments = []mediaRef{{id}}
	}
	if body.Text == "" && body.Attachments == nil {
		return nil, fmt.Errorf("a message of type %q with nothing in it that X can carry", m.Type)
	}
	call, err := a.post(opSend, "/2/dm_conversations/with/"+string(out.To.ID)+"/messages", body)
	if err != nil {
		return nil, err
	}
	// X has no key by which it would know a message that comes again.
	call.Visible = true
	return call, nil
}

// post is a call with a JSON body, if there is one.
func (a *account) post(op, path string, body any) (*connectors.Call, error) {
	call := &connectors.Call{Name: op, Method: http.MethodPost, URL: a.base + path, Header: http.Header{}}
	if body == nil {
		return call, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("encode %s: %w", op, err)
	}
	call.Header.Set("Content-Type", "application/json")
	call.Body = bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	return call, nil
}

// mimeOf is a file's type, or what files of its kind are as a rule.
func mimeOf(att *normalize.Attachment) string {
	mime, _, _ := strings.Cut(att.MIME, ";")
	if att.Type == normalize.TypeVideo {
		return cmp.Or(mime, "video/mp4")
	}
	return cmp.Or(mime, "image/jpeg")
}
