package viber

import (
	"fmt"
	"strconv"
	"strings"
)

// plain tells that a message is nothing but text, which every client shows.
func (m outgoing) plain() bool { return m.Type == "text" && m.Keyboard == nil }

// inWords is the message as text: media as links, a place as a link to a map,
// cards and buttons written out. The numbers of the buttons are for people; what
// they answer is a text like any other.
func (m outgoing) inWords() outgoing {
	var lines []string
	say := func(line string) {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	say(m.Text)
	say(strings.TrimPrefix(m.FileName+": "+m.Media, ": "))
	if m.Contact != nil {
		say(m.Contact.Name)
		say(m.Contact.Phone)
	}
	if l := m.Location; l != nil {
		say("https://www.google.com/maps?q=" + degrees(l.Latitude) + "," + degrees(l.Longitude))
	}
	if m.Keyboard != nil {
		for i, b := range m.Keyboard.Buttons {
			if b.ActionType == "open-url" {
				say(b.Text + ": " + b.ActionBody)
			} else {
				say(fmt.Sprintf("%d. %s", i+1, b.Text))
			}
		}
	}
	return outgoing{Type: "text", Text: strings.Join(lines, "\n")}
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
