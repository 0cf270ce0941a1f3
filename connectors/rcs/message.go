package rcs

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"threadhub/normalize"
)

// said reads what somebody wrote or pressed.
func (r *reader) said() normalize.Event {
	peer, ok := r.peer()
	switch {
	case !ok:
		return r.unknown("it names nobody")
	case r.event.MessageID == "":
		return r.unknown("a message without its id")
	}
	m := r.message()
	m.ID = normalize.PlatformID(r.event.MessageID)
	return normalize.Event{Key: normalize.MessageKey(m.ID), Type: normalize.EventMessage, Peer: peer, Message: m}
}

// message is the content, as unsupported where it cannot be read.
func (r *reader) message() *normalize.Message {
	kind := r.content()
	var m *normalize.Message
	switch kind {
	case "text":
		m = text(r.event.Text)
	case "userFile":
		m = media(r.event.File)
	case "location":
		m = where(r.event.Location)
	case "suggestionResponse":
		m = choice(r.event.Suggestion)
	default:
		kind = "message"
	}
	if m == nil {
		return &normalize.Message{Type: normalize.TypeUnsupported, Platform: kind}
	}
	return m
}

func text(raw json.RawMessage) *normalize.Message {
	var s string
	if json.Unmarshal(raw, &s) != nil || s == "" {
		return nil
	}
	return &normalize.Message{Type: normalize.TypeText, Text: s}
}

// media is a file. Its address is signed and good for a short time.
func media(raw json.RawMessage) *normalize.Message {
	var f file
	if json.Unmarshal(raw, &f) != nil || f.Payload.URI == "" {
		return nil
	}
	size, err := f.Payload.Size.Int64()
	if err != nil || size < 0 {
		size = 0
	}
	kind := mediaType(f.Payload.MIME)
	return &normalize.Message{Type: kind, Attachments: []normalize.Attachment{{
		Type: kind, MIME: f.Payload.MIME, Name: f.Payload.Name, Size: size, URL: f.Payload.URI,
	}}}
}

func mediaType(mime string) normalize.MessageType {
	group, _, _ := strings.Cut(strings.ToLower(mime), "/")
	switch group {
	case "image":
		return normalize.TypeImage
	case "video":
		return normalize.TypeVideo
	case "audio":
		return normalize.TypeAudio
	}
	return normalize.TypeFile
}

// where is a location, which need not be where its sender is.
func where(raw json.RawMessage) *normalize.Message {
	var p place
	if json.Unmarshal(raw, &p) != nil || p.Latitude == nil && p.Longitude == nil {
		return nil
	}
	var l normalize.Location
	if p.Latitude != nil {
		l.Latitude = *p.Latitude
	}
	if p.Longitude != nil {
		l.Longitude = *p.Longitude
	}
	if math.Abs(l.Latitude) > 90 || math.Abs(l.Longitude) > 180 {
		return nil
	}
	return &normalize.Message{Type: normalize.TypeLocation, Location: &l}
}

// choice is a suggestion that was tapped: one that answers, or one that does
// something on the phone and reports it.
func choice(raw json.RawMessage) *normalize.Message {
	var p press
	if json.Unmarshal(raw, &p) != nil || p.Postback == "" && p.Text == "" {
		return nil
	}
	c := &normalize.Choice{Kind: normalize.ChoiceQuickReply, ID: p.Postback, Title: p.Text}
	if p.Type == "ACTION" {
		c.Kind = normalize.ChoicePostback
	}
	if c.ID == "" {
		c.ID = p.Text
	}
	if card, err := strconv.Atoi(strings.Trim(string(p.Card), `"`)); err == nil && card > 0 {
		c.Data = `{"carouselCardNumber":` + strconv.Itoa(card) + `}`
	}
	return &normalize.Message{Type: normalize.TypeReply, Reply: c}
}
