package normalize

import (
	"fmt"
	"strings"
)

// menu is what a peer can choose from under a message: buttons or a list.
type menu struct {
	buttons []Button
	list    *List
}

func (m menu) empty() bool { return len(m.buttons) == 0 && m.list == nil }

// menuText is how long the text above a menu may be.
func (f *fitter) menuText(m menu) int {
	limit := 0
	switch {
	case m.list != nil:
		limit = f.caps.List.Text
	case len(m.buttons) > 0:
		limit = f.caps.Buttons.Text
	}
	if limit <= 0 {
		return f.caps.Text.Max
	}
	return min(limit, f.caps.Text.Max)
}

// underMedia tells whether the menu can stand under the last media: alone, or
// with the text as the caption of the only one.
func (f *fitter) underMedia(media, cards []Message, m menu, caption int) bool {
	if len(media) == 0 || len(cards) > 0 || m.list != nil || !f.caps.Buttons.Media {
		return false
	}
	last := media[len(media)-1]
	if len(last.Attachments) != 1 {
		return false
	}
	text := last.Text
	if f.text != "" {
		if len(media) > 1 {
			return false
		}
		text = f.text
		if f.caps.Text.Unit.Len(text) > caption {
			return false
		}
	}
	limit := f.caps.Buttons.Text
	return limit <= 0 || f.caps.Text.Unit.Len(text) <= limit
}

// menu finds the form in which the channel can offer the message's choices.
// What it cannot offer is written into the text.
func (f *fitter) menu(m Message) (menu, error) {
	buttons, list, err := choices(m)
	if err != nil {
		return menu{}, err
	}
	if list == nil {
		return f.buttons(buttons)
	}
	var rows []Row
	for i, b := range buttons {
		if b.URL != "" {
			f.writeLink(fmt.Sprintf("buttons[%d]", i), b)
			continue
		}
		rows = append(rows, Row{ID: b.ID, Title: b.Title})
	}
	if len(rows) > 0 {
		list.Sections[0].Rows = append(rows, list.Sections[0].Rows...)
		f.lose("buttons", ActionList, "shown as rows of the list: a message has either buttons or a list")
	}
	return f.listMenu(list)
}

// choices checks the message's buttons and list and copies them. A choice
// without an id has its title for one.
func choices(m Message) ([]Button, *List, error) {
	seen := map[string]bool{}
	var buttons []Button
	for i, b := range m.Buttons {
		field := fmt.Sprintf("buttons[%d]", i)
		if blank(b.Title) {
			return nil, nil, unsupported("%s has no title", field)
		}
		b.Title = strings.ToValidUTF8(b.Title, "\uFFFD")
		if b.URL == "" {
			var err error
			if b.ID, err = choiceID(field, b.ID, b.Title, seen); err != nil {
				return nil, nil, err
			}
		}
		buttons = append(buttons, b)
	}
	if m.List == nil {
		return buttons, nil, nil
	}
	list := &List{Button: strings.ToValidUTF8(m.List.Button, "\uFFFD")}
	for i, s := range m.List.Sections {
		rows, err := rows(fmt.Sprintf("list.sections[%d]", i), s, seen)
		if err != nil {
			return nil, nil, err
		}
		if len(rows) > 0 {
			list.Sections = append(list.Sections, Section{Title: strings.ToValidUTF8(s.Title, "\uFFFD"), Rows: rows})
		}
	}
	if len(list.Sections) == 0 {
		return nil, nil, unsupported("the list has no rows")
	}
	return buttons, list, nil
}

// rows checks and copies the rows of a section.
func rows(field string, s Section, seen map[string]bool) (all []Row, err error) {
	for i, r := range s.Rows {
		field := fmt.Sprintf("%s.rows[%d]", field, i)
		if blank(r.Title) {
			return nil, unsupported("%s has no title", field)
		}
		r.Title = strings.ToValidUTF8(r.Title, "\uFFFD")
		r.Description = strings.ToValidUTF8(r.Description, "\uFFFD")
		if r.ID, err = choiceID(field, r.ID, r.Title, seen); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// choiceID is what a choice reports when it is taken. Two with the same could
// not be told apart, and platforms refuse them.
func choiceID(field, id, title string, seen map[string]bool) (string, error) {
	if id == "" {
		id = title
	}
	if seen[id] {
		return "", unsupported("%s has the same id as another choice: %q", field, id)
	}
	seen[id] = true
	return id, nil
}

// buttons keeps what the channel can show as buttons. Replies that are too
// many or too long become a list, or else numbered text; links become text.
func (f *fitter) buttons(all []Button) (menu, error) {
	if len(all) == 0 {
		return menu{}, nil
	}
	var replies []Row
	for _, b := range all {
		if b.URL == "" {
			replies = append(replies, Row{ID: b.ID, Title: b.Title})
		}
	}
	spec := f.buttonSpec()
	asButtons := spec.takes(replies)
	room := spec.links(0)
	if asButtons {
		room = spec.links(len(replies))
	} else {
		sections := []Section{{Rows: replies}}
		if list, losses, ok := f.fitList(&List{Sections: sections}); ok {
			f.lose("buttons", ActionList, "shown as a list: they are too many or too long for the channel's buttons")
			f.losses = append(f.losses, losses...)
			for i, b := range all {
				if b.URL != "" {
					f.writeLink(fmt.Sprintf("buttons[%d]", i), b)
				}
			}
			return menu{list: list}, nil
		}
		if err := writable("buttons", len(replies)); err != nil {
			return menu{}, err
		}
		f.numbered(sections)
		f.lose("buttons", ActionNumberedText, "written out: the channel cannot show them")
	}
	return menu{buttons: f.keep(all, spec, asButtons, room)}, nil
}

// writable refuses to write out more choices than anybody would read.
func writable(what string, n int) error {
	if n <= maxWritten {
		return nil
	}
	return tooLarge("%d %s are more than the channel can show, and too many to write out: offer at most %d, or ask in steps", n, what, maxWritten)
}

// keep picks the buttons to show: the replies if they are shown as buttons,
// and as many links as there is room for.
func (f *fitter) keep(all []Button, spec ButtonSpec, replies bool, room int) []Button {
	names := newNames(spec.Title)
	if replies {
		for _, b := range all {
			if b.URL == "" {
				names.reserve(b.Title)
			}
		}
	}
	var kept []Button
	for i, b := range all {
		field := fmt.Sprintf("buttons[%d]", i)
		switch {
		case b.URL == "" && replies:
			if title, _ := names.next(b.Title); title != b.Title {
				f.lose(field+".title", ActionRenamed, "shown as %q to tell it from the others", title)
				b.Title = title
			}
			kept = append(kept, b)
		case b.URL == "":
		case room > 0 && fitsRunes(b.Title, spec.Title) && !names.taken(b.Title):
			names.used[b.Title] = true
			kept = append(kept, b)
			room--
		default:
			f.writeLink(field, b)
		}
	}
	return kept
}

func (f *fitter) buttonSpec() ButtonSpec {
	if f.caps.Buttons == nil {
		return ButtonSpec{}
	}
	return *f.caps.Buttons
}

// takes tells whether the choices can be shown as reply buttons.
func (s ButtonSpec) takes(replies []Row) bool {
	if len(replies) > s.Max {
		return false
	}
	names := newNames(s.Title)
	for _, r := range replies {
		if !fitsRunes(r.Title, s.Title) || s.ID > 0 && len(r.ID) > s.ID {
			return false
		}
		names.reserve(r.Title)
	}
	for _, r := range replies {
		if _, ok := names.next(r.Title); !ok {
			return false
		}
	}
	return true
}

// links is how many link buttons have room beside the given number of replies.
func (s ButtonSpec) links(replies int) int {
	most := s.URLMax
	switch {
	case !s.URL, replies > 0 && !s.Mixed:
		return 0
	case most == 0:
		most = s.Max
	}
	if replies > 0 {
		most = min(most, s.Max-replies)
	}
	return most
}

// listMenu keeps a list that the channel can show. Otherwise it becomes
// buttons, or numbered text.
func (f *fitter) listMenu(list *List) (menu, error) {
	if fitted, losses, ok := f.fitList(list); ok {
		f.losses = append(f.losses, losses...)
		return menu{list: fitted}, nil
	}
	var rows []Row
	described := false
	for _, s := range list.Sections {
		rows = append(rows, s.Rows...)
		for _, r := range s.Rows {
			described = described || r.Description != ""
		}
	}
	spec := f.buttonSpec()
	if !spec.takes(rows) {
		if err := writable("rows", len(rows)); err != nil {
			return menu{}, err
		}
		f.numbered(list.Sections)
		f.lose("list", ActionNumberedText, "written out: the channel cannot show it")
		return menu{}, nil
	}
	f.lose("list", ActionButtons, "shown as buttons: the channel has no such list")
	if described {
		f.describe(rows)
	}
	buttons := make([]Button, len(rows))
	for i, r := range rows {
		buttons[i] = Button{ID: r.ID, Title: r.Title}
	}
	return menu{buttons: f.keep(buttons, spec, true, 0)}, nil
}

// write turns a menu that has nothing to stand under into text.
func (f *fitter) write(m *menu) {
	field, sections := "list", []Section(nil)
	if m.list != nil {
		sections = m.list.Sections
	} else {
		field, sections = "buttons", []Section{{}}
	}
	for _, b := range m.buttons {
		if b.URL == "" {
			sections[0].Rows = append(sections[0].Rows, Row{ID: b.ID, Title: b.Title})
		}
	}
	f.numbered(sections)
	for _, b := range m.buttons {
		if b.URL != "" {
			f.say(b.Title + ": " + b.URL)
		}
	}
	f.lose(field, ActionNumberedText, "written out: there is no text to show it under")
	*m = menu{}
}

// numbered writes choices out as "1. Yes".
func (f *fitter) numbered(sections []Section) {
	n := 0
	for _, s := range sections {
		if s.Title != "" {
			f.say(s.Title)
		}
		for _, r := range s.Rows {
			n++
			f.say(fmt.Sprintf("%d. %s", n, r.plain()))
		}
	}
}

// describe writes out what buttons cannot say of a list's rows.
func (f *fitter) describe(rows []Row) {
	for _, r := range rows {
		if r.Description != "" {
			f.say(r.plain())
		}
	}
}

func (r Row) plain() string {
	if r.Description == "" {
		return r.Title
	}
	return r.Title + " – " + r.Description
}

func (f *fitter) writeLink(field string, b Button) {
	f.say(b.Title + ": " + b.URL)
	f.lose(field, ActionLink, "written out: the channel cannot show this link as a button here")
}
