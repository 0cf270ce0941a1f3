package whatsapp

import (
	"encoding/json"
	"strings"

	"threadhub/connectors"
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
	if len(s.Errors) > 0 && s.Errors[0].Code.int() == codeOptedOut && ev.Peer.ID != "" {
		p.add(normalize.Event{
			Key: "cns:" + s.ID, Type: normalize.EventConsent, Peer: ev.Peer, At: ev.At,
			Consent: &normalize.Consent{Status: normalize.ConsentOptedOut, Category: categoryMarketing},
		})
	}
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
	return s.Errors[0].failure()
}

// failure words an error that a webhook carries.
func (e *apiError) failure() *normalize.Failure {
	class := classOf(e.Code.int())
	return &normalize.Failure{
		Reason: class.reason, Code: string(e.Code), Message: e.text(),
		Retryable: class.verdict == connectors.Retry,
	}
}

// text is the most telling of an error's texts.
func (e *apiError) text() string {
	for _, s := range []string{e.Data.Details, e.Message, e.Title} {
		if s == "" {
			continue
		}
		if _, words, found := strings.Cut(s, ") "); found && strings.HasPrefix(s, "(#") {
			s = words // "(#131047) Re-engagement message": the code stands beside it
		}
		return bounded(s)
	}
	return ""
}
