package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads the one message or event of a webhook. Of an encrypted one only
// what was decrypted counts: what stands beside it is not proved.
func (a *account) Parse(req *connectors.Request) ([]normalize.Event, error) {
	f, body, err := a.read(req.Body)
	if err != nil {
		return nil, err
	}
	p := parser{fields: f, body: body}
	if f == nil {
		p.unknown("encrypted", "it is encrypted with a key that the channel does not have: enter the EncodingAESKey")
		return p.events, nil
	}
	p.read()
	return p.events, nil
}

// Skim reads whether the webhook is one of WeChat's. It names no account: an
// address belongs to one.
func (a *account) Skim(req *connectors.Request) ([]string, error) {
	_, _, err := a.read(req.Body)
	return nil, err
}

// read answers the fields of a webhook and the bytes they stand in, without
// fields when these are encrypted with a key that is not known.
func (a *account) read(body []byte) (fields, []byte, error) {
	f, err := readFields(body)
	if err != nil {
		return nil, nil, malformed(err.Error())
	}
	encrypted := f.get("Encrypt")
	if encrypted != "" && len(a.keys) > 0 {
		plain, err := a.decrypt(encrypted)
		if err != nil {
			return nil, body, nil
		}
		if f, err = readFields(plain); err != nil {
			return nil, nil, malformed(err.Error())
		}
		body, encrypted = plain, ""
	}
	switch {
	case f.get("MsgType") != "":
		return f, body, nil
	case encrypted != "":
		return nil, body, nil
	}
	return nil, nil, malformed("no MsgType")
}

func malformed(why string) error {
	return fmt.Errorf("wechat: parse webhook: %w: %s", connectors.ErrMalformed, why)
}

// parser makes the events of one webhook.
type parser struct {
	fields
	body   []byte
	events []normalize.Event
}

func (p *parser) read() {
	kind := strings.ToLower(p.get("MsgType"))
	switch {
	case p.get("FromUserName") == "":
		p.unknown(kind, "it names nobody")
	case kind == "event":
		p.happened(strings.ToLower(p.get("Event")))
	default:
		p.said(kind)
	}
}

// peer is who wrote.
func (p *parser) peer() normalize.Peer {
	return normalize.Peer{ID: normalize.PeerID(p.get("FromUserName"))}
}

func (p *parser) at() time.Time { return clock(p.get("CreateTime")) }

func (p *parser) add(e normalize.Event) {
	if e.At.IsZero() {
		e.At = p.at()
	}
	p.events = append(p.events, e)
}

func (p *parser) unknown(kind, reason string) {
	if kind == "" {
		kind = "event"
	}
	p.add(normalize.Event{
		Key: "unk:" + digest(string(p.body)), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(kind), Reason: reason},
	})
}

// id names an event, which has no id of its own, by what stays the same when it
// is delivered again: who, when, what, and which of several at a time
// (platforms/wechat: response, retries).
func (p *parser) id() string {
	id := p.get("FromUserName") + ":" + p.get("CreateTime") + ":" + shortened(strings.ToLower(p.get("Event")))
	if which := p.get("EventKey") + p.first("MsgID", "MsgId"); which != "" {
		id += ":" + digest(which)
	}
	return id
}

// digest is a short name of a text of any length.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
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
