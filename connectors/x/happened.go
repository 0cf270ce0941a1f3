package x

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"threadhub/normalize"
)

// seen reads that somebody read a chat up to a message.
func (p *parser) seen(raw json.RawMessage, d *direct) {
	switch {
	case d.SenderID == "" || d.LastRead == "":
		p.unknown(raw, "direct_message_mark_read_events", "it names no reader or no message")
		return
	case d.SenderID == p.own:
		p.unknown(raw, "direct_message_mark_read_events", "the account itself read it")
		return
	}
	p.add(normalize.Event{
		Key: "rct:" + d.SenderID + ":" + d.LastRead, Type: normalize.EventReceipt, Peer: p.peer(d.SenderID), At: clock(d.At),
		Receipt: &normalize.Receipt{Target: normalize.PlatformID(d.LastRead), Status: normalize.StatusRead, Earlier: true},
	})
}

func (p *parser) typing(raw json.RawMessage, d *direct) {
	if d.SenderID == "" || d.SenderID == p.own {
		p.unknown(raw, "direct_message_indicate_typing_events", "it names nobody but the account")
		return
	}
	p.add(normalize.Event{
		Key: "typ:" + d.SenderID + ":" + cmp.Or(string(d.At), p.id(raw)), Type: normalize.EventTyping, Peer: p.peer(d.SenderID), At: clock(d.At),
	})
}

// encrypted reads that there is a message of an encrypted chat. What it says is
// for X's own apps alone.
func (p *parser) encrypted(raw, payload json.RawMessage) {
	var c chat
	if err := json.Unmarshal(payload, &c); err != nil {
		p.unknown(raw, p.kind, fault(err))
		return
	}
	if c.ID == "" || c.SenderID == "" {
		p.unknown(raw, p.kind, "it names no message or nobody")
		return
	}
	m := &normalize.Message{ID: normalize.PlatformID(c.ID), Type: normalize.TypeUnsupported, Platform: "encrypted_chat"}
	e := normalize.Event{Key: normalize.MessageKey(m.ID), Type: normalize.EventMessage, Peer: p.peer(c.SenderID), At: clock(c.At), Message: m}
	if c.SenderID == p.own {
		first, second, _ := strings.Cut(c.Conversation, ":")
		if first == p.own {
			first = second
		}
		if !digits(first) {
			p.unknown(raw, p.kind, "a chat of more than two, or with nobody")
			return
		}
		e.Type, e.Mirror, e.Peer = normalize.EventEcho, true, p.peer(first)
	}
	p.add(e)
}

// related reads that somebody followed or blocked the account, or the other way
// round. Only being blocked is between the two of them; the rest is news.
func (p *parser) related(raw, payload json.RawMessage, kind string) {
	var r relation
	if err := json.Unmarshal(payload, &r); err != nil {
		p.unknown(raw, cmp.Or(kind, "relation"), fault(err))
		return
	}
	if _, word, ok := strings.Cut(kind, "."); ok {
		r.Type = word
	}
	source, target := r.Source.id(), r.Target.id()
	if source == "" || target == "" || r.Type == "" {
		p.unknown(raw, cmp.Or(r.Type, "relation"), "it names nobody")
		return
	}
	e := normalize.Event{At: clock(r.At)}
	consent := map[string]normalize.ConsentStatus{"block": normalize.ConsentBlocked, "unblock": normalize.ConsentUnblocked}[r.Type]
	if consent != "" && source != p.own {
		e.Key, e.Type, e.Peer = "con:"+p.id(raw), normalize.EventConsent, r.Source.peer(source)
		e.Consent = &normalize.Consent{Status: consent}
		p.add(e)
		return
	}
	other, by := r.Source.peer(source), "them"
	if source == p.own {
		other, by = r.Target.peer(target), "us"
	}
	e.Key, e.Type = "chn:"+p.id(raw), normalize.EventChannel
	e.Notice = &normalize.Notice{Kind: shortened(r.Type), Data: map[string]string{
		"by": by, "user_id": string(other.ID), "username": other.Username,
	}}
	p.add(e)
}

func (u *user) id() string {
	if u.Data != nil {
		return u.Data.ID
	}
	return u.ID
}

// revoked reads that an account took the app's access back.
func (p *parser) revoked(raw, payload json.RawMessage) {
	var r struct {
		At     string `json:"date_time"`
		UserID string `json:"user_id"`
		Source struct {
			UserID string `json:"user_id"`
		} `json:"source"`
	}
	if err := json.Unmarshal(payload, &r); err != nil {
		p.unknown(raw, "oauth.revoke", fault(err))
		return
	}
	e := normalize.Event{
		Key: "chn:" + p.id(raw), Type: normalize.EventChannel, Account: cmp.Or(r.UserID, r.Source.UserID, p.account),
		Notice: &normalize.Notice{
			Kind: "access_revoked", Text: "the account took the app's access back: connect it again with a new access token",
		},
	}
	if at, err := time.Parse(time.RFC3339, string(r.At)); err == nil && at.Year() >= 1970 && at.Year() <= 9998 {
		e.At = at.UTC().Truncate(time.Millisecond)
	}
	p.add(e)
}

// replayed reads how a job ended that delivers missed events again.
func (p *parser) replayed(raw json.RawMessage) {
	var job struct {
		ID    string `json:"job_id"`
		State string `json:"job_state"`
	}
	if err := json.Unmarshal(raw, &job); err != nil || job.ID == "" {
		p.unknown(raw, "replay_job_status", "it names no job")
		return
	}
	p.add(normalize.Event{
		Key: "chn:" + p.id(raw), Type: normalize.EventChannel,
		Notice: &normalize.Notice{Kind: "replay_job", Data: map[string]string{"job_id": job.ID, "state": job.State}},
	})
}
