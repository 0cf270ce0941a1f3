package viber

import (
	"net/url"
	"path"
	"strings"

	"threadhub/normalize"
)

// content is what a message says. Durations are left out: whether they are
// seconds or milliseconds differs (platforms/viber: section 3).
func (m *message) content() *normalize.Message {
	out := &normalize.Message{}
	switch {
	case m.Type == "text" && m.Text != "":
		out.Type, out.Text = normalize.TypeText, m.Text
	case m.Type == "picture":
		m.attach(out, normalize.TypeImage)
	case m.Type == "video":
		m.attach(out, normalize.TypeVideo)
	case m.Type == "file":
		m.attach(out, m.fileType())
	case m.Type == "sticker" && (m.Media != "" || m.StickerID != ""):
		m.attach(out, normalize.TypeSticker)
	case m.Type == "url" && extension(m.Media) == ".gif":
		// What the client's GIF search sends, in one reading of the sheet.
		m.attach(out, normalize.TypeImage)
	case m.Type == "url" && m.Media != "":
		out.Type, out.Text = normalize.TypeText, strings.TrimSpace(m.Text+"\n"+m.Media)
	case m.Type == "location" && m.Location != nil && m.Location.Latitude != nil && m.Location.Longitude != nil:
		out.Type = normalize.TypeLocation
		out.Location = &normalize.Location{Latitude: *m.Location.Latitude, Longitude: *m.Location.Longitude}
	case m.Type == "contact" && m.Contact != nil && m.Contact.Name+m.Contact.Phone != "":
		card := normalize.ContactCard{Name: m.Contact.Name}
		if m.Contact.Phone != "" {
			card.Phones = []string{m.Contact.Phone}
		}
		out.Type, out.Contacts = normalize.TypeContact, []normalize.ContactCard{card}
	default:
		m.unfamiliar(out)
	}
	m.answered(out)
	return out
}

// attach fills in media, which Viber keeps at an address for an hour.
func (m *message) attach(out *normalize.Message, kind normalize.MessageType) {
	out.Type, out.Text = kind, m.Text
	a := normalize.Attachment{Type: kind, URL: m.Media, Name: m.FileName, Size: int64(m.Size)}
	if kind == normalize.TypeSticker {
		a.Ref = string(m.StickerID)
	}
	if a.URL == "" {
		out.Failure = &normalize.Failure{Reason: normalize.ReasonUnknown, Message: "Viber did not say where the file is"}
		if a.Ref == "" {
			return
		}
	}
	out.Attachments = []normalize.Attachment{a}
}

// fileType tells sound from other files: voice notes come as files, if at all.
func (m *message) fileType() normalize.MessageType {
	switch strings.ToLower(path.Ext(m.FileName)) {
	case ".m4a", ".mp3", ".aac", ".ogg", ".oga", ".opus", ".amr", ".wav":
		return normalize.TypeAudio
	}
	return normalize.TypeFile
}

// extension is that of an address's path, in lower case with its dot.
func extension(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(path.Ext(u.Path))
}

// unfamiliar keeps a message under Viber's name for its type, with its media.
func (m *message) unfamiliar(out *normalize.Message) {
	out.Type, out.Text, out.Platform = normalize.TypeUnsupported, m.Text, "untyped"
	if m.Type != "" {
		out.Platform = shortened(m.Type)
	}
	if m.Media != "" {
		out.Attachments = []normalize.Attachment{{
			Type: normalize.TypeFile, URL: m.Media, Name: m.FileName, Size: int64(m.Size),
		}}
	}
}

// answered reads from our tracking data which button a text stands for, and
// how the person came to the chat.
func (m *message) answered(out *normalize.Message) {
	t, ok := decodeTracking(m.TrackingData)
	if !ok {
		return
	}
	if t.Referral != "" {
		out.Referral = &normalize.Referral{Source: "link", Payload: t.Referral}
	}
	if out.Type != normalize.TypeText || m.Type != "text" {
		return
	}
	if id, ok := t.Buttons[digest(m.Text)]; ok {
		out.Type = normalize.TypeReply
		out.Reply = &normalize.Choice{Kind: normalize.ChoiceButton, ID: id, Title: m.Text}
	}
}
