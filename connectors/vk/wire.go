package vk

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// envelope is the outside of a webhook.
type envelope struct {
	Type    string          `json:"type"`
	Object  json.RawMessage `json:"object"`
	GroupID int64           `json:"group_id"`
	EventID string          `json:"event_id"`
}

// newMessage is the object of message_new. Before API 5.103 the message itself
// stood there.
type newMessage struct {
	Message *message    `json:"message"`
	Client  *clientInfo `json:"client_info"`
}

type clientInfo struct {
	Language *int `json:"lang_id"`
}

type message struct {
	ID          int64             `json:"id"`
	Date        int64             `json:"date"`
	UpdateTime  int64             `json:"update_time"`
	PeerID      int64             `json:"peer_id"`
	FromID      int64             `json:"from_id"`
	Out         int               `json:"out"`
	InChat      int64             `json:"conversation_message_id"`
	RandomID    int64             `json:"random_id"`
	AdminID     int64             `json:"admin_author_id"`
	Text        string            `json:"text"`
	Attachments []json.RawMessage `json:"attachments"`
	Forwarded   []message         `json:"fwd_messages"`
	ReplyTo     *message          `json:"reply_message"`
	Payload     json.RawMessage   `json:"payload"`
	Ref         string            `json:"ref"`
	RefSource   string            `json:"ref_source"`
	Geo         *geo              `json:"geo"`
	Action      *struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"action"`
}

type geo struct {
	Coordinates coordinates `json:"coordinates"`
	Place       struct {
		Title string `json:"title"`
	} `json:"place"`
}

// coordinates are an object or, in old versions of the API, the two numbers in
// a text.
type coordinates struct {
	Latitude, Longitude float64
	known               bool
}

// UnmarshalJSON never fails: what cannot be read is no place.
func (c *coordinates) UnmarshalJSON(raw []byte) error {
	var o struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
	}
	if json.Unmarshal(raw, &o) == nil && o.Latitude != nil && o.Longitude != nil {
		*c = coordinates{*o.Latitude, *o.Longitude, true}
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	first, second, _ := strings.Cut(strings.TrimSpace(text), " ")
	latitude, err1 := strconv.ParseFloat(first, 64)
	longitude, err2 := strconv.ParseFloat(strings.TrimSpace(second), 64)
	*c = coordinates{latitude, longitude, err1 == nil && err2 == nil}
	return nil
}

// attachment is anything attached; the object that Type names is set.
type attachment struct {
	Type         string    `json:"type"`
	Photo        *photo    `json:"photo"`
	Video        *document `json:"video"`
	Audio        *document `json:"audio"`
	AudioMessage *voice    `json:"audio_message"`
	Doc          *document `json:"doc"`
	Sticker      *sticker  `json:"sticker"`
	Graffiti     *picture  `json:"graffiti"`
	Link         *document `json:"link"`
}

// owned is what the other kinds of attachment (wall, market, story, poll …)
// have in common.
type owned struct {
	ID      int64  `json:"id"`
	OwnerID int64  `json:"owner_id"`
	ToID    int64  `json:"to_id"` // a wall post's owner, before 5.92
	Text    string `json:"text"`
	Title   string `json:"title"`
}

type picture struct {
	URL    string `json:"url"`
	Src    string `json:"src"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type photo struct {
	Text     string    `json:"text"`
	Sizes    []picture `json:"sizes"`
	Original *picture  `json:"orig_photo"`
}

type document struct {
	ID        int64  `json:"id"`
	OwnerID   int64  `json:"owner_id"`
	AccessKey string `json:"access_key"`
	Title     string `json:"title"`
	Artist    string `json:"artist"`
	Size      int64  `json:"size"`
	Ext       string `json:"ext"`
	URL       string `json:"url"`
	Type      int    `json:"type"` // of a doc: 3 gif, 4 image, 5 audio, 6 video
	Duration  int    `json:"duration"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
}

type voice struct {
	Duration   int    `json:"duration"`
	OGG        string `json:"link_ogg"`
	MP3        string `json:"link_mp3"`
	Transcript string `json:"transcript"`
}

type sticker struct {
	ID     int64     `json:"sticker_id"`
	Images []picture `json:"images"`
}

// press is the object of message_event: a callback button was pressed.
type press struct {
	UserID  int64           `json:"user_id"`
	PeerID  int64           `json:"peer_id"`
	EventID string          `json:"event_id"`
	Payload json.RawMessage `json:"payload"`
	InChat  int64           `json:"conversation_message_id"`
}

// reading is the object of message_read.
type reading struct {
	FromID  int64 `json:"from_id"`
	PeerID  int64 `json:"peer_id"`
	Message int64 `json:"read_message_id"`
	InChat  int64 `json:"conversation_message_id"`
}

// reacting is the object of message_reaction_event.
type reacting struct {
	From     int64 `json:"reacted_id"`
	PeerID   int64 `json:"peer_id"`
	InChat   int64 `json:"cmid"`
	Reaction int64 `json:"reaction_id"` // absent: taken back
}

// member is what the events about a person and the community have in common.
type member struct {
	UserID int64  `json:"user_id"`
	FromID int64  `json:"from_id"`
	State  string `json:"state"`
	Type   string `json:"join_type"`
}

// clock turns VK's unix seconds into a time; anything else is no time.
func clock(seconds int64) time.Time {
	if seconds <= 0 || seconds > math.MaxUint32 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
