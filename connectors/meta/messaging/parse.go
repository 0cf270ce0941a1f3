package messaging

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

// Parse reads every item of every entry. Items for other accounts of the same
// app are among them, each with its Account.
func (c *Connector) Parse(req *connectors.Request) ([]normalize.Event, error) {
	env, odd, err := c.readEnvelope(req.Body)
	if err != nil {
		return nil, err
	}
	p := parser{c: c}
	if env.Object != c.o.Dialect.Object {
		p.unknown(env.Object, "a webhook of another product", req.Body)
		return p.events, nil
	}
	for i := range env.Entry {
		p.open(&env.Entry[i], req.Body, i)
	}
	if len(p.events) == 0 {
		p.unknown("envelope", meta.Because("nothing in it", odd), req.Body)
	}
	return p.events, nil
}

// readEnvelope reads the outside of a webhook. odd is what in it is of an
// unexpected type, which costs only the piece it is in.
func (c *Connector) readEnvelope(body []byte) (env envelope, odd, err error) {
	odd = json.Unmarshal(body, &env)
	if odd != nil && !meta.WrongType(odd) {
		return env, nil, fmt.Errorf("%s webhook: %w", c.o.Dialect.Name, connectors.ErrMalformed)
	}
	if env.Object == "" {
		return env, nil, fmt.Errorf("%s webhook names no object: %w", c.o.Dialect.Name, connectors.ErrMalformed)
	}
	return env, odd, nil
}

// Skim reads which accounts the webhook's entries are for.
func (c *Connector) Skim(req *connectors.Request) ([]string, error) {
	env, _, err := c.readEnvelope(req.Body)
	if err != nil || env.Object != c.o.Dialect.Object {
		return nil, err
	}
	var accounts []string
	for i := range env.Entry {
		for _, id := range c.accounts(&env.Entry[i]) {
			if id != "" && !slices.Contains(accounts, id) {
				accounts = append(accounts, id)
			}
		}
	}
	return accounts, nil
}

// accounts are those of an entry's items: one, unless the entry is not for this
// channel by its own id.
func (c *Connector) accounts(e *entry) []string {
	own := accountOf(e)
	if own == c.o.Account {
		return []string{own}
	}
	var all []string
	add := func(raw json.RawMessage) {
		var it item
		_ = json.Unmarshal(raw, &it)
		all = append(all, c.account(e, &it))
	}
	for _, raw := range slices.Concat(e.Messaging, e.Standby) {
		add(raw)
	}
	for _, ch := range e.Changes {
		add(ch.Value)
	}
	return append(all, own)
}

// accountOf is the account an entry is for. The dashboard's test button says 0,
// which is nobody: the webhook is for whoever received it.
func accountOf(e *entry) string {
	if e.ID == "0" {
		return ""
	}
	return string(e.ID)
}

// account is the account an item is for: its entry's, unless the item names
// this channel's. An Instagram account has two ids, one of them scoped to the
// app, and which of them an entry bears is not documented for every kind of
// login (platforms/instagram: section 2).
func (c *Connector) account(e *entry, it *item) string {
	if string(it.Recipient.ID) == c.o.Account || string(it.Sender.ID) == c.o.Account {
		return c.o.Account
	}
	return accountOf(e)
}

// parser gathers the events of one webhook. The fields below events are where
// it stands.
type parser struct {
	c       *Connector
	events  []normalize.Event
	account string
	entry   *entry
}

// open reads one entry.
func (p *parser) open(e *entry, body []byte, index int) {
	p.entry, p.account = e, accountOf(e)
	if len(e.Messaging)+len(e.Standby)+len(e.Changes) == 0 {
		p.unknown("entry", "an entry with nothing in it that this connector reads", body, strconv.Itoa(index))
	}
	for _, raw := range e.Messaging {
		p.item(raw)
	}
	// What another app is to answer is recorded like anything else: agents see
	// it, and an answer is refused by the platform until the thread is ours.
	for _, raw := range e.Standby {
		p.item(raw)
	}
	for _, ch := range e.Changes {
		p.account = accountOf(e)
		switch {
		case ch.Field == "" || len(ch.Value) == 0:
			p.unknown("change", "a change without a field or a value", body, strconv.Itoa(index))
		case isItemField(ch.Field):
			p.item(ch.Value)
		case ch.Field == fieldComments || ch.Field == fieldLiveComments:
			p.comment(ch.Field, ch.Value)
		default:
			p.unknown(ch.Field, "a field this connector does not read", ch.Value)
		}
	}
}

// decode reads one element, or keeps it as Unknown.
func (p *parser) decode(kind string, raw json.RawMessage, into any) bool {
	if err := json.Unmarshal(raw, into); err != nil {
		p.unknown(kind, meta.Because("not in the documented form", err), raw)
		return false
	}
	if bytes.Equal(raw, []byte("null")) {
		p.unknown(kind, "null", raw)
		return false
	}
	return true
}

// item reads an element of messaging, standby or a change of their fields.
func (p *parser) item(raw json.RawMessage) {
	var it item
	p.account = accountOf(p.entry)
	if !p.decode("messaging", raw, &it) {
		return
	}
	p.account = p.c.account(p.entry, &it)
	t := p.turn(&it, raw)
	switch {
	case it.Message != nil:
		p.message(&t)
	case it.Edit != nil:
		p.edit(&t)
	case it.Reaction != nil:
		p.reaction(&t)
	case it.Delivery != nil:
		p.delivery(&t)
	case it.Read != nil:
		p.read(&t)
	case it.Postback != nil:
		p.postback(&t)
	case it.Referral != nil:
		p.referral(&t)
	case it.Optin != nil:
		p.optin(&t)
	default:
		p.notice(&t)
	}
}

// turn is an item with who is meant by it.
type turn struct {
	*item
	raw json.RawMessage
	// peer is the person, whoever did it; business is set when it was done by
	// the Page or account itself.
	peer     normalize.Peer
	business bool
}

// turn tells the person from the business. Something that an account sent to
// itself, as admins do to try things out, is a person's
// (platforms/instagram: section 2, is_self).
func (p *parser) turn(it *item, raw json.RawMessage) turn {
	if it.Timestamp.IsZero() {
		it.Timestamp = p.entry.Time
	}
	t := turn{item: it, raw: raw}
	own := it.Sender.ID != "" && (string(it.Sender.ID) == p.account || it.Sender.ID == p.entry.ID)
	self := it.Message != nil && it.Message.Self && !it.Message.Echo
	t.business = own && !self || it.Message != nil && it.Message.Echo
	who := it.Sender
	if t.business {
		who = it.Recipient
	}
	switch {
	case who.ID != "":
		t.peer.ID = normalize.PeerID(who.ID)
	case who.UserRef != "":
		t.peer.ID = userRef(string(who.UserRef))
	case it.Optin != nil && it.Optin.UserRef != "":
		t.peer.ID = userRef(string(it.Optin.UserRef))
	}
	if it.PriorMessage != nil && it.PriorMessage.Identifier != "" && t.peer.ID != "" {
		t.peer.Aliases = []normalize.PeerID{userRef(string(it.PriorMessage.Identifier))}
	}
	return t
}

// userRefPrefix marks the id of a person who has none yet: they ticked the
// checkbox plugin and are known by the reference given to it.
const userRefPrefix = "user_ref:"

func userRef(ref string) normalize.PeerID { return normalize.PeerID(userRefPrefix + ref) }

// add appends an event for the current account.
func (p *parser) add(ev normalize.Event) {
	ev.Account = p.account
	p.events = append(p.events, ev)
}

// event begins an event of an item.
func (t *turn) event(kind normalize.EventType, key ...string) normalize.Event {
	return normalize.Event{Key: strings.Join(key, ":"), Type: kind, Peer: t.peer, At: t.Timestamp.Time}
}

// needs keeps an item that lacks what an event of its kind cannot do without.
func (p *parser) needs(t *turn, kind, id string) bool {
	switch {
	case t.peer.ID == "":
		p.unknown(kind, "it names nobody", t.raw)
	case id == "":
		p.unknown(kind, "it names no message", t.raw)
	default:
		return true
	}
	return false
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
