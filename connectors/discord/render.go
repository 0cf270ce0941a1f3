package discord

import (
	"cmp"
	"fmt"
	"strconv"

	"threadhub/connectors"
	"threadhub/normalize"
)

// post is a message as Discord takes it (platforms/discord: Outbound REST).
type post struct {
	Content   string        `json:"content,omitempty"`
	Nonce     string        `json:"nonce,omitempty"`
	Enforce   bool          `json:"enforce_nonce,omitempty"`
	Mentions  mentions      `json:"allowed_mentions"`
	Reference *answered     `json:"message_reference,omitempty"`
	Rows      []row         `json:"components,omitempty"`
	Files     []description `json:"attachments,omitempty"`
	Flags     int           `json:"flags,omitempty"`
}

// mentions says that what looks like a mention notifies nobody.
type mentions struct {
	Parse []string `json:"parse"`
}

// answered is the message that a post answers. One that is gone meanwhile does
// not hold up the answer.
type answered struct {
	MessageID string `json:"message_id"`
	Fail      bool   `json:"fail_if_not_exists"`
}

// description names the file that comes with a post.
type description struct {
	ID   int    `json:"id"`
	Name string `json:"filename"`
}

type row struct {
	Type       int    `json:"type"`
	Components []part `json:"components"`
}

// part is a button or a menu in a row.
type part struct {
	Type        int      `json:"type"`
	Style       int      `json:"style,omitempty"`
	Label       string   `json:"label,omitempty"`
	CustomID    string   `json:"custom_id,omitempty"`
	URL         string   `json:"url,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Options     []choice `json:"options,omitempty"`
}

type choice struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

// Styles of buttons.
const (
	styleChoice = 1
	styleLink   = 5
)

// flagQuiet is a message that only whoever used the command sees.
const flagQuiet = 64

// render turns a part into a post, and the file that goes with it.
func render(m *normalize.Message) (*post, *connectors.Upload, error) {
	p := &post{Content: m.Text, Mentions: mentions{Parse: []string{}}}
	if m.ReplyTo != nil && snowflake(string(m.ReplyTo.ID)) {
		p.Reference = &answered{MessageID: string(m.ReplyTo.ID)}
	}
	var file *connectors.Upload
	switch len(m.Attachments) {
	case 0:
	case 1:
		att := &m.Attachments[0]
		if att.URL == "" {
			return nil, nil, fmt.Errorf("the attachment has no address that it can be fetched from")
		}
		p.Content = cmp.Or(p.Content, att.Caption)
		name := cmp.Or(att.Name, string(att.Type))
		p.Files = []description{{0, name}}
		file = &connectors.Upload{URL: att.URL, Field: "files[0]", Name: name, MIME: att.MIME, MaxBytes: maxFile}
	default:
		return nil, nil, fmt.Errorf("%d attachments in one message", len(m.Attachments))
	}
	p.Rows = append(buttons(m.Buttons), menus(m.List)...)
	if p.Content == "" && file == nil {
		return nil, nil, fmt.Errorf("a message of type %q with nothing in it that Discord can carry", m.Type)
	}
	return p, file, nil
}

// buttons are five to a row.
func buttons(all []normalize.Button) (rows []row) {
	for i, b := range all {
		if i%maxInRow == 0 {
			rows = append(rows, row{Type: componentRow})
		}
		c := part{Type: componentButton, Style: styleChoice, Label: b.Title, CustomID: cmp.Or(b.ID, b.Title)}
		if b.URL != "" {
			c.Style, c.CustomID, c.URL = styleLink, "", b.URL
		}
		last := &rows[len(rows)-1]
		last.Components = append(last.Components, c)
	}
	return rows
}

// menus are one for each section of a list, each in a row of its own.
func menus(list *normalize.List) (rows []row) {
	if list == nil {
		return nil
	}
	for i, s := range list.Sections {
		menu := part{Type: componentMenu, CustomID: "list:" + strconv.Itoa(i), Placeholder: cut(cmp.Or(s.Title, list.Button), maxHint)}
		for _, r := range s.Rows {
			menu.Options = append(menu.Options, choice{Label: r.Title, Value: cmp.Or(r.ID, r.Title), Description: r.Description})
		}
		if len(menu.Options) > 0 {
			rows = append(rows, row{componentRow, []part{menu}})
		}
	}
	return rows
}

// cut shortens a text to a number of UTF-16 units and marks the cut.
func cut(s string, limit int) string {
	if normalize.UTF16.Len(s) <= limit {
		return s
	}
	units := 0
	for i, r := range s {
		if units += normalize.UTF16.Len(string(r)); units > limit-1 {
			return s[:i] + "…"
		}
	}
	return s
}
