package normalize

import "time"

// MessageType names what a message mainly is. One with text and media has the
// media's type and the caption as its text.
type MessageType string

// Types of message.
const (
	TypeText        MessageType = "text"
	TypeImage       MessageType = "image"
	TypeAudio       MessageType = "audio"
	TypeVideo       MessageType = "video"
	TypeFile        MessageType = "file"
	TypeSticker     MessageType = "sticker"
	TypeLocation    MessageType = "location"
	TypeContact     MessageType = "contact"
	TypeReply       MessageType = "reply"
	TypeOrder       MessageType = "order"
	TypeTemplate    MessageType = "template"
	TypeSystem      MessageType = "system"
	TypeUnsupported MessageType = "unsupported"
)

// Message is the content of one message, in either direction.
type Message struct {
	// ID is the platform's id; empty for a message that has not left yet.
	ID   PlatformID  `json:"id,omitempty"`
	Type MessageType `json:"type"`
	Text string      `json:"text,omitempty"`
	// Author is who wrote it inside a group chat; nil means the peer itself.
	Author      *Author       `json:"author,omitempty"`
	Attachments []Attachment  `json:"attachments,omitempty"`
	Location    *Location     `json:"location,omitempty"`
	Contacts    []ContactCard `json:"contacts,omitempty"`
	Reply       *Choice       `json:"reply,omitempty"`
	ReplyTo     *Quote        `json:"reply_to,omitempty"`
	Referral    *Referral     `json:"referral,omitempty"`
	Order       *Order        `json:"order,omitempty"`
	Forwarded   bool          `json:"forwarded,omitempty"`
	// Platform is the platform's own name for the content, set when Type is
	// unsupported or system.
	Platform string `json:"platform_type,omitempty"`
	// Failure is why the platform could not hand over the content.
	Failure *Failure `json:"failure,omitempty"`
	// Context is what the connector needs back to answer this very message
	// (a reply token, a thread or topic id). Nobody else reads it.
	Context map[string]string `json:"context,omitempty"`
	// Window is set on an inbound message that opens another reply window than
	// the channel's: a comment, the tap on a menu.
	Window *Window `json:"window,omitempty"`

	// Outbound only.
	Buttons  []Button  `json:"buttons,omitempty"`
	List     *List     `json:"list,omitempty"`
	Template *Template `json:"template,omitempty"`
}

// Author is a member of a group chat, or whoever set a reaction.
type Author struct {
	ID   PeerID `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Attachment is a piece of media. Inbound it names where the platform keeps it
// (Ref or URL); outbound it is a URL the platform can fetch.
type Attachment struct {
	Type MessageType `json:"type"` // image, audio, video, file or sticker
	MIME string      `json:"mime,omitempty"`
	Name string      `json:"name,omitempty"`
	Size int64       `json:"size,omitempty"` // bytes, 0 unknown
	// URL is a public or short-lived address of the bytes.
	URL string `json:"url,omitempty"`
	// Ref is the platform's media id; the connector turns it into calls.
	Ref     string `json:"ref,omitempty"`
	Caption string `json:"caption,omitempty"`
	SHA256  string `json:"sha256,omitempty"`  // hex or base64, as the platform gives it
	Voice   bool   `json:"voice,omitempty"`   // a voice note, not a music file
	Seconds int    `json:"seconds,omitempty"` // duration
	Width   int    `json:"width,omitempty"`   // pixels
	Height  int    `json:"height,omitempty"`
	Emoji   string `json:"emoji,omitempty"` // what a sticker stands for
}

// Location is a place on earth, in degrees (WGS 84).
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
}

// ContactCard is a business card sent as content.
type ContactCard struct {
	Name    string   `json:"name"`
	Phones  []string `json:"phones,omitempty"`
	Emails  []string `json:"emails,omitempty"`
	Company string   `json:"company,omitempty"`
	VCard   string   `json:"vcard,omitempty"`
	// Own is set when the platform vouches that the card is the sender's own
	// number (Telegram's request_contact).
	Own bool `json:"own,omitempty"`
}

// ChoiceKind says what was pressed.
type ChoiceKind string

// Kinds of choice.
const (
	ChoiceButton     ChoiceKind = "button"
	ChoiceList       ChoiceKind = "list"
	ChoiceQuickReply ChoiceKind = "quick_reply"
	ChoicePostback   ChoiceKind = "postback"
	ChoiceForm       ChoiceKind = "form"
)

// Choice is a press of something we offered; ID is the payload we gave it.
type Choice struct {
	Kind  ChoiceKind `json:"kind"`
	ID    string     `json:"id"`
	Title string     `json:"title,omitempty"`
	Data  string     `json:"data,omitempty"` // JSON of a filled-in form
}

// Quote is the message being answered.
type Quote struct {
	ID   PlatformID `json:"id,omitempty"`
	Text string     `json:"text,omitempty"`
}

// Referral is how the peer came to the channel: an ad, a link, a start code.
type Referral struct {
	Source   string `json:"source"` // ad, post, link, start, product …
	ID       string `json:"id,omitempty"`
	URL      string `json:"url,omitempty"`
	Headline string `json:"headline,omitempty"`
	Body     string `json:"body,omitempty"`
	ClickID  string `json:"click_id,omitempty"`
	Payload  string `json:"payload,omitempty"`
	MediaURL string `json:"media_url,omitempty"`
}

// Order is a cart sent from a catalogue.
type Order struct {
	CatalogID string      `json:"catalog_id,omitempty"`
	Note      string      `json:"note,omitempty"`
	Items     []OrderItem `json:"items"`
}

// OrderItem is one line of an [Order].
type OrderItem struct {
	ProductID string `json:"product_id"`
	Quantity  int    `json:"quantity"`
	Price     string `json:"price,omitempty"` // decimal, as the platform wrote it
	Currency  string `json:"currency,omitempty"`
}

// Button is offered under a message: a reply when URL is empty, else a link.
type Button struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
}

// List is a menu of rows that opens from one button.
type List struct {
	Button   string    `json:"button,omitempty"`
	Sections []Section `json:"sections"`
}

// Section groups the rows of a [List].
type Section struct {
	Title string `json:"title,omitempty"`
	Rows  []Row  `json:"rows"`
}

// Row is one choice of a [List].
type Row struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// Template is a message the platform approved beforehand. Components is JSON
// in the platform's own form, passed through.
type Template struct {
	Name       string `json:"name"`
	Language   string `json:"language"`
	Components []any  `json:"components,omitempty"`
}

// Outbound is a message on its way to a peer, already fitted to the channel:
// Parts are sent in order, each by one or more calls.
type Outbound struct {
	// ID is the hub's message id. Connectors hand it to platforms that
	// return it in receipts or use it as an idempotency key.
	ID    string    `json:"id"`
	To    Peer      `json:"to"`
	Parts []Message `json:"parts"`
	// Context is that of the peer's latest message (see Message.Context).
	Context map[string]string `json:"context,omitempty"`
	// LastInbound is the peer's latest message, for platforms that mark it
	// read or tie their typing sign to it.
	LastInbound PlatformID `json:"last_inbound,omitempty"`
	// Now is the time of the attempt, for connectors (which read no clock) that
	// have to tell whether a reply token in Context can still be good.
	Now time.Time `json:"now,omitzero"`
}

// Exchange is what is kept of a call that was carried out: enough to go on
// with the next one after a crash.
type Exchange struct {
	Name string            `json:"name"`           // the call's operation
	Part int               `json:"part"`           // index in Outbound.Parts
	IDs  []PlatformID      `json:"ids,omitempty"`  // the platform's ids of what it sent
	Data map[string]string `json:"data,omitempty"` // what the connector asked to be given back
}
