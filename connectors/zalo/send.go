package zalo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opSend    = "message"
	opUpload  = "upload"
	opReact   = "react"
	opProfile = "user/detail"
	opCheck   = "getoa"
	opToken   = "access_token"
)

// dataUpload is what an exchange keeps of an upload.
const dataUpload = "uploaded"

// Next uploads what has to be, and sends what was uploaded.
func (a *account) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	to, err := address(out)
	if err != nil {
		return nil, fmt.Errorf("zalo: %w", err)
	}
	all, err := steps(out)
	if err != nil {
		return nil, err
	}
	n := len(done)
	if n >= len(all) {
		return nil, nil
	}
	s := all[n]
	if s.upload != nil {
		return &connectors.Call{
			Name: opUpload, Method: http.MethodPost, URL: a.base + "/v2.0/oa/upload/" + s.kind, Header: http.Header{},
			Upload: s.upload, Part: s.part,
		}, nil
	}
	if s.element.MediaType != "" {
		id := done[n-1].Data[dataUpload]
		if id == "" {
			return nil, errors.New("zalo: the upload left no name of the file")
		}
		s.message.Attachment = s.element.attachment(id)
	}
	call, err := a.post(opSend, "/v3.0/oa/message/"+s.path, outgoing{to, s.message})
	if err != nil {
		return nil, err
	}
	call.Part, call.Visible = s.part, true
	return call, nil
}

func (e mediaElement) attachment(id string) *outAttachment {
	if e.MediaType == kindFile {
		return &outAttachment{Type: kindFile, Payload: filePayload{id}}
	}
	e.AttachmentID = id
	return &outAttachment{Type: "template", Payload: mediaPayload{"media", []mediaElement{e}}}
}

// address is who the message is for.
func address(out *normalize.Outbound) (recipient, error) {
	id := string(out.To.ID)
	if group, ok := strings.CutPrefix(id, groupPrefix); ok {
		return recipient{GroupID: group}, nil
	}
	if visitor, ok := strings.CutPrefix(id, anonymousPrefix); ok {
		conversation := out.Context[contextConversation]
		if conversation == "" {
			return recipient{}, errors.New("the visitor is not signed in, and their message did not say which conversation it belongs to")
		}
		return recipient{AnonymousID: visitor, ConversationID: conversation}, nil
	}
	if id == "" || strings.HasPrefix(id, appPrefix) {
		return recipient{}, errors.New("the recipient has no id at this Official Account")
	}
	return recipient{UserID: id}, nil
}

// post is a call with a JSON body.
func (a *account) post(op, path string, body any) (*connectors.Call, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("zalo: encode %s: %w", op, err)
	}
	return &connectors.Call{
		Name: op, Method: http.MethodPost, URL: a.base + path, Body: bytes.TrimSuffix(buf.Bytes(), []byte("\n")),
		Header: http.Header{"Content-Type": {"application/json"}},
	}, nil
}

func (a *account) get(op, path string, query url.Values) *connectors.Call {
	address := a.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return &connectors.Call{Name: op, Method: http.MethodGet, URL: address, Header: http.Header{}}
}
