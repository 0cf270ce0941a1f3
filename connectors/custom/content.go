package custom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"threadhub/normalize"
)

// message reads the content of a message: what it holds tells its type.
func (f *reader) message() normalize.Message {
	m := normalize.Message{Text: f.text("text"), Author: f.author(), Forwarded: f.truth("forwarded")}
	f.attachments(&m)
	f.into("location", &m.Location)
	f.into("contacts", &m.Contacts)
	f.into("reply", &m.Reply)
	f.into("referral", &m.Referral)
	f.quote(&m)
	f.context(&m)
	m.Type = typeOf(&m)
	if forced := f.text("type"); forced != "" {
		m.Type, m.Platform = normalize.MessageType(f.among("type", messageTypes())), f.text("platform_type")
		if m.Platform == "" {
			m.Platform = "item"
		}
	}
	if m.Type == "" {
		// Something came that has no content here: it is kept as what it is.
		m.Type, m.Platform = normalize.TypeUnsupported, f.text("platform_type")
		if m.Platform == "" {
			m.Platform = "item"
		}
	}
	return m
}

func typeOf(m *normalize.Message) normalize.MessageType {
	switch {
	case m.Reply != nil:
		return normalize.TypeReply
	case len(m.Attachments) > 0:
		return m.Attachments[0].Type
	case m.Location != nil:
		return normalize.TypeLocation
	case len(m.Contacts) > 0:
		return normalize.TypeContact
	case m.Text != "":
		return normalize.TypeText
	}
	return ""
}

// into reads an object or a list as the API writes it; members that are null
// are left out, others that are not known are refused.
func (f *reader) into(name string, target any) {
	v, ok := f.value(name)
	if !ok {
		return
	}
	plain, err := v.Plain()
	if err == nil {
		err = convert(plain, target)
	}
	if err != nil {
		f.fail(name, err)
	}
}

func convert(plain, target any) error {
	raw, err := json.Marshal(plain)
	if err != nil {
		return errors.New("it cannot be read")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(target); err != nil {
		return errors.New(jsonFault(err))
	}
	return nil
}

var mediaTypes = []normalize.MessageType{
	normalize.TypeImage, normalize.TypeAudio, normalize.TypeVideo, normalize.TypeFile, normalize.TypeSticker,
}

// attachments reads a list of {type, url or ref, mime, name, …}. A type that is
// not known is told from the MIME type, or is a file.
func (f *reader) attachments(m *normalize.Message) {
	for i, item := range f.list("attachments") {
		object, ok := item.(map[string]any)
		if !ok {
			f.fail("attachments", fmt.Errorf("[%d] has to be an object such as {'type': 'image', 'url': …}", i))
			return
		}
		for name, value := range object {
			if value == nil {
				delete(object, name)
			}
		}
		var a normalize.Attachment
		if err := convert(object, &a); err != nil {
			f.fail("attachments", fmt.Errorf("[%d]: %w", i, err))
			return
		}
		if a.URL == "" && a.Ref == "" {
			f.fail("attachments", fmt.Errorf("[%d] has neither url nor ref", i))
			return
		}
		if !slices.Contains(mediaTypes, a.Type) {
			a.Type = typeOfMIME(a.MIME)
		}
		m.Attachments = append(m.Attachments, a)
	}
}

func typeOfMIME(mime string) normalize.MessageType {
	kind, _, _ := strings.Cut(mime, "/")
	switch kind {
	case "image", "audio", "video":
		return normalize.MessageType(kind)
	}
	return normalize.TypeFile
}

func (f *reader) author() *normalize.Author {
	var a *normalize.Author
	f.into("author", &a)
	return a
}

// quote reads the message answered: its id, or {id, text}.
func (f *reader) quote(m *normalize.Message) {
	v, ok := f.value("reply_to")
	if !ok {
		return
	}
	if id, err := v.Text(); err == nil {
		if id != "" {
			m.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(id)}
		}
		return
	}
	f.into("reply_to", &m.ReplyTo)
}

// context reads what outgoing calls need back of the message: names with single
// values.
func (f *reader) context(m *normalize.Message) {
	var values map[string]any
	f.into("context", &values)
	for name, v := range values {
		text, err := scalarText(v)
		if err != nil {
			f.fail("context", fmt.Errorf("%s: %w", shortened(name), err))
			return
		}
		if text == "" {
			continue
		}
		if m.Context == nil {
			m.Context = map[string]string{}
		}
		m.Context[name] = text
	}
}
