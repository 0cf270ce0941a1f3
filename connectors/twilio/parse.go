package twilio

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads a form: an incoming message, or news of one we sent. Twilio adds
// parameters without notice, so that what is not known is no fault.
func (c *connector) Parse(req *connectors.Request) ([]normalize.Event, error) {
	if body := bytes.TrimLeft(req.Body, " \t\r\n"); len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		return foreign(body)
	}
	f, err := readMessaging(req.Body)
	if err != nil {
		return nil, err
	}
	id, state := f.first(messageIDs...), f.first("MessageStatus", "SmsStatus")
	switch {
	case id == "":
		return []normalize.Event{unknown(f, req.Body, "not about a message")}, nil
	case f.get("From") == "" && f.get("To") == "":
		return []normalize.Event{unknown(f, req.Body, "it names neither sender nor recipient")}, nil
	case state == "received" || state == "receiving", state == "" && f.incoming():
		return c.incoming(f, id, req.Body), nil
	}
	return []normalize.Event{c.status(f, id, state, req.Body)}, nil
}

// Skim reads the form alone: an address belongs to one channel.
func (c *connector) Skim(req *connectors.Request) ([]string, error) {
	if body := bytes.TrimLeft(req.Body, " \t\r\n"); len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		_, err := foreign(body)
		return nil, err
	}
	_, err := readMessaging(req.Body)
	return nil, err
}

// messageIDs are the parameters that name the message, the newest first.
var messageIDs = []string{"MessageSid", "SmsMessageSid", "SmsSid"}

func readMessaging(body []byte) (form, error) {
	f, ok := readForm(body)
	if !ok {
		return nil, fmt.Errorf("twilio: the form cannot be decoded: %w", connectors.ErrMalformed)
	}
	if f.first("AccountSid", "MessageSid", "SmsMessageSid", "SmsSid") == "" {
		return nil, fmt.Errorf("twilio: neither account nor message is named: %w", connectors.ErrMalformed)
	}
	return f, nil
}

// incoming tells a message that comes without its status from news of one.
func (f form) incoming() bool { return f.has("Body") || f.has("NumMedia") || f.has("MediaUrl0") }

// unknown keeps a form that means nothing here.
func unknown(f form, body []byte, reason string) normalize.Event {
	kind := "form"
	switch {
	case f.has("CallSid"):
		kind = "call"
	case f.get("EventType") != "":
		kind = shortened(f.get("EventType"))
	}
	return normalize.Event{
		Key: "unk:" + kind + ":" + digest(body), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: kind, Reason: reason},
	}
}

// foreign keeps the events of Twilio's products that send JSON (Event Streams):
// one object or a list of them, each with a type.
func foreign(body []byte) ([]normalize.Event, error) {
	var items []struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	if body[0] == '{' {
		body = append(append([]byte{'['}, body...), ']')
	}
	if json.Unmarshal(body, &items) != nil {
		return nil, fmt.Errorf("twilio: neither a form nor a list of events: %w", connectors.ErrMalformed)
	}
	var events []normalize.Event
	for i, item := range items {
		if item.Type == "" {
			return nil, fmt.Errorf("twilio: neither a form nor a list of events: %w", connectors.ErrMalformed)
		}
		id := item.ID
		if id == "" {
			id = digest(body) + ":" + strconv.Itoa(i)
		}
		events = append(events, normalize.Event{
			Key: "unk:" + shortened(item.Type) + ":" + id, Type: normalize.EventUnknown,
			Unknown: &normalize.Unknown{Kind: shortened(item.Type), Reason: "an event of another product of Twilio's"},
		})
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("twilio: an empty list: %w", connectors.ErrMalformed)
	}
	return events, nil
}

// digest names bytes that have no name of their own.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// shortened bounds a name that came from outside.
func shortened(name string) string {
	const most = 64
	for i := range name {
		if i >= most {
			return name[:i]
		}
	}
	return name
}
