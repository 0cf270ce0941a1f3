package mongo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/threads"
)

// defaultLimit is how many records a list answers that was not told.
const defaultLimit = 50

func pageLimit(n int) int {
	if n <= 0 {
		return defaultLimit
	}
	return n
}

// place is what a cursor holds: the list, and sort key and id of the last
// record answered. Records before and after it may come and go.
type place struct {
	List string `json:"l"`
	At   int64  `json:"t,omitempty"` // milliseconds, or a number the list counts in
	ID   string `json:"i,omitempty"`
}

func (p place) cursor() (threads.Cursor, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("cursor: %w", err)
	}
	return threads.Cursor(base64.RawURLEncoding.EncodeToString(b)), nil
}

// readCursor is the place a cursor of the list names.
func readCursor(c threads.Cursor, list string) (place, error) {
	var p place
	b, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil || json.Unmarshal(b, &p) != nil || p.List != list {
		return place{}, threads.ErrCursor
	}
	return p, nil
}

// keyset is the order of a list: by a time and then, in the same direction, by
// id. Field is empty for lists that are ordered by id alone.
type keyset struct {
	Field string
	Desc  bool
}

// list is the name that cursors of this order carry.
func (k keyset) list(of string) string {
	if k.Desc {
		return of + " -" + k.Field
	}
	return of + " " + k.Field
}

func (k keyset) sort() []string {
	dir := ""
	if k.Desc {
		dir = "-"
	}
	if k.Field == "" {
		return []string{dir + "_id"}
	}
	return []string{dir + k.Field, dir + "_id"}
}

// beyond matches what comes after the place.
func (k keyset) beyond(p place) bson.E {
	comparison := "$gt"
	if k.Desc {
		comparison = "$lt"
	}
	if k.Field == "" {
		return bson.E{Key: "_id", Value: op(comparison, p.ID)}
	}
	at := time.UnixMilli(p.At).UTC()
	return bson.E{Key: "$or", Value: bson.A{
		by(k.Field, op(comparison, at)),
		bson.D{{Key: k.Field, Value: at}, {Key: "_id", Value: op(comparison, p.ID)}},
	}}
}
