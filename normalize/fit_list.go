package normalize

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// listLabel opens a list that was made from buttons, or has no label of its
// own. It is a sign, so that it needs no translation.
const listLabel = "☰"

// fitList fits a list to the channel's. ok is false when it has too many rows,
// or ids or titles that cannot be shortened without loss of their meaning.
func (f *fitter) fitList(list *List) (fitted *List, losses []Loss, ok bool) {
	if f.caps.List == nil {
		return nil, nil, false
	}
	l := listFitter{spec: *f.caps.List}
	fitted = &List{Button: listLabel}
	if !blank(list.Button) {
		fitted.Button = l.shorten("list.button", list.Button, l.spec.Button)
	}
	rows := 0
	for i, s := range list.Sections {
		field := fmt.Sprintf("list.sections[%d]", i)
		section := Section{Title: l.shorten(field+".title", s.Title, l.spec.Title)}
		for j, r := range s.Rows {
			r, ok := l.row(fmt.Sprintf("%s.rows[%d]", field, j), r)
			if !ok {
				return nil, nil, false
			}
			section.Rows = append(section.Rows, r)
		}
		rows += len(s.Rows)
		if n := len(fitted.Sections); n > 0 && n >= l.spec.Sections {
			fitted.Sections[n-1].Rows = append(fitted.Sections[n-1].Rows, section.Rows...)
			l.lose(field, ActionMerged, "put into the section before it: the channel takes "+strconv.Itoa(l.spec.Sections))
			continue
		}
		fitted.Sections = append(fitted.Sections, section)
	}
	return fitted, l.losses, rows > 0 && rows <= l.spec.Rows
}

type listFitter struct {
	spec   ListSpec
	losses []Loss
}

func (l *listFitter) lose(field, action, detail string) {
	l.losses = append(l.losses, Loss{field, action, detail})
}

// row fits one row. A title that is too long moves to the description.
func (l *listFitter) row(field string, r Row) (Row, bool) {
	if l.spec.ID > 0 && len(r.ID) > l.spec.ID {
		return r, false
	}
	if !fitsRunes(r.Title, l.spec.Title) {
		if r.Description != "" || utf8.RuneCountInString(r.Title) > l.spec.Description {
			return r, false
		}
		r.Description = r.Title
		r.Title = shorten(r.Title, l.spec.Title)
		l.lose(field+".title", ActionShortened, "the full title is shown as the description")
	}
	if r.Description != "" && l.spec.Description <= 0 {
		return r, false
	}
	r.Description = l.shorten(field+".description", r.Description, l.spec.Description)
	return r, true
}

func (l *listFitter) shorten(field, s string, limit int) string {
	short := shorten(s, limit)
	if short != s {
		l.lose(field, ActionShortened, fmt.Sprintf("%q became %q", s, short))
	}
	return short
}

// fitsRunes tells whether s is within a limit in runes, 0 being none.
func fitsRunes(s string, limit int) bool {
	return limit <= 0 || utf8.RuneCountInString(s) <= limit
}

// shorten cuts s to a limit in runes, 0 being none, and marks the cut.
func shorten(s string, limit int) string {
	if fitsRunes(s, limit) {
		return s
	}
	cut := clusterCut(s, Runes, limit-1)
	return strings.TrimSpace(s[:cut]) + "…"
}

// names tells titles apart by giving each repetition a number.
type names struct {
	limit    int // runes, 0: none
	reserved map[string]bool
	used     map[string]bool
}

func newNames(limit int) *names {
	return &names{limit: limit, reserved: map[string]bool{}, used: map[string]bool{}}
}

// reserve keeps a title for the one that has it from the start.
func (n *names) reserve(title string) { n.reserved[title] = true }

func (n *names) taken(title string) bool { return n.reserved[title] || n.used[title] }

// next is the title itself the first time and a numbered one after that. ok is
// false when a numbered one has no room.
func (n *names) next(title string) (unique string, ok bool) {
	unique = title
	for i := 2; n.used[unique] || unique != title && n.reserved[unique]; i++ {
		suffix := " " + strconv.Itoa(i)
		base := title
		if n.limit > 0 && utf8.RuneCountInString(title)+len(suffix) > n.limit {
			room := n.limit - len(suffix)
			if room < 2 {
				return title, false
			}
			base = shorten(title, room)
		}
		unique = base + suffix
	}
	n.used[unique] = true
	return unique, true
}
