package zalo

import (
	"bytes"
	"encoding/json"
	"strings"

	"threadhub/normalize"
)

// Events that other places have to tell as well.
const (
	eventReceived = "user_received_message"
	eventSeen     = "user_seen_message"
	formID        = "request_user_info"
)

// happened reads the events that are no messages.
func (p *parser) happened() {
	switch p.Name {
	case "follow":
		p.consent(normalize.ConsentOptedIn)
	case "unfollow":
		p.consent(normalize.ConsentOptedOut)
	case eventReceived:
		p.receipts(normalize.StatusDelivered)
	case eventSeen:
		p.receipts(normalize.StatusRead)
	case "user_reacted_message", "anonymous_reacted_message":
		p.reaction()
	case "user_submit_info":
		p.form()
	case "user_click_button":
		p.click()
	default:
		words := news(p.Name)
		if words == "" {
			p.unknown("")
			return
		}
		p.notice(p.Name, words)
	}
}

// news says what an event is about that asks for nothing; "" for one that is not
// known.
func news(name string) string {
	switch name {
	case "user_click_chatnow":
		return "Somebody pressed the button to write to the account"
	case "user_click_link":
		return "Somebody opened a link"
	case "oa_reacted_message":
		return "The account reacted to a message"
	case "user_withdraw":
		return "Somebody took back the permission to use their data: delete what is no longer allowed"
	case "update_user_info", "add_user_to_tag", "remove_user_from_tag", "remove_tag":
		return "What the account notes of somebody changed"
	}
	switch {
	case strings.HasPrefix(name, "user_call_"), strings.HasPrefix(name, "oa_call_"), strings.Contains(name, "_call_"):
		return "A call changed its state"
	case strings.HasPrefix(name, "widget_"):
		return "A visitor used the account's widget"
	case strings.HasSuffix(name, "_group"), strings.Contains(name, "_group_"), name == "user_out_group":
		return "A group of the account changed"
	case strings.HasPrefix(name, "change_"):
		return "A quota or a template of the account changed"
	}
	return ""
}

// party is the person an event is about.
func (p *parser) party() normalize.Peer {
	for _, id := range []text{p.Follower.ID, p.UserID} {
		if id != "" {
			return p.person(id)
		}
	}
	if strings.HasPrefix(p.Name, "oa_") {
		return p.person(p.Recipient.ID)
	}
	return p.person(p.Sender.ID)
}

func (p *parser) consent(status normalize.ConsentStatus) {
	peer := p.party()
	if peer.ID == "" {
		p.unknown("it names nobody")
		return
	}
	p.add(normalize.Event{Key: "cns:" + p.id(peer.ID), Type: normalize.EventConsent, Peer: peer, Consent: &normalize.Consent{Status: status}})
}

// receipts reads that a message arrived, or that several were read. They are
// from the account, and the person is who they are for. Those of notifications
// name a phone number, which is nobody's id here.
func (p *parser) receipts(status normalize.Status) {
	m := p.Message
	if m == nil {
		p.unknown("it names no message")
		return
	}
	peer := p.person(p.Recipient.ID)
	if p.notices || m.TrackingID != "" {
		peer = normalize.Peer{}
	}
	for _, id := range distinct(append([]string{string(m.ID)}, plain(m.IDs)...)...) {
		if id == "" {
			p.unknown("it names no message")
			return
		}
		p.add(normalize.Event{
			Key: "rct:" + id + ":" + string(status), Type: normalize.EventReceipt, Peer: peer,
			Receipt: &normalize.Receipt{Target: normalize.PlatformID(id), Status: status},
		})
	}
}

func plain(all []text) []string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = string(t)
	}
	return out
}

// form reads the answer to a request for a name, a phone number and an address.
func (p *parser) form() {
	peer := p.person(p.Sender.ID)
	var data bytes.Buffer
	if peer.ID == "" || json.Compact(&data, p.Info) != nil || data.Len() == 0 || data.Bytes()[0] != '{' {
		p.unknown("it names nobody, or holds no answer")
		return
	}
	var who struct {
		Name  text `json:"name"`
		Phone text `json:"phone"`
	}
	_ = json.Unmarshal(p.Info, &who) // it is an object; members that are none are left out
	peer.Name, peer.Phone = string(who.Name), phone(string(who.Phone))
	out := &normalize.Message{
		ID: normalize.PlatformID("info:" + p.id(peer.ID)), Type: normalize.TypeReply,
		Reply: &normalize.Choice{Kind: normalize.ChoiceForm, ID: formID, Data: data.String()},
	}
	p.add(normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: peer, Message: out})
}

// click reads a button that reports itself by an event of its own. What the
// event holds is not documented: without a payload it is news.
func (p *parser) click() {
	peer, payload := p.person(p.Sender.ID), p.Payload
	if p.Message != nil && p.Message.Payload != "" {
		payload = p.Message.Payload
	}
	if peer.ID == "" || payload == "" {
		p.notice(p.Name, "Somebody pressed a button")
		return
	}
	choice := &normalize.Choice{Kind: normalize.ChoicePostback, ID: string(payload)}
	if _, _, ours := said(string(payload)); ours != nil {
		choice = ours
	}
	id := normalize.PlatformID("click:" + p.id(peer.ID))
	if p.Message != nil && p.Message.ID != "" {
		id = normalize.PlatformID(p.Message.ID)
	}
	p.add(normalize.Event{
		Key: normalize.MessageKey(id), Type: normalize.EventMessage, Peer: peer,
		Message: &normalize.Message{ID: id, Type: normalize.TypeReply, Reply: choice},
	})
}

// notice keeps news with whom it is about.
func (p *parser) notice(kind, words string) {
	peer := p.party()
	data := map[string]string{}
	for name, value := range map[string]text{"group_id": p.GroupID, "source": p.Source} {
		if value != "" {
			data[name] = string(value)
		}
	}
	if p.Message != nil && p.Message.ID != "" {
		data["message_id"] = string(p.Message.ID)
	}
	if len(data) == 0 {
		data = nil
	}
	p.add(normalize.Event{
		Key: "news:" + p.id(peer.ID) + ":" + digest(p.body), Type: normalize.EventChannel, Peer: peer,
		Notice: &normalize.Notice{Kind: shortened(kind), Text: words, Data: data},
	})
}
