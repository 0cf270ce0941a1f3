package wechat

import (
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// outgoing is the body of a customer service message; each type uses one of the
// members behind the first two (platforms/wechat: outbound).
type outgoing struct {
	ToUser string `json:"touser"`
	Type   string `json:"msgtype"`

	Text  *outText  `json:"text,omitempty"`
	Image *outMedia `json:"image,omitempty"`
	Voice *outMedia `json:"voice,omitempty"`
	Video *outVideo `json:"video,omitempty"`
	News  *outNews  `json:"news,omitempty"`
	Menu  *outMenu  `json:"msgmenu,omitempty"`
}

type outText struct {
	Content string `json:"content"`
}

type outMedia struct {
	MediaID string `json:"media_id"`
}

type outVideo struct {
	MediaID     string `json:"media_id"`
	Thumb       string `json:"thumb_media_id,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

type outNews struct {
	Articles []article `json:"articles"`
}

type article struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url"`
}

type outMenu struct {
	Head string   `json:"head_content"`
	List []choice `json:"list"`
}

type choice struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// step is one call of a message: an upload, whose media id a later step sends,
// or what shows to the peer.
type step struct {
	part     int
	upload   *connectors.Upload // with its type
	kind     string             // of the upload: image, voice, video or thumb
	message  outgoing
	template *normalize.Template
}

// steps are the calls of a whole message, in order.
func (a *account) steps(out *normalize.Outbound) ([]step, error) {
	var all []step
	for i := range out.Parts {
		steps, err := a.render(&out.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("wechat: part %d: %w", i, err)
		}
		for _, s := range steps {
			s.part = i
			s.message.ToUser = string(out.To.ID)
			all = append(all, s)
		}
	}
	return all, nil
}

// render turns a part into calls.
func (a *account) render(m *normalize.Message) ([]step, error) {
	if m.Template != nil {
		return []step{{template: m.Template}}, nil
	}
	var all []step
	text := m.Text
	for i := range m.Attachments {
		caption := m.Attachments[i].Caption
		if i == 0 && caption == "" && m.Attachments[i].Type == normalize.TypeVideo && len(m.Buttons) == 0 {
			caption, text = text, ""
		}
		steps, err := a.media(&m.Attachments[i], caption)
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", i, err)
		}
		all = append(all, steps...)
	}
	if text != "" {
		all = append(all, words(text, m.Buttons)...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that WeChat can carry", m.Type)
	}
	return all, nil
}

// mediaKept is how long an uploaded file is used again: WeChat keeps it for three
// days, and a message may wait for its turn.
const mediaKept = 60 * time.Hour

// media is uploaded first, for WeChat takes no addresses. The id that it gives
// out for a file is good for three days.
func (a *account) media(att *normalize.Attachment, caption string) ([]step, error) {
	if att.URL == "" {
		return nil, errors.New("it has no address that the file can be fetched from")
	}
	file := &connectors.Upload{URL: att.URL, Field: "media", Name: att.Name, MIME: att.MIME, Again: connectors.Reuse{For: mediaKept, Name: dataMediaID}}
	switch att.Type {
	case normalize.TypeImage:
		file.MaxBytes = imageBytes
		return []step{{upload: file, kind: "image"}, {message: outgoing{Type: "image", Image: &outMedia{}}}}, nil
	case normalize.TypeAudio:
		file.MaxBytes = voiceBytes
		return []step{{upload: file, kind: "voice"}, {message: outgoing{Type: "voice", Voice: &outMedia{}}}}, nil
	case normalize.TypeVideo:
		file.MaxBytes = videoBytes
		var all []step
		if a.videoThumb != "" {
			all = append(all, step{upload: &connectors.Upload{URL: a.videoThumb, Field: "media", MIME: "image/jpeg", MaxBytes: thumbBytes}, kind: "thumb"})
		}
		return append(all, step{upload: file, kind: "video"}, step{message: outgoing{Type: "video", Video: &outVideo{Description: caption}}}), nil
	}
	return nil, fmt.Errorf("type %q cannot be sent", att.Type)
}

// maxCard is how long a text may be, in bytes, to stand on a link's card, which
// shows the first lines of it.
const maxCard = 240

// words is a text with its buttons: replies are a menu, a link is a card, with
// the text on it where that is short.
func words(text string, buttons []normalize.Button) []step {
	say := func(text string) step { return step{message: outgoing{Type: "text", Text: &outText{text}}} }
	var replies []choice
	var links []normalize.Button
	for _, b := range buttons {
		if b.URL != "" {
			links = append(links, b)
			continue
		}
		id := b.ID
		if id == "" {
			id = b.Title
		}
		replies = append(replies, choice{id, b.Title})
	}
	var all []step
	switch {
	case len(replies) > 0:
		all = append(all, step{message: outgoing{Type: "msgmenu", Menu: &outMenu{Head: text, List: replies}}})
		text = ""
	case len(links) == 0 || len(text) > maxCard:
		all = append(all, say(text))
		text = ""
	}
	for _, b := range links {
		card := article{Title: b.Title, Description: text, URL: b.URL}
		all = append(all, step{message: outgoing{Type: "news", News: &outNews{[]article{card}}}})
		text = ""
	}
	return all
}
