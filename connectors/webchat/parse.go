package webchat

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads a [Delivery].
func (w *Widget) Parse(req *connectors.Request) ([]normalize.Event, error) {
	var d received
	if err := json.Unmarshal(req.Body, &d); err != nil {
		return nil, fmt.Errorf("read a visitor's delivery: %w", connectors.ErrMalformed)
	}
	at := d.At.UTC().Truncate(time.Millisecond)
	if d.Visitor.ID == "" || len(d.Items) == 0 || at.Year() < 1970 || at.Year() > 9999 {
		return nil, fmt.Errorf("read a visitor's delivery: no visitor, time or items: %w", connectors.ErrMalformed)
	}
	p := parser{at: at, visitor: d.Visitor}
	for i, raw := range d.Items {
		p.item(i, raw)
	}
	return p.events, nil
}

// parser collects the events of one delivery.
type parser struct {
	at      time.Time
	visitor Visitor
	events  []normalize.Event
}

func (p *parser) add(e normalize.Event) {
	e.Peer, e.At = p.visitor.Peer(), p.at
	p.events = append(p.events, e)
}

// key is of an item that has no id of its own.
func (p *parser) key(kind, id string, i int) string {
	if id == "" {
		id = strconv.FormatInt(p.at.UnixMilli(), 10) + "/" + strconv.Itoa(i)
	}
	return kind + ":" + p.visitor.ID + "/" + id
}

func (p *parser) item(i int, raw json.RawMessage) {
	var it Item
	if err := json.Unmarshal(raw, &it); err != nil {
		p.unknown(i, "unreadable", "the item cannot be read")
		return
	}
	switch it.Type {
	case ItemMessage:
		p.message(i, it)
	case ItemDelivered:
		p.delivered(i, it)
	case ItemRead:
		p.read(i, it)
	case ItemIdentified:
		p.identified(i)
	case ItemEnded:
		p.add(normalize.Event{Key: p.key("end", it.ID, i), Type: normalize.EventEnded})
	case ItemTyping:
		p.add(normalize.Event{Key: p.key("typ", it.ID, i), Type: normalize.EventTyping})
	case ItemPage:
		p.page(i, it)
	default:
		p.unknown(i, string(it.Type), "")
	}
}

func (p *parser) unknown(i int, kind, reason string) {
	if kind == "" {
		kind = "untyped"
	}
	p.add(normalize.Event{Key: p.key("unk", "", i), Type: normalize.EventUnknown, Unknown: &normalize.Unknown{Kind: kind, Reason: reason}})
}

func (p *parser) message(i int, it Item) {
	m := normalize.Message{Type: normalize.TypeText, Text: it.Text, Location: it.Location, Reply: it.Choice}
	for _, f := range it.Files {
		m.Attachments = append(m.Attachments, normalize.Attachment{Type: mediaType(f.MIME), URL: f.URL, MIME: f.MIME, Name: f.Name, Size: f.Size})
	}
	switch {
	case len(m.Attachments) > 0:
		m.Type = m.Attachments[0].Type
	case m.Location != nil:
		m.Type = normalize.TypeLocation
	case m.Reply != nil:
		m.Type = normalize.TypeReply
	}
	if it.ReplyTo != "" {
		m.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(it.ReplyTo)}
	}
	if it.Page != nil && it.Page.URL != "" {
		m.Referral = &normalize.Referral{Source: "page", URL: it.Page.URL, Headline: it.Page.Title, Body: it.Page.Referrer}
	}
	if it.ClientID == "" {
		p.unknown(i, string(it.Type), "a message without a client_id")
		return
	}
	m.ID = MessageID(p.visitor.ID, it.ClientID)
	ev := normalize.Event{Key: normalize.MessageKey(m.ID), Type: normalize.EventMessage, Message: &m}
	ev.Peer = p.visitor.Peer()
	if err := ev.Validate(); err != nil {
		p.unknown(i, string(it.Type), "a message without content, or with an unreadable one")
		return
	}
	p.add(ev)
}

// mediaType is what a file is shown as, by the type that its bytes have.
func mediaType(mime string) normalize.MessageType {
	family, kind, _ := strings.Cut(mime, "/")
	switch {
	case family == "image" && !strings.HasPrefix(kind, "svg"):
		return normalize.TypeImage
	case family == "audio":
		return normalize.TypeAudio
	case family == "video":
		return normalize.TypeVideo
	}
	return normalize.TypeFile
}

func (p *parser) delivered(i int, it Item) {
	if len(it.Messages) == 0 {
		p.unknown(i, string(it.Type), "a receipt for nothing")
	}
	for n, id := range it.Messages {
		p.receipt(i, n, normalize.Receipt{Target: normalize.PlatformID(id), Ref: id, Status: normalize.StatusDelivered})
	}
}

func (p *parser) read(i int, it Item) {
	if len(it.Messages) == 0 {
		p.unknown(i, string(it.Type), "a receipt for nothing")
	}
	for n, id := range it.Messages {
		p.receipt(i, n, normalize.Receipt{Target: normalize.PlatformID(id), Ref: id, Status: normalize.StatusRead, Earlier: true})
	}
}

func (p *parser) receipt(i, n int, r normalize.Receipt) {
	if r.Target == "" {
		p.unknown(i, string(r.Status)+strconv.Itoa(n), "a receipt for nothing")
		return
	}
	p.add(normalize.Event{Key: "rct:" + string(r.Status) + "/" + string(r.Target), Type: normalize.EventReceipt, Receipt: &r})
}

// identified says that the browser is the site's user. The user's name leads
// from here on.
func (p *parser) identified(i int) {
	names := p.visitor.Peers()
	if len(names) < 2 {
		p.unknown(i, string(ItemIdentified), "nobody vouched for the visitor")
		return
	}
	p.add(normalize.Event{Key: "idn:" + string(names[0]) + "/" + string(names[1]), Type: normalize.EventIdentity, Identity: &normalize.Identity{
		Former: names[1:], Text: "The site vouches for the visitor",
	}})
}

func (p *parser) page(i int, it Item) {
	n := &normalize.Notice{Kind: "page", Text: "The visitor looks at a page", Data: map[string]string{}}
	if it.Page != nil {
		for name, value := range map[string]string{"url": it.Page.URL, "title": it.Page.Title, "referrer": it.Page.Referrer} {
			if value != "" {
				n.Data[name] = value
			}
		}
	}
	p.add(normalize.Event{Key: p.key("page", it.ID, i), Type: normalize.EventChannel, Notice: n})
}
