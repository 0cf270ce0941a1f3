package httpapi

import (
	"mime"
	"net/url"
	"path"
	"strings"

	"threadhub/api"
	"threadhub/normalize"
)

// peer is what a client calls a contact: the platform's own name for it.
func peer(to string) normalize.PeerID { return normalize.PeerID(to) }

// contentOf turns a draft into the common message; field is where the draft
// stands in the body. What the channel can carry is decided later.
func contentOf(field string, in api.MessageDraft) (normalize.Message, error) {
	m := normalize.Message{
		Type: draftType(in), Text: value(in.Text),
		Attachments: convert(value(in.Attachments), attachmentOf), Contacts: convert(value(in.Contacts), cardOf),
		Buttons: convert(value(in.Buttons), buttonOf),
	}
	if l := in.Location; l != nil {
		m.Location = &normalize.Location{Latitude: l.Latitude, Longitude: l.Longitude, Name: value(l.Name), Address: value(l.Address)}
	}
	if l := in.List; l != nil {
		list := listOf(*l)
		m.List = &list
	}
	if t := in.Template; t != nil {
		m.Template = &normalize.Template{Name: t.Name, Language: t.Language, Components: value(t.Components)}
	}
	for i := range m.Attachments {
		if m.Attachments[i].Type == "" {
			m.Attachments[i].Type = mediaType(m.Attachments[i])
		}
	}
	if wrong := missing(m); wrong != (fieldError{}) {
		return m, invalid(fieldError{join(field, wrong.field), wrong.message})
	}
	if isMedia(m.Type) && in.Type != nil {
		// "Send this as a file" is the client's choice, whatever the bytes are.
		m.Attachments[0].Type = m.Type
	}
	return m, nil
}

// draftType is the type the client named, or the one that follows from what it
// gave.
func draftType(in api.MessageDraft) normalize.MessageType {
	attachments := value(in.Attachments)
	switch {
	case in.Type != nil:
		return normalize.MessageType(*in.Type)
	case len(attachments) > 0:
		return mediaType(attachmentOf(attachments[0]))
	case in.Template != nil:
		return normalize.TypeTemplate
	case in.Location != nil:
		return normalize.TypeLocation
	case len(value(in.Contacts)) > 0:
		return normalize.TypeContact
	}
	return normalize.TypeText
}

func isMedia(t normalize.MessageType) bool {
	for _, m := range mediaTypes {
		if t == m {
			return true
		}
	}
	return false
}

// missing names the field that a message of its type lacks.
func missing(m normalize.Message) fieldError {
	switch {
	case isMedia(m.Type) && len(m.Attachments) == 0:
		return fieldError{"attachments", "is required for a message of type " + string(m.Type)}
	case m.Type == normalize.TypeText && strings.TrimSpace(m.Text) == "":
		return fieldError{"text", "is required for a message of type text"}
	case m.Type == normalize.TypeText && len(m.Attachments) > 0:
		return fieldError{"type", "a message with attachments is of its media's type"}
	case m.Type == normalize.TypeLocation && m.Location == nil:
		return fieldError{"location", "is required for a message of type location"}
	case m.Type == normalize.TypeContact && len(m.Contacts) == 0:
		return fieldError{"contacts", "is required for a message of type contact"}
	case m.Type == normalize.TypeTemplate && m.Template == nil:
		return fieldError{"template", "is required for a message of type template"}
	}
	return fieldError{}
}

// mediaType is what an attachment's MIME type, or else the ending of its name
// or address, says it is.
func mediaType(a normalize.Attachment) normalize.MessageType {
	kind := a.MIME
	for _, name := range []string{a.Name, urlPath(a.URL)} {
		if kind == "" {
			kind = mime.TypeByExtension(strings.ToLower(path.Ext(name)))
		}
	}
	family, _, _ := strings.Cut(kind, "/")
	switch family {
	case "image":
		if strings.HasPrefix(kind, "image/svg") { // a document that can hold scripts
			return normalize.TypeFile
		}
		return normalize.TypeImage
	case "audio":
		return normalize.TypeAudio
	case "video":
		return normalize.TypeVideo
	}
	return normalize.TypeFile
}

func urlPath(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}

func attachmentOf(a api.AttachmentDraft) normalize.Attachment {
	return normalize.Attachment{URL: value(a.URL), MIME: value(a.MIME), Name: value(a.Name), Caption: value(a.Caption)}
}

func cardOf(c api.ContactCardDraft) normalize.ContactCard {
	return normalize.ContactCard{Name: c.Name, Phones: value(c.Phones), Emails: value(c.Emails), Company: value(c.Company)}
}

func buttonOf(b api.Button) normalize.Button {
	return normalize.Button{ID: value(b.ID), Title: b.Title, URL: value(b.URL)}
}

func listOf(l api.ListMenu) normalize.List {
	return normalize.List{Button: value(l.Button), Sections: convert(l.Sections, func(s api.ListSection) normalize.Section {
		return normalize.Section{Title: value(s.Title), Rows: convert(s.Rows, func(r api.ListRow) normalize.Row {
			return normalize.Row{ID: r.ID, Title: r.Title, Description: value(r.Description)}
		})}
	})}
}
