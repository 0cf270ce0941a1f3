package normalize

import (
	"fmt"
	"slices"
	"strings"
)

// Loss is something of an outgoing message that the channel cannot carry and
// that was degraded or left out.
type Loss struct {
	Field  string `json:"field"`  // what of the message: "buttons", "attachments[1].caption"
	Action string `json:"action"` // what became of it: one of the Action constants
	Detail string `json:"detail"` // for people
}

// What can become of a part of a message that a channel cannot carry.
const (
	ActionSplit        = "split"         // sent as several messages
	ActionSeparate     = "separate"      // sent as a message of its own
	ActionText         = "text"          // written out as text
	ActionLink         = "link"          // replaced by a link in the text
	ActionNumberedText = "numbered_text" // choices written out as "1. Yes"
	ActionList         = "list"          // buttons shown as a list menu
	ActionButtons      = "buttons"       // a list menu shown as buttons
	ActionConverted    = "converted"     // sent as another type of media
	ActionShortened    = "shortened"     // cut to the platform's length
	ActionRenamed      = "renamed"       // changed to tell it from its neighbours
	ActionMerged       = "merged"        // put together with its neighbours
	ActionReplaced     = "replaced"      // unreadable bytes became U+FFFD
	ActionDropped      = "dropped"       // left out
)

// FitCode says why a message cannot be sent on a channel at all. The values
// are those of the API's error codes.
type FitCode string

// Codes of a [FitError].
const (
	FitUnsupported FitCode = "unsupported_content" // neither sent as it is nor degraded
	FitTooLarge    FitCode = "content_too_large"   // longer or bigger than the channel takes
)

// FitError is why [Fit] refuses a message. Detail is plain words for whoever
// wrote it.
type FitError struct {
	Code   FitCode
	Detail string
}

// Error joins the code and the detail.
func (e *FitError) Error() string { return string(e.Code) + ": " + e.Detail }

func unsupported(format string, args ...any) error {
	return &FitError{FitUnsupported, fmt.Sprintf(format, args...)}
}

func tooLarge(format string, args ...any) error {
	return &FitError{FitTooLarge, fmt.Sprintf(format, args...)}
}

// Bounds of the hub, whatever the platform allows: more than this in one
// message is a mistake or an attack.
const (
	maxTextParts   = 10
	maxAttachments = 30
	maxWritten     = 20 // choices written out as text
)

// Fit degrades an outgoing message to what a channel can carry. Each part is
// one message on the platform; they are sent in order. Every degradation is
// reported as a [Loss]; a part that fits already is fitted without any. The
// error is a [*FitError]. Fit is pure and shares no memory it changes with m.
//
// The order is: attachments with their captions, location, contact cards, and
// then the text with the buttons or the list, unless the text fits as the
// caption of the first attachment.
func Fit(m Message, caps Capabilities) ([]Message, []Loss, error) {
	f := fitter{caps: caps}
	parts, err := f.fit(m)
	if err != nil {
		return nil, nil, err
	}
	for i := range parts {
		parts[i].Context = m.Context
	}
	if m.ReplyTo != nil {
		if caps.ReplyTo && m.ReplyTo.ID != "" {
			parts[0].ReplyTo = m.ReplyTo
		} else {
			f.lose("reply_to", ActionDropped, "the channel cannot quote this message")
		}
	}
	return parts, f.losses, nil
}

// fitter collects what one call of Fit finds out.
type fitter struct {
	caps   Capabilities
	losses []Loss
	text   string // what is to be said, with what was degraded into it
}

func (f *fitter) lose(field, action, format string, args ...any) {
	f.losses = append(f.losses, Loss{field, action, fmt.Sprintf(format, args...)})
}

// say adds a paragraph line to the text.
func (f *fitter) say(line string) {
	if f.text != "" {
		f.text += "\n"
	}
	f.text += line
}

func (f *fitter) fit(m Message) ([]Message, error) {
	if err := outbound(m); err != nil {
		return nil, err
	}
	f.text = m.Text
	attachments := m.Attachments
	if len(attachments) == 1 && blank(f.text) {
		// The caption of the only attachment is the message's text.
		alone := attachments[0]
		f.text, alone.Caption = alone.Caption, ""
		attachments = []Attachment{alone}
	}
	if valid := strings.ToValidUTF8(f.text, "\uFFFD"); valid != f.text {
		f.text = valid
		f.lose("text", ActionReplaced, "bytes that are not UTF-8 were replaced")
	}
	if blank(f.text) {
		f.text = ""
	}
	if m.Template != nil {
		return f.template(m)
	}
	parts, err := f.media(attachments)
	if err != nil {
		return nil, err
	}
	cards, err := f.cards(m)
	if err != nil {
		return nil, err
	}
	menu, err := f.menu(m)
	if err != nil {
		return nil, err
	}
	return f.assemble(parts, cards, menu)
}

// outbound refuses what can only come in, and nothing at all.
func outbound(m Message) error {
	switch {
	case m.Order != nil, m.Reply != nil, m.Referral != nil,
		slices.Contains([]MessageType{TypeReply, TypeOrder, TypeSystem, TypeUnsupported}, m.Type):
		return unsupported("a message of type %q cannot be sent", m.Type)
	case m.Template == nil && m.Location == nil && m.List == nil &&
		len(m.Attachments)+len(m.Contacts)+len(m.Buttons) == 0 && blank(m.Text):
		return unsupported("the message is empty")
	case m.Type == TypeTemplate && m.Template == nil:
		return unsupported("a message of type template needs a template")
	}
	return nil
}

// template passes an approved template through. It brings its own text, media
// and buttons, so nothing else can go with it.
func (f *fitter) template(m Message) ([]Message, error) {
	switch {
	case !f.caps.Templates:
		return nil, unsupported("the channel has no templates")
	case m.Template.Name == "":
		return nil, unsupported("the template has no name")
	case m.Location != nil || m.List != nil || len(m.Attachments)+len(m.Contacts)+len(m.Buttons) > 0:
		return nil, unsupported("a template cannot be combined with other content")
	}
	if f.text != "" {
		f.lose("text", ActionDropped, "a template brings its own text")
	}
	return []Message{{Type: TypeTemplate, Template: m.Template}}, nil
}

// assemble puts the menu and the text where they belong.
func (f *fitter) assemble(media, cards []Message, menu menu) ([]Message, error) {
	caption := f.captionLimit(media)
	if !menu.empty() && f.underMedia(media, cards, menu, caption) {
		last := &media[len(media)-1]
		if f.text != "" {
			last.Text = f.text
		}
		last.Buttons = menu.buttons
		return media, nil
	}
	if !menu.empty() && f.text == "" {
		f.write(&menu) // buttons and lists need a text to stand under
	}
	parts := slices.Concat(media, cards)
	for _, p := range parts[min(len(parts), max(1, len(media))):] {
		f.lose(string(p.Type), ActionSeparate, "sent as a message of its own")
	}
	if f.text == "" {
		return parts, nil
	}
	if f.caps.Text.Unit.Len(f.text) <= caption && menu.empty() {
		parts[0].Text = f.text
		return parts, nil
	}
	texts, err := f.texts("text", f.text, f.menuText(menu))
	if err != nil {
		return nil, err
	}
	if len(parts) > 0 {
		f.lose("text", ActionSeparate, "sent as a message of its own: the channel cannot show it with what it follows")
	}
	last := &texts[len(texts)-1]
	last.Buttons, last.List = menu.buttons, menu.list
	return append(parts, texts...), nil
}

// texts splits a text into messages, the last of them at most last long.
func (f *fitter) texts(field, text string, last int) ([]Message, error) {
	if f.caps.Text.Max <= 0 {
		return nil, unsupported("the channel carries no text")
	}
	pieces, ok := split(text, f.caps.Text.Unit, f.caps.Text.Max, last, maxTextParts)
	if !ok {
		return nil, tooLarge("the text is too long: it would take more than %d messages of %d %s; shorten it, or send it as a file",
			maxTextParts, f.caps.Text.Max, f.caps.Text.Unit.name())
	}
	if len(pieces) > 1 {
		f.lose(field, ActionSplit, "sent as %d messages: the channel takes %d %s in one",
			len(pieces), f.caps.Text.Max, f.caps.Text.Unit.name())
	}
	parts := make([]Message, len(pieces))
	for i, piece := range pieces {
		parts[i] = Message{Type: TypeText, Text: piece}
	}
	return parts, nil
}

func (u Unit) name() string {
	switch u {
	case UTF16:
		return "UTF-16 units"
	case Bytes:
		return "bytes"
	default:
		return "characters"
	}
}

// blank tells whether a platform would take s for empty.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
