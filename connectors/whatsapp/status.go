package whatsapp

import (
	"encoding/json"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// status reads an element of statuses: the fate of something we sent. Meta
// keeps no order among them and may leave delivered out.
func (p *parser) status(raw json.RawMessage) {
	var s status
	if !p.decode("statuses", raw, &s) {
		return
	}
	fate, ok := fates(s.Status)
	if !ok || s.ID == "" {
		p.unknown("status:"+kindOf(s.Status), "a status this connector does not read", raw)
		return
	}
	if on, ok := strings.CutPrefix(s.Callback, reactionMark); ok {
		p.reacted(&s, normalize.PlatformID(on), fate)
		return
	}
	ev := normalize.Event{
		// In a group every member has a status of their own.
		Key:  strings.Join([]string{"rct", s.ID, s.Status, s.recipient()}, ":"),
		Type: normalize.EventReceipt,
		Peer: p.recipient(&s),
		At:   s.Timestamp.Time,
		Receipt: &normalize.Receipt{
			Target: normalize.PlatformID(s.ID), Ref: s.Callback, Status: fate,
		},
	}
	if fate == normalize.StatusFailed {
		ev.Receipt.Failure = s.failure()
	}
	p.add(ev)
	if len(s.Errors) > 0 && s.Errors[0].Code.Int() == codeOptedOut && ev.Peer.ID != "" {
		p.add(normalize.Event{
			Key: "cns:" + s.ID, Type: normalize.EventConsent, Peer: ev.Peer, At: ev.At,
			Consent: &normalize.Consent{Status: normalize.ConsentOptedOut, Category: categoryMarketing},
		})
	}
}

// reacted reads the status of a reaction of ours: one that failed is not there.
// That it arrived says nothing that was not known.
func (p *parser) reacted(s *status, on normalize.PlatformID, fate normalize.Status) {
	ev := normalize.Event{
		Key:  strings.Join([]string{"rct", s.ID, s.Status, s.recipient()}, ":"),
		Type: normalize.EventNoted, Peer: p.recipient(s), At: s.Timestamp.Time,
	}
	if fate == normalize.StatusFailed && on != "" && ev.Peer.ID != "" {
		ev.Type, ev.Reaction = normalize.EventReaction, &normalize.Reaction{Target: on, Business: true}
	}
	p.add(ev)
}

// fates maps WhatsApp's statuses. A voice note that was played was read.
func fates(status string) (normalize.Status, bool) {
	switch status {
	case "sent":
		return normalize.StatusSent, true
	case "delivered":
		return normalize.StatusDelivered, true
	case "read", "played":
		return normalize.StatusRead, true
	case "failed":
		return normalize.StatusFailed, true
	}
	return "", false
}

func (s *status) recipient() string {
	for _, id := range []string{s.Participant, s.ParticipantUserID, s.RecipientID, s.RecipientUserID} {
		if id != "" {
			return id
		}
	}
	return ""
}

func (p *parser) recipient(s *status) normalize.Peer {
	if s.RecipientType == "group" {
		return normalize.Peer{ID: normalize.PeerID(s.RecipientID), Kind: normalize.PeerGroup}
	}
	return p.person(s.RecipientUserID, s.RecipientID)
}

func (s *status) failure() *normalize.Failure {
	if len(s.Errors) == 0 {
		return &normalize.Failure{Reason: normalize.ReasonUnknown}
	}
	return failure(&s.Errors[0])
}

// failure words an error that a webhook carries.
func failure(e *meta.Error) *normalize.Failure {
	class := classOf(e.Code.Int())
	return &normalize.Failure{
		Reason: class.Reason, Code: string(e.Code), Message: e.Text(),
		Retryable: class.Verdict == connectors.Retry,
	}
}
