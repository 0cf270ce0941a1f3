package x

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads every event of a webhook, in the envelope of either API.
func (a *account) Parse(req *connectors.Request) ([]normalize.Event, error) {
	if events, ok := a.atOnce(req.Body); ok {
		return events, nil
	}
	members, err := readMembers(req.Body)
	if err != nil {
		return nil, err
	}
	p := &parser{own: a.user}
	if raw, ok := members["data"]; ok {
		p.activity(raw)
	} else {
		p.account = text(members["for_user_id"])
		p.own = cmp.Or(p.account, p.own)
		p.lists(members)
	}
	if len(p.events) == 0 {
		p.unknown(req.Body, cmp.Or(slices.Sorted(maps.Keys(members))...), "nothing is in it")
	}
	return p.addressed(), nil
}

// addressed are the events with the account that they are for.
func (p *parser) addressed() []normalize.Event {
	for i := range p.events {
		if p.events[i].Account == "" {
			p.events[i].Account = p.account
		}
	}
	return p.events
}

// atOnce reads messages of the X Activity API in one go, which is three times
// as fast. It leaves those webhooks to Parse in which anything is out of the
// ordinary.
func (a *account) atOnce(body []byte) ([]normalize.Event, bool) {
	var w struct {
		Data struct {
			activity
			Payload struct {
				Messages []direct        `json:"direct_message_events"`
				Users    map[string]user `json:"users"`
				Reads    json.RawMessage `json:"direct_message_mark_read_events"`
				Typing   json.RawMessage `json:"direct_message_indicate_typing_events"`
			} `json:"payload"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &w) != nil {
		return nil, false
	}
	act, all := &w.Data, w.Data.Payload.Messages
	if act.Type != "dm.received" && act.Type != "dm.sent" || len(all) == 0 || act.Payload.Reads != nil || act.Payload.Typing != nil {
		return nil, false
	}
	p := &parser{own: cmp.Or(act.Filter.UserID, a.user), account: act.Filter.UserID, users: act.Payload.Users}
	p.events = make([]normalize.Event, 0, len(all))
	for i := range all {
		if p.odd(&all[i]) != "" {
			return nil, false
		}
		p.said(nil, &all[i])
	}
	return p.addressed(), true
}

// Skim reads which account the webhook is for.
func (a *account) Skim(req *connectors.Request) ([]string, error) {
	events, err := a.Parse(req)
	var names []string
	for _, e := range events {
		if e.Account != "" && !slices.Contains(names, e.Account) {
			names = append(names, e.Account)
		}
	}
	return names, err
}

func readMembers(body []byte) (members map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, fmt.Errorf("x: parse webhook: %w: %s", connectors.ErrMalformed, fault(err))
	}
	if len(members) == 0 {
		return nil, fmt.Errorf("x: parse webhook: %w: no members", connectors.ErrMalformed)
	}
	return members, nil
}

// text is a member that is a text, or empty.
func text(raw json.RawMessage) (s string) {
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// parser collects the events of one webhook.
type parser struct {
	own     string // the id of the account the webhook is for
	account string // the same, where the webhook names it
	uuid    string // X's id of the webhook's only event, where it has one
	kind    string // X's name for it
	users   map[string]user
	events  []normalize.Event
}

// activity reads an event of the X Activity API. What is about messages holds
// the lists of the other API.
func (p *parser) activity(raw json.RawMessage) {
	var act struct {
		activity
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(raw, &act); err != nil {
		p.kind, p.uuid = act.Type, act.UUID
		p.unknown(raw, "data", fault(err))
		return
	}
	p.kind, p.uuid, p.account = act.Type, act.UUID, act.Filter.UserID
	p.own = cmp.Or(p.account, p.own)
	group, _, _ := strings.Cut(act.Type, ".")
	switch {
	case act.Type == "oauth.revoke":
		p.revoked(raw, act.Payload)
	case act.Type == "chat.received", act.Type == "chat.sent":
		p.encrypted(raw, act.Payload)
	case group == "follow", group == "block":
		p.related(raw, act.Payload, act.Type)
	case group == "dm":
		var members map[string]json.RawMessage
		if err := json.Unmarshal(act.Payload, &members); err != nil {
			p.unknown(raw, act.Type, fault(err))
			return
		}
		p.lists(members)
	case group == "post":
		p.unknown(raw, act.Type, "what is said in public is not part of the inbox")
	default:
		p.unknown(raw, cmp.Or(act.Type, "data"), "")
	}
}

// lists reads what is listed under the names that are known, then notes those
// that are not.
func (p *parser) lists(members map[string]json.RawMessage) {
	p.people(members["users"])
	known := []struct {
		name string
		read func(json.RawMessage, *direct)
	}{
		{"direct_message_events", p.said},
		{"direct_message_mark_read_events", p.seen},
		{"direct_message_indicate_typing_events", p.typing},
	}
	for _, k := range known {
		if raw, ok := members[k.name]; ok {
			p.each(k.name, raw, func(item json.RawMessage) {
				var d direct
				if err := json.Unmarshal(item, &d); err != nil {
					p.unknown(item, k.name, fault(err))
					return
				}
				k.read(item, &d)
			})
			delete(members, k.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		p.other(name, members[name])
	}
}

// people reads who is spoken of. One who cannot be read is not worth a message.
func (p *parser) people(raw json.RawMessage) {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return
	}
	p.users = make(map[string]user, len(all))
	for id, one := range all {
		var u user
		if json.Unmarshal(one, &u) == nil {
			p.users[id] = u
		}
	}
}

// other reads a member that is no list about messages.
func (p *parser) other(name string, raw json.RawMessage) {
	switch name {
	case "for_user_id", "users", "apps", "user_has_blocked", "includes", "conversations":
	case "follow_events", "block_events":
		p.each(name, raw, func(item json.RawMessage) { p.related(item, item, "") })
	case "user_event":
		var event struct {
			Revoke json.RawMessage `json:"revoke"`
		}
		if json.Unmarshal(raw, &event) != nil || event.Revoke == nil {
			p.unknown(raw, name, "")
			return
		}
		p.revoked(raw, event.Revoke)
	case "replay_job_status":
		p.replayed(raw)
	default:
		if !strings.HasSuffix(name, "_events") {
			p.unknown(raw, name, "")
			return
		}
		p.each(name, raw, func(item json.RawMessage) { p.unknown(item, name, "") })
	}
}

// each reads a list item by item, so that a broken one costs its neighbours
// nothing.
func (p *parser) each(name string, raw json.RawMessage, read func(json.RawMessage)) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		p.unknown(raw, name, fault(err))
		return
	}
	for _, item := range items {
		read(item)
	}
}

func (p *parser) add(e normalize.Event) { p.events = append(p.events, e) }

func (p *parser) unknown(raw json.RawMessage, kind, reason string) {
	p.add(normalize.Event{
		Key: "unk:" + p.id(raw), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(cmp.Or(p.kind, kind, "event")), Reason: reason},
	})
}

// id names an element that has no id of its own: by its bytes and, since two of
// a list may be alike, its place.
func (p *parser) id(raw json.RawMessage) string {
	sum := sha256.Sum256(raw)
	id := hex.EncodeToString(sum[:12])
	if p.uuid != "" {
		id = p.uuid
	}
	if len(p.events) > 0 {
		id += "." + strconv.Itoa(len(p.events))
	}
	return id
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

// fault says what is wrong with a body without repeating what it holds.
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
