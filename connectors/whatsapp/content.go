package whatsapp

import (
	"encoding/json"
	"mime"
	"strings"

	"threadhub/normalize"
)

// typeWelcome is sent when somebody opens the chat for the first time, so that
// the business may greet them.
const typeWelcome = "request_welcome"

// content reads what a message says.
func (p *parser) content(c *content) normalize.Message {
	msg, ok := c.body()
	if !ok {
		msg = normalize.Message{Type: normalize.TypeUnsupported, Platform: c.platform()}
		msg.Failure = p.missing()
	}
	if len(c.Errors) > 0 {
		msg.Failure = failure(&c.Errors[0])
	}
	if msg.Failure != nil {
		msg.Failure.Retryable = false // nobody can send it again
	}
	if c.Context != nil {
		addContext(&msg, c.Context)
	}
	if c.Referral != nil {
		msg.Referral = c.Referral.normal()
	}
	return msg
}

// body reads the object that the type names; ok is false when there is nothing
// in it or the type is unfamiliar.
func (c *content) body() (msg normalize.Message, ok bool) {
	switch {
	case c.Type == "text" && c.Text != nil && c.Text.Body != "":
		return normalize.Message{Type: normalize.TypeText, Text: c.Text.Body}, true
	case c.Type == "location" && c.Location != nil:
		l := c.Location
		return normalize.Message{Type: normalize.TypeLocation, Location: &normalize.Location{
			Latitude: l.Latitude, Longitude: l.Longitude, Name: l.Name, Address: l.Address, URL: l.URL,
		}}, true
	case c.Type == "contacts" && len(c.Contacts) > 0:
		return normalize.Message{Type: normalize.TypeContact, Contacts: cards(c.Contacts)}, true
	case c.Type == "button" && c.Button != nil:
		// The quick reply of a template. Its title is the text people read.
		return chosen(normalize.ChoiceQuickReply, c.Button.Payload, c.Button.Text), true
	case c.Type == "interactive" && c.Interactive != nil:
		return c.Interactive.choice()
	case c.Type == "order" && c.Order != nil:
		return normalize.Message{Type: normalize.TypeOrder, Order: c.Order.normal()}, true
	case c.Type == typeWelcome:
		return normalize.Message{Type: normalize.TypeSystem, Platform: typeWelcome}, true
	}
	return c.media()
}

// media reads the types that are a file.
func (c *content) media() (normalize.Message, bool) {
	kind, m := normalize.MessageType(""), (*media)(nil)
	switch c.Type {
	case "image":
		kind, m = normalize.TypeImage, c.Image
	case "video":
		kind, m = normalize.TypeVideo, c.Video
	case "audio":
		kind, m = normalize.TypeAudio, c.Audio
	case "voice":
		kind, m = normalize.TypeAudio, c.Voice
	case "document":
		kind, m = normalize.TypeFile, c.Document
	case "sticker":
		kind, m = normalize.TypeSticker, c.Sticker
	}
	if m == nil || m.ID == "" {
		return normalize.Message{}, false
	}
	// The address that newer webhooks add is left out: it lives for five
	// minutes and wants the access token, so Media asks for a fresh one.
	return normalize.Message{Type: kind, Text: m.Caption, Attachments: []normalize.Attachment{{
		Type: kind, MIME: mediaType(m.MIME), Name: m.Filename, Ref: m.ID, SHA256: m.SHA256,
		Voice: m.Voice || c.Type == "voice",
	}}}, true
}

// mediaType is s without its parameters ("audio/ogg; codecs=opus").
func mediaType(s string) string {
	if !strings.Contains(s, ";") {
		return s
	}
	t, _, err := mime.ParseMediaType(s)
	if err != nil {
		return s
	}
	return t
}

// platform is WhatsApp's name for content that cannot be shown.
func (c *content) platform() string {
	switch {
	case c.Unsupported != nil && c.Unsupported.Type != "":
		return c.Unsupported.Type
	case c.Type == "interactive" && c.Interactive != nil && c.Interactive.Type != "":
		return "interactive:" + c.Interactive.Type
	default:
		return kindOf(c.Type)
	}
}

func chosen(kind normalize.ChoiceKind, id, title string) normalize.Message {
	return normalize.Message{Type: normalize.TypeReply, Text: title, Reply: &normalize.Choice{Kind: kind, ID: id, Title: title}}
}

// choice reads a press of a button, a row of a list or a filled-in form.
func (i *interactive) choice() (normalize.Message, bool) {
	switch {
	case i.Button != nil:
		return chosen(normalize.ChoiceButton, i.Button.ID, i.Button.Title), true
	case i.List != nil:
		return chosen(normalize.ChoiceList, i.List.ID, i.List.Title), true
	case i.Form != nil:
		// The payload we gave a form is its flow token, which comes back
		// among the answers.
		var answers struct {
			Token string `json:"flow_token"`
		}
		id := i.Form.Name
		if json.Unmarshal([]byte(i.Form.JSON), &answers) == nil && answers.Token != "" {
			id = answers.Token
		}
		msg := chosen(normalize.ChoiceForm, id, i.Form.Body)
		msg.Reply.Data = i.Form.JSON
		return msg, true
	}
	return normalize.Message{}, false
}

func (o *order) normal() *normalize.Order {
	out := &normalize.Order{CatalogID: o.CatalogID, Note: o.Text, Items: make([]normalize.OrderItem, 0, len(o.Items))}
	for _, item := range o.Items {
		out.Items = append(out.Items, normalize.OrderItem{
			ProductID: item.ProductID, Quantity: item.Quantity.Int(), Price: string(item.Price), Currency: item.Currency,
		})
	}
	return out
}

func cards(list []card) []normalize.ContactCard {
	out := make([]normalize.ContactCard, 0, len(list))
	for _, c := range list {
		card := normalize.ContactCard{Name: c.Name.Formatted, Company: c.Org.Company, VCard: c.VCard, Own: c.own()}
		if card.Name == "" {
			card.Name = strings.TrimSpace(c.Name.First + " " + c.Name.Last)
		}
		for _, phone := range c.Phones {
			if phone.Phone == "" && phone.WaID != "" {
				phone.Phone = "+" + phone.WaID
			}
			card.Phones = append(card.Phones, phone.Phone)
		}
		for _, e := range c.Emails {
			card.Emails = append(card.Emails, e.Email)
		}
		out = append(out, card)
	}
	return out
}

// own tells a card with which somebody answered a request for their number
// (webhooks: contacts, origin) from one they picked.
func (c *card) own() bool { return c.Origin == "contact_request" }

// ownCard is the number somebody gave as their own, empty if none.
func (c *content) ownCard() string {
	for i := range c.Contacts {
		if c.Contacts[i].own() && len(c.Contacts[i].Phones) > 0 && isNumber(c.Contacts[i].Phones[0].WaID) {
			return c.Contacts[i].Phones[0].WaID
		}
	}
	return ""
}

// addContext adds what a message answers or is about.
func addContext(msg *normalize.Message, c *replyContext) {
	msg.Forwarded = c.Forwarded || c.FrequentlyForwarded
	if c.ID != "" {
		msg.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(c.ID)}
	}
	if c.Product != nil {
		msg.Referral = &normalize.Referral{Source: "product", ID: c.Product.ProductID, Payload: c.Product.CatalogID}
	}
}

func (r *referral) normal() *normalize.Referral {
	out := &normalize.Referral{
		Source: r.SourceType, ID: r.SourceID, URL: r.SourceURL,
		Headline: r.Headline, Body: r.Body, ClickID: r.ClickID,
	}
	for _, address := range []string{r.ImageURL, r.VideoURL, r.ThumbnailURL} {
		if out.MediaURL == "" {
			out.MediaURL = address
		}
	}
	if out.Source == "" {
		out.Source = "ad"
	}
	return out
}
