package messaging

import (
	"strings"

	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// referral reads that somebody opened the thread from a link, an ad or a code,
// or filled in an ad's form. There is no message with it, so that it becomes
// one of the system's.
func (p *parser) referral(t *turn) {
	if !p.needs(t, "referral", "referral") {
		return
	}
	r := t.Referral
	msg := normalize.Message{Type: normalize.TypeSystem, Platform: "referral", Referral: p.normalReferral(r)}
	if r.Type != "" && r.Type != "OPEN_THREAD" {
		msg.Platform += ":" + strings.ToLower(r.Type)
	}
	if t.Lead != nil {
		var answers []string
		for _, d := range t.Lead.Data {
			answers = append(answers, d.Question+" "+d.Answer)
		}
		msg.Text = lines(answers...)
	}
	p.say(t, own(meta.Digest("referral:", string(t.peer.ID), stamp(t.Timestamp), r.Source, r.Type, r.Ref, string(r.AdID))), msg)
}

// normalReferral reads how somebody came (platforms/messenger: section 3).
func (p *parser) normalReferral(r *referral) *normalize.Referral {
	out := &normalize.Referral{Source: source(r.Source), ID: string(r.AdID), URL: r.Referer, Payload: r.Ref}
	if r.Product != nil {
		if out.Source == "" {
			out.Source = "product"
		}
		out.ID = first(out.ID, string(r.Product.ID))
	}
	if r.Ad != nil {
		out.Headline = r.Ad.Title
		out.MediaURL = first(r.Ad.PhotoURL, r.Ad.VideoURL)
		out.ID = first(out.ID, string(r.Ad.PostID), string(r.Ad.ProductID))
		if r.Ad.PostID != "" {
			out.URL = first(out.URL, p.c.o.Dialect.Page(string(r.Ad.PostID)))
		}
		out.Source = first(out.Source, "ad")
	}
	out.Source = first(out.Source, "link")
	return out
}

// source words where a referral came from.
func source(s string) string {
	switch s {
	case "ADS":
		return "ad"
	case "SHORTLINK", "IGME_LINK", "SHORT-URL":
		return "link"
	case "MESSENGER_CODE":
		return "code"
	case "CUSTOMER_CHAT_PLUGIN":
		return "plugin"
	}
	return strings.ToLower(s)
}

// first is the first of texts that is not empty.
func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// Types of opt-in to a topic that can be written about later. Other opt-ins
// come from a plugin on a web page.
const (
	optinNotifications = "notification_messages"
	optinOnce          = "one_time_notif_req"
)

// optin reads that somebody allowed messages, or stopped them. One from a
// plugin opens the reply window (platforms/messenger: section 6), so that it is
// a message of the system's that can be answered.
func (p *parser) optin(t *turn) {
	o := t.Optin
	if !p.needs(t, "optin", "optin") {
		return
	}
	if o.Type != optinNotifications && o.Type != optinOnce {
		p.say(t, own(meta.Digest("optin:", string(t.peer.ID), stamp(t.Timestamp), string(o.Ref), o.Payload)), normalize.Message{
			Type: normalize.TypeSystem, Platform: "optin",
			Referral: &normalize.Referral{Source: "plugin", Payload: first(string(o.Ref), o.Payload)},
		})
		return
	}
	ev := t.event(normalize.EventConsent, meta.Digest("cns:", string(t.raw)))
	ev.Consent = &normalize.Consent{Status: normalize.ConsentOptedIn, Category: o.Type}
	if strings.HasPrefix(strings.ToUpper(o.Status), "STOP") {
		ev.Consent.Status = normalize.ConsentOptedOut
	}
	p.add(ev)
}
