package normalize_test

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"threadhub/normalize"
)

// fits tells what of a part the channel cannot carry, written apart from Fit
// so that the two check each other.
func fits(p normalize.Message, caps normalize.Capabilities) error {
	unit := caps.Text.Unit
	kinds := 0
	for _, has := range []bool{len(p.Attachments) > 0, p.Location != nil, len(p.Contacts) > 0, p.Template != nil} {
		if has {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return fmt.Errorf("%d kinds of content in one message", kinds)
	case kinds == 0 && (strings.TrimSpace(p.Text) == "" || p.Type != normalize.TypeText):
		return fmt.Errorf("an empty %s", p.Type)
	case kinds == 0 && unit.Len(p.Text) > caps.Text.Max:
		return fmt.Errorf("text of %d", unit.Len(p.Text))
	case p.Location != nil && (!caps.Location || p.Text != ""):
		return fmt.Errorf("location")
	case len(p.Contacts) > 0 && (!caps.Contacts || p.Text != ""):
		return fmt.Errorf("contacts")
	case p.Template != nil && (!caps.Templates || p.Text != ""):
		return fmt.Errorf("template")
	case p.ReplyTo != nil && !caps.ReplyTo:
		return fmt.Errorf("reply_to")
	case !utf8.ValidString(p.Text):
		return fmt.Errorf("text is not UTF-8: %q", p.Text)
	}
	for _, check := range []func(normalize.Message, normalize.Capabilities) error{fitsMedia, fitsButtons, fitsList} {
		if err := check(p, caps); err != nil {
			return err
		}
	}
	return nil
}

func fitsMedia(p normalize.Message, caps normalize.Capabilities) error {
	if len(p.Attachments) == 0 {
		return nil
	}
	if len(p.Attachments) > max(1, caps.MaxAttachments) {
		return fmt.Errorf("%d attachments", len(p.Attachments))
	}
	for _, a := range p.Attachments {
		spec, ok := caps.Media[a.Type]
		switch {
		case !ok || a.Type != p.Type:
			return fmt.Errorf("%s in a message of type %s", a.Type, p.Type)
		case spec.MaxBytes > 0 && a.Size > spec.MaxBytes:
			return fmt.Errorf("%d bytes", a.Size)
		case max(caps.Text.Unit.Len(p.Text), caps.Text.Unit.Len(a.Caption)) > spec.Caption:
			return fmt.Errorf("caption %q %q", p.Text, a.Caption)
		case len(p.Attachments) == 1 && a.Caption != "":
			return fmt.Errorf("the caption of a single attachment is the text")
		}
	}
	return nil
}

func fitsButtons(p normalize.Message, caps normalize.Capabilities) error {
	if len(p.Buttons) == 0 {
		return nil
	}
	spec := caps.Buttons
	if spec == nil || p.Location != nil || len(p.Contacts) > 0 || p.List != nil {
		return fmt.Errorf("buttons in the wrong place")
	}
	if len(p.Attachments) > 0 && (!spec.Media || len(p.Attachments) > 1) {
		return fmt.Errorf("buttons under media")
	}
	links, titles := 0, map[string]bool{}
	for _, b := range p.Buttons {
		if b.URL != "" {
			links++
		} else if b.ID == "" || spec.ID > 0 && len(b.ID) > spec.ID {
			return fmt.Errorf("button id %q", b.ID)
		}
		if spec.Title > 0 && utf8.RuneCountInString(b.Title) > spec.Title || b.Title == "" || titles[b.Title] {
			return fmt.Errorf("button title %q", b.Title)
		}
		titles[b.Title] = true
	}
	replies, mostLinks := len(p.Buttons)-links, spec.URLMax
	if mostLinks == 0 {
		mostLinks = spec.Max
	}
	switch {
	case replies > spec.Max, links > mostLinks, links > 0 && !spec.URL, links > 0 && replies > 0 && (!spec.Mixed || len(p.Buttons) > spec.Max):
		return fmt.Errorf("%d replies and %d links", replies, links)
	case spec.Text > 0 && caps.Text.Unit.Len(p.Text) > spec.Text:
		return fmt.Errorf("text of %d above buttons", caps.Text.Unit.Len(p.Text))
	}
	return nil
}

func fitsList(p normalize.Message, caps normalize.Capabilities) error {
	if p.List == nil {
		return nil
	}
	spec := caps.List
	if spec == nil || p.Type != normalize.TypeText || p.Text == "" {
		return fmt.Errorf("list in the wrong place")
	}
	within := func(s string, limit int) bool { return limit <= 0 || utf8.RuneCountInString(s) <= limit }
	if len(p.List.Sections) > max(1, spec.Sections) || p.List.Button == "" || !within(p.List.Button, spec.Button) {
		return fmt.Errorf("list %+v", p.List)
	}
	if spec.Text > 0 && caps.Text.Unit.Len(p.Text) > spec.Text {
		return fmt.Errorf("text of %d above a list", caps.Text.Unit.Len(p.Text))
	}
	rows := 0
	for _, s := range p.List.Sections {
		rows += len(s.Rows)
		if !within(s.Title, spec.Title) || len(s.Rows) == 0 {
			return fmt.Errorf("section %+v", s)
		}
		for _, r := range s.Rows {
			if !within(r.Title, spec.Title) || len(r.ID) > spec.ID && spec.ID > 0 || utf8.RuneCountInString(r.Description) > spec.Description {
				return fmt.Errorf("row %+v", r)
			}
		}
	}
	if rows > spec.Rows {
		return fmt.Errorf("%d rows", rows)
	}
	return nil
}
