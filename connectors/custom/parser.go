package custom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// maxItems is how many items of one webhook are read.
const maxItems = 2000

// parser collects the events of one webhook.
type parser struct {
	*inbound
	scrub  func(string) string
	stage  stage
	events []normalize.Event
}

// items are the webhook's items: the body itself when nothing else is said.
func (p *parser) items(body any) ([]any, error) {
	if p.inbound.items == nil {
		return []any{body}, nil
	}
	v, err := p.inbound.items.Eval(p.stage.budget, p.stage.values)
	if err != nil {
		return nil, err
	}
	return v.Items()
}

// read turns one item into an event.
func (p *parser) read(item any) {
	p.stage.values[varItem] = item
	for i := range p.rules {
		r := &p.rules[i]
		fits, err := p.fits(r)
		if err != nil {
			p.refuse(r, item, r.path+".when: "+err.Error())
			return
		}
		if !fits {
			continue
		}
		if r.emit == emitIgnore {
			return
		}
		ev, err := p.event(r, item)
		if err == nil {
			err = ev.Validate()
		}
		if err != nil {
			p.refuse(r, item, err.Error())
			return
		}
		p.events = append(p.events, ev)
		return
	}
	p.unknown(p.kind(), digestOf(item), "no rule of the channel's definition is for it: add one to inbound.rules")
}

// refuse keeps an item that its rule could not read.
func (p *parser) refuse(r *rule, item any, why string) {
	if !strings.HasPrefix(why, r.path) {
		why = r.path + ": " + why
	}
	p.unknown(r.emit, digestOf(item), why)
}

// fits tells whether the rule is for the item. A condition about something that
// the item does not have does not hold.
func (p *parser) fits(r *rule) (bool, error) {
	if r.when == nil {
		return true, nil
	}
	v, err := r.when.Eval(p.stage.budget, p.stage.values)
	if err != nil {
		if expression.IsLimit(err) {
			return false, err
		}
		return false, nil
	}
	is, ok := v.True()
	if !ok && !v.Missing() {
		return false, fmt.Errorf("it has to answer true or false")
	}
	return is, nil
}

// kind is the platform's own name for the item.
func (p *parser) kind() string {
	if p.name == nil {
		return "item"
	}
	v, err := p.name.Eval(p.stage.budget, p.stage.values)
	if err != nil {
		return "item"
	}
	text, err := v.Text()
	if err != nil || text == "" {
		return "item"
	}
	return shortened(p.scrub(text))
}

func (p *parser) unknown(kind, key, reason string) {
	p.events = append(p.events, normalize.Event{
		Key: "unk:" + kind + ":" + key, Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: kind, Reason: p.scrub(reason)},
	})
}

// digest names bytes that have no name of their own.
func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

// digestOf names an item: the same for the same content.
func digestOf(item any) string {
	raw, err := json.Marshal(item)
	if err != nil {
		return "unreadable"
	}
	return digest(raw)
}

// shortened bounds a name that came from outside.
func shortened(name string) string {
	const most = 64
	name = strings.ToValidUTF8(name, "\uFFFD")
	for i := range name {
		if i >= most {
			return name[:i]
		}
	}
	return name
}

// event reads the fields of a rule.
func (p *parser) event(r *rule, item any) (normalize.Event, error) {
	f := &reader{stage: &p.stage, rule: r}
	ev := normalize.Event{At: f.time("timestamp"), Account: f.text("account"), Peer: f.peer()}
	id := f.text("external_id")
	key := id
	if key == "" {
		key = digestOf(item)
	}
	switch r.emit {
	case emitMessage, emitEcho:
		ev.Type, ev.Key = normalize.EventMessage, normalize.MessageKey(normalize.PlatformID(id))
		if r.emit == emitEcho {
			ev.Type, ev.Mirror = normalize.EventEcho, f.truth("mirror")
		}
		m := f.message()
		m.ID = normalize.PlatformID(id)
		ev.Message = &m
		f.needs("external_id", id)
	case emitEdit:
		ev.Type, ev.Key = normalize.EventEdit, "edt:"+key
		ev.Edit = &normalize.Edit{Target: f.ref(), Message: f.message(), Echo: f.truth("echo")}
		ev.Edit.Message.ID = ev.Edit.Target
	case emitStatus:
		ev.Type, ev.Key, ev.Receipt = normalize.EventReceipt, "rct:"+key, f.receipt()
	case emitReaction:
		ev.Type, ev.Key = normalize.EventReaction, "rea:"+key
		ev.Reaction = &normalize.Reaction{Target: f.ref(), Emoji: f.text("emoji"), Author: f.author()}
	case emitDelete:
		ev.Type, ev.Key, ev.Deletion = normalize.EventDeletion, "del:"+key, &normalize.Deletion{Target: f.ref()}
	case emitConsent:
		ev.Type, ev.Key = normalize.EventConsent, "cns:"+key
		ev.Consent = &normalize.Consent{Status: normalize.ConsentStatus(f.among("status", consents)), Category: f.text("category")}
	case emitTyping:
		ev.Type, ev.Key = normalize.EventTyping, "typ:"+digestOf(item)
	}
	if slices.Contains(needed[r.emit], "contact.id") {
		f.needs("contact.id", string(ev.Peer.ID))
	}
	return ev, f.err
}
