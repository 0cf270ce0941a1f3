package normalize

import (
	"time"
	"unicode/utf8"
)

// Unit is what a platform counts text in.
type Unit string

// Units of text length. The zero value counts runes.
const (
	Runes Unit = "runes"
	UTF16 Unit = "utf16"
	Bytes Unit = "bytes"
)

// Len is the length of s in the unit.
func (u Unit) Len(s string) int {
	switch u {
	case Bytes:
		return len(s)
	case UTF16:
		n := 0
		for _, r := range s {
			n++
			if r > 0xFFFF {
				n++
			}
		}
		return n
	default:
		return utf8.RuneCountInString(s)
	}
}

// Capabilities is what a channel can carry, as data: served by the API, obeyed
// by the composer and by [Fit]. A zero field means "cannot".
type Capabilities struct {
	Text  TextLimit                 `json:"text"`
	Media map[MessageType]MediaSpec `json:"media,omitempty"`
	// MaxAttachments that one platform message can hold together.
	MaxAttachments int         `json:"max_attachments,omitempty"`
	Buttons        *ButtonSpec `json:"buttons,omitempty"`
	List           *ListSpec   `json:"list,omitempty"`
	Location       bool        `json:"location,omitempty"`
	Contacts       bool        `json:"contacts,omitempty"`
	Templates      bool        `json:"templates,omitempty"`
	ReplyTo        bool        `json:"reply_to,omitempty"`
	Reactions      bool        `json:"reactions,omitempty"` // we can set one
	Typing         bool        `json:"typing,omitempty"`    // we can show it
	ReadMarks      bool        `json:"read_marks,omitempty"`
	// Receipts lists what the platform tells about what we sent, besides the
	// answer to the call.
	Receipts []Status `json:"receipts,omitempty"`
	// Inbound lists the events a platform can report besides messages.
	Inbound []EventType `json:"inbound,omitempty"`
	Window  *Window     `json:"window,omitempty"`
	Rate    Rate        `json:"rate,omitzero"`
	// Idempotent is set when the platform carries out a repeated send once.
	Idempotent bool `json:"idempotent,omitempty"`
}

// TextLimit bounds a text message, 0 meaning that there is no text.
type TextLimit struct {
	Max  int  `json:"max"`
	Unit Unit `json:"unit,omitempty"`
}

// MediaSpec bounds one type of media.
type MediaSpec struct {
	MaxBytes int64    `json:"max_bytes,omitempty"`
	MIMEs    []string `json:"mimes,omitempty"`   // empty: any
	Caption  int      `json:"caption,omitempty"` // in the text's unit; 0: no caption
}

// ButtonSpec bounds the buttons under a message.
type ButtonSpec struct {
	Max   int  `json:"max"`
	Title int  `json:"title,omitempty"` // runes, 0 unbounded
	ID    int  `json:"id,omitempty"`    // bytes, 0 unbounded
	Text  int  `json:"text,omitempty"`  // of the message above them, in the text's unit; 0: as text
	URL   bool `json:"url,omitempty"`   // link buttons
	// URLMax is how many link buttons; 0 with URL set: as Max.
	URLMax int `json:"url_max,omitempty"`
	// Mixed is set when links and replies may stand together.
	Mixed bool `json:"mixed,omitempty"`
	// Media is set when buttons may stand under media.
	Media bool `json:"media,omitempty"`
}

// ListSpec bounds a list menu.
type ListSpec struct {
	Sections    int `json:"sections"`
	Rows        int `json:"rows"` // in all
	Button      int `json:"button,omitempty"`
	Title       int `json:"title,omitempty"`
	Description int `json:"description,omitempty"`
	ID          int `json:"id,omitempty"`
	Text        int `json:"text,omitempty"`
}

// Window is how long after the peer's latest message a free reply is allowed.
type Window struct {
	Open time.Duration `json:"open"` // nanoseconds
	// Human is how long a person may still answer, where that is longer than for
	// a machine (the tag HUMAN_AGENT of Meta's); nanoseconds.
	Human time.Duration `json:"human,omitempty"`
	// Messages is how many messages of the platform's may follow each of the
	// peer's; 0: as many as one likes.
	Messages int `json:"messages,omitempty"`
	// After lists what may still be sent once it is closed ("template").
	After []MessageType `json:"after,omitempty"`
}

// Rate is how fast the platform lets a channel send.
type Rate struct {
	PerSecond float64 `json:"per_second,omitempty"`
	Burst     int     `json:"burst,omitempty"`
	// PeerEvery is the shortest pause between messages to one peer.
	PeerEvery time.Duration `json:"peer_every,omitempty"`
	PeerBurst int           `json:"peer_burst,omitempty"`
}
