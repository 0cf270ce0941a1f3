package slack

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"threadhub/normalize"
)

// block is a block of Block Kit; each type uses some of the fields.
type block struct {
	Type     string    `json:"type"`
	Text     *said     `json:"text,omitempty"`
	ImageURL string    `json:"image_url,omitempty"`
	AltText  string    `json:"alt_text,omitempty"`
	Elements []element `json:"elements,omitempty"`
}

// said is a text object.
type said struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// element is a button or a menu.
type element struct {
	Type        string  `json:"type"`
	ActionID    string  `json:"action_id"`
	Text        *said   `json:"text,omitempty"`
	Value       string  `json:"value,omitempty"`
	URL         string  `json:"url,omitempty"`
	Placeholder *said   `json:"placeholder,omitempty"`
	Groups      []group `json:"option_groups,omitempty"`
	Options     []entry `json:"options,omitempty"`
}

type group struct {
	Label   *said   `json:"label"`
	Options []entry `json:"options"`
}

type entry struct {
	Text        *said  `json:"text"`
	Value       string `json:"value"`
	Description *said  `json:"description,omitempty"`
}

func simple(text string) *said { return &said{"plain_text", text} }

// shownBlocks are the blocks of a message that is more than its text: pictures
// by their address, links to other files, buttons, a menu. fallback is what a
// notification says of a message without text.
func shownBlocks(text string, linked []normalize.Attachment, m *normalize.Message) (blocks []block, fallback string, err error) {
	if len(linked)+len(m.Buttons) == 0 && m.List == nil {
		return nil, "", nil
	}
	blocks = sections(text)
	for i := range linked {
		a := &linked[i]
		if a.URL == "" {
			return nil, "", fmt.Errorf("attachment %d has no address", i+1)
		}
		fallback = nameOfFile(a)
		if a.Type == normalize.TypeImage {
			blocks = append(blocks, block{Type: "image", ImageURL: a.URL, AltText: nameOfFile(a)})
		} else {
			link := "<" + escaped(a.URL) + "|" + strings.ReplaceAll(escaped(nameOfFile(a)), "|", "/") + ">"
			blocks = append(blocks, block{Type: "section", Text: &said{"mrkdwn", link}})
		}
		blocks = append(blocks, sections(a.Caption)...)
	}
	var elements []element
	for i, button := range m.Buttons {
		elements = append(elements, buttonOf(i, button))
	}
	if m.List != nil {
		elements = append(elements, menuOf(m.List))
	}
	if len(elements) > 0 {
		blocks = append(blocks, block{Type: "actions", Elements: elements})
	}
	return blocks, fallback, nil
}

// sections are a text in as many blocks as it takes once it is escaped.
func sections(text string) []block {
	var all []block
	for rest := text; rest != ""; {
		size, cut := 0, len(rest)
		for i, r := range rest {
			size += utf8.RuneCountInString(escaped(string(r)))
			if size > maxSection {
				cut = i
				break
			}
		}
		all = append(all, block{Type: "section", Text: &said{"mrkdwn", escaped(rest[:cut])}})
		rest = rest[cut:]
	}
	return all
}

func buttonOf(index int, b normalize.Button) element {
	e := element{Type: "button", ActionID: "reply_" + strconv.Itoa(index), Text: simple(b.Title), Value: b.ID}
	if b.URL != "" {
		e.ActionID, e.Value, e.URL = linkAction+strconv.Itoa(index), "", b.URL
	}
	return e
}

// menuOf is a list as a menu that opens. Its sections are groups when they have
// a title, or when there are several.
func menuOf(l *normalize.List) element {
	e := element{Type: "static_select", ActionID: "list", Placeholder: simple(l.Button)}
	if l.Button == "" {
		e.Placeholder = simple("…")
	}
	for _, s := range l.Sections {
		g := group{Label: simple(s.Title)}
		if s.Title == "" {
			g.Label = simple("–")
		}
		for _, r := range s.Rows {
			o := entry{Text: simple(r.Title), Value: r.ID}
			if r.Description != "" {
				o.Description = simple(r.Description)
			}
			g.Options = append(g.Options, o)
		}
		e.Groups = append(e.Groups, g)
	}
	if len(e.Groups) == 1 && l.Sections[0].Title == "" {
		e.Options, e.Groups = e.Groups[0].Options, nil
	}
	return e
}
