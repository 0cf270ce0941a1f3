package messaging

import (
	"encoding/json"
	"strings"

	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// message reads something that somebody wrote, or took back.
func (p *parser) message(t *turn) {
	m := t.Message
	switch {
	case m.Deleted && m.MID != "":
		// Instagram wants the content gone wherever it was copied to
		// (platforms/instagram: section 2, unsend).
		ev := t.event(normalize.EventDeletion, "del", m.MID)
		ev.Deletion = &normalize.Deletion{Target: normalize.PlatformID(m.MID)}
		p.add(ev)
	case !p.needs(t, "message", m.MID):
	case t.business && p.ours(m):
		p.sent(t)
	default:
		p.say(t, m.MID, p.content(m))
	}
}

// say adds the event of a message, whoever wrote it.
func (p *parser) say(t *turn, id string, msg normalize.Message) {
	msg.ID = normalize.PlatformID(id)
	ev := t.event(normalize.EventMessage, normalize.MessageKey(msg.ID))
	if t.business {
		ev.Type, ev.Mirror = normalize.EventEcho, !p.c.o.Dialect.Metadata
	} else {
		msg.Context = at(t.Timestamp)
	}
	ev.Message = &msg
	p.add(ev)
}

// Names in a message's context.
const (
	contextAt      = "at"      // when it was written, in Unix milliseconds
	contextComment = "comment" // the comment that an answer goes to
)

// at keeps when somebody wrote, on which the form of an answer depends.
func at(s meta.Stamp) map[string]string {
	if s.IsZero() {
		return nil
	}
	return map[string]string{contextAt: stamp(s)}
}

// metadataPrefix begins the metadata of what this hub sends. The message's id
// follows on the last of its parts: what came of the others says nothing of the
// whole.
const metadataPrefix = "threadhub:"

// ours tells an echo of what was sent by a call of ours from one of an answer
// that was written elsewhere, such as in the Page's inbox
// (platforms/messenger: section 3).
func (p *parser) ours(m *message) bool {
	if p.c.o.AppID != "" && m.AppID != "" {
		return string(m.AppID) == p.c.o.AppID
	}
	return strings.HasPrefix(m.Metadata, metadataPrefix)
}

// sent reads the echo of what we sent as the news that it left.
func (p *parser) sent(t *turn) {
	m := t.Message
	ev := t.event(normalize.EventReceipt, "snt", m.MID)
	ev.Receipt = &normalize.Receipt{Target: normalize.PlatformID(m.MID), Status: normalize.StatusSent}
	if ref, ok := strings.CutPrefix(m.Metadata, metadataPrefix); ok {
		ev.Receipt.Ref = ref
	}
	p.add(ev)
}

// content reads what a message says. A text and attachments can come together.
func (p *parser) content(m *message) normalize.Message {
	msg := normalize.Message{Text: m.Text}
	for i := range m.Attachments {
		p.attach(&msg, m, i)
	}
	switch {
	case m.QuickReply != nil:
		msg.Type = normalize.TypeReply
		msg.Reply = &normalize.Choice{Kind: normalize.ChoiceQuickReply, ID: m.QuickReply.Payload, Title: m.Text}
	case m.Order != nil:
		msg.Type, msg.Order = normalize.TypeOrder, m.Order.normal()
	case msg.Type != "":
		// The attachments decided.
	case msg.Text != "":
		msg.Type = normalize.TypeText
	case m.Unsupported:
		msg.Type, msg.Platform = normalize.TypeUnsupported, "unsupported"
	default:
		msg.Type, msg.Platform = normalize.TypeUnsupported, "empty"
	}
	if m.ReplyTo != nil {
		msg.ReplyTo = m.ReplyTo.quote()
		if story := m.ReplyTo.story(); story != nil {
			msg.Referral = story
		}
	}
	if m.Referral != nil {
		msg.Referral = p.normalReferral(m.Referral)
	}
	return msg
}

func (r *replyTo) quote() *normalize.Quote {
	if r.MID == "" {
		return nil
	}
	return &normalize.Quote{ID: normalize.PlatformID(r.MID)}
}

// story is what a reply to a story is about. The address dies with the story,
// after which nothing of it may be kept, so that it is linked and not an
// attachment to be copied (platforms/instagram: section 2).
func (r *replyTo) story() *normalize.Referral {
	if r.Story == nil {
		return nil
	}
	return &normalize.Referral{Source: "story", ID: string(r.Story.ID), MediaURL: r.Story.URL}
}

func (o *order) normal() *normalize.Order {
	out := &normalize.Order{Note: o.Note, Items: make([]normalize.OrderItem, 0, len(o.Products))}
	for _, product := range o.Products {
		id := product.RetailerID
		if id == "" {
			id = product.ID
		}
		out.Items = append(out.Items, normalize.OrderItem{
			ProductID: string(id), Quantity: product.Quantity.Int(), Price: string(product.UnitPrice), Currency: product.Currency,
		})
	}
	return out
}

// commentPrefix marks the id of a comment among those of messages.
const commentPrefix = "comment:"

// comment reads a comment under a post of the account. It is a message from who
// wrote it, to be answered once and in private within seven days
// (platforms/instagram: sections 3 and 5).
func (p *parser) comment(field string, raw json.RawMessage) {
	var v comment
	if !p.decode(field, raw, &v) {
		return
	}
	t := turn{item: &item{Timestamp: p.entry.Time}, raw: raw, peer: normalize.Peer{
		ID: normalize.PeerID(v.From.ID), Username: v.From.Username,
	}}
	if !p.needs(&t, field, string(v.ID)) {
		return
	}
	if string(v.From.ID) == p.account {
		p.news(&t, field, "The account commented: "+v.Text, map[string]string{"id": string(v.ID), "media_id": string(v.Media.ID)})
		return
	}
	msg := normalize.Message{
		Type: normalize.TypeText, Text: v.Text,
		Referral: &normalize.Referral{Source: "comment", ID: string(v.Media.ID)},
	}
	if v.Text == "" {
		msg.Type, msg.Platform = normalize.TypeUnsupported, field
	}
	if v.ParentID != "" {
		msg.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(commentPrefix + string(v.ParentID))}
	}
	p.say(&t, commentPrefix+string(v.ID), msg)
	said := p.events[len(p.events)-1].Message
	if said.Context == nil {
		said.Context = map[string]string{}
	}
	said.Context[contextComment] = string(v.ID)
	// One private reply, within a week (platforms/instagram: section 5).
	said.Window = &normalize.Window{Open: agentFor, Messages: 1}
}
