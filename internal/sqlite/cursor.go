package sqlite

import (
	"encoding/base64"
	"encoding/json"

	"threadhub/threads"
)

// Lists whose cursors are told apart, besides those of each sort.
const (
	cursorTransitions = "transitions"
	cursorContacts    = "contacts"
	cursorRuleRuns    = "rule_runs"
	cursorDeadLetters = "dead_letters"
	cursorSpool       = "spool"
	cursorWaiting     = "waiting"
	cursorDecisions   = "routing_decisions"
	cursorOptedOut    = "opted_out"
)

// place is what a cursor holds: the sort key and the id of the last record
// answered. Records before and after it may come and go.
type place struct {
	List string `json:"l"`
	At   int64  `json:"t,omitempty"`
	ID   string `json:"i,omitempty"`
}

func (p place) cursor() threads.Cursor {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and a number always encode
	}
	return threads.Cursor(base64.RawURLEncoding.EncodeToString(b))
}

// readCursor answers the place of a cursor of the list, the zero place for "".
func readCursor(c threads.Cursor, list string) (place, error) {
	var p place
	if c == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil || json.Unmarshal(b, &p) != nil || p.List != list {
		return place{}, threads.ErrCursor
	}
	return p, nil
}
