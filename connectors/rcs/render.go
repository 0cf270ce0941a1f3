package rcs

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"threadhub/normalize"
)

// content is what a message shows: a text, a file or cards, with suggestions
// under it (platforms/rcs: Outbound).
type content struct {
	Text        string       `json:"text,omitempty"`
	File        *contentInfo `json:"contentInfo,omitempty"`
	Card        *richCard    `json:"richCard,omitempty"`
	Suggestions []suggestion `json:"suggestions,omitempty"`
}

// contentInfo is a file by its address, which Google fetches once and keeps.
type contentInfo struct {
	URL     string `json:"fileUrl"`
	Refresh bool   `json:"forceRefresh"`
}

// render turns a part into messages: the file or the place, the text, the cards
// of a list. Suggestions go with the last.
func render(m *normalize.Message) ([]content, error) {
	var all []content
	words := m.Text
	for i := range m.Attachments {
		c, err := attachment(&m.Attachments[i], words)
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", i+1, err)
		}
		if c.Card != nil {
			words = ""
		}
		all = append(all, c)
	}
	if m.Location != nil {
		all = append(all, location(m.Location))
	}
	if words != "" {
		all = append(all, content{Text: words})
	}
	if m.List != nil {
		if words == "" {
			return nil, errors.New("a list without a text above it")
		}
		all = append(all, cards(&all[len(all)-1], m.List))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that RCS can carry", m.Type)
	}
	last := &all[len(all)-1]
	last.Suggestions = append(last.Suggestions, suggestions(m.Buttons)...)
	return all, nil
}

// attachment is a file; a picture or a video with words is a card, since a file
// has none beside it.
func attachment(a *normalize.Attachment, words string) (content, error) {
	switch a.Type {
	case normalize.TypeImage, normalize.TypeVideo, normalize.TypeAudio, normalize.TypeFile:
	default:
		return content{}, fmt.Errorf("type %q cannot be sent", a.Type)
	}
	if a.URL == "" {
		return content{}, errors.New("it has no address that Google can fetch it from")
	}
	info := contentInfo{URL: a.URL}
	pictured := a.Type == normalize.TypeImage || a.Type == normalize.TypeVideo
	if words == "" || !pictured || normalize.UTF16.Len(words) > maxCardText {
		return content{File: &info}, nil
	}
	return content{Card: &richCard{Standalone: &standalone{Orientation: "VERTICAL", Content: card{
		Description: words, Media: &cardMedia{Height: "TALL", File: info},
	}}}}, nil
}

// location is a text with a suggestion that opens the map, for there are no
// messages that are a place.
func location(l *normalize.Location) content {
	degrees := number(l.Latitude) + "," + number(l.Longitude)
	words := strings.Trim(l.Name+"\n"+l.Address, "\n")
	return content{
		Text: cut(cmp.Or(words, degrees), maxText),
		Suggestions: []suggestion{{Action: &action{
			Text: cut("📍 "+cmp.Or(l.Name, l.Address, degrees), maxLabel), Postback: "location:" + degrees,
			Fallback: "https://www.google.com/maps?q=" + degrees,
			View: &viewLocation{
				At: latLong{l.Latitude, l.Longitude}, Label: cut(cmp.Or(l.Name, l.Address), maxCardTitle),
			},
		}}},
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

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
