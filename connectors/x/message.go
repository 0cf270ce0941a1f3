package x

import (
	"cmp"
	"encoding/json"
	"math"
	"strings"

	"threadhub/normalize"
)

// said reads a message: the peer's, or one of the account's own. X reports what
// was sent through the API too and does not tell the two apart.
func (p *parser) said(raw json.RawMessage, d *direct) {
	if reason := p.odd(d); reason != "" {
		p.unknown(raw, cmp.Or(d.Type, "direct_message_events"), reason)
		return
	}
	c := d.Create
	m := c.Data.content()
	m.ID = normalize.PlatformID(d.ID)
	if d.Via != nil && d.Via.TweetID != "" {
		m.Referral = &normalize.Referral{Source: "post", ID: d.Via.TweetID}
	} else if d.Via != nil && d.Via.WelcomeID != "" {
		m.Referral = &normalize.Referral{Source: "welcome_message", ID: d.Via.WelcomeID}
	}
	e := normalize.Event{Key: normalize.MessageKey(m.ID), Type: normalize.EventMessage, At: clock(d.At), Message: m}
	if c.SenderID == p.own {
		e.Type, e.Mirror, e.Peer = normalize.EventEcho, true, p.peer(c.Target.RecipientID)
	} else {
		e.Peer = p.peer(c.SenderID)
	}
	p.add(e)
}

// odd says why an item is no message, if it is none.
func (p *parser) odd(d *direct) string {
	switch c := d.Create; {
	case d.Type != "message_create" || c == nil:
		return "no message is in it"
	case d.ID == "":
		return "a message without its id"
	case c.SenderID == p.own && c.Target.RecipientID == "", c.SenderID == "":
		return "it names nobody"
	}
	return ""
}

// peer is a person with what the webhook says of them.
func (p *parser) peer(id string) normalize.Peer {
	u := p.users[id]
	return u.peer(id)
}

// peer is the person under an id, which is known even where nothing else is.
func (u *user) peer(id string) normalize.Peer {
	if u.Data != nil {
		u = u.Data
	}
	return normalize.Peer{
		ID: normalize.PeerID(id), Name: u.Name, Username: cmp.Or(u.Username, u.ScreenName),
		AvatarURL: cmp.Or(u.Picture, u.OldPicture),
	}
}

// content is what a message says.
func (m *message) content() *normalize.Message {
	words := m.words()
	out := &normalize.Message{Type: normalize.TypeText, Text: words}
	switch {
	case m.QuickReply != nil && m.QuickReply.Metadata != "":
		out.Type, out.Text = normalize.TypeReply, ""
		out.Reply = &normalize.Choice{Kind: normalize.ChoiceQuickReply, ID: m.QuickReply.Metadata, Title: words}
	case m.Attachment != nil:
		m.Attachment.put(out)
	case words == "":
		out.Type, out.Platform = normalize.TypeUnsupported, "message_create"
	}
	return out
}

// words is the text as it was written: links in full, the one to the media
// left out, and the three characters that X escapes as they are.
func (m *message) words() string {
	s := m.Text
	if a := m.Attachment; a != nil && a.Media != nil && a.Media.Short != "" {
		s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), a.Media.Short))
	}
	s = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
	for _, u := range m.Entities.URLs {
		if u.URL != "" && u.Expanded != "" {
			s = strings.ReplaceAll(s, u.URL, u.Expanded)
		}
	}
	return s
}

// put adds what is attached to a message.
func (a *attachment) put(out *normalize.Message) {
	switch {
	case a.Type == "media" && a.Media != nil:
		if att, ok := a.file(); ok {
			out.Type, out.Attachments = att.Type, []normalize.Attachment{att}
			return
		}
	case a.Type == "location" && a.Location != nil:
		if place, ok := a.place(); ok {
			out.Type, out.Location = normalize.TypeLocation, place
			return
		}
	}
	out.Type, out.Platform = normalize.TypeUnsupported, shortened(cmp.Or(a.Type, "attachment"))
}

// file is the media: a picture, or the best MP4 of a video.
func (a *attachment) file() (normalize.Attachment, bool) {
	att := normalize.Attachment{Type: normalize.TypeImage, URL: a.Media.URL}
	if a.Media.Type == "photo" || a.Media.Video == nil {
		return att, att.URL != ""
	}
	att = normalize.Attachment{Type: normalize.TypeVideo}
	best := int64(-1)
	for _, v := range a.Media.Video.Variants {
		if v.MIME == "video/mp4" && v.Bitrate > best && v.URL != "" {
			best, att.URL, att.MIME = v.Bitrate, v.URL, v.MIME
		}
	}
	const longest = 24 * 60 * 60
	att.Seconds = int(min(max(a.Media.Video.Millis, 0)/1000, longest))
	return att, att.URL != ""
}

// place is a position. A place that is only named has none.
func (a *attachment) place() (*normalize.Location, bool) {
	c := a.Location.Coordinate
	if c == nil || len(c.Coordinates.Coordinates) != 2 {
		return nil, false
	}
	l := &normalize.Location{Latitude: c.Coordinates.Coordinates[1], Longitude: c.Coordinates.Coordinates[0]}
	if p := a.Location.Place; p != nil {
		l.Name, l.Address, l.URL = p.Place.Name, p.Place.Full, p.Place.URL
	}
	return l, math.Abs(l.Latitude) <= 90 && math.Abs(l.Longitude) <= 180
}
