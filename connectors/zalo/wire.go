package zalo

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// text is a string that may come as a number: ids exceed what a float can hold,
// and not all senders of one event agree. Anything else counts as nothing.
type text string

// UnmarshalJSON takes strings and numbers as they are written.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = ""
	switch {
	case len(raw) == 0:
	case raw[0] == '"' && !bytes.ContainsRune(raw, '\\') && utf8.Valid(raw):
		*t = text(raw[1 : len(raw)-1])
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*t = text(s)
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		*t = text(raw)
	}
	return nil
}

// event is a webhook: the common members, and those of its family
// (platforms/zalo: inbound payloads).
type event struct {
	Name      string `json:"event_name"`
	AppID     text   `json:"app_id"`
	OAID      text   `json:"oa_id"`
	Timestamp text   `json:"timestamp"` // ms
	UserByApp text   `json:"user_id_by_app"`
	Source    text   `json:"source"`

	Sender    party `json:"sender"`
	Recipient party `json:"recipient"`
	Follower  party `json:"follower"`
	UserID    text  `json:"user_id"`

	GroupID        text     `json:"group_id"`
	AnonymousID    text     `json:"anonymous_id"`
	ConversationID text     `json:"conversation_id"`
	Payload        text     `json:"payload"`
	Message        *message `json:"message"`
	// Info is the answer to a form.
	Info json.RawMessage `json:"info"`
}

// party is who an event is from or for.
type party struct {
	ID      text `json:"id"`
	AdminID text `json:"admin_id"`
	GroupID text `json:"group_id"`
}

// message is the content of a message; each type uses some of the members.
type message struct {
	ID             text         `json:"msg_id"`
	IDs            []text       `json:"msg_ids"`
	Text           text         `json:"text"`
	QuoteID        text         `json:"quote_msg_id"`
	ConversationID text         `json:"conversation_id"`
	TrackingID     text         `json:"tracking_id"`
	ReactIcon      text         `json:"react_icon"`
	Payload        text         `json:"payload"`
	Attachments    []attachment `json:"attachments"`
}

type attachment struct {
	Type    text    `json:"type"`
	Payload payload `json:"payload"`
}

type payload struct {
	URL         text `json:"url"`
	Title       text `json:"title"`
	Description text `json:"description"`
	Name        text `json:"name"`
	Size        text `json:"size"`
	ID          text `json:"id"`
	Coordinates *struct {
		Latitude  text `json:"latitude"`
		Longitude text `json:"longitude"`
	} `json:"coordinates"`
}

// newest is the last moment that Zalo may name: 2100-01-01, in ms.
const newest = 4_102_444_800_000

// clock turns a time of Zalo's into one of ours; nonsense is no time.
func clock(millis text) time.Time {
	n, err := strconv.ParseInt(string(millis), 10, 64)
	if err != nil || n <= 0 || n >= newest {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
