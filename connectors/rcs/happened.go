package rcs

import (
	"cmp"
	"strings"

	"threadhub/normalize"
)

// happened reads an event that is no message (platforms/rcs: Envelope). One
// that names no phone is about the agent itself.
func (r *reader) happened() normalize.Event {
	peer, ok := r.peer()
	e := normalize.Event{Peer: peer}
	switch r.event.Type {
	case "DELIVERED":
		return r.receipt(e, normalize.StatusDelivered, nil)
	case "READ":
		return r.receipt(e, normalize.StatusRead, nil)
	case "TTL_EXPIRATION_REVOKED":
		return r.receipt(e, normalize.StatusFailed, &normalize.Failure{
			Reason: normalize.ReasonExpired, Code: r.event.Type,
			Message: "the phone could not be reached in time, and the message was taken back: send it another way",
		})
	case "TTL_EXPIRATION_REVOKE_FAILED":
		return r.notice(e, "the time of a message ended, but it could not be taken back: it may still arrive")
	}
	switch {
	case !ok && r.event.AgentID != "":
		return r.notice(e, "")
	case !ok:
		return r.unknown("it names nobody")
	}
	switch r.event.Type {
	case "IS_TYPING":
		e.Key, e.Type = "typ:"+r.id(), normalize.EventTyping
		return e
	case "SUBSCRIBE":
		return r.consent(e, normalize.ConsentOptedIn)
	case "UNSUBSCRIBE":
		return r.consent(e, normalize.ConsentOptedOut)
	}
	return r.unknown("")
}

// receipt is what became of a message of ours.
func (r *reader) receipt(e normalize.Event, status normalize.Status, failure *normalize.Failure) normalize.Event {
	if r.event.MessageID == "" {
		return r.unknown("a receipt that names no message")
	}
	// An event without an id of its own has none but the message's, which its
	// other receipts share.
	name := cmp.Or(r.event.EventID, r.event.MessageID+":"+strings.ToLower(r.event.Type))
	e.Key, e.Type = "rct:"+name, normalize.EventReceipt
	e.Receipt = &normalize.Receipt{Target: normalize.PlatformID(r.event.MessageID), Status: status, Failure: failure}
	return e
}

func (r *reader) consent(e normalize.Event, status normalize.ConsentStatus) normalize.Event {
	e.Key, e.Type = "con:"+r.id(), normalize.EventConsent
	e.Consent = &normalize.Consent{Status: status}
	return e
}

// notice is news about the agent, under Google's name for it.
func (r *reader) notice(e normalize.Event, text string) normalize.Event {
	e.Key, e.Type = "chn:"+r.id(), normalize.EventChannel
	e.Notice = &normalize.Notice{Kind: strings.ToLower(shortened(r.event.Type)), Text: text}
	if r.event.MessageID != "" {
		e.Notice.Data = map[string]string{"message_id": r.event.MessageID}
	}
	return e
}
