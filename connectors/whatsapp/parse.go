package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// Parse reads every update of every change of every entry. Updates for other
// numbers of the same app are among them, each with its Account.
func (c *connector) Parse(req *connectors.Request) ([]normalize.Event, error) {
	env, odd, err := readEnvelope(req.Body)
	if err != nil {
		return nil, err
	}
	var p parser
	if env.Object != product {
		p.unknown(env.Object, "a webhook of another product", req.Body)
		return p.events, nil
	}
	for i := range env.Entry {
		p.entry(&env.Entry[i], req.Body, i)
	}
	if len(p.events) == 0 {
		p.unknown("envelope", because("nothing in it", odd), req.Body)
	}
	return p.events, nil
}

// readEnvelope reads the outside of a webhook. odd is what in it is of an
// unexpected type, which costs only the piece it is in.
func readEnvelope(body []byte) (env envelope, odd, err error) {
	odd = json.Unmarshal(body, &env)
	if odd != nil && !meta.WrongType(odd) {
		return env, nil, fmt.Errorf("whatsapp webhook: %w", connectors.ErrMalformed)
	}
	if env.Object == "" {
		return env, nil, fmt.Errorf("whatsapp webhook names no object: %w", connectors.ErrMalformed)
	}
	return env, odd, nil
}

// Skim reads which numbers the webhook's changes are for.
func (c *connector) Skim(req *connectors.Request) ([]string, error) {
	env, _, err := readEnvelope(req.Body)
	if err != nil || env.Object != product {
		return nil, err
	}
	var accounts []string
	for _, e := range env.Entry {
		for _, ch := range e.Changes {
			if ch.Field == "" || len(ch.Value) == 0 || isAccountField(ch.Field) {
				continue
			}
			var v struct {
				Metadata metadata `json:"metadata"`
			}
			// A value of an odd form names no number, as in change.
			_ = json.Unmarshal(ch.Value, &v)
			if id := string(v.Metadata.PhoneNumberID); id != "" && !slices.Contains(accounts, id) {
				accounts = append(accounts, id)
			}
		}
	}
	return accounts, nil
}

// parser gathers the events of one webhook. The fields below events are where
// it stands.
type parser struct {
	events  []normalize.Event
	account string
	value   *value
	// explained is set when the value's first error was given to a message.
	explained bool
}

func (p *parser) entry(e *entry, body []byte, index int) {
	if len(e.Changes) == 0 {
		p.unknown("entry", "an entry without changes", body, strconv.Itoa(index))
	}
	for i := range e.Changes {
		ch := &e.Changes[i]
		p.account, p.value, p.explained = "", &value{}, false
		switch {
		case ch.Field == "" || len(ch.Value) == 0:
			p.unknown("change", "a change without a field or a value", body, strconv.Itoa(index), strconv.Itoa(i))
		case isAccountField(ch.Field):
			p.notice(e, ch)
		default:
			p.change(ch)
		}
	}
}

// change reads a change about peers.
func (p *parser) change(ch *change) {
	v := p.value
	err := json.Unmarshal(ch.Value, v)
	p.account = string(v.Metadata.PhoneNumberID)
	switch ch.Field {
	case fieldMessages, fieldEchoes, fieldPreferences, fieldUserIDs:
	default:
		// The lists of an unfamiliar field may mean something else (history
		// and standby hold messages that are not for us to answer).
		p.unknown(ch.Field, "a field this connector does not read", ch.Value)
		return
	}
	switch {
	case err != nil:
		p.unknown(ch.Field, because("a piece is not in the documented form", err), ch.Value)
	case v.empty():
		p.unknown(ch.Field, "nothing in it that this connector reads", ch.Value)
	}
	each(v.Messages, p.message)
	each(v.Statuses, p.status)
	each(v.Echoes, p.echo)
	each(v.Errors, p.appError)
	each(v.Preferences, p.preference)
	each(v.UserIDs, p.userID)
}

func each(list []json.RawMessage, read func(json.RawMessage)) {
	for _, raw := range list {
		read(raw)
	}
}

// decode reads one element, or keeps it as Unknown.
func (p *parser) decode(kind string, raw json.RawMessage, into any) bool {
	if err := json.Unmarshal(raw, into); err != nil {
		p.unknown(kind, because("not in the documented form", err), raw)
		return false
	}
	if bytes.Equal(raw, []byte("null")) {
		p.unknown(kind, "null", raw)
		return false
	}
	return true
}

// add appends an event for the current number.
func (p *parser) add(ev normalize.Event) {
	ev.Account = p.account
	p.events = append(p.events, ev)
}

// unknown keeps what has no meaning here. Its key is made of its bytes, which
// are the same when it is delivered again.
func (p *parser) unknown(kind, reason string, raw []byte, at ...string) {
	p.add(normalize.Event{
		Key:     meta.Digest("unk:"+kind+":", append(at, string(raw))...),
		Type:    normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: kind, Reason: reason},
	})
}

// because words why something could not be read. The embedded content is not
// part of the path that a reader of the webhook knows.
func because(reason string, err error) string {
	return strings.Replace(meta.Because(reason, err), ": content.", ": ", 1)
}
