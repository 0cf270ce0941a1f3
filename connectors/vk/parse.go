package vk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads the one event of a webhook. What it cannot make sense of becomes
// an Unknown event.
func (c *community) Parse(req *connectors.Request) ([]normalize.Event, error) {
	env, err := readEnvelope(req.Body)
	if err != nil {
		return nil, err
	}
	p := parser{envelope: env, body: req.Body}
	ev, err := p.read()
	if err != nil {
		ev = p.unknown(fault(err))
	}
	return []normalize.Event{ev}, nil
}

// Skim reads the outside of the event. A community is a single account.
func (c *community) Skim(req *connectors.Request) ([]string, error) {
	_, err := readEnvelope(req.Body)
	return nil, err
}

func readEnvelope(body []byte) (env envelope, err error) {
	if err := json.Unmarshal(body, &env); err != nil {
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) || wrong.Field == "" {
			return env, fmt.Errorf("vk: not a JSON object: %w", connectors.ErrMalformed)
		}
	}
	if env.Type == "" {
		return env, fmt.Errorf("vk: the event has no type: %w", connectors.ErrMalformed)
	}
	return env, nil
}

type parser struct {
	envelope
	body []byte
}

// read has the type's own function read the object.
func (p *parser) read() (normalize.Event, error) {
	switch p.Type {
	case "message_new":
		return p.message()
	case "message_reply":
		return p.reply()
	case "message_edit":
		return p.edit()
	case "message_event":
		return p.press()
	case "message_read":
		return p.reading()
	case "message_reaction_event":
		return p.reaction()
	case "message_typing_state", "message_allow", "message_deny", "user_block", "user_unblock", "group_join", "group_leave":
		return p.member()
	}
	return p.unknown(""), nil
}

// decode reads the object.
func (p *parser) decode(into any) error {
	if len(p.Object) == 0 {
		return errIncomplete
	}
	return json.Unmarshal(p.Object, into)
}

// key names an event that has no identity of its own. VK repeats an event under
// its event_id; before API 5.103 there was none.
func (p *parser) key(prefix string) string {
	if p.EventID != "" {
		return prefix + ":" + p.EventID
	}
	sum := sha256.Sum256(p.body)
	return prefix + ":" + hex.EncodeToString(sum[:16])
}

func (p *parser) unknown(reason string) normalize.Event {
	kind := shortened(p.Type)
	return normalize.Event{
		Key: p.key("unk"), Type: normalize.EventUnknown, Unknown: &normalize.Unknown{Kind: kind, Reason: reason},
	}
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

// Faults of an event that is kept as Unknown.
var (
	errIncomplete = errors.New("what the event is about is missing")
	errOurs       = errors.New("the community itself did this")
)

// fault says what is wrong with an event without repeating what it holds.
func fault(err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Sprintf("%q is not of the expected type", wrong.Field)
	case errors.Is(err, errIncomplete), errors.Is(err, errOurs):
		return err.Error()
	}
	return "cannot be read"
}
