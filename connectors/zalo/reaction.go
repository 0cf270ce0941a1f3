package zalo

import (
	"errors"
	"fmt"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// icon is a reaction as Zalo writes it, and the emoji that shows it.
type icon struct{ code, emoji string }

// icons are the six of Zalo's reactions. None of them takes one back.
func icons() []icon {
	return []icon{{"/-heart", "❤️"}, {"/-strong", "👍"}, {":>", "😄"}, {":o", "😮"}, {":-((", "😭"}, {":-h", "😡"}}
}

// bare is an emoji without the mark that asks for its colours.
func bare(emoji string) string { return strings.TrimSuffix(emoji, "\ufe0f") }

// reaction reads a reaction to a message, of which one that is not known stands
// for itself.
func (p *parser) reaction() {
	peer := p.person(p.Sender.ID)
	if strings.HasPrefix(p.Name, "anonymous_") {
		peer = p.visitor(p.Sender.ID)
	}
	if peer.ID == "" || p.Message == nil || p.Message.ID == "" {
		p.unknown("it names no message or nobody")
		return
	}
	emoji := shortened(string(p.Message.ReactIcon))
	for _, i := range icons() {
		if i.code == emoji {
			emoji = i.emoji
		}
	}
	if emoji == "/-remove" {
		emoji = ""
	}
	p.add(normalize.Event{
		Key: "rea:" + string(p.Message.ID) + ":" + p.id(peer.ID), Type: normalize.EventReaction, Peer: peer,
		Reaction: &normalize.Reaction{Target: normalize.PlatformID(p.Message.ID), Emoji: emoji},
	})
}

// reacting is a reaction of ours.
type reacting struct {
	Recipient recipient `json:"recipient"`
	Action    struct {
		Icon      string `json:"react_icon"`
		MessageID string `json:"react_message_id"`
	} `json:"sender_action"`
}

// React sets our reaction, one of Zalo's six. None can be taken back.
func (a *account) React(r connectors.Reacting) ([]*connectors.Call, error) {
	if r.Emoji == "" {
		return nil, errors.New("zalo: a reaction cannot be taken back")
	}
	if strings.ContainsRune(string(r.Message), ':') {
		return nil, errors.New("zalo: one can react to messages only, not to a form or a button")
	}
	var all []string
	for _, i := range icons() {
		all = append(all, i.emoji)
		if bare(i.emoji) != bare(r.Emoji) {
			continue
		}
		body := reacting{Recipient: recipient{UserID: string(r.To.ID)}}
		body.Action.Icon, body.Action.MessageID = i.code, string(r.Message)
		call, err := a.post(opReact, "/v2.0/oa/message", body)
		if err != nil {
			return nil, err
		}
		// To set the same reaction again changes nothing.
		call.Visible, call.Idempotent = true, true
		return []*connectors.Call{call}, nil
	}
	return nil, fmt.Errorf("zalo: %s cannot be sent as a reaction, only %s", shortened(r.Emoji), strings.Join(all, " "))
}
