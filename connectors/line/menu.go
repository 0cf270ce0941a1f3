package line

import (
	"strings"

	"threadhub/normalize"
)

// template is a card with buttons, or a row of such cards.
type template struct {
	Type    string   `json:"type"`
	Text    string   `json:"text,omitempty"`
	Actions []action `json:"actions,omitempty"`
	Columns []column `json:"columns,omitempty"`
}

type column struct {
	Title   string   `json:"title,omitempty"`
	Text    string   `json:"text"`
	Actions []action `json:"actions"`
}

// action is what a button does: report its data (and show its title as if the
// peer had written it), or open an address.
type action struct {
	Type        string `json:"type"`
	Label       string `json:"label"`
	Data        string `json:"data,omitempty"`
	DisplayText string `json:"displayText,omitempty"`
	URI         string `json:"uri,omitempty"`
}

type quickReply struct {
	Items []quickItem `json:"items"`
}

type quickItem struct {
	Type   string `json:"type"`
	Action action `json:"action"`
}

// menu is a text with its buttons. A template stays in the chat and is shown on
// all devices, so it is preferred where the text and the buttons fit; quick
// replies stand above the keyboard of phones only, but more of them, under any
// text, and under one that quotes (platforms/line: section 4).
func menu(text string, buttons []normalize.Button, quote string) content {
	length := normalize.UTF16.Len(text)
	kind := ""
	switch {
	case len(buttons) == 0:
		return content{Type: "text", Text: text, QuoteToken: quote}
	case quote != "":
	case len(buttons) <= maxActions && length <= maxButtons:
		kind = "buttons"
	case len(buttons) == 2 && length <= maxConfirm:
		kind = "confirm"
	}
	if kind == "" {
		return content{Type: "text", Text: text, QuoteToken: quote, QuickReply: quick(buttons)}
	}
	return content{Type: "template", AltText: text, Template: &template{Type: kind, Text: text, Actions: actions(buttons)}}
}

// pressable tells the buttons that LINE takes from those whose addresses are too
// long for it, with one of which it would refuse the whole message: these are
// written out, a line each.
func pressable(all []normalize.Button) (buttons []normalize.Button, links []string) {
	for _, b := range all {
		if normalize.UTF16.Len(b.URL) > maxURI {
			links = append(links, b.Title+": "+b.URL)
		} else {
			buttons = append(buttons, b)
		}
	}
	return buttons, links
}

func actions(buttons []normalize.Button) []action {
	all := make([]action, len(buttons))
	for i, b := range buttons {
		if b.URL != "" {
			all[i] = action{Type: "uri", Label: b.Title, URI: b.URL}
		} else {
			all[i] = press(b.Title, b.Title, b.ID)
		}
	}
	return all
}

// press is an action that reports data and shows title. A choice without an id
// has its title for one.
func press(label, title, data string) action {
	if data == "" {
		data = title
	}
	return action{Type: "postback", Label: label, Data: data, DisplayText: title}
}

func quick(buttons []normalize.Button) *quickReply {
	q := &quickReply{}
	for _, a := range actions(buttons) {
		q.Items = append(q.Items, quickItem{"action", a})
	}
	return q
}

// carousel is a list: the text, with the title of the list's only section, and
// under it a column for each row. The columns must be alike, so that either all
// have a title or none.
func carousel(text string, list *normalize.List, quote string) []content {
	t := &template{Type: "carousel"}
	var titles []string
	described := false
	for _, s := range list.Sections {
		if s.Title != "" {
			text += "\n" + s.Title
		}
		for _, r := range s.Rows {
			described = described || r.Description != ""
		}
	}
	for _, s := range list.Sections {
		for _, r := range s.Rows {
			c := column{Text: r.Title, Actions: []action{press(list.Button, r.Title, r.ID)}}
			if described {
				c.Title, c.Text = r.Title, r.Description
			}
			if c.Text == "" {
				c.Text = "–" // a column without text is refused
			}
			t.Columns = append(t.Columns, c)
			titles = append(titles, r.Title)
		}
	}
	return []content{
		{Type: "text", Text: text, QuoteToken: quote},
		{Type: "template", AltText: cut(strings.Join(titles, "\n"), maxAlt), Template: t},
	}
}
