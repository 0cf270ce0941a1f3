package messaging

import (
	"errors"
	"fmt"

	"threadhub/normalize"
)

// Limits of what stands under a text (platforms/messenger: section 4).
const (
	MaxButtons      = 3
	MaxQuickReplies = 13
	MaxTitle        = 20   // characters of a button or quick reply
	MaxPayload      = 1000 // of either
	MaxButtonText   = 640  // of the text above buttons
)

// render turns a part into the messages to send, usually one. Parts are fitted
// to the channel, so that each is one kind of content; what is not is refused
// rather than sent in half.
func render(part *normalize.Message) ([]*outMessage, error) {
	switch {
	case part.Location != nil, len(part.Contacts) > 0:
		return nil, fmt.Errorf("a message of type %q cannot be sent", part.Type)
	case part.Template != nil:
		t := part.Template
		components := t.Components
		if components == nil {
			components = []any{}
		}
		return []*outMessage{{Template: &outApproved{Name: t.Name, Language: outLanguage{Code: t.Language}, Components: components}}}, nil
	case len(part.Attachments) > 0:
		return attachments(part)
	case part.Text == "":
		return nil, errors.New("there is nothing to send")
	case part.List != nil && len(part.Buttons) > 0:
		return nil, errors.New("a message has either buttons or a list")
	case part.List != nil:
		return quickReplies(part)
	case len(part.Buttons) > 0:
		return buttons(part)
	}
	return []*outMessage{{Text: part.Text}}, nil
}

// attachments renders media, which has no caption. Images can go together, and
// anything else goes by itself.
func attachments(part *normalize.Message) ([]*outMessage, error) {
	if part.Text != "" || len(part.Buttons) > 0 || part.List != nil {
		return nil, errors.New("media carries neither text nor buttons")
	}
	var all []outAttachment
	images := true
	for i := range part.Attachments {
		a, err := attached(&part.Attachments[i])
		if err != nil {
			return nil, err
		}
		images = images && a.Type == "image"
		all = append(all, a)
	}
	if images && len(all) > 1 {
		return []*outMessage{{Attachments: all}}, nil
	}
	var messages []*outMessage
	for i := range all {
		messages = append(messages, &outMessage{Attachment: &all[i]})
	}
	return messages, nil
}

func attached(a *normalize.Attachment) (outAttachment, error) {
	out := outAttachment{Payload: outPayload{AttachmentID: a.Ref}}
	if a.Ref == "" {
		out.Payload.URL = a.URL
	}
	switch {
	case a.Caption != "":
		return out, errors.New("media carries no text")
	case a.Ref == "" && a.URL == "":
		return out, errors.New("the attachment has neither an address nor an attachment id")
	}
	switch a.Type {
	case normalize.TypeImage, normalize.TypeVideo, normalize.TypeAudio, normalize.TypeFile:
		out.Type = string(a.Type)
		return out, nil
	}
	return out, fmt.Errorf("an attachment of type %q cannot be sent", a.Type)
}

// quickReplies renders a list as the choices that stand under the latest
// message until the next one comes.
func quickReplies(part *normalize.Message) ([]*outMessage, error) {
	msg := &outMessage{Text: part.Text}
	for _, s := range part.List.Sections {
		for _, r := range s.Rows {
			msg.QuickReplies = append(msg.QuickReplies, outQuickReply{Type: "text", Title: r.Title, Payload: r.ID})
		}
	}
	if n := len(msg.QuickReplies); n == 0 || n > MaxQuickReplies {
		return nil, fmt.Errorf("a list of %d rows: the platform takes 1 to %d", n, MaxQuickReplies)
	}
	return []*outMessage{msg}, nil
}

func buttons(part *normalize.Message) ([]*outMessage, error) {
	if n := len(part.Buttons); n > MaxButtons {
		return nil, fmt.Errorf("%d buttons: the platform takes %d", n, MaxButtons)
	}
	template := outPayload{TemplateType: "button", Text: part.Text}
	for _, b := range part.Buttons {
		out := outButton{Type: "postback", Title: b.Title, Payload: b.ID}
		if b.URL != "" {
			out = outButton{Type: "web_url", Title: b.Title, URL: b.URL}
		}
		template.Buttons = append(template.Buttons, out)
	}
	return []*outMessage{{Attachment: &outAttachment{Type: "template", Payload: template}}}, nil
}
