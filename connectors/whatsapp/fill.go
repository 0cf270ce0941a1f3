package whatsapp

import (
	"errors"
	"fmt"

	"threadhub/normalize"
)

// fill writes one part into the message. Parts are fitted to the channel, so
// that each is one thing; what is not is refused rather than sent in half.
func (m *outMessage) fill(part *normalize.Message) error {
	if part.ReplyTo != nil && part.ReplyTo.ID != "" {
		m.Context = &outContext{MessageID: string(part.ReplyTo.ID)}
	}
	switch {
	case part.Template != nil:
		t := part.Template
		m.Type, m.Template = "template", &outTemplate{Name: t.Name, Language: outLanguage{Code: t.Language}, Components: t.Components}
		return nil
	case part.Location != nil:
		l := part.Location
		m.Type, m.Location = "location", &outLocation{Latitude: l.Latitude, Longitude: l.Longitude, Name: l.Name, Address: l.Address}
	case len(part.Contacts) > 0:
		m.Type, m.Contacts = "contacts", outCards(part.Contacts)
	case len(part.Attachments) > 0:
		return m.attach(part)
	case part.List != nil || len(part.Buttons) > 0:
		return m.offer(part)
	case part.Text != "":
		m.Type, m.Text = "text", &outText{Body: part.Text}
		return nil
	default:
		return errors.New("there is nothing to send")
	}
	if part.Text != "" {
		return fmt.Errorf("a message of type %s carries no text", m.Type)
	}
	return nil
}

// attach writes the part's only attachment, with the text as its caption.
func (m *outMessage) attach(part *normalize.Message) error {
	a := part.Attachments[0]
	file := &outMedia{ID: a.Ref, Caption: part.Text}
	if file.Caption == "" {
		file.Caption = a.Caption
	}
	if a.Ref == "" {
		file.Link = a.URL
	}
	switch {
	case len(part.Attachments) > 1:
		return errors.New("a message carries one attachment")
	case len(part.Buttons) > 0 || part.List != nil:
		return errors.New("media carries no buttons")
	case file.ID == "" && file.Link == "":
		return errors.New("the attachment has neither an address nor a media id")
	}
	switch a.Type {
	case normalize.TypeImage:
		m.Type, m.Image = "image", file
	case normalize.TypeVideo:
		m.Type, m.Video = "video", file
	case normalize.TypeAudio:
		file.Voice = a.Voice
		m.Type, m.Audio = "audio", file
	case normalize.TypeFile:
		file.Filename = a.Name
		m.Type, m.Document = "document", file
	case normalize.TypeSticker:
		m.Type, m.Sticker = "sticker", file
	default:
		return fmt.Errorf("an attachment of type %q cannot be sent", a.Type)
	}
	if file.Caption != "" && (m.Audio != nil || m.Sticker != nil) {
		return fmt.Errorf("a message of type %s carries no text", m.Type)
	}
	return nil
}

// offer writes a menu under the part's text, which it cannot do without.
func (m *outMessage) offer(part *normalize.Message) error {
	if part.Text == "" {
		return errors.New("buttons and lists need a text")
	}
	menu := &outInteractive{Body: outBody{Text: part.Text}}
	m.Type, m.Interactive = "interactive", menu
	switch {
	case part.List != nil && len(part.Buttons) > 0:
		return errors.New("a message has either buttons or a list")
	case part.List != nil:
		menu.Type = "list"
		menu.Action = outAction{Button: part.List.Button, Sections: outSections(part.List.Sections)}
	case len(part.Buttons) == 1 && part.Buttons[0].URL != "":
		b := part.Buttons[0]
		menu.Type = "cta_url"
		menu.Action = outAction{Name: "cta_url", Parameters: &outLink{Text: b.Title, URL: b.URL}}
	default:
		menu.Type = "button"
		for _, b := range part.Buttons {
			if b.URL != "" {
				return errors.New("a link button stands alone")
			}
			menu.Action.Buttons = append(menu.Action.Buttons, outButton{Type: "reply", Reply: outReply{ID: b.ID, Title: b.Title}})
		}
	}
	return nil
}

func outSections(sections []normalize.Section) []outSection {
	out := make([]outSection, 0, len(sections))
	for _, s := range sections {
		section := outSection{Title: s.Title, Rows: make([]outRow, 0, len(s.Rows))}
		for _, r := range s.Rows {
			section.Rows = append(section.Rows, outRow(r))
		}
		out = append(out, section)
	}
	return out
}

// outCards writes business cards. Meta wants a formatted name and one more
// part of it, and types of phones and addresses that ours do not have.
func outCards(cards []normalize.ContactCard) []outCard {
	out := make([]outCard, 0, len(cards))
	for _, c := range cards {
		card := outCard{Name: outName{Formatted: c.Name, First: c.Name}}
		for _, phone := range c.Phones {
			card.Phones = append(card.Phones, outPhone{Phone: phone, Type: "CELL"})
		}
		for _, email := range c.Emails {
			card.Emails = append(card.Emails, outEmail{Email: email, Type: "WORK"})
		}
		if c.Company != "" {
			card.Org = &outOrg{Company: c.Company}
		}
		out = append(out, card)
	}
	return out
}
