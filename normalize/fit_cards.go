package normalize

import (
	"math"
	"strconv"
	"strings"
)

// cards turns a location and contact cards into parts, or into text where the
// channel has no such thing.
func (f *fitter) cards(m Message) ([]Message, error) {
	var parts []Message
	if l := m.Location; l != nil {
		if !(math.Abs(l.Latitude) <= 90 && math.Abs(l.Longitude) <= 180) {
			return nil, unsupported("the location is not on earth: latitude %v, longitude %v", l.Latitude, l.Longitude)
		}
		if f.caps.Location {
			parts = append(parts, Message{Type: TypeLocation, Location: l})
		} else {
			f.say(l.plain())
			f.lose("location", ActionText, "sent as text with a map link: the channel has no locations")
		}
	}
	if len(m.Contacts) == 0 {
		return parts, nil
	}
	if f.caps.Contacts {
		return append(parts, Message{Type: TypeContact, Contacts: m.Contacts}), nil
	}
	for _, c := range m.Contacts {
		plain := c.plain()
		if plain == "" {
			return nil, unsupported("the channel has no contact cards, and this one has nothing that can be written out")
		}
		f.say(plain)
	}
	f.lose("contacts", ActionText, "sent as text: the channel has no contact cards")
	return parts, nil
}

// plain is the location in words with a link to a map.
func (l Location) plain() string {
	link := l.URL
	if link == "" {
		link = "https://www.google.com/maps?q=" + degrees(l.Latitude) + "," + degrees(l.Longitude)
	}
	return lines(l.Name, l.Address, link)
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// plain is the card in lines.
func (c ContactCard) plain() string {
	all := append([]string{c.Name, c.Company}, c.Phones...)
	return lines(append(all, c.Emails...)...)
}

// lines joins those that are not blank.
func lines(all ...string) string {
	var kept []string
	for _, line := range all {
		if !blank(line) {
			kept = append(kept, strings.ToValidUTF8(line, "\uFFFD"))
		}
	}
	return strings.Join(kept, "\n")
}
