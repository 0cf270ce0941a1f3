package messaging

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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
	opProfile   = "profile"
	opMedia     = "media"
)

// OpRegister names the call that gives an app's webhooks an address.
const OpRegister = "subscriptions"

// Next sends each part with a call, or an album that is not of images with one
// for each file. Media goes by its address, which Meta fetches by itself.
func (c *Connector) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	step := len(done)
	for i := range out.Parts {
		messages, err := render(&out.Parts[i])
		if err != nil {
			return nil, c.partError(i, err)
		}
		if step >= len(messages) {
			step -= len(messages)
			continue
		}
		last := i == len(out.Parts)-1 && step == len(messages)-1
		call, err := c.send(out, i, messages[step], step == 0, last)
		if err != nil {
			return nil, c.partError(i, err)
		}
		return call, nil
	}
	return nil, nil
}

func (c *Connector) partError(part int, err error) error {
	return fmt.Errorf("%s part %d: %w", c.o.Dialect.Name, part+1, err)
}

// send is the call for one message of a part.
func (c *Connector) send(out *normalize.Outbound, part int, msg *outMessage, first, last bool) (*connectors.Call, error) {
	content := &out.Parts[part]
	body := &outgoing{Message: msg}
	var err error
	if body.Recipient, err = c.answers(out, content); err != nil {
		return nil, err
	}
	if q := content.ReplyTo; q != nil && first && quotable(q.ID) {
		body.ReplyTo = &outTarget{MID: string(q.ID)}
	}
	c.allow(body, out)
	if c.o.Dialect.Metadata {
		msg.Metadata = metadataPrefix
		if last {
			msg.Metadata += out.ID
		}
	}
	call, err := c.post(opSend, body)
	if err != nil {
		return nil, err
	}
	call.Part, call.Visible = part, true
	return call, nil
}

// quotable tells the platform's ids of messages from those made up here.
func quotable(id normalize.PlatformID) bool {
	return id != "" && !strings.HasPrefix(string(id), ownPrefix) && !strings.HasPrefix(string(id), commentPrefix)
}

// answers is who gets the message: the person, or the comment that it answers
// in private.
func (c *Connector) answers(out *normalize.Outbound, part *normalize.Message) (recipient, error) {
	comment := out.Context[contextComment]
	if part.ReplyTo != nil {
		if id, ok := strings.CutPrefix(string(part.ReplyTo.ID), commentPrefix); ok {
			comment = id
		} else if quotable(part.ReplyTo.ID) {
			comment = ""
		}
	}
	switch {
	case comment == "":
		return addressed(out.To)
	case len(out.Parts) > 1:
		return recipient{}, errors.New("a comment can be answered with one message only: write less, or wait until the person answers")
	}
	return recipient{CommentID: comment}, nil
}

// addressed is a person as calls name them.
func addressed(to normalize.Peer) (recipient, error) {
	if to.ID == "" {
		return recipient{}, errors.New("the recipient has no id")
	}
	if ref, ok := strings.CutPrefix(string(to.ID), userRefPrefix); !ok {
		return recipient{ID: string(to.ID)}, nil
	} else if len(to.Aliases) > 0 {
		return recipient{ID: string(to.Aliases[0])}, nil
	} else {
		return recipient{UserRef: ref}, nil
	}
}

// What a message says of its relation to the reply window.
const (
	typeResponse  = "RESPONSE"
	typeTagged    = "MESSAGE_TAG"
	typeUtility   = "UTILITY"
	tagHumanAgent = "HUMAN_AGENT"
)

// slack is how long before the end of the open window the tag is used already,
// so that a message that waits its turn does not arrive without it.
const slack = 5 * time.Minute

// allow says why the message may be sent (platforms/messenger: section 6). When
// the person wrote is known from the context of their latest message; a
// reaction may have opened the window again since, which the tag does not mind.
func (c *Connector) allow(body *outgoing, out *normalize.Outbound) {
	switch {
	case body.Message.Template != nil:
		body.Type = typeUtility
	case c.o.HumanAgent && body.Recipient.CommentID == "" && late(out):
		body.Type, body.Tag = typeTagged, tagHumanAgent
	case c.o.Dialect.Typed:
		body.Type = typeResponse
	}
}

// late tells whether the person's latest message is too old for a free answer.
func late(out *normalize.Outbound) bool {
	millis, err := strconv.ParseInt(out.Context[contextAt], 10, 64)
	return err == nil && !out.Now.IsZero() && out.Now.Sub(time.UnixMilli(millis)) > openFor-slack
}

// React sets our reaction, or takes it back with an empty emoji. Setting the
// same again changes nothing, so that it may be repeated. The heart goes by its
// name, the only one that accounts linked to a Page are documented to take;
// others go as they are (platforms/instagram: section 3).
func (c *Connector) React(r connectors.Reacting) ([]*connectors.Call, error) {
	if !quotable(r.Message) {
		return nil, fmt.Errorf("%s reaction: one can react to messages only, not to the press of a button or a comment", c.o.Dialect.Name)
	}
	body := &outgoing{Action: "react", Payload: &outReacted{MessageID: string(r.Message), Reaction: r.Emoji}}
	switch r.Emoji {
	case "":
		body.Action = "unreact"
	case "❤️", "❤":
		body.Payload.Reaction = c.o.Dialect.Heart
	}
	call, err := c.act(opReact, r.To, body)
	if err != nil {
		return nil, err
	}
	return []*connectors.Call{call}, nil
}

// Read shows the person that their messages were read.
func (c *Connector) Read(out *normalize.Outbound) *connectors.Call {
	return c.sign(opRead, out, "mark_seen")
}

// Typing shows for 20 s, or until a message arrives, that somebody is typing.
func (c *Connector) Typing(out *normalize.Outbound) *connectors.Call {
	return c.sign(opTyping, out, "typing_on")
}

func (c *Connector) sign(op string, out *normalize.Outbound, action string) *connectors.Call {
	call, err := c.act(op, out.To, &outgoing{Action: action})
	if err != nil {
		return nil
	}
	return call
}

// act is a call for one of the actions that are no message. It shows something,
// and the same when it is repeated.
func (c *Connector) act(op string, to normalize.Peer, body *outgoing) (*connectors.Call, error) {
	who, err := addressed(to)
	if err == nil && who.UserRef != "" {
		err = errors.New("the recipient is not in the conversation yet")
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.o.Dialect.Name, op, err)
	}
	body.Recipient = who
	call, err := c.post(op, body)
	if err != nil {
		return nil, err
	}
	call.Visible, call.Idempotent = true, true
	return call, nil
}

// post is a call to the account's messages edge, which does all of the above.
func (c *Connector) post(op string, body *outgoing) (*connectors.Call, error) {
	call, err := c.o.Graph.Post(op, body, c.o.Node, "messages")
	if err != nil {
		return nil, fmt.Errorf("%s %w", c.o.Dialect.Name, err)
	}
	return call, nil
}
