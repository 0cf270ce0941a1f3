package wechat

import (
	"encoding/json"
	"strings"

	"threadhub/normalize"
)

// scenePrefix begins the key of a code that somebody followed the account by.
const scenePrefix = "qrscene_"

// happened reads an event. Its name is in lower case: WeChat's own is not
// always the same (platforms/wechat: inbound).
func (p *parser) happened(event string) {
	switch event {
	case "subscribe":
		p.consent(normalize.ConsentOptedIn)
		if scene := strings.TrimPrefix(p.get("EventKey"), scenePrefix); scene != "" {
			p.notice("followed_by_code", "Somebody followed the account by a code", data{"scene": scene, "ticket": p.get("Ticket")})
		}
	case "unsubscribe":
		p.consent(normalize.ConsentBlocked)
	case "click":
		p.choice("")
	case "scancode_push", "scancode_waitmsg":
		p.choice(p.scanned())
	case "templatesendjobfinish":
		p.finished()
	case "subscribe_msg_sent_event":
		p.noticesSent()
	case "subscribe_msg_popup_event", "subscribe_msg_change_event":
		p.noticesAllowed()
	default:
		if !p.reported(event) {
			p.unknown(event, "")
		}
	}
}

// reported reads the events that are news and ask for no answer; false for one
// that is not known.
func (p *parser) reported(event string) bool {
	switch event {
	case "scan":
		p.notice("code_scanned", "A follower scanned a code", data{"scene": p.get("EventKey"), "ticket": p.get("Ticket")})
	case "location":
		p.notice("location_reported", "WeChat reported where a follower is", data{
			"latitude": p.get("Latitude"), "longitude": p.get("Longitude"), "precision": p.get("Precision"),
		})
	case "view", "view_miniprogram":
		p.notice("link_opened", "Somebody opened a link of the menu", data{"url": p.get("EventKey"), "menu_id": p.first("MenuId", "MenuID")})
	case "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
		// What was picked arrives as messages of its own.
		p.notice("menu_used", "Somebody used the menu to send something", data{"event": event, "key": p.get("EventKey")})
	case "user_enter_tempsession":
		p.notice("conversation_started", "Somebody opened the customer service of a mini program", data{"session_from": p.get("SessionFrom")})
	case "kf_create_session", "kf_close_session", "kf_switch_session":
		p.notice(event, "WeChat's own customer service took or ended the chat", data{
			"account": p.first("KfAccount", "FromKfAccount"), "to": p.get("ToKfAccount"),
		})
	case "user_info_modified", "user_authorization_revoke", "user_authorization_cancellation":
		p.notice(event, "Somebody changed or took back what WeChat may tell about them: delete what is no longer allowed", data{
			"open_id": p.get("OpenID"), "revoked": p.get("RevokeInfo"),
		})
	default:
		return false
	}
	return true
}

// data is what a notice tells; empty values are left out.
type data map[string]string

func (p *parser) notice(kind, text string, d data) {
	for name, value := range d {
		if value == "" {
			delete(d, name)
		}
	}
	if len(d) == 0 {
		d = nil
	}
	peer := p.peer()
	if id := p.get("OpenID"); id != "" {
		peer.ID = normalize.PeerID(id) // the sender is WeChat itself then
	}
	p.add(normalize.Event{
		Key: "news:" + p.id(), Type: normalize.EventChannel, Peer: peer,
		Notice: &normalize.Notice{Kind: kind, Text: text, Data: d},
	})
}

func (p *parser) consent(status normalize.ConsentStatus) {
	p.add(normalize.Event{Key: "cns:" + p.id(), Type: normalize.EventConsent, Peer: p.peer(), Consent: &normalize.Consent{Status: status}})
}

// scanned is what an entry of the menu made somebody scan.
func (p *parser) scanned() string {
	raw, err := json.Marshal(struct {
		Type   string `json:"scan_type,omitempty"`
		Result string `json:"scan_result,omitempty"`
	}{p.get("ScanType"), p.get("ScanResult")})
	if err != nil {
		return ""
	}
	return string(raw)
}

// finished reads the fate of a template message.
func (p *parser) finished() {
	status := p.get("Status")
	r := &normalize.Receipt{Target: normalize.PlatformID(p.first("MsgID", "MsgId")), Status: normalize.StatusDelivered}
	if r.Target == "" {
		p.unknown("TEMPLATESENDJOBFINISH", "it names no message")
		return
	}
	if words := strings.ToLower(status); words != "success" {
		r.Status = normalize.StatusFailed
		r.Failure = &normalize.Failure{Reason: normalize.ReasonUnknown, Message: shortened(status)}
		switch {
		case strings.Contains(words, "user block"):
			r.Failure.Reason = normalize.ReasonBlocked
		case strings.Contains(words, "system"):
			r.Failure.Reason = normalize.ReasonUnavailable
		}
	}
	p.add(normalize.Event{Key: "rct:" + p.id(), Type: normalize.EventReceipt, Peer: p.peer(), Receipt: r})
}

// noticesSent reads the fate of subscription notices.
func (p *parser) noticesSent() {
	ids, codes, words := p.all("MsgID"), p.all("ErrorCode"), p.all("ErrorStatus")
	if len(ids) == 0 {
		ids = p.all("MsgId")
	}
	if len(ids) == 0 || len(codes) != len(ids) {
		p.unknown("subscribe_msg_sent_event", "it names no message, or not what became of it")
		return
	}
	for i, id := range ids {
		r := &normalize.Receipt{Target: normalize.PlatformID(id), Status: normalize.StatusDelivered}
		if codes[i] != "0" {
			r.Status = normalize.StatusFailed
			r.Failure = &normalize.Failure{Reason: meaningOf(codes[i]).reason, Code: shortened(codes[i])}
			if i < len(words) {
				r.Failure.Message = shortened(words[i])
			}
		}
		if id == "" {
			p.unknown("subscribe_msg_sent_event", "it names no message")
			continue
		}
		p.add(normalize.Event{Key: "rct:" + p.id() + ":" + shortened(id), Type: normalize.EventReceipt, Peer: p.peer(), Receipt: r})
	}
}

// noticesAllowed reads which subscription notices somebody wants to get.
func (p *parser) noticesAllowed() {
	templates, answers := p.all("TemplateId"), p.all("SubscribeStatusString")
	if len(templates) == 0 || len(answers) != len(templates) {
		p.unknown(strings.ToLower(p.get("Event")), "it names no template, or not what was answered")
		return
	}
	for i, template := range templates {
		status := normalize.ConsentOptedOut
		if answers[i] == "accept" {
			status = normalize.ConsentOptedIn
		}
		p.add(normalize.Event{
			Key: "cns:" + p.id() + ":" + digest(template), Type: normalize.EventConsent, Peer: p.peer(),
			Consent: &normalize.Consent{Status: status, Category: template},
		})
	}
}
