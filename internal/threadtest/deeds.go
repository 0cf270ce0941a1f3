package threadtest

import (
	"errors"
	"fmt"

	"threadhub/normalize"
	"threadhub/threads"
)

func agent(a args, name string) threads.AgentID { return threads.AgentID("ag_" + a.get(name)) }

// admin is the person who may do what only admins may.
const admin = "admin"

func (p *player) act(do func(threads.ConversationID) error) error {
	id, err := p.target()
	if err != nil {
		return err
	}
	return do(id)
}

func (p *player) update(a args, cmd threads.UpdateCommand) error {
	cmd.Actor, cmd.Admin = person(a.get("AGENT")), a.get("AGENT") == admin
	return p.act(func(id threads.ConversationID) error {
		_, err := p.Update(p.ctx, id, cmd)
		return err
	})
}

func (p *player) sets(a args, s threads.Status, seen bool) error {
	cmd := threads.UpdateCommand{Status: &s}
	if seen {
		cmd.IfVersion = &p.seen
	}
	return p.update(a, cmd)
}

// oneInEachState makes six contacts, each called after the state that their
// conversation is in; all but the new one are Bea's.
func (p *player) oneInEachState(args) error {
	for _, s := range threads.Statuses {
		lines := []string{`: customer "Hello"`, ": bea accepts", ": bea sets " + string(s)}
		switch s {
		case threads.StatusNew:
			lines = lines[:1]
		case threads.StatusOpen:
			lines = lines[:2]
		case threads.StatusClosed:
			lines = append(lines[:2], ": bea solves", ": admin sets closed")
		}
		for _, text := range lines {
			l, err := parseLine(string(s) + text)
			if err != nil {
				return err
			}
			p.line = l
			if err := p.do(); err != nil {
				return err
			}
			if p.refused != nil {
				return p.refused
			}
		}
	}
	return nil
}

// solveAll solves every conversation of the channel, each by itself.
func (p *player) solveAll(a args) error {
	if err := p.look(); err != nil {
		return err
	}
	solved := threads.StatusSolved
	var errs []error
	for _, list := range p.after {
		_, err := p.Update(p.ctx, list[len(list)-1].ID, threads.UpdateCommand{Actor: person(a.get("AGENT")), Status: &solved})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (p *player) sends(a args, internal bool) error {
	return p.act(func(id threads.ConversationID) error {
		_, _, err := p.Send(p.ctx, threads.SendCommand{
			Conversation: id, Author: person(a.get("AGENT")), Internal: internal,
			Content: normalize.Message{Type: normalize.TypeText, Text: a.get("TEXT")},
		})
		return err
	})
}

func (p *player) starts(cmd threads.StartCommand, a args) error {
	cmd.Send = threads.SendCommand{Author: person(a.get("AGENT")), Content: normalize.Message{Type: normalize.TypeText, Text: a.get("TEXT")}}
	_, _, err := p.Start(p.ctx, cmd)
	return err
}

// message finds a message of the contact's by its text.
func (p *player) message(text string) (threads.Message, error) {
	if err := p.look(); err != nil {
		return threads.Message{}, err
	}
	for _, c := range p.after[p.line.contact] {
		list, err := p.messages(c.ID)
		if err != nil {
			return threads.Message{}, err
		}
		for _, m := range list {
			if m.Content.Text == text {
				return m, nil
			}
		}
	}
	return threads.Message{}, fmt.Errorf("there is no message %q", text)
}

// platformID is the platform's name of a message. One that the hub sent gets
// it with the first news of it.
func (p *player) platformID(text string) (normalize.PlatformID, error) {
	m, err := p.message(text)
	switch {
	case err != nil:
		return "", err
	case len(m.ExternalIDs) > 0:
		return m.ExternalIDs[0], nil
	}
	return normalize.PlatformID("out-" + string(m.ID)), nil
}

// receipt brings the fate of a message we sent. It names our own id, since the
// platform's is not known without a worker who sends.
func (p *player) receipt(a args) error {
	m, err := p.message(a.get("TEXT"))
	if err != nil {
		return err
	}
	id, err := p.platformID(a.get("TEXT"))
	r := &normalize.Receipt{Target: id, Ref: string(m.ID), Status: normalize.Status(a.get("STATUS"))}
	if r.Status == normalize.StatusFailed {
		r.Failure = &normalize.Failure{Reason: normalize.ReasonGone, Message: "the number does not exist"}
	}
	return errors.Join(err, p.take(p.event(p.line.contact, func(e *normalize.Event) { e.Type, e.Receipt = normalize.EventReceipt, r })))
}

func (p *player) reaction(a args) error {
	id, err := p.platformID(a.get("TEXT"))
	return errors.Join(err, p.take(p.event(p.line.contact, func(e *normalize.Event) {
		e.Type, e.Reaction = normalize.EventReaction, &normalize.Reaction{Target: id, Emoji: a.get("EMOJI")}
	})))
}

func (p *player) edit(id normalize.PlatformID, text string) error {
	return p.take(p.event(p.line.contact, func(e *normalize.Event) {
		e.Type, e.Edit = normalize.EventEdit, &normalize.Edit{Target: id, Message: normalize.Message{Type: normalize.TypeText, Text: text}}
	}))
}

func (p *player) remove(a args) error {
	id, err := p.platformID(a.get("TEXT"))
	return errors.Join(err, p.take(p.event(p.line.contact, func(e *normalize.Event) {
		e.Type, e.Deletion = normalize.EventDeletion, &normalize.Deletion{Target: id}
	})))
}

// echo is the platform telling what we sent ourselves. A receipt that came
// before has told the platform's id.
func (p *player) echo(a args) error {
	id, err := p.platformID(a.get("TEXT"))
	return errors.Join(err, p.take(p.arrival(letter{from: p.line.contact, id: string(id), text: a.get("TEXT"), external: true})))
}
