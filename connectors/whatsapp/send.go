package whatsapp

import (
	"fmt"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opSend      = "messages"
	opReact     = "reaction"
	opRead      = "read"
	opTyping    = "typing"
	opCheck     = "check"
	opSubscribe = "subscribed_apps"
	opMedia     = "media"
)

// Next sends each part with one call; media goes by its address or by the id
// of an upload, which Meta fetches by itself.
func (c *connector) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	index := 0
	for _, ex := range done {
		index = max(index, ex.Part+1)
	}
	if index >= len(out.Parts) {
		return nil, nil
	}
	msg, err := addressed(out.To)
	if err == nil {
		err = msg.fill(&out.Parts[index])
	}
	if err != nil {
		return nil, fmt.Errorf("whatsapp part %d: %w", index+1, err)
	}
	// The hub's id comes back in receipts, which so find their message even
	// when the answer to this call is lost.
	msg.Callback = out.ID
	call, err := c.post(opSend, msg)
	if err != nil {
		return nil, err
	}
	call.Part, call.Visible = index, true
	return call, nil
}

// reactionMark begins what a reaction's statuses bring back, before the message
// it is on: a reaction has an id and statuses of its own, as a message has.
const reactionMark = "reaction:"

// React sets our reaction, or takes it back with an empty emoji. Setting the
// same again changes nothing, so that it may be repeated.
func (c *connector) React(r connectors.Reacting) ([]*connectors.Call, error) {
	msg, err := addressed(r.To)
	if err != nil {
		return nil, fmt.Errorf("whatsapp reaction: %w", err)
	}
	msg.Type, msg.Reaction = "reaction", &outReaction{MessageID: string(r.Message), Emoji: r.Emoji}
	msg.Callback = reactionMark + string(r.Message)
	call, err := c.post(opReact, msg)
	if err != nil {
		return nil, err
	}
	call.Visible, call.Idempotent = true, true
	return []*connectors.Call{call}, nil
}

// Read shows the peer that their messages up to the latest were read.
func (c *connector) Read(out *normalize.Outbound) *connectors.Call {
	return c.seen(opRead, out, nil)
}

// Typing shows that somebody is typing, for 25 s or until a message is sent. It
// is tied to the peer's latest message, which it also marks as read.
func (c *connector) Typing(out *normalize.Outbound) *connectors.Call {
	return c.seen(opTyping, out, &typingSign{Type: "text"})
}

func (c *connector) seen(op string, out *normalize.Outbound, sign *typingSign) *connectors.Call {
	if out.LastInbound == "" {
		return nil
	}
	call, err := c.post(op, readMark{
		Product: "whatsapp", Status: "read", MessageID: string(out.LastInbound), Typing: sign,
	})
	if err != nil {
		return nil
	}
	call.Visible, call.Idempotent = true, true
	return call
}

// post is a call to the number's messages endpoint, which does all of the
// above.
func (c *connector) post(op string, body any) (*connectors.Call, error) {
	call, err := c.graph.Post(op, body, c.phoneNumberID, "messages")
	if err != nil {
		return nil, fmt.Errorf("whatsapp %w", err)
	}
	return call, nil
}

// addressed begins a message to a peer. A phone number goes before a
// business-scoped id: authentication templates are refused without one (error
// 131062), and of two Meta takes the number.
func addressed(to normalize.Peer) (*outMessage, error) {
	msg := &outMessage{Product: "whatsapp", RecipientType: "individual"}
	switch number := numberOf(to); {
	case to.ID == "":
		return nil, fmt.Errorf("the recipient has no id")
	case to.Kind == normalize.PeerGroup:
		msg.RecipientType, msg.To = "group", string(to.ID)
	case number != "":
		msg.To = number
	case isUserID(string(to.ID)):
		msg.Recipient = string(to.ID)
	default:
		msg.To = string(to.ID)
	}
	return msg, nil
}

// numberOf is the peer's number as WhatsApp writes it, empty if not known.
func numberOf(to normalize.Peer) string {
	candidates := []string{string(to.ID), strings.TrimPrefix(to.Phone, "+")}
	for _, alias := range to.Aliases {
		candidates = append(candidates, string(alias))
	}
	for _, s := range candidates {
		if isNumber(s) {
			return s
		}
	}
	return ""
}
