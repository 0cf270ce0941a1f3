package line

import (
	"strings"

	"threadhub/normalize"
)

// consent reads that somebody added the account as a friend, came back, or
// blocked it. What is sent to them from then on vanishes with a 200, so this is
// the only word about it (platforms/line: section 4).
func (p *parser) consent() {
	e := &p.event
	peer, _ := e.Source.place()
	if peer.ID == "" {
		p.unknown("it names nobody")
		return
	}
	status := normalize.ConsentOptedIn
	switch {
	case e.Type == "unfollow":
		status = normalize.ConsentBlocked
	case e.Follow != nil && e.Follow.Unblocked:
		status = normalize.ConsentUnblocked
	}
	p.add(normalize.Event{
		Key: p.key("cns"), Type: normalize.EventConsent, Peer: peer, Consent: &normalize.Consent{Status: status},
	})
}

// happened reads the types that are news and nothing anybody said; false for a
// type that is not known.
func (p *parser) happened() bool {
	e := &p.event
	switch {
	case e.Type == "join":
		p.notice("group_joined", "The account was added to the chat", nil)
	case e.Type == "leave":
		p.notice("group_left", "The account was removed from the chat", nil)
	case e.Type == "memberJoined" && e.Joined != nil:
		p.notice("member_joined", "Somebody joined the chat", map[string]string{"user_ids": e.Joined.list()})
	case e.Type == "memberLeft" && e.Left != nil:
		p.notice("member_left", "Somebody left the chat", map[string]string{"user_ids": e.Left.list()})
	case e.Type == "videoPlayComplete" && e.Video != nil:
		p.notice("video_played", "A video was watched to its end", map[string]string{"tracking_id": e.Video.TrackingID})
	case e.Type == "beacon" && e.Beacon != nil:
		p.notice("beacon", "Somebody is near a beacon", map[string]string{
			"hwid": e.Beacon.Hardware, "type": e.Beacon.Type, "dm": e.Beacon.Message,
		})
	case e.Type == "accountLink" && e.Link != nil:
		p.notice("account_link", "Somebody linked their account", map[string]string{"result": e.Link.Result, "nonce": e.Link.Nonce})
	case e.Type == "membership" && e.Membership != nil:
		p.notice("membership", "A paid membership changed", map[string]string{
			"type": e.Membership.Type, "membership_id": e.Membership.ID.String(),
		})
	default:
		return p.account()
	}
	return true
}

// account reads news about the channel itself.
func (p *parser) account() bool {
	e := &p.event
	switch {
	case e.Type == "module" && e.Module != nil:
		p.notice("module_"+shortened(e.Module.Type), "A module of the channel changed", map[string]string{"bot_id": e.Module.Bot})
	case e.Type == "activated":
		p.notice("activated", "This module has the chat now", nil)
	case e.Type == "deactivated":
		p.notice("deactivated", "Another module of the channel has the chat now", nil)
	case e.Type == "botSuspended":
		p.notice("account_suspended", "LINE suspended the account", nil)
	case e.Type == "botResumed":
		p.notice("account_resumed", "LINE lifted the account's suspension", nil)
	case e.Type == "delivery" && e.Notification != nil:
		p.notice("notification_delivered", "A notification message to a phone number was delivered", map[string]string{"data": e.Notification.Data})
	default:
		return false
	}
	return true
}

// notice keeps the news with the chat it is about and what LINE says of it.
func (p *parser) notice(kind, text string, data map[string]string) {
	peer, author := p.event.Source.place()
	for name, value := range data {
		if value == "" {
			delete(data, name)
		}
	}
	if author != nil {
		if data == nil {
			data = map[string]string{}
		}
		data["by"] = string(author.ID)
	}
	if len(data) == 0 {
		data = nil
	}
	p.add(normalize.Event{
		Key: p.key("news"), Type: normalize.EventChannel, Peer: peer,
		Notice: &normalize.Notice{Kind: kind, Text: text, Data: data},
	})
}

// list names the members, one behind the other.
func (m *members) list() string {
	ids := make([]string, 0, len(m.Members))
	for _, member := range m.Members {
		if member.UserID != "" {
			ids = append(ids, member.UserID)
		}
	}
	return strings.Join(ids, " ")
}
