package line

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"threadhub/normalize"
)

// Keys of Message.Context.
const (
	contextReply      = "reply_token"
	contextReplyAt    = "reply_token_at" // ms: the event's time
	contextRedelivery = "redelivered"    // set when the token came again
	contextQuote      = "quote_token"
	contextRead       = "mark_as_read_token"
)

// postbackPrefix begins the PlatformID of a pressed button, which is no message
// of its own.
const postbackPrefix = "pb:"

// said reads a message or the press of a button.
func (p *parser) said() {
	e := &p.event
	peer, author := e.Source.place()
	var out *normalize.Message
	switch {
	case peer.ID == "":
		p.unknown("it names nobody")
		return
	case e.Mode == "standby":
		p.unknown("another module of the channel has the chat")
		return
	case e.Type == "postback" && e.Postback != nil:
		out = p.press(e.Postback)
	case e.Type == "message" && e.Message != nil && e.Message.ID != "":
		out = e.Message.content()
		out.ID = normalize.PlatformID(e.Message.ID)
	default:
		p.unknown("a message without its id or content")
		return
	}
	out.Author, out.Context = author, e.context()
	p.add(normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: peer, Message: out})
}

// press reads a pressed button: the data we gave it and, for one that asks for
// a date or switches a menu, what was chosen.
func (p *parser) press(b *postback) *normalize.Message {
	choice := &normalize.Choice{Kind: normalize.ChoicePostback, ID: b.Data}
	var params bytes.Buffer
	if json.Compact(&params, b.Params) == nil && params.String() != "null" {
		choice.Data = params.String()
	}
	return &normalize.Message{ID: normalize.PlatformID(postbackPrefix + p.id()), Type: normalize.TypeReply, Reply: choice}
}

// edited reads a message that was changed: it comes in full, under its old id.
func (p *parser) edited() {
	e := &p.event
	peer, author := e.Source.place()
	if peer.ID == "" || e.Message == nil || e.Message.ID == "" {
		p.unknown("an edit that names no message or nobody")
		return
	}
	id := normalize.PlatformID(e.Message.ID)
	content := e.Message.content()
	content.ID, content.Author = id, author
	p.add(normalize.Event{
		Key: p.key("edt"), Type: normalize.EventEdit, Peer: peer,
		Edit: &normalize.Edit{Target: id, Message: *content},
	})
}

// unsent reads that a message was taken back. LINE asks to show it no more
// (platforms/line: section 3).
func (p *parser) unsent() {
	e := &p.event
	if e.Unsend == nil || e.Unsend.MessageID == "" {
		p.unknown("it names no message")
		return
	}
	peer, _ := e.Source.place()
	p.add(normalize.Event{
		Key: "del:" + e.Unsend.MessageID, Type: normalize.EventDeletion, Peer: peer,
		Deletion: &normalize.Deletion{Target: normalize.PlatformID(e.Unsend.MessageID)},
	})
}

// content is what a message says.
func (m *message) content() *normalize.Message {
	out := &normalize.Message{}
	if m.QuotedMessageID != "" {
		out.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(m.QuotedMessageID)}
	}
	switch {
	case m.Type == "text" && m.Text != "":
		out.Type, out.Text = normalize.TypeText, m.Text
	case m.Type == "image":
		m.media(out, normalize.TypeImage)
	case m.Type == "video":
		m.media(out, normalize.TypeVideo)
	case m.Type == "audio":
		m.media(out, normalize.TypeAudio)
	case m.Type == "file":
		m.media(out, normalize.TypeFile)
	case m.Type == "sticker" && m.StickerID != "":
		m.sticker(out)
	case m.Type == "location" && m.Latitude != nil && m.Longitude != nil:
		out.Type = normalize.TypeLocation
		out.Location = &normalize.Location{Latitude: *m.Latitude, Longitude: *m.Longitude, Name: m.Title, Address: m.Address}
	default:
		out.Type, out.Text, out.Platform = normalize.TypeUnsupported, m.Text, "untyped"
		if m.Type != "" {
			out.Platform = shortened(m.Type)
		}
	}
	return out
}

// media is kept by LINE under the message's id, or elsewhere at an address of
// its own.
func (m *message) media(out *normalize.Message, kind normalize.MessageType) {
	a := normalize.Attachment{
		Type: kind, Name: m.FileName, Size: max(m.FileSize, 0), Ref: m.ID,
		Seconds: seconds(m.Duration),
	}
	if m.Provider.Type == "external" && m.Provider.Original != "" {
		a.Ref, a.URL = "", m.Provider.Original
	}
	out.Type, out.Attachments = kind, []normalize.Attachment{a}
}

// seconds turns a duration in ms into whole seconds, at least one.
func seconds(millis float64) int {
	if !(millis > 0 && millis < 1e9) {
		return 0
	}
	return max(int(math.Round(millis/1000)), 1)
}

// sticker names a sticker by its package and number, by which it can be sent,
// with the address of its picture.
func (m *message) sticker(out *normalize.Message) {
	a := normalize.Attachment{Type: normalize.TypeSticker, MIME: "image/png", Ref: m.PackageID + ":" + m.StickerID}
	if number(m.StickerID) {
		// Not documented, but what everybody uses (platforms/line: section 3).
		a.URL = "https://stickershop.line-scdn.net/stickershop/v1/sticker/" + m.StickerID + "/android/sticker.png"
	}
	if len(m.Keywords) > 0 {
		a.Name = m.Keywords[0]
	}
	out.Type, out.Text, out.Attachments = normalize.TypeSticker, m.Text, []normalize.Attachment{a}
}

func number(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// context is what answering the event takes.
func (e *event) context() map[string]string {
	c := map[string]string{}
	if usable(e.ReplyToken) && clock(e.Timestamp) != clock(0) {
		c[contextReply] = e.ReplyToken
		c[contextReplyAt] = strconv.FormatInt(e.Timestamp, 10)
		if e.Delivery.Again {
			c[contextRedelivery] = "true"
		}
	}
	if m := e.Message; m != nil {
		if m.QuoteToken != "" {
			c[contextQuote] = m.QuoteToken
		}
		if m.MarkAsReadToken != "" {
			c[contextRead] = m.MarkAsReadToken
		}
	}
	if len(c) == 0 {
		return nil
	}
	return c
}

// usable tells a reply token from the dummies that old verification webhooks
// carry: one digit over and over (platforms/line: section 8).
func usable(token string) bool {
	for i := range token {
		if token[i] != token[0] {
			return true
		}
	}
	return false
}
