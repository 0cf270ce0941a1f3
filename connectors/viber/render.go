package viber

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"threadhub/normalize"
)

// render turns a part into messages. Its buttons go with the last: a keyboard
// is shown until a message without one replaces it.
func render(m *normalize.Message) ([]outgoing, error) {
	var steps []outgoing
	text := m.Text
	for i := range m.Attachments {
		s, err := attachment(&m.Attachments[i])
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", i, err)
		}
		if s.Type == "picture" && i == 0 && s.Text == "" {
			s.Text, text = text, ""
		}
		steps = append(steps, s)
	}
	if l := m.Location; l != nil {
		// Viber shows the map alone: its name goes before it.
		if words := strings.TrimSpace(l.Name + "\n" + l.Address); words != "" {
			steps = append(steps, outgoing{Type: "text", Text: words})
		}
		steps = append(steps, outgoing{Type: "location", Location: &outPlace{l.Latitude, l.Longitude}})
	}
	for i := range m.Contacts {
		steps = append(steps, card(&m.Contacts[i]))
	}
	if text != "" {
		steps = append(steps, outgoing{Type: "text", Text: text})
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that Viber can carry", m.Type)
	}
	return steps, buttons(&steps[len(steps)-1], m.Buttons)
}

// attachment is media by its address, which Viber fetches. It takes pictures
// and videos from addresses only that end in their extension; others go as
// files. What it wants to know of videos and files and we do not know makes
// them links.
func attachment(a *normalize.Attachment) (outgoing, error) {
	if a.Type == normalize.TypeSticker {
		if _, err := strconv.ParseUint(a.Ref, 10, 64); err == nil {
			return outgoing{Type: "sticker", StickerID: json.Number(a.Ref)}, nil
		}
	}
	if a.URL == "" {
		return outgoing{}, errors.New("it has no address that Viber can fetch it from")
	}
	ext := extension(a.URL)
	switch a.Type {
	case normalize.TypeImage, normalize.TypeSticker:
		if ext == ".jpg" || ext == ".jpeg" || ext == ".png" || ext == ".gif" {
			return outgoing{Type: "picture", Media: a.URL, Text: a.Caption}, nil
		}
	case normalize.TypeVideo, normalize.TypeFile:
	default:
		return outgoing{}, fmt.Errorf("type %q cannot be sent", a.Type)
	}
	switch {
	case a.Size <= 0:
		return outgoing{Type: "url", Media: a.URL}, nil
	case a.Type == normalize.TypeVideo && ext == ".mp4" && a.Seconds <= maxSeconds:
		return outgoing{Type: "video", Media: a.URL, Size: a.Size, Duration: max(a.Seconds, 0)}, nil
	}
	return outgoing{Type: "file", Media: a.URL, Size: a.Size, FileName: fileName(a)}, nil
}

// fileName is the file's name with an extension, which Viber wants.
func fileName(a *normalize.Attachment) string {
	base := ""
	if u, err := url.Parse(a.URL); err == nil {
		base = path.Base(u.Path)
	}
	name := a.Name
	if name == "" && base != "." && base != "/" {
		name = base
	}
	ext := path.Ext(name)
	if ext == "" || ext == "." {
		name = strings.TrimSuffix(name, ".")
		if ext = path.Ext(base); ext == "" || ext == "." {
			ext = extensionOf(a.MIME)
		}
	} else {
		name = strings.TrimSuffix(name, ext)
	}
	if name == "" {
		name = "file"
	}
	ext = shorten(ext, maxFileName/4)
	return shorten(name, maxFileName-utf8.RuneCountInString(ext)) + ext
}

// extensionOf names the usual extension of what agents send.
func extensionOf(mimeType string) string {
	mimeType, _, _ = strings.Cut(mimeType, ";")
	switch mimeType {
	case "application/pdf":
		return ".pdf"
	case "application/zip":
		return ".zip"
	case "text/plain":
		return ".txt"
	case "text/csv":
		return ".csv"
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "video/mp4":
		return ".mp4"
	case "audio/mpeg":
		return ".mp3"
	case "audio/mp4", "audio/x-m4a":
		return ".m4a"
	case "audio/ogg":
		return ".ogg"
	}
	return ".bin"
}

// card is a business card or, since Viber has none without a phone number and
// short ones only, its lines as text.
func card(c *normalize.ContactCard) outgoing {
	if len(c.Phones) == 1 && len(c.Emails) == 0 && c.Company == "" && c.Name != "" &&
		utf8.RuneCountInString(c.Name) <= maxName && utf8.RuneCountInString(c.Phones[0]) <= maxPhone {
		return outgoing{Type: "contact", Contact: &outContact{c.Name, c.Phones[0]}}
	}
	lines := append([]string{c.Name, c.Company}, c.Phones...)
	var kept []string
	for _, line := range append(lines, c.Emails...) {
		if strings.TrimSpace(line) != "" {
			kept = append(kept, line)
		}
	}
	return outgoing{Type: "text", Text: strings.Join(kept, "\n")}
}

// shorten cuts s to a limit in runes.
func shorten(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}
