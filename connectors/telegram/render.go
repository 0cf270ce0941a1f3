package telegram

import (
	"errors"
	"fmt"
	"strings"

	"threadhub/normalize"
)

// step is one message of a part.
type step struct {
	method string
	params params
}

// render turns a part into messages. What it quotes goes with the first, its
// buttons with the last.
func render(m *normalize.Message, to target) ([]step, error) {
	steps, err := content(m, to)
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that Telegram can carry", m.Type)
	}
	steps[0].params.ReplyParameters = replyTo(m.ReplyTo, to)
	markup, err := inlineKeyboard(m)
	if err != nil {
		return nil, err
	}
	steps[len(steps)-1].params.ReplyMarkup = markup
	return steps, nil
}

func content(m *normalize.Message, to target) ([]step, error) {
	var steps []step
	text := m.Text
	for i := range m.Attachments {
		s, err := attachment(&m.Attachments[i], to)
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", i, err)
		}
		// The text is the first attachment's caption, unless that has one of
		// its own or can have none.
		if i == 0 && s.params.Caption == "" && s.params.Sticker == "" {
			s.params.Caption, text = text, ""
		}
		steps = append(steps, s)
	}
	if m.Location != nil {
		steps = append(steps, place(m.Location, to))
	}
	for i := range m.Contacts {
		if s, ok := card(&m.Contacts[i], to); ok {
			steps = append(steps, s)
		}
	}
	if text != "" {
		p := to.params()
		p.Text = text
		steps = append(steps, step{"sendMessage", p})
	}
	return steps, nil
}

// attachment picks the method by type and MIME type: each takes some formats
// only (Bot API, sendVoice, sendAudio, sendAnimation).
func attachment(a *normalize.Attachment, to target) (step, error) {
	source := a.URL
	if source == "" {
		source = a.Ref // a file_id of this bot
	}
	if source == "" {
		return step{}, errors.New("neither an address nor a file id")
	}
	s := step{params: to.params()}
	s.params.Caption = a.Caption
	mime, _, _ := strings.Cut(a.MIME, ";")
	switch {
	case a.Type == normalize.TypeImage && mime == "image/gif":
		s.method, s.params.Animation = "sendAnimation", source
	case a.Type == normalize.TypeImage:
		s.method, s.params.Photo = "sendPhoto", source
	case a.Type == normalize.TypeVideo:
		s.method, s.params.Video = "sendVideo", source
	case a.Type == normalize.TypeAudio && (a.Voice || mime == "audio/ogg"):
		s.method, s.params.Voice = "sendVoice", source
	case a.Type == normalize.TypeAudio:
		s.method, s.params.Audio = "sendAudio", source
	case a.Type == normalize.TypeSticker:
		s.method, s.params.Sticker, s.params.Caption = "sendSticker", source, ""
	case a.Type == normalize.TypeFile:
		s.method, s.params.Document = "sendDocument", source
	default:
		return step{}, fmt.Errorf("type %q cannot be sent", a.Type)
	}
	return s, nil
}

// place is a venue when it has a name or an address, of which Telegram wants
// both.
func place(l *normalize.Location, to target) step {
	p := to.params()
	latitude, longitude := l.Latitude, l.Longitude
	p.Latitude, p.Longitude = &latitude, &longitude
	if l.Name == "" && l.Address == "" {
		return step{"sendLocation", p}
	}
	p.Title, p.Address = l.Name, l.Address
	if p.Title == "" {
		p.Title = l.Address
	}
	if p.Address == "" {
		p.Address = l.Name
	}
	return step{"sendVenue", p}
}

// replyTo quotes a message of the same chat; the press of a button is no
// message and cannot be quoted.
func replyTo(q *normalize.Quote, to target) *replyParameters {
	if q == nil {
		return nil
	}
	at, message, ok := parseMessage(q.ID)
	if !ok || at.chat != to.chat {
		return nil
	}
	return &replyParameters{MessageID: message, AllowSendingWithoutReply: true}
}

// inlineKeyboard offers buttons, and the rows of a list, one in a row.
func inlineKeyboard(m *normalize.Message) (*keyboard, error) {
	buttons := m.Buttons
	if m.List != nil {
		for _, s := range m.List.Sections {
			for _, r := range s.Rows {
				buttons = append(buttons[:len(buttons):len(buttons)], normalize.Button{ID: r.ID, Title: r.Title})
			}
		}
	}
	if len(buttons) == 0 {
		return nil, nil
	}
	k := &keyboard{Rows: make([][]button, len(buttons))}
	for i, b := range buttons {
		shown := button{Text: b.Title, URL: b.URL}
		if b.URL == "" {
			shown.CallbackData = b.ID
			if shown.CallbackData == "" {
				shown.CallbackData = b.Title
			}
			if n := len(shown.CallbackData); n == 0 || n > maxCallback {
				return nil, fmt.Errorf("button %d: its id has %d bytes, Telegram takes 1 to %d", i, n, maxCallback)
			}
		}
		k.Rows[i] = []button{shown}
	}
	return k, nil
}
