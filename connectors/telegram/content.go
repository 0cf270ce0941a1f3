package telegram

import (
	"encoding/json"
	"strings"

	"threadhub/normalize"
)

// media fills in what was sent as a file; false when nothing was. Animations
// come with a document of the same file, so they are looked for first.
func (m *message) media(out *normalize.Message) bool {
	switch {
	case m.Animation != nil:
		attach(out, normalize.TypeVideo, m.Animation)
	case len(m.Photo) > 0:
		// The sizes rise; the last one is the original.
		photo := m.Photo[len(m.Photo)-1]
		photo.MIME = "image/jpeg" // Telegram recodes every photo
		attach(out, normalize.TypeImage, &photo)
	case m.Video != nil:
		attach(out, normalize.TypeVideo, m.Video)
	case m.VideoNote != nil:
		note := *m.VideoNote
		note.Width, note.Height = note.Length, note.Length
		attach(out, normalize.TypeVideo, &note)
	case m.Voice != nil:
		attach(out, normalize.TypeAudio, m.Voice)
		for i := range out.Attachments {
			out.Attachments[i].Voice = true
		}
	case m.Audio != nil:
		attach(out, normalize.TypeAudio, m.Audio)
	case m.Document != nil:
		attach(out, normalize.TypeFile, m.Document)
	case m.Sticker != nil:
		sticker := *m.Sticker
		sticker.MIME = stickerMIME(m.Sticker)
		attach(out, normalize.TypeSticker, &sticker)
	default:
		return false
	}
	out.Text = m.Caption
	return true
}

func attach(out *normalize.Message, kind normalize.MessageType, f *file) {
	out.Type = kind
	if f.ID == "" {
		out.Failure = &normalize.Failure{Reason: normalize.ReasonUnknown, Message: "Telegram did not say where the file is"}
		return
	}
	a := normalize.Attachment{
		Type: kind, MIME: f.MIME, Name: f.Name, Size: max(f.Size, 0), Ref: f.ID,
		Seconds: max(f.Duration, 0), Width: max(f.Width, 0), Height: max(f.Height, 0), Emoji: f.Emoji,
	}
	if a.Name == "" && f.Title != "" {
		a.Name = strings.TrimPrefix(f.Performer+" – "+f.Title, " – ")
	}
	out.Attachments = []normalize.Attachment{a}
}

func stickerMIME(f *file) string {
	switch {
	case f.IsAnimated:
		return "application/x-tgsticker" // Lottie JSON, compressed with gzip
	case f.IsVideo:
		return "video/webm"
	}
	return "image/webp"
}

// card fills in a place, a business card or the data of a mini app. Venues
// come with a location of the same place, so they are looked for first.
func (m *message) card(out *normalize.Message) bool {
	switch {
	case m.Venue != nil:
		out.Type = normalize.TypeLocation
		out.Location = &normalize.Location{
			Latitude: m.Venue.Location.Latitude, Longitude: m.Venue.Location.Longitude,
			Name: m.Venue.Title, Address: m.Venue.Address,
		}
	case m.Location != nil:
		out.Type = normalize.TypeLocation
		out.Location = &normalize.Location{Latitude: m.Location.Latitude, Longitude: m.Location.Longitude}
	case m.Contact != nil:
		out.Type = normalize.TypeContact
		out.Contacts = []normalize.ContactCard{m.contactCard()}
	case m.WebAppData != nil:
		out.Type, out.Text = normalize.TypeReply, m.WebAppData.ButtonText
		out.Reply = &normalize.Choice{
			Kind: normalize.ChoiceForm, Title: m.WebAppData.ButtonText, Data: formData(m.WebAppData.Data),
		}
	default:
		return false
	}
	return true
}

// contactCard is Own when the sender shared it by a request_contact button:
// then Telegram vouches for the number.
func (m *message) contactCard() normalize.ContactCard {
	c := m.Contact
	card := normalize.ContactCard{Name: fullName(c.FirstName, c.LastName, ""), VCard: c.VCard}
	if c.PhoneNumber != "" {
		card.Phones = []string{c.PhoneNumber}
	}
	card.Own = c.UserID != 0 && m.From != nil && m.From.ID == c.UserID
	return card
}

// formData is the mini app's data as JSON: what is none is made a string.
func formData(data string) string {
	if json.Valid([]byte(data)) {
		return data
	}
	quoted, err := json.Marshal(data)
	if err != nil {
		return ""
	}
	return string(quoted)
}

func (m *message) words(out *normalize.Message) bool {
	if m.Text == "" {
		return false
	}
	out.Type, out.Text = normalize.TypeText, m.Text
	if code, ok := startCode(m.Text); ok {
		out.Referral = &normalize.Referral{Source: "start", Payload: code}
	}
	return true
}

// startCode is the payload of "/start <code>" (in groups "/start@bot <code>"),
// which a link such as https://t.me/<bot>?start=<code> makes the client send.
func startCode(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, "/start")
	if !ok {
		return "", false
	}
	command, code, ok := strings.Cut(rest, " ")
	if !ok || command != "" && command[0] != '@' {
		return "", false
	}
	code = strings.TrimSpace(code)
	return code, code != ""
}
