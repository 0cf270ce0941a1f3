package rcs

import (
	"encoding/json"
	"time"
)

// event is what an envelope holds: what somebody wrote, or what happened
// (platforms/rcs: Envelope). What is said stays raw until the kind is known, so
// that one odd member leaves the ids readable.
type event struct {
	Sender    string `json:"senderPhoneNumber"`
	Phone     string `json:"phoneNumber"` // in events of Google's servers
	Type      string `json:"eventType"`
	EventID   string `json:"eventId"`
	MessageID string `json:"messageId"`
	SendTime  string `json:"sendTime"`
	AgentID   string `json:"agentId"`

	Text       json.RawMessage `json:"text"`
	File       json.RawMessage `json:"userFile"`
	Location   json.RawMessage `json:"location"`
	Suggestion json.RawMessage `json:"suggestionResponse"`
}

// file is a file with a small picture of it, which is not kept.
type file struct {
	Payload fileInfo `json:"payload"`
}

type fileInfo struct {
	MIME string      `json:"mimeType"`
	Size json.Number `json:"fileSizeBytes"`
	Name string      `json:"fileName"`
	URI  string      `json:"fileUri"`
}

// place is a location. A member that is zero may be left out.
type place struct {
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
}

// press is an answer to a suggestion.
type press struct {
	Postback string          `json:"postbackData"`
	Text     string          `json:"text"`
	Type     string          `json:"type"`
	Card     json.RawMessage `json:"carouselCardNumber"` // a number, also as a text
}

// clock reads the time of an event; zero for one that no store can keep.
func clock(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
