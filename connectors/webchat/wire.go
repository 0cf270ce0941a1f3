package webchat

import (
	"encoding/json"
	"time"

	"threadhub/normalize"
)

// Delivery is what a visitor did, as the hub journals it. Everything in it was
// checked by the hub before.
type Delivery struct {
	At      time.Time `json:"at"`
	Visitor Visitor   `json:"visitor"`
	Items   []Item    `json:"items"`
}

// Visitor is who did it.
type Visitor struct {
	// ID is the hub's name for the browser or app.
	ID string `json:"id"`
	// ExternalID is the site's user, when the site vouched for them.
	ExternalID string `json:"external_id,omitempty"`
	Name       string `json:"name,omitempty"`
	Locale     string `json:"locale,omitempty"`
}

// ItemType says what an [Item] is.
type ItemType string

// Types of item.
const (
	ItemMessage    ItemType = "message"
	ItemDelivered  ItemType = "delivered"  // the messages named were fetched
	ItemRead       ItemType = "read"       // the message named and those before it were looked at
	ItemIdentified ItemType = "identified" // the site vouched for a visitor who had written before
	ItemEnded      ItemType = "ended"      // the visitor ended the chat
	ItemTyping     ItemType = "typing"     // the visitor is typing
	ItemPage       ItemType = "page"       // the visitor looks at a page
)

// Item is one thing that a visitor did. Fields belong to the types named.
type Item struct {
	Type ItemType `json:"type"`
	// ID makes an ItemEnded or ItemPage recognisable; ClientID a message of the
	// visitor's.
	ID       string `json:"id,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	// Messages are the ids of messages to the visitor (ItemDelivered, ItemRead).
	Messages []string `json:"messages,omitempty"`

	// ItemMessage.
	Text     string              `json:"text,omitempty"`
	Files    []File              `json:"files,omitempty"`
	Location *normalize.Location `json:"location,omitempty"`
	Choice   *normalize.Choice   `json:"choice,omitempty"`
	ReplyTo  string              `json:"reply_to,omitempty"`
	// Page is where the visitor was (ItemMessage, ItemPage).
	Page *Page `json:"page,omitempty"`
}

// File is a visitor's file, kept by the hub.
type File struct {
	URL  string `json:"url"`
	MIME string `json:"mime"`
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// Page is a page of the site.
type Page struct {
	URL      string `json:"url,omitempty"`
	Title    string `json:"title,omitempty"`
	Referrer string `json:"referrer,omitempty"`
}

// MessageID is the id of the message that the visitor sent under a client's
// own id: the same for the same message, however often it is sent.
func MessageID(visitor, clientID string) normalize.PlatformID {
	return normalize.PlatformID(visitor + ":" + clientID)
}

// Peers are the names of a visitor on the channel, the leading one first: the
// site's user when there is one, otherwise the browser.
func (v Visitor) Peers() []normalize.PeerID {
	browser := normalize.PeerID(v.ID)
	if v.ExternalID == "" {
		return []normalize.PeerID{browser}
	}
	return []normalize.PeerID{normalize.PeerID("user:" + v.ExternalID), browser}
}

// Peer is the visitor as threading knows them.
func (v Visitor) Peer() normalize.Peer {
	names, verified := v.Peers(), v.ExternalID != ""
	return normalize.Peer{ID: names[0], Aliases: names[1:], Name: v.Name, Locale: v.Locale, Verified: &verified}
}

// received is a Delivery of which each item is read by itself, so that one that
// cannot be read leaves its neighbours alone.
type received struct {
	At      time.Time         `json:"at"`
	Visitor Visitor           `json:"visitor"`
	Items   []json.RawMessage `json:"items"`
}
