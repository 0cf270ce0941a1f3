package messaging

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"threadhub/normalize"
)

// attach adds the attachment at index i to the message. The first that decides
// the message's type does (platforms/messenger: section 3; instagram: section 2).
func (p *parser) attach(msg *normalize.Message, m *message, i int) {
	a := &m.Attachments[i]
	switch a.Type {
	case "image", "video", "audio", "file", "sticker":
		file(msg, m.MID, a, i)
	case "location":
		place(msg, a)
	case "fallback":
		link(msg, a)
	case "share", "post", "ig_post", "media":
		share(msg, a, normalize.TypeImage)
	case "reel", "ig_reel":
		share(msg, a, normalize.TypeVideo)
	case "story", "ig_story", "story_mention":
		fleeting(msg, a)
	case "like_heart":
		say(msg, "❤️")
	case "template":
		template(msg, a)
	case "appointment_booking":
		appointment(msg, a)
	default:
		strange(msg, a)
	}
}

// become gives the message a type, unless another attachment did before.
func become(msg *normalize.Message, kind normalize.MessageType) {
	if msg.Type == "" || msg.Type == normalize.TypeUnsupported {
		msg.Type, msg.Platform = kind, ""
	}
}

// say adds a line to the text unless it is in it.
func say(msg *normalize.Message, line string) {
	if line != "" && !strings.Contains(msg.Text, line) {
		msg.Text = lines(msg.Text, line)
	}
}

// thumb tells the three sizes of the thumb that people send with one press.
func thumb(sticker string) bool {
	return sticker == "369239263222822" || sticker == "369239343222814" || sticker == "369239383222810"
}

// file reads media that is fetched from its address. Where the platform gave
// none, as it does to some accounts in Europe and Japan, the message itself may
// still name it when asked (platforms/messenger: sections 7 and 8).
func file(msg *normalize.Message, mid string, a *attachment, index int) {
	kind := normalize.MessageType(a.Type)
	if a.Payload.StickerID != "" {
		kind = normalize.TypeSticker // an image to old versions
	}
	att := normalize.Attachment{Type: kind, URL: a.address()}
	if thumb(string(a.Payload.StickerID)) {
		att.Emoji = "👍"
		say(msg, att.Emoji)
	}
	switch {
	case att.URL == "" && att.Emoji != "":
		return
	case att.URL == "":
		att.Ref = mid + refMark + strconv.Itoa(index)
	}
	become(msg, kind)
	msg.Attachments = append(msg.Attachments, att)
}

// address is where the attachment is, on the web or a media host.
func (a *attachment) address() string {
	address := a.Payload.URL
	if address == "" {
		address = a.URL
	}
	if strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") {
		return "https://www.facebook.com" + address // reels come like this
	}
	return address
}

func (a *attachment) title() string {
	if a.Payload.Title != "" {
		return a.Payload.Title
	}
	return a.Title
}

func place(msg *normalize.Message, a *attachment) {
	if a.Payload.Coordinates == nil {
		link(msg, a)
		return
	}
	become(msg, normalize.TypeLocation)
	msg.Location = &normalize.Location{
		Latitude: a.Payload.Coordinates.Latitude, Longitude: a.Payload.Coordinates.Longitude, Name: a.title(), URL: a.address(),
	}
}

// link reads a page that was shared, of which there is a title and an address
// at best. The text usually holds the address already.
func link(msg *normalize.Message, a *attachment) {
	title, address := a.title(), a.address()
	switch {
	case msg.Text != "" && (address == "" || strings.Contains(msg.Text, "://")):
		// What people wrote stays as they wrote it.
	case title == "" && address == "":
		strange(msg, a)
	default:
		say(msg, title)
		say(msg, address)
	}
}

// share reads a post or a reel. Its address is that of the media on one
// platform and of a page to look at on the other.
func share(msg *normalize.Message, a *attachment, kind normalize.MessageType) {
	address := a.address()
	if address == "" || isPage(address) {
		link(msg, a)
		return
	}
	become(msg, kind)
	msg.Attachments = append(msg.Attachments, normalize.Attachment{Type: kind, URL: address, Caption: a.title()})
}

// isPage tells the address of something to look at from that of a file.
func isPage(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, prefix := range []string{"www.", "m.", "web."} {
		host = strings.TrimPrefix(host, prefix)
	}
	return host == "facebook.com" || host == "instagram.com" || host == "fb.watch"
}

// fleeting reads a story: see replyTo.story for why it is no attachment. What
// was written beside it is what the message says.
func fleeting(msg *normalize.Message, a *attachment) {
	msg.Referral = &normalize.Referral{Source: a.Type, Headline: a.title(), MediaURL: a.address()}
	if msg.Type == "" && msg.Text == "" {
		msg.Type, msg.Platform = normalize.TypeSystem, a.Type
	}
}

// template reads what an app sent, or a product that a person shared.
func template(msg *normalize.Message, a *attachment) {
	say(msg, a.Payload.Text)
	elements := a.Payload.Elements
	if a.Payload.Product != nil {
		elements = a.Payload.Product.Elements
		if len(elements) > 0 {
			e := elements[0]
			id := e.RetailerID
			if id == "" {
				id = e.ID
			}
			msg.Referral = &normalize.Referral{Source: "product", ID: string(id), Headline: e.Title, Body: e.Subtitle, MediaURL: e.ImageURL}
		}
	}
	for _, e := range elements {
		say(msg, e.Title)
		say(msg, e.Subtitle)
	}
	if len(elements) == 0 && a.Payload.Text == "" {
		strange(msg, a)
	}
}

func appointment(msg *normalize.Message, a *attachment) {
	when := ""
	if !a.Payload.Start.IsZero() {
		when = a.Payload.Start.Format(time.RFC3339)
		if !a.Payload.End.IsZero() {
			when += " – " + a.Payload.End.Format(time.RFC3339)
		}
	}
	say(msg, strings.Join(strings.Fields(a.Payload.Status+" "+when+" "+a.Payload.Timezone), " "))
	become(msg, normalize.TypeSystem)
	if msg.Type == normalize.TypeSystem {
		msg.Platform = a.Type
	}
}

// strange keeps what this connector does not read, with its address.
func strange(msg *normalize.Message, a *attachment) {
	if msg.Type == "" {
		msg.Type, msg.Platform = normalize.TypeUnsupported, a.Type
		if a.Type == "" {
			msg.Platform = "untyped"
		}
	}
	say(msg, a.title())
	if address := a.address(); address != "" {
		msg.Attachments = append(msg.Attachments, normalize.Attachment{Type: normalize.TypeFile, URL: address})
	}
}
