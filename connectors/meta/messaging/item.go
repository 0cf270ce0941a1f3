package messaging

import (
	"strconv"
	"strings"

	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// edit reads new words for an earlier message (platforms/instagram: section 2).
func (p *parser) edit(t *turn) {
	e := t.Edit
	switch {
	case !p.needs(t, "message_edit", e.MID):
		return
	case e.Text == "":
		p.unknown("message_edit", "an edit without a text", t.raw)
		return
	}
	ev := t.event(normalize.EventEdit, "edt", e.MID, string(e.Number))
	if e.Number == "" {
		ev.Key = meta.Digest("edt:"+e.MID+":", e.Text)
	}
	target := normalize.PlatformID(e.MID)
	ev.Edit = &normalize.Edit{
		Target: target, Message: normalize.Message{ID: target, Type: normalize.TypeText, Text: e.Text}, Echo: t.business,
	}
	p.add(ev)
}

// reaction reads an emoji set on a message, or taken back.
func (p *parser) reaction(t *turn) {
	r := t.Reaction
	if !p.needs(t, "reaction", r.MID) {
		return
	}
	emoji := ""
	switch r.Action {
	case "react":
		if emoji = r.emoji(); emoji == "" {
			p.unknown("reaction", "a reaction without an emoji", t.raw)
			return
		}
	case "unreact":
	default:
		p.unknown("reaction", "neither set nor taken back", t.raw)
		return
	}
	ev := t.event(normalize.EventReaction, "rea", r.MID, string(t.Sender.ID), stamp(t.Timestamp))
	ev.Reaction = &normalize.Reaction{Target: normalize.PlatformID(r.MID), Emoji: emoji}
	ev.Reaction.Business = t.business
	p.add(ev)
}

// emoji is the reaction's own, or the one that its name stands for.
func (r *reaction) emoji() string {
	if r.Emoji != "" {
		return r.Emoji
	}
	switch r.Name {
	case "love":
		return "❤️"
	case "like":
		return "👍"
	case "dislike":
		return "👎"
	case "smile":
		return "😆"
	case "wow":
		return "😮"
	case "sad":
		return "😢"
	case "angry":
		return "😠"
	}
	return ""
}

// delivery reads that messages arrived: those named, and everything up to the
// watermark (platforms/messenger: section 3).
func (p *parser) delivery(t *turn) {
	d := t.Delivery
	if len(d.MIDs) == 0 && d.Watermark.IsZero() {
		p.unknown("delivery", "it names no message", t.raw)
		return
	}
	for _, mid := range d.MIDs {
		if mid == "" {
			p.unknown("delivery", "an empty id among others", t.raw)
			continue
		}
		ev := t.event(normalize.EventReceipt, "dlv", mid)
		if ev.At.IsZero() || !d.Watermark.IsZero() {
			ev.At = d.Watermark.Time
		}
		ev.Receipt = &normalize.Receipt{Target: normalize.PlatformID(mid), Status: normalize.StatusDelivered}
		p.add(ev)
	}
	if !d.Watermark.IsZero() {
		p.watermark(t, "dlw", d.Watermark, normalize.StatusDelivered)
	}
}

// read reads that the person saw messages: everything up to a watermark on
// Messenger, up to a message on Instagram.
func (p *parser) read(t *turn) {
	r := t.Read
	switch {
	case t.business:
		// Somebody opened the thread in the platform's own inbox.
		p.news(t, "read", "Read in the platform's own inbox", nil)
	case r.MID != "":
		ev := t.event(normalize.EventReceipt, "red", r.MID)
		ev.Receipt = &normalize.Receipt{Target: normalize.PlatformID(r.MID), Status: normalize.StatusRead, Earlier: true}
		p.add(ev)
	case !r.Watermark.IsZero():
		p.watermark(t, "rdw", r.Watermark, normalize.StatusRead)
	default:
		p.unknown("read", "it names no message", t.raw)
	}
}

func (p *parser) watermark(t *turn, kind string, at meta.Stamp, status normalize.Status) {
	if !p.needs(t, string(status), "watermark") {
		return
	}
	ev := t.event(normalize.EventReceipt, kind, string(t.peer.ID), stamp(at))
	ev.Receipt = &normalize.Receipt{Status: status, UpTo: at.Time}
	p.add(ev)
}

// postback reads the press of a button, a menu entry or an ice breaker.
func (p *parser) postback(t *turn) {
	b := t.Postback
	if !p.needs(t, "postback", "postback") {
		return
	}
	id := b.MID
	if id == "" {
		id = own(meta.Digest("postback:", string(t.peer.ID), stamp(t.Timestamp), b.Payload))
	}
	msg := normalize.Message{
		Type: normalize.TypeReply, Text: b.Title,
		Reply: &normalize.Choice{Kind: normalize.ChoicePostback, ID: b.Payload, Title: b.Title},
	}
	if b.Referral != nil {
		msg.Referral = p.normalReferral(b.Referral)
	}
	p.say(t, id, msg)
}

// ownPrefix marks the ids of messages that the platform gave none. They cannot
// be quoted.
const ownPrefix = "own:"

func own(id string) string { return ownPrefix + id }

func stamp(s meta.Stamp) string {
	if s.IsZero() {
		return "0"
	}
	return strconv.FormatInt(s.UnixMilli(), 10)
}

// lines joins those that are not empty.
func lines(all ...string) string {
	var kept []string
	for _, line := range all {
		if line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
