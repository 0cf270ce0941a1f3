package threadtest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"threadhub/normalize"
	"threadhub/threads"
)

// deed is something that happens: do carries it out, then tells the model and
// answers the refusal it should meet. Whatever is random is drawn before.
type deed struct {
	name string
	do   func() error
	then func() threads.RefusalCode
	// again, if there is one, finishes what lost a race, as the hub does by
	// itself after a moment.
	again func() error
}

func pick[T any](m *model, name string, from ...T) T {
	return rapid.SampledFrom(from).Draw(m.rt, name)
}

// anyDeed draws one. Those about a conversation need one to be there.
func (m *model) anyDeed(which string) deed {
	contact := pick(m, which+"contact", contacts...)
	list := m.lives[contact]
	kinds := []string{"customer", "customer", "customer again", "business", "start", "sweep", "sweep", "silence"}
	if len(list) > 0 {
		kinds = append(kinds, "write", "note", "assign", "accept", "solve", "solve", "status", "status", "style", "end", "read", "news", "failed")
	}
	kind := pick(m, which+"deed", kinds...)
	by := pick(m, which+"by", agents...)
	switch kind {
	case "customer", "customer again", "business":
		return m.message(which, kind, contact)
	case "start":
		return deed{name: kind, do: func() error {
			_, _, err := m.Start(m.ctx, threads.StartCommand{Channel: m.channel, To: normalize.PeerID(contact), Send: m.says(by, "Good day")})
			return err
		}, then: func() threads.RefusalCode { m.start(contact, by); return "" }}
	case "sweep", "silence":
		waiting := time.Time{}
		if ago := pick(m, which+"webhook waiting for", 0, 0, time.Second, time.Hour); ago > 0 {
			waiting = m.world.now.Add(-ago)
		}
		sweep, then := func() error { _, err := m.CloseDue(m.ctx, waiting, many); return err }, m.sweep
		if kind == "silence" {
			sweep, then = func() error { _, err := m.SilenceDue(m.ctx, waiting, many); return err }, m.silence
		}
		return deed{name: kind, do: sweep, then: func() threads.RefusalCode { then(waiting); return "" }, again: sweep}
	}
	// The newest one, or an older one to be refused by.
	i := max(len(list)-1-pick(m, which+"conversations back", 0, 0, 0, 0, 1), 0)
	return m.about(which, kind, contact, i, by)
}

func (m *model) message(which, kind, contact string) deed {
	m.minted++
	id := fmt.Sprint("x", m.minted)
	accepted := m.world.now
	if kind == "customer again" && len(m.ids[contact]) > 0 {
		id = pick(m, which+"id", m.ids[contact]...)
	}
	if kind != "business" {
		accepted = accepted.Add(-pick(m, which+"accepted ago", 0, 0, time.Millisecond, time.Minute, 2*time.Hour))
	}
	m.ids[contact] = append(m.ids[contact], id)
	return deed{name: kind, do: func() error {
		return m.take(m.arrival(letter{from: contact, id: id, text: id, accepted: accepted, external: kind == "business"}))
	}, then: func() threads.RefusalCode {
		if kind == "business" {
			m.business(contact, id)
		} else {
			m.customer(contact, id, accepted)
		}
		return ""
	}}
}

func (m *model) says(by threads.AgentID, text string) threads.SendCommand {
	return threads.SendCommand{
		Author: threads.Author{Type: threads.AuthorAgent, ID: string(by)}, Content: normalize.Message{Type: normalize.TypeText, Text: text},
	}
}

// about is a deed on the i-th conversation of a contact.
func (m *model) about(which, kind, contact string, i int, by threads.AgentID) deed {
	l := m.lives[contact][i]
	conv := m.have[contact][i]
	author := threads.Author{Type: threads.AuthorAgent, ID: string(by)}
	update := func(cmd threads.UpdateCommand, then func() threads.RefusalCode) deed {
		cmd.Actor = author
		return deed{name: kind, do: func() error { _, err := m.Update(m.ctx, conv.ID, cmd); return err }, then: then}
	}
	send := func(internal bool, then func() threads.RefusalCode) deed {
		cmd := m.says(by, "Yes")
		cmd.Conversation, cmd.Internal = conv.ID, internal
		return deed{name: kind, do: func() error { _, _, err := m.Send(m.ctx, cmd); return err }, then: then}
	}
	switch kind {
	case "write":
		return send(false, func() threads.RefusalCode { return l.write(by) })
	case "note":
		return send(true, l.note)
	case "assign":
		to := pick(m, which+"to", "", agents[0], agents[1])
		return update(threads.UpdateCommand{Assignee: &to}, func() threads.RefusalCode { return l.assign(to) })
	case "accept":
		return deed{name: kind, do: func() error { _, err := m.Accept(m.ctx, conv.ID, author); return err }, then: func() threads.RefusalCode { return l.accept(by) }}
	case "solve", "status":
		to := threads.StatusSolved
		if kind == "status" {
			to = pick(m, which+"status", append([]threads.Status{"finished"}, threads.Statuses...)...)
		}
		admin := pick(m, which+"admin", false, true)
		return update(threads.UpdateCommand{Status: &to, Admin: admin}, func() threads.RefusalCode { return m.set(l, to, by, admin) })
	case "style":
		style := m.anyStyle(which)
		return update(threads.UpdateCommand{Style: &style}, func() threads.RefusalCode { return m.choose(l, style) })
	case "end":
		return deed{name: kind, do: func() error { _, err := m.EndSession(m.ctx, conv.ID, author); return err }, then: func() threads.RefusalCode { l.end(m.world.now); return "" }}
	case "read":
		return deed{name: kind, do: func() error { _, err := m.MarkRead(m.ctx, conv.ID, author); return err }, then: func() threads.RefusalCode { l.attention = false; return "" }}
	case "news":
		return deed{name: kind, do: m.news(which, contact), then: func() threads.RefusalCode { return "" }}
	}
	return m.failed(contact, conv.ID, l)
}

// failed is news that a message of an agent's could not be delivered, if there
// is one that has not failed yet.
func (m *model) failed(contact string, id threads.ConversationID, l *life) deed {
	told := false
	return deed{name: "failed", do: func() error {
		list, err := m.messages(id)
		if err != nil {
			return err
		}
		for _, msg := range list {
			if msg.Author.Type != threads.AuthorAgent || msg.Internal || msg.Status == threads.MessageFailed {
				continue
			}
			told = true
			return m.take(m.event(contact, func(e *normalize.Event) {
				e.Type, e.Receipt = normalize.EventReceipt, &normalize.Receipt{
					Target: normalize.PlatformID("out-" + string(msg.ID)), Ref: string(msg.ID), Status: normalize.StatusFailed,
					Failure: &normalize.Failure{Reason: normalize.ReasonGone},
				}
			}))
		}
		return nil
	}, then: func() threads.RefusalCode {
		l.attention = l.attention || told
		return ""
	}}
}

// news is something about a message that changes no state.
func (m *model) news(which, contact string) func() error {
	kind := pick(m, which+"news", normalize.EventReaction, normalize.EventEdit, normalize.EventDeletion, normalize.EventTyping)
	if len(m.ids[contact]) == 0 {
		kind = normalize.EventTyping
	}
	target := normalize.PlatformID("")
	if kind != normalize.EventTyping {
		target = normalize.PlatformID(pick(m, which+"about", m.ids[contact]...))
	}
	return func() error {
		return m.take(m.event(contact, func(e *normalize.Event) {
			switch e.Type = kind; kind {
			case normalize.EventReaction:
				e.Reaction = &normalize.Reaction{Target: target, Emoji: "👍"}
			case normalize.EventEdit:
				e.Edit = &normalize.Edit{Target: target, Message: normalize.Message{Type: normalize.TypeText, Text: "edited"}}
			case normalize.EventDeletion:
				e.Deletion = &normalize.Deletion{Target: target}
			}
		}))
	}
}

func (m *model) anyStyle(which string) threads.Style {
	name := pick(m, which+"style", threads.LiveChat, threads.LiveChatReturning, threads.SocialMessaging)
	var after *time.Duration
	if name != threads.LiveChat {
		d := pick(m, which+"close after", time.Second, 10*time.Minute, time.Hour, 96*time.Hour, threads.MaxCloseAfter)
		after = &d
	}
	clock, schedule := threads.ClockElapsed, ""
	if pick(m, which+"in business time", false, false, true) {
		clock, schedule = threads.ClockBusiness, "office"
	}
	style, err := threads.NewStyle(name, after, clock, schedule)
	if err != nil {
		panic(err) // the styles above are all allowed
	}
	return style
}

// later lets time pass.
func (m *model) later() {
	pause := pick(m, "pause", time.Millisecond, time.Second, 59*time.Second, 10*time.Minute, time.Hour, 95*time.Hour, 96*time.Hour, 700*time.Hour)
	m.wait(pause)
	m.world.now = m.world.now.Add(pause)
}

// turn changes something around the conversations.
func (m *model) turn() {
	who := pick(m, "agent", agents...)
	switch pick(m, "change", "agent", "agent", "style", "style", "group", "schedule", "restart") {
	case "agent":
		gone := !m.world.away[who]
		m.world.away[who], m.desk.away[who] = gone, gone
	case "style":
		m.world.style = m.anyStyle("channel's ")
		m.desk.style = m.world.style
	case "group":
		m.world.group = pick(m, "group", "", threads.GroupID("gr_a"))
		m.desk.group = m.world.group
	case "schedule":
		if m.office = !m.office; m.office {
			m.hours["office"] = m.calendar
		} else {
			delete(m.hours, "office")
		}
	case "restart":
		m.restart()
	}
}
