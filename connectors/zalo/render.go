package zalo

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// recipient is who a message is for, in one of three forms.
type recipient struct {
	UserID         string `json:"user_id,omitempty"`
	GroupID        string `json:"group_id,omitempty"`
	AnonymousID    string `json:"anonymous_id,omitempty"`
	ConversationID string `json:"conversation_id,omitempty"`
}

// outgoing is the body of a message (platforms/zalo: outbound).
type outgoing struct {
	Recipient recipient  `json:"recipient"`
	Message   outMessage `json:"message"`
}

type outMessage struct {
	Text       string         `json:"text,omitempty"`
	QuoteID    string         `json:"quote_message_id,omitempty"`
	Attachment *outAttachment `json:"attachment,omitempty"`
}

type outAttachment struct {
	Type    string `json:"type"`
	Payload any    `json:"payload"`
}

// mediaPayload shows pictures that were uploaded.
type mediaPayload struct {
	TemplateType string         `json:"template_type"`
	Elements     []mediaElement `json:"elements"`
}

type mediaElement struct {
	MediaType    string `json:"media_type"`
	AttachmentID string `json:"attachment_id"`
	Width        int    `json:"width,omitempty"`
	Height       int    `json:"height,omitempty"`
}

type filePayload struct {
	Token string `json:"token"`
}

type buttonsPayload struct {
	Buttons []outButton `json:"buttons"`
}

// outButton reports its payload, which is not shown, or opens an address.
type outButton struct {
	Title   string `json:"title"`
	Type    string `json:"type"`
	Payload any    `json:"payload"`
}

// step is one call of a message: an upload, or what shows to the peer.
type step struct {
	part    int
	upload  *connectors.Upload
	kind    string // of the upload: image, gif or file
	path    string // of the message, behind /v3.0/oa/message/
	message outMessage
	// element is what the upload before this step is put into.
	element mediaElement
}

// Kinds of upload, and of message.
const (
	kindImage       = "image"
	kindGIF         = "gif"
	kindFile        = "file"
	pathConsult     = "cs"
	pathTransaction = "transaction"
	pathPromotion   = "promotion"
)

// steps are the calls of a whole message, in order.
func steps(out *normalize.Outbound) ([]step, error) {
	var all []step
	for i := range out.Parts {
		steps, err := render(&out.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("zalo: part %d: %w", i, err)
		}
		for _, s := range steps {
			s.part = i
			all = append(all, s)
		}
	}
	return all, nil
}

// render turns a part into calls. The quote is on the first message of words.
func render(m *normalize.Message) ([]step, error) {
	if m.Template != nil {
		s, err := template(m.Template)
		return []step{s}, err
	}
	quote := ""
	if m.ReplyTo != nil {
		quote = string(m.ReplyTo.ID)
	}
	var all []step
	text := m.Text
	for i := range m.Attachments {
		a := &m.Attachments[i]
		caption := a.Caption
		if i == 0 && caption == "" && a.Type == normalize.TypeImage && len(m.Buttons) == 0 {
			caption, text = text, ""
		}
		steps, err := media(a, caption, quote)
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", i, err)
		}
		all, quote = append(all, steps...), ""
	}
	if text != "" {
		all = append(all, step{path: pathConsult, message: outMessage{Text: text, QuoteID: quote, Attachment: buttons(m.Buttons)}})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that Zalo can carry", m.Type)
	}
	return all, nil
}

func buttons(all []normalize.Button) *outAttachment {
	if len(all) == 0 {
		return nil
	}
	var p buttonsPayload
	for _, b := range all {
		if b.URL != "" {
			p.Buttons = append(p.Buttons, outButton{b.Title, "oa.open.url", map[string]string{"url": b.URL}})
			continue
		}
		id := b.ID
		if id == "" {
			id = b.Title
		}
		p.Buttons = append(p.Buttons, outButton{b.Title, "oa.query.hide", choicePayload(id, b.Title)})
	}
	return &outAttachment{Type: "template", Payload: p}
}

// mediaKept is how long an uploaded file is used again: Zalo keeps it for seven
// days, and a message may wait for its turn.
const mediaKept = 6 * 24 * time.Hour

// media is uploaded first: what it then is called is good for seven days.
func media(a *normalize.Attachment, caption, quote string) ([]step, error) {
	if a.URL == "" {
		return nil, errors.New("it has no address that the file can be fetched from")
	}
	file := &connectors.Upload{URL: a.URL, Field: "file", Name: a.Name, MIME: a.MIME, Again: connectors.Reuse{For: mediaKept, Name: "data.attachment_id"}}
	switch {
	case a.Type == normalize.TypeImage && animated(a):
		file.MaxBytes = gifBytes
		e := mediaElement{MediaType: kindGIF, Width: a.Width, Height: a.Height}
		return []step{{upload: file, kind: kindGIF}, {path: pathConsult, message: outMessage{Text: caption, QuoteID: quote}, element: e}}, nil
	case a.Type == normalize.TypeImage:
		file.MaxBytes = imageBytes
		return []step{{upload: file, kind: kindImage}, {path: pathConsult, message: outMessage{Text: caption, QuoteID: quote}, element: mediaElement{MediaType: kindImage}}}, nil
	case a.Type == normalize.TypeFile:
		file.MaxBytes, file.Again.Name = fileBytes, "data.token"
		return []step{{upload: file, kind: kindFile}, {path: pathConsult, message: outMessage{QuoteID: quote}, element: mediaElement{MediaType: kindFile}}}, nil
	}
	return nil, fmt.Errorf("type %q cannot be sent", a.Type)
}

func animated(a *normalize.Attachment) bool {
	name, _, _ := strings.Cut(a.URL, "?")
	return a.MIME == "image/gif" || a.MIME == "" && strings.EqualFold(path.Ext(name), ".gif")
}

// template is a message with a form of its own: what it is called is its type,
// and the members of its only component are the payload's others.
func template(t *normalize.Template) (step, error) {
	p := map[string]any{}
	if len(t.Components) > 1 {
		return step{}, errors.New("a template has one component, which holds the members of its payload")
	}
	for _, c := range t.Components {
		members, ok := c.(map[string]any)
		if !ok {
			return step{}, errors.New(`the template's component is not an object such as {"elements": []}`)
		}
		for name, value := range members {
			p[name] = value
		}
	}
	m := outMessage{Attachment: &outAttachment{Type: "template", Payload: p}}
	s := step{path: pathConsult}
	switch {
	case strings.HasPrefix(t.Name, pathTransaction):
		s.path = pathTransaction
	case strings.HasPrefix(t.Name, pathPromotion):
		s.path = pathPromotion
	}
	if words, ok := p["text"].(string); ok && s.path == pathConsult {
		// Of a consultation, the text stands beside the form.
		m.Text = words
		delete(p, "text")
	}
	p["template_type"] = t.Name
	if _, ok := p["language"]; !ok && s.path != pathConsult && t.Language != "" {
		p["language"] = strings.ToUpper(t.Language)
	}
	s.message = m
	return s, nil
}
