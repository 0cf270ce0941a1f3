package normalize

import (
	"fmt"
	"mime"
	"slices"
	"strings"
)

// media turns attachments into parts: one each, or albums of neighbours of one
// type where the platform has them. Captions that do not fit follow as text.
func (f *fitter) media(attachments []Attachment) ([]Message, error) {
	if len(attachments) > maxAttachments {
		return nil, tooLarge("a message may have %d attachments, not %d", maxAttachments, len(attachments))
	}
	var parts []Message
	count := 0
	for i, a := range attachments {
		field := fmt.Sprintf("attachments[%d]", i)
		a, sent, err := f.attachment(field, a)
		if err != nil {
			return nil, err
		}
		if !sent {
			continue
		}
		a, orphan := f.caption(field, a)
		if n := len(parts) - 1; n >= 0 && f.album(parts[n], a) {
			parts[n].Attachments = append(parts[n].Attachments, a)
		} else {
			parts = append(parts, Message{Type: a.Type, Attachments: []Attachment{a}})
			count++
		}
		if orphan == "" {
			continue
		}
		texts, err := f.texts(field+".caption", orphan, f.caps.Text.Max)
		if err != nil {
			return nil, err
		}
		parts = append(parts, texts...)
	}
	if count > 1 {
		f.lose("attachments", ActionSplit, "sent as %d messages", count)
	}
	for i := range parts {
		// The caption of media that stands alone is the message's text.
		if p := &parts[i]; len(p.Attachments) == 1 {
			p.Text, p.Attachments[0].Caption = p.Attachments[0].Caption, ""
		}
	}
	return parts, nil
}

// attachment finds the type an attachment can be sent as. It is not sent when
// a link in the text took its place.
func (f *fitter) attachment(field string, a Attachment) (fitted Attachment, sent bool, err error) {
	if a.Type == "" {
		a.Type = typeOf(a.MIME)
	}
	if a.URL == "" && a.Ref == "" {
		return a, false, unsupported("%s has neither an address nor a platform's media id", field)
	}
	refusal := f.refuses(a)
	if refusal == nil {
		return a, true, nil
	}
	for _, other := range substitutes(a.Type) {
		b := a
		b.Type, b.Voice = other, false
		if f.refuses(b) == nil {
			f.lose(field, ActionConverted, "sent as %s: %s", other, refusal.Detail)
			return b, true, nil
		}
	}
	if refusal.Code == FitTooLarge || a.URL == "" || f.caps.Text.Max <= 0 {
		remedy := ": send it as something the channel carries"
		if refusal.Code == FitTooLarge {
			remedy = ": send a smaller file, or its address in the text"
		}
		return a, false, &FitError{refusal.Code, field + ": " + refusal.Detail + remedy}
	}
	f.lose(field, ActionLink, "sent as a link: %s", refusal.Detail)
	if !blank(a.Caption) {
		f.say(a.Caption)
	}
	if a.Name != "" {
		f.say(a.Name + ": " + a.URL)
	} else {
		f.say(a.URL)
	}
	return a, false, nil
}

// refuses tells why the channel would not take an attachment as it is. What is
// not known of it (type, size) is left to the platform to judge.
func (f *fitter) refuses(a Attachment) *FitError {
	spec, ok := f.caps.Media[a.Type]
	switch {
	case !ok:
		return &FitError{FitUnsupported, fmt.Sprintf("the channel carries no %s", a.Type)}
	case !spec.allows(a.MIME):
		return &FitError{FitUnsupported, fmt.Sprintf("the channel does not take %s as %s", a.MIME, a.Type)}
	case spec.MaxBytes > 0 && a.Size > spec.MaxBytes:
		return &FitError{FitTooLarge, fmt.Sprintf("%d bytes are more than the %d the channel takes as %s", a.Size, spec.MaxBytes, a.Type)}
	}
	return nil
}

// allows tells whether a media type, if it is known, is one of the spec's.
// These may be patterns such as "image/*".
func (s MediaSpec) allows(mimeType string) bool {
	if len(s.MIMEs) == 0 || mimeType == "" {
		return true
	}
	base, _, err := mime.ParseMediaType(mimeType)
	if err != nil {
		base = strings.ToLower(strings.TrimSpace(mimeType))
	}
	return slices.ContainsFunc(s.MIMEs, func(allowed string) bool {
		if family, ok := strings.CutSuffix(allowed, "/*"); ok {
			return strings.HasPrefix(base, family+"/")
		}
		allowed, _, _ = strings.Cut(allowed, ";")
		return base == strings.TrimSpace(allowed)
	})
}

// substitutes are the types to try for an attachment that the channel does not
// take as what it is, the nearest first.
func substitutes(t MessageType) []MessageType {
	switch t {
	case TypeSticker:
		return []MessageType{TypeImage, TypeFile}
	case TypeFile:
		return nil
	default:
		return []MessageType{TypeFile}
	}
}

func typeOf(mimeType string) MessageType {
	switch family, _, _ := strings.Cut(mimeType, "/"); strings.ToLower(family) {
	case "image":
		return TypeImage
	case "audio":
		return TypeAudio
	case "video":
		return TypeVideo
	default:
		return TypeFile
	}
}

// caption takes a caption off that the channel cannot show with the media.
func (f *fitter) caption(field string, a Attachment) (fitted Attachment, orphan string) {
	if valid := strings.ToValidUTF8(a.Caption, "\uFFFD"); valid != a.Caption {
		a.Caption = valid
		f.lose(field+".caption", ActionReplaced, "bytes that are not UTF-8 were replaced")
	}
	if blank(a.Caption) {
		a.Caption = ""
	}
	if f.caps.Text.Unit.Len(a.Caption) <= f.caps.Media[a.Type].Caption {
		return a, ""
	}
	f.lose(field+".caption", ActionSeparate, "sent after the media: it does not fit as its caption")
	orphan, a.Caption = a.Caption, ""
	return a, orphan
}

// album tells whether an attachment can join the part before it.
func (f *fitter) album(part Message, a Attachment) bool {
	return part.Type == a.Type && a.Type != TypeSticker && !a.Voice &&
		len(part.Attachments) > 0 && !part.Attachments[0].Voice &&
		len(part.Attachments) < f.caps.MaxAttachments
}

// captionLimit is how long a text may be to go with the first media, -1 when
// there is none or its place is taken.
func (f *fitter) captionLimit(media []Message) int {
	if len(media) == 0 || media[0].Text != "" || media[0].Attachments[0].Caption != "" {
		return -1
	}
	return f.caps.Media[media[0].Type].Caption
}
