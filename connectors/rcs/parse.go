package rcs

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads the event of a webhook: there is one in each. One that Google
// signed is kept even when it cannot be read, since a webhook that is refused
// holds up those of all agents (platforms/rcs: Response & retry).
func (a *agent) Parse(req *connectors.Request) ([]normalize.Event, error) {
	r, err := read(req.Body)
	if err != nil {
		return nil, err
	}
	e := r.sort()
	e.At = clock(r.event.SendTime)
	e.Account = fullName(r.event.AgentID)
	return []normalize.Event{e}, nil
}

// Skim reads which agent the event is for.
func (a *agent) Skim(req *connectors.Request) ([]string, error) {
	r, err := read(req.Body)
	if err != nil || r.event.AgentID == "" {
		return nil, err
	}
	return []string{fullName(r.event.AgentID)}, nil
}

// reader is at one event.
type reader struct {
	event event
	raw   []byte
	fault string // why it cannot be read as a whole
}

// read takes the event out of its envelope. The envelope itself is not signed,
// so nothing else of it counts.
func read(body []byte) (*reader, error) {
	raw, wrapped := unwrap(body)
	r := &reader{raw: raw}
	err := json.Unmarshal(raw, &r.event)
	switch {
	case err != nil && wrapped:
		// What comes after a value of the wrong type is decoded all the same, so
		// that the ids are known.
		r.fault = fault(err)
	case err != nil:
		return nil, fmt.Errorf("rcs: parse webhook: %w: %s", connectors.ErrMalformed, fault(err))
	case !wrapped && r.event.Type == "" && r.event.MessageID == "":
		return nil, fmt.Errorf("rcs: parse webhook: %w: no message with data", connectors.ErrMalformed)
	}
	return r, nil
}

// sort tells what somebody wrote from what happened: only the latter has a type
// (platforms/rcs: Envelope).
func (r *reader) sort() normalize.Event {
	switch {
	case r.fault != "":
		return r.unknown(r.fault)
	case r.event.Type != "":
		return r.happened()
	}
	return r.said()
}

// peer is whose phone the event is of.
func (r *reader) peer() (normalize.Peer, bool) {
	number := phone(cmp.Or(r.event.Sender, r.event.Phone))
	if number == "" {
		return normalize.Peer{}, false
	}
	return normalize.Peer{ID: normalize.PeerID(number), Phone: number}, true
}

// phone is a number in the form of E.164, or empty for what is none.
func phone(text string) string {
	digits := strings.TrimPrefix(strings.TrimSpace(text), "+")
	const most = 15
	if digits == "" || len(digits) > most || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return "+" + digits
}

func (r *reader) unknown(reason string) normalize.Event {
	kind := shortened(cmp.Or(r.event.Type, r.content(), "event"))
	return normalize.Event{
		Key: "unk:" + r.id(), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: kind, Reason: reason},
	}
}

// content names what the message holds.
func (r *reader) content() string {
	for _, c := range []struct {
		name string
		raw  json.RawMessage
	}{
		{"suggestionResponse", r.event.Suggestion},
		{"userFile", r.event.File},
		{"location", r.event.Location},
		{"text", r.event.Text},
	} {
		if len(c.raw) > 0 && !bytes.Equal(c.raw, []byte("null")) {
			return c.name
		}
	}
	return ""
}

// id names the event: by Google's id of it, which a redelivery repeats, or else
// by its bytes.
func (r *reader) id() string {
	if id := cmp.Or(r.event.EventID, r.event.MessageID); id != "" {
		return id
	}
	sum := sha256.Sum256(r.raw)
	return hex.EncodeToString(sum[:12])
}

// shortened bounds a name that the platform (or a forger) chose.
func shortened(name string) string {
	const most = 64
	for i := range name {
		if i >= most {
			return name[:i]
		}
	}
	return name
}

// fault says what is wrong with an event without repeating what it holds.
func fault(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return "it is not of the expected type"
	case errors.As(err, &wrongType):
		return strconv.Quote(wrongType.Field) + " is not of the expected type"
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON at byte %d", syntax.Offset)
	}
	return "cannot be read"
}
