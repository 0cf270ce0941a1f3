package line

import (
	"encoding/json"
	"time"

	"threadhub/normalize"
)

// envelope is the outside of a webhook. Events stay raw, so that a broken one
// costs its neighbours nothing.
type envelope struct {
	Events []json.RawMessage `json:"events"`
}

// event is one element: the common members, and those of its type
// (platforms/line: section 3).
type event struct {
	Type       string  `json:"type"`
	Mode       string  `json:"mode"`
	Timestamp  int64   `json:"timestamp"` // ms
	Source     *source `json:"source"`
	ID         string  `json:"webhookEventId"`
	ReplyToken string  `json:"replyToken"`
	Delivery   struct {
		Again bool `json:"isRedelivery"`
	} `json:"deliveryContext"`

	Message  *message  `json:"message"`
	Postback *postback `json:"postback"`
	Unsend   *struct {
		MessageID string `json:"messageId"`
	} `json:"unsend"`
	Follow *struct {
		Unblocked bool `json:"isUnblocked"`
	} `json:"follow"`
	Joined *members `json:"joined"`
	Left   *members `json:"left"`

	Video *struct {
		TrackingID string `json:"trackingId"`
	} `json:"videoPlayComplete"`
	Beacon *struct {
		Hardware string `json:"hwid"`
		Type     string `json:"type"`
		Message  string `json:"dm"`
	} `json:"beacon"`
	Link *struct {
		Result string `json:"result"`
		Nonce  string `json:"nonce"`
	} `json:"link"`
	Membership *struct {
		Type string      `json:"type"`
		ID   json.Number `json:"membershipId"`
	} `json:"membership"`
	Module *struct {
		Type string `json:"type"`
		Bot  string `json:"botId"`
	} `json:"module"`
	Notification *struct {
		Data string `json:"data"`
	} `json:"delivery"`
}

// source is where an event comes from, or a member of a group.
type source struct {
	Type    string `json:"type"`
	UserID  string `json:"userId"`
	GroupID string `json:"groupId"`
	RoomID  string `json:"roomId"`
}

type members struct {
	Members []source `json:"members"`
}

type postback struct {
	Data   string          `json:"data"`
	Params json.RawMessage `json:"params"`
}

// message is the content of a message; each type uses some of the members.
type message struct {
	ID              string `json:"id"`
	Type            string `json:"type"`
	QuoteToken      string `json:"quoteToken"`
	QuotedMessageID string `json:"quotedMessageId"`
	MarkAsReadToken string `json:"markAsReadToken"`

	Text     string   `json:"text"`
	Duration float64  `json:"duration"` // ms
	Provider provider `json:"contentProvider"`
	FileName string   `json:"fileName"`
	FileSize int64    `json:"fileSize"`

	Title     string   `json:"title"`
	Address   string   `json:"address"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`

	PackageID string   `json:"packageId"`
	StickerID string   `json:"stickerId"`
	Keywords  []string `json:"keywords"`
}

// provider says where media is: at LINE, or at an address of somebody else's.
type provider struct {
	Type     string `json:"type"`
	Original string `json:"originalContentUrl"`
}

// place is the chat an event belongs to, and who in it. A group may hide who
// wrote (platforms/line: section 8).
func (s *source) place() (peer normalize.Peer, author *normalize.Author) {
	if s == nil {
		return peer, nil
	}
	switch {
	case s.GroupID != "":
		peer = normalize.Peer{ID: normalize.PeerID(s.GroupID), Kind: normalize.PeerGroup}
	case s.RoomID != "":
		peer = normalize.Peer{ID: normalize.PeerID(s.RoomID), Kind: normalize.PeerGroup}
	default:
		return normalize.Peer{ID: normalize.PeerID(s.UserID)}, nil
	}
	if s.UserID != "" {
		author = &normalize.Author{ID: normalize.PeerID(s.UserID)}
	}
	return peer, author
}

// newest is the last moment that LINE may name: 2100-01-01, in ms.
const newest = 4_102_444_800_000

// clock turns a time of LINE's into one of ours; nonsense is no time.
func clock(millis int64) time.Time {
	if millis <= 0 || millis >= newest {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
