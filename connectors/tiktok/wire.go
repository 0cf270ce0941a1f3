package tiktok

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// envelope is a webhook. Its content is JSON in a string; an object is read as
// well.
type envelope struct {
	Event   string          `json:"event"`
	Created stamp           `json:"create_time"` // s
	OpenID  string          `json:"user_openid"`
	Content json.RawMessage `json:"content"`
}

// inner answers the bytes of the content.
func (e *envelope) inner() ([]byte, bool) {
	raw := bytes.TrimSpace(e.Content)
	if len(raw) == 0 {
		return nil, false
	}
	if raw[0] != '"' {
		return raw, raw[0] == '{'
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil, false
	}
	return []byte(s), true
}

// content is what happened in a conversation; any member may be missing
// (platforms/tiktok: envelope).
type content struct {
	Timestamp    stamp  `json:"timestamp"` // ms
	From         string `json:"from"`
	To           string `json:"to"`
	FromUser     user   `json:"from_user"`
	ToUser       user   `json:"to_user"`
	Unique       string `json:"unique_identifier"`
	Conversation string `json:"conversation_id"`
	MessageID    string `json:"message_id"`
	Type         string `json:"type"`
	MessageType  string `json:"message_type"` // the same, in some

	Text struct {
		Body string `json:"body"`
	} `json:"text"`
	Image     media `json:"image"`
	Video     media `json:"video"`
	SharePost struct {
		EmbedURL string `json:"embed_url"`
	} `json:"share_post"`
	Template card `json:"template"`

	Referenced struct {
		MessageID string `json:"referenced_message_id"`
	} `json:"referenced_message_info"`
	// Source is the button that somebody pressed.
	Source struct {
		ID string `json:"reply_source_unique_id"`
	} `json:"reply_source_payload"`
	Referral json.RawMessage `json:"referral"`

	Read struct {
		Last stamp `json:"last_read_timestamp"` // ms
	} `json:"read"`
}

type user struct {
	ID          string `json:"id"`
	Role        string `json:"role"`
	DisplayName string `json:"display_name"`
	Picture     string `json:"profile_image"`
}

type media struct {
	MediaID string `json:"media_id"`
}

// card is a question with its answers, in one of two forms.
type card struct {
	Title    string `json:"title"`
	Elements []struct {
		Title string `json:"title"`
	} `json:"elements"`
}

// stamp is a number that may come as a string. Anything else counts as nothing.
type stamp string

// UnmarshalJSON takes numbers, and strings that hold one.
func (s *stamp) UnmarshalJSON(raw []byte) error {
	*s = stamp(bytes.Trim(raw, `"`))
	return nil
}

// clock reads a time in seconds or milliseconds, whatever the member says;
// nonsense is no time.
func clock(s stamp) time.Time {
	const newest = 4_102_444_800 // 2100-01-01, in seconds
	n, err := strconv.ParseInt(string(s), 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n < newest:
		return time.Unix(n, 0).UTC()
	case n/1000 < newest:
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}
