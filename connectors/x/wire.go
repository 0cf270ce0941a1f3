package x

import (
	"strconv"
	"strings"
	"time"
)

// activity is the outside of an event of the X Activity API (platforms/x:
// Payloads).
type activity struct {
	UUID   string `json:"event_uuid"`
	Type   string `json:"event_type"`
	Filter struct {
		UserID string `json:"user_id"`
	} `json:"filter"`
}

// direct is an element of a list about Direct Messages: a message, a receipt or
// a sign of typing.
type direct struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	At     stamp  `json:"created_timestamp"` // ms
	Create *struct {
		Target   target  `json:"target"`
		SenderID string  `json:"sender_id"`
		Data     message `json:"message_data"`
	} `json:"message_create"`
	Via *struct {
		TweetID   string `json:"tweet_id"`
		WelcomeID string `json:"welcome_message_id"`
	} `json:"initiated_via"`

	SenderID string `json:"sender_id"`
	Target   target `json:"target"`
	LastRead string `json:"last_read_event_id"`
}

type target struct {
	RecipientID string `json:"recipient_id"`
}

type message struct {
	Text     string `json:"text"`
	Entities struct {
		URLs []struct {
			URL      string `json:"url"`
			Expanded string `json:"expanded_url"`
		} `json:"urls"`
	} `json:"entities"`
	QuickReply *struct {
		Type     string `json:"type"`
		Metadata string `json:"metadata"`
	} `json:"quick_reply_response"`
	Attachment *attachment `json:"attachment"`
}

type attachment struct {
	Type  string `json:"type"`
	Media *struct {
		Short string `json:"url"` // the link in the text
		URL   string `json:"media_url_https"`
		Type  string `json:"type"`
		Video *struct {
			Millis   int64 `json:"duration_millis"`
			Variants []struct {
				Bitrate int64  `json:"bitrate"`
				MIME    string `json:"content_type"`
				URL     string `json:"url"`
			} `json:"variants"`
		} `json:"video_info"`
	} `json:"media"`
	Location *struct {
		Coordinate *struct {
			Coordinates struct {
				// Longitude before latitude, as in GeoJSON.
				Coordinates []float64 `json:"coordinates"`
			} `json:"coordinates"`
		} `json:"shared_coordinate"`
		Place *struct {
			Place struct {
				Name string `json:"name"`
				Full string `json:"full_name"`
				URL  string `json:"url"`
			} `json:"place"`
		} `json:"shared_place"`
	} `json:"location"`
}

// user is a person, in the words of either API.
type user struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Username   string `json:"username"`
	ScreenName string `json:"screen_name"`
	Picture    string `json:"profile_image_url"`
	OldPicture string `json:"profile_image_url_https"`
	Data       *user  `json:"data"`
}

// relation is that somebody followed or blocked somebody.
type relation struct {
	Type   string `json:"type"`
	At     stamp  `json:"created_timestamp"`
	Source user   `json:"source"`
	Target user   `json:"target"`
}

// chat is a message of an encrypted chat.
type chat struct {
	ID           string `json:"id"`
	At           stamp  `json:"created_at_msec"`
	SenderID     string `json:"sender_id"`
	Conversation string `json:"conversation_id"` // "1:2"
}

// stamp is a time that may come as a number or as a string.
type stamp string

// UnmarshalJSON takes either, and null as nothing.
func (s *stamp) UnmarshalJSON(raw []byte) error {
	if string(raw) != "null" {
		*s = stamp(strings.Trim(string(raw), `"`))
	}
	return nil
}

// clock reads a time in milliseconds; zero for one that no store can keep.
func clock(s stamp) time.Time {
	millis, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil || millis <= 0 {
		return time.Time{}
	}
	t := time.UnixMilli(millis).UTC()
	if t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
