package line

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"threadhub/normalize"
)

// content is one message object; each type uses some of the members
// (platforms/line: section 4).
type content struct {
	Type       string `json:"type"`
	Text       string `json:"text,omitempty"`
	QuoteToken string `json:"quoteToken,omitempty"`

	Original string `json:"originalContentUrl,omitempty"`
	Preview  string `json:"previewImageUrl,omitempty"`
	Duration int    `json:"duration,omitempty"` // ms

	PackageID string `json:"packageId,omitempty"`
	StickerID string `json:"stickerId,omitempty"`

	Title     string   `json:"title,omitempty"`
	Address   string   `json:"address,omitempty"`
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`

	AltText  string    `json:"altText,omitempty"`
	Template *template `json:"template,omitempty"`

	QuickReply *quickReply `json:"quickReply,omitempty"`
}

// unknownDuration is given for sound of unknown length: LINE wants one, and
// shows it beside the message.
const unknownDuration = 60_000

// render turns a part into messages. Quoting goes with the first that can
// quote, buttons with the last.
func (a *account) render(m *normalize.Message, quote string) ([]content, error) {
	var all []content
	for i := range m.Attachments {
		c, err := a.attachment(&m.Attachments[i])
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", i, err)
		}
		if c.Type == "sticker" {
			c.QuoteToken, quote = quote, ""
		}
		all = append(all, c)
	}
	if m.Location != nil {
		all = append(all, place(m.Location))
	}
	buttons, links := pressable(m.Buttons)
	text := m.Text
	for _, link := range links {
		if text != "" && normalize.UTF16.Len(text+"\n"+link) > maxText {
			all = append(all, content{Type: "text", Text: text, QuoteToken: quote})
			text, quote = "", ""
		}
		text = strings.TrimPrefix(text+"\n"+link, "\n")
	}
	switch {
	case text != "" && m.List != nil:
		all = append(all, carousel(text, m.List, quote)...)
	case text != "":
		all = append(all, menu(text, buttons, quote))
	case len(buttons) > 0 && len(all) > 0:
		all[len(all)-1].QuickReply = quick(buttons)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that LINE can carry", m.Type)
	}
	return all, nil
}

// attachment is media by its address, which LINE's clients fetch.
func (a *account) attachment(att *normalize.Attachment) (content, error) {
	if att.Type == normalize.TypeSticker {
		if pack, id, ok := strings.Cut(att.Ref, ":"); ok && number(pack) && number(id) {
			return content{Type: "sticker", PackageID: pack, StickerID: id}, nil
		}
	}
	if att.URL == "" {
		return content{}, errors.New("it has no address that LINE can fetch it from")
	}
	switch att.Type {
	case normalize.TypeImage, normalize.TypeSticker:
		// The preview may have 1 MB only; larger ones are shown all the same,
		// as far as is known, and there is no smaller one at hand.
		return content{Type: "image", Original: att.URL, Preview: att.URL}, nil
	case normalize.TypeVideo:
		return content{Type: "video", Original: att.URL, Preview: cmp.Or(a.videoPreview, att.URL)}, nil
	case normalize.TypeAudio:
		duration := unknownDuration
		if att.Seconds > 0 {
			duration = att.Seconds * 1000
		}
		return content{Type: "audio", Original: att.URL, Duration: duration}, nil
	}
	return content{}, fmt.Errorf("type %q cannot be sent", att.Type)
}

// place is a location, for which LINE wants both a title and an address.
func place(l *normalize.Location) content {
	latitude, longitude := l.Latitude, l.Longitude
	degrees := strconv.FormatFloat(latitude, 'f', -1, 64) + ", " + strconv.FormatFloat(longitude, 'f', -1, 64)
	return content{
		Type:  "location",
		Title: cut(cmp.Or(l.Name, l.Address, degrees), maxPlace), Address: cut(cmp.Or(l.Address, l.Name, degrees), maxPlace),
		Latitude: &latitude, Longitude: &longitude,
	}
}

// cut shortens a text to a limit in UTF-16 units and marks the cut.
func cut(s string, limit int) string {
	if normalize.UTF16.Len(s) <= limit {
		return s
	}
	units := 0
	for i, r := range s {
		if units += normalize.UTF16.Len(string(r)); units > limit-1 {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}
