package zalo

import (
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

// Parse reads the one event of a webhook.
func (a *account) Parse(req *connectors.Request) ([]normalize.Event, error) {
	var e event
	err := read(req.Body, &e)
	var wrongType *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &wrongType) {
		return nil, err
	}
	p := parser{event: e, oa: a.oaID, notices: strings.EqualFold(req.Header.Get(serverHeader), "ZNS"), body: req.Body}
	if err != nil {
		// What comes after the value was decoded all the same.
		p.unknown(strconv.Quote(wrongType.Field) + " is not of the expected type")
		return p.events, nil
	}
	p.sort()
	return p.events, nil
}

// read decodes a webhook. Its error is ErrMalformed or, of an event that can be
// named all the same, that of the value which is of the wrong type.
func read(body []byte, e *event) error {
	err := json.Unmarshal(body, e)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err != nil && !errors.As(err, &wrongType):
		return malformed("not JSON")
	case e.Name == "":
		return malformed("no event_name")
	}
	return err
}

func malformed(why string) error {
	return fmt.Errorf("zalo: parse webhook: %w: %s", connectors.ErrMalformed, why)
}

// Skim reads which account a webhook is for, where the app may have several.
func (a *account) Skim(req *connectors.Request) ([]string, error) {
	var e event
	err := read(req.Body, &e)
	if errors.Is(err, connectors.ErrMalformed) {
		return nil, err
	}
	if id := e.account(); a.oaID != "" && id != "" {
		return []string{id}, nil
	}
	return nil, nil
}

// account is the Official Account of an event. Which side it stands on depends
// on the event and on nothing else: receipts are from it, though the person is
// who read (platforms/zalo: gotchas).
func (e *event) account() string {
	switch {
	case e.OAID != "":
		return string(e.OAID)
	case strings.HasPrefix(e.Name, "oa_"), e.Name == eventReceived, e.Name == eventSeen:
		return string(e.Sender.ID)
	case strings.Contains(e.Name, "_group"):
		return "" // the recipient is the group
	}
	return string(e.Recipient.ID)
}

// parser makes the events of one webhook.
type parser struct {
	event
	oa      string // of the channel, "" when the app has no other
	notices bool   // from Zalo's notification service, which knows phone numbers
	body    []byte
	events  []normalize.Event
}

func (p *parser) add(e normalize.Event) {
	e.At = clock(p.Timestamp)
	if p.oa != "" {
		e.Account = p.account()
	}
	p.events = append(p.events, e)
}

func (p *parser) unknown(reason string) {
	p.add(normalize.Event{
		Key: "unk:" + digest(p.body), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(p.Name), Reason: reason},
	})
}

// id names an event without a msg_id by what stays the same when it is delivered
// again: who, when and what.
func (p *parser) id(who normalize.PeerID) string {
	if p.Timestamp == "" {
		return string(who) + ":" + digest(p.body) + ":" + shortened(p.Name)
	}
	return string(who) + ":" + shortened(string(p.Timestamp)) + ":" + shortened(p.Name)
}

// sort hands the event to what reads its family.
func (p *parser) sort() {
	name := p.Name
	if kind, ok := strings.CutPrefix(name, "user_send_group_"); ok {
		p.said(kind, p.group(), &normalize.Author{ID: normalize.PeerID(p.Sender.ID)})
	} else if kind, ok := strings.CutPrefix(name, "user_send_"); ok {
		p.said(kind, p.person(p.Sender.ID), nil)
	} else if kind, ok := strings.CutPrefix(name, "anonymous_send_"); ok {
		p.said(kind, p.visitor(p.Sender.ID), nil)
	} else if kind, ok := strings.CutPrefix(name, "oa_send_group_"); ok {
		p.echoed(kind, p.group())
	} else if kind, ok := strings.CutPrefix(name, "oa_send_anonymous_"); ok {
		p.echoed(kind, p.visitor(p.Recipient.ID))
	} else if kind, ok := strings.CutPrefix(name, "oa_send_"); ok {
		p.echoed(kind, p.person(p.Recipient.ID))
	} else {
		p.happened()
	}
}

// Prefixes of peers that are not one person with an account.
const (
	anonymousPrefix = "anon:"
	groupPrefix     = "group:"
	appPrefix       = "app:"
)

func (p *parser) person(id text) normalize.Peer {
	peer := normalize.Peer{ID: normalize.PeerID(id)}
	if p.UserByApp != "" {
		peer.Aliases = []normalize.PeerID{normalize.PeerID(appPrefix + p.UserByApp)}
	}
	return peer
}

// visitor is somebody who is not signed in.
func (p *parser) visitor(id text) normalize.Peer {
	if p.AnonymousID != "" {
		id = p.AnonymousID
	}
	if id == "" {
		return normalize.Peer{}
	}
	return normalize.Peer{ID: normalize.PeerID(anonymousPrefix + id)}
}

func (p *parser) group() normalize.Peer {
	for _, id := range []text{p.GroupID, p.Recipient.GroupID, p.Recipient.ID} {
		if id != "" && id != p.OAID && string(id) != p.oa {
			return normalize.Peer{ID: normalize.PeerID(groupPrefix + id), Kind: normalize.PeerGroup}
		}
	}
	return normalize.Peer{}
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
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
