package tiktok

import (
	"bytes"
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
	opSend      = "message/send"
	opAction    = "sender_action"
	opUpload    = "media/upload"
	opLink      = "media/download"
	opDownload  = "download"
	opCheck     = "business/get"
	opSubscribe = "webhook/update"
	opToken     = "refresh_token"
)

const (
	api = "/open_api/v1.3/"
	// dataMedia is what an exchange keeps of an upload.
	dataMedia = "media_id"
	// toConversation is the only recipient but a comment that TikTok knows.
	toConversation = "CONVERSATION"
)

// outgoing is the body of a message; each type uses one of the members behind
// the first four (platforms/tiktok: outbound).
type outgoing struct {
	BusinessID    string `json:"business_id"`
	RecipientType string `json:"recipient_type"`
	Recipient     string `json:"recipient"`
	Type          string `json:"message_type"`

	Text       *outText      `json:"text,omitempty"`
	Image      *media        `json:"image,omitempty"`
	Template   *outCard      `json:"template,omitempty"`
	Action     string        `json:"sender_action,omitempty"`
	Referenced *outReference `json:"referenced_message_info,omitempty"`
}

type outText struct {
	Body string `json:"body"`
}

type outReference struct {
	MessageID string `json:"referenced_message_id"`
}

type outCard struct {
	Type    string      `json:"type"`
	Title   string      `json:"title"`
	Buttons []outButton `json:"buttons"`
}

type outButton struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	ID    string `json:"id"`
}

// step is one call of a message: the upload of a picture, or what shows.
type step struct {
	part    int
	upload  *connectors.Upload
	message outgoing
}

// Next uploads what has to be, and sends what was uploaded.
func (a *account) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if out.To.ID == "" {
		return nil, errors.New("tiktok: the recipient has no id")
	}
	conversation := out.Context[contextConversation]
	if conversation == "" {
		return nil, errors.New("tiktok: the person has not written yet: TikTok sends to conversations that people began")
	}
	var all []step
	for i := range out.Parts {
		steps, err := a.render(&out.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("tiktok: part %d: %w", i, err)
		}
		for _, s := range steps {
			s.part = i
			all = append(all, s)
		}
	}
	n := len(done)
	if n >= len(all) {
		return nil, nil
	}
	s := all[n]
	if s.upload != nil {
		return &connectors.Call{
			Name: opUpload, Method: http.MethodPost, URL: a.base + api + "business/message/media/upload/", Header: http.Header{},
			Upload: s.upload, Part: s.part,
		}, nil
	}
	if s.message.Image != nil {
		if s.message.Image.MediaID = done[n-1].Data[dataMedia]; s.message.Image.MediaID == "" {
			return nil, errors.New("tiktok: the upload left no media id")
		}
	}
	call, err := a.send(opSend, conversation, s.message)
	if err != nil {
		return nil, err
	}
	call.Part, call.Visible = s.part, true
	return call, nil
}

// render turns a part into calls. Text and picture cannot go together, and only
// a text can quote.
func (a *account) render(m *normalize.Message) ([]step, error) {
	var all []step
	for i := range m.Attachments {
		att := &m.Attachments[i]
		switch {
		case att.Type != normalize.TypeImage:
			return nil, fmt.Errorf("attachment %d: type %q cannot be sent", i, att.Type)
		case att.URL == "":
			return nil, fmt.Errorf("attachment %d: it has no address that the file can be fetched from", i)
		}
		file := &connectors.Upload{
			URL: att.URL, Field: "file", Name: att.Name, MIME: att.MIME, MaxBytes: imageBytes,
			Fields: []connectors.FormField{{Name: "business_id", Value: a.business}, {Name: "media_type", Value: "IMAGE"}},
		}
		all = append(all, step{upload: file}, step{message: outgoing{Type: "IMAGE", Image: &media{}}})
	}
	switch {
	case m.Text == "":
	case len(m.Buttons) > 0:
		all = append(all, step{message: outgoing{Type: "TEMPLATE", Template: question(m.Text, m.Buttons)}})
	default:
		text := outgoing{Type: "TEXT", Text: &outText{m.Text}}
		if m.ReplyTo != nil && m.ReplyTo.ID != "" {
			text.Referenced = &outReference{string(m.ReplyTo.ID)}
		}
		all = append(all, step{message: text})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that TikTok can carry", m.Type)
	}
	return all, nil
}

// question is a card with answers to tap.
func question(text string, buttons []normalize.Button) *outCard {
	c := &outCard{Type: "QA_BUTTON_CARD", Title: text}
	for _, b := range buttons {
		id := b.ID
		if id == "" {
			id = b.Title
		}
		c.Buttons = append(c.Buttons, outButton{"REPLY", b.Title, id})
	}
	return c
}

func (a *account) send(op, conversation string, m outgoing) (*connectors.Call, error) {
	m.BusinessID, m.RecipientType, m.Recipient = a.business, toConversation, conversation
	return a.post(op, "business/message/send/", m)
}

// post is a call with a JSON body.
func (a *account) post(op, path string, body any) (*connectors.Call, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("tiktok: encode %s: %w", op, err)
	}
	return &connectors.Call{
		Name: op, Method: http.MethodPost, URL: a.base + api + path, Body: bytes.TrimSuffix(buf.Bytes(), []byte("\n")),
		Header: http.Header{"Content-Type": {"application/json"}},
	}, nil
}

// ours tells a call to TikTok's API.
func (a *account) ours(call *connectors.Call) bool { return strings.HasPrefix(call.URL, a.base+api) }
