package rcs

import (
	"net/http"
	"strconv"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// nobodysNumber is a number that is kept for fiction, so that no phone has it.
const nobodysNumber = "+12025550123"

// Check asks what a phone can do. Google knows no other question without
// effects; that it knows no such phone is as good an answer as any, for it
// comes after the credentials were accepted.
func (a *agent) Check() *connectors.Call {
	number := a.test
	if number == "" {
		number = nobodysNumber
	}
	return &connectors.Call{
		Name: opCheck, Method: http.MethodGet,
		URL:    a.resource(normalize.PeerID(number), "capabilities", "requestId", uuid("check", a.id)),
		Header: http.Header{"User-Agent": {userAgent}},
	}
}

// agentEvent is the body of an event of ours.
type agentEvent struct {
	Type      string `json:"eventType"`
	MessageID string `json:"messageId,omitempty"`
}

// Typing shows that an answer is being written. The event's name differs from
// one moment to the next, or it would be shown once.
func (a *agent) Typing(out *normalize.Outbound) *connectors.Call {
	id := uuid("typing", string(out.To.ID), out.ID, string(out.LastInbound), strconv.FormatInt(out.Now.Unix(), 10))
	return a.event(opTyping, out, id, agentEvent{Type: "IS_TYPING"})
}

// Read marks the peer's latest message as read. The button of an older message
// that was pressed is a message too.
func (a *agent) Read(out *normalize.Outbound) *connectors.Call {
	if out.LastInbound == "" {
		return nil
	}
	id := uuid("read", string(out.To.ID), string(out.LastInbound))
	return a.event(opRead, out, id, agentEvent{"READ", string(out.LastInbound)})
}

func (a *agent) event(op string, out *normalize.Outbound, id string, body agentEvent) *connectors.Call {
	if phone(string(out.To.ID)) == "" {
		return nil
	}
	call, err := a.post(op, out.To.ID, "agentEvents", "eventId", id, body)
	if err != nil {
		return nil
	}
	return call
}

// mediaKept is how long a file of a customer's is counted on: its address is
// signed for a time that Google does not state (platforms/rcs: Media).
const mediaKept = time.Hour

// MediaKept has files fetched as soon as they come in.
func (a *agent) MediaKept() time.Duration { return mediaKept }
