package viber

import (
	"strconv"
	"strings"
	"time"

	"threadhub/normalize"
)

// callback is one webhook, which holds one event: the common members, and those
// of its kind (platforms/viber: section 3).
type callback struct {
	Event     string `json:"event"`
	Timestamp stamp  `json:"timestamp"`
	Token     digits `json:"message_token"`

	Sender  *user    `json:"sender"`
	Message *message `json:"message"`

	User       *user  `json:"user"`
	UserID     string `json:"user_id"`
	Type       string `json:"type"`
	Context    string `json:"context"`
	Subscribed bool   `json:"subscribed"`
	Desc       string `json:"desc"`
}

type user struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Avatar   string `json:"avatar"`
	Language string `json:"language"`
}

// peer is the person, as far as they let themselves be known. The address of
// their picture may be absent.
func (u *user) peer() normalize.Peer {
	if u == nil {
		return normalize.Peer{}
	}
	return normalize.Peer{ID: normalize.PeerID(u.ID), Name: u.Name, Locale: u.Language, AvatarURL: u.Avatar}
}

type message struct {
	Type         string `json:"type"`
	Text         string `json:"text"`
	TrackingData string `json:"tracking_data"`

	Media     string `json:"media"`
	FileName  string `json:"file_name"`
	Size      size   `json:"size"`
	StickerID digits `json:"sticker_id"`

	Location *location `json:"location"`
	Contact  *contact  `json:"contact"`
}

type location struct {
	Latitude  *float64 `json:"lat"`
	Longitude *float64 `json:"lon"`
}

type contact struct {
	Name  string `json:"name"`
	Phone string `json:"phone_number"`
}

// digits is a number written as one or as a string. It is kept in words, since
// Viber's reach beyond what a float can hold.
type digits string

// UnmarshalJSON never fails, since the failure of an Unmarshaler would lose all
// that follows it: what is no whole number is empty.
func (d *digits) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if _, err := strconv.ParseUint(text, 10, 64); err == nil {
		*d = digits(text)
	}
	return nil
}

// size is how large a file is, however it is written: 33, "33" or 10000.0.
type size int64

// UnmarshalJSON never fails: what is no size is none.
func (s *size) UnmarshalJSON(data []byte) error {
	const most = 1 << 50
	if n, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64); err == nil && n > 0 && n < most {
		*s = size(n)
	}
	return nil
}

// newest is the last moment that Viber may name: 2100-01-01, in ms.
const newest = 4_102_444_800_000

// stamp is a time in milliseconds. An absurd one is zero: some old samples have
// time and token mixed up (platforms/viber: section 8).
type stamp struct{ time.Time }

// UnmarshalJSON never fails.
func (s *stamp) UnmarshalJSON(data []byte) error {
	millis, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	if err == nil && millis > 0 && millis < newest {
		s.Time = time.UnixMilli(millis).UTC()
	}
	return nil
}
