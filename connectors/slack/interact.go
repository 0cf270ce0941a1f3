package slack

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"threadhub/normalize"
)

// linkAction begins the action_id of our link buttons, which report that they
// were pressed though the client opens the link by itself.
const linkAction = "link_"

// interact reads the payload of interactivity.
func (p *parser) interact(it *interaction) {
	if it.User.ID == "" {
		p.unknown(errIncomplete.Error())
		return
	}
	switch it.Type {
	case "block_actions", "interactive_message":
		for i, raw := range it.Actions {
			p.pressed(it, raw, i)
		}
		if len(it.Actions) == 0 {
			p.unknown(errIncomplete.Error())
		}
	case "view_submission":
		p.submitted(it)
	case "shortcut", "message_action":
		p.shortcut(it)
	default:
		p.unknown("")
	}
}

// pressed reads one action: a button, or a choice of some menu.
func (p *parser) pressed(it *interaction, raw json.RawMessage, index int) {
	var a pressed
	if err := json.Unmarshal(raw, &a); err != nil {
		p.events = append(p.events, normalize.Event{
			Key: p.key("unk:" + strconv.Itoa(index)), Type: normalize.EventUnknown,
			Unknown: &normalize.Unknown{Kind: shortened(it.Type), Reason: fault(err)},
		})
		return
	}
	if strings.HasPrefix(a.ActionID, linkAction) {
		p.events = append(p.events, normalize.Event{
			Key: p.key("unk:" + strconv.Itoa(index)), Type: normalize.EventUnknown,
			Unknown: &normalize.Unknown{Kind: "link", Reason: "a link was opened"},
		})
		return
	}
	at := a.ActionTS
	if at == "" {
		at = it.ActionTS
	}
	channel, ts, thread := it.where()
	// Two actions of one payload may have one time.
	id := normalize.PlatformID(strings.Join([]string{"act", channel, ts, at, it.User.ID, a.ActionID + a.Name, strconv.Itoa(index)}, ":"))
	m := &normalize.Message{ID: id, Type: normalize.TypeReply, Reply: a.choice()}
	m.Text = m.Reply.Title
	if channel != "" && ts != "" {
		m.ReplyTo = &normalize.Quote{ID: messageID(channel, ts)}
		if it.Message != nil {
			m.ReplyTo.Text = plain(it.Message.Text)
		}
	}
	p.said(it, m, channel, thread, at)
}

// where is the message that was acted on.
func (it *interaction) where() (channel, ts, thread string) {
	channel, ts, thread = it.Container.Channel, it.Container.MessageTS, it.Container.ThreadTS
	if channel == "" {
		channel = string(it.Channel)
	}
	if ts == "" {
		ts = it.MessageTS
	}
	if it.Message != nil {
		if ts == "" {
			ts = it.Message.TS
		}
		if thread == "" {
			thread = it.Message.ThreadTS
		}
	}
	return channel, ts, thread
}

// said adds what a person did as a message of theirs. Outside of a conversation
// with the bot (a view, a shortcut) it belongs to the person.
func (p *parser) said(it *interaction, m *normalize.Message, channel, thread, at string) {
	peer := normalize.Peer{ID: normalize.PeerID(it.User.ID), Username: it.User.Username}
	if peer.Username == "" {
		peer.Username = it.User.Name
	}
	if channel != "" {
		m.Context = map[string]string{contextChannel: channel}
		if thread != "" {
			m.Context[contextThread] = thread
		}
	}
	if channel != "" && !direct(ref(channel), "") {
		m.Author = &normalize.Author{ID: peer.ID, Name: peer.Username}
		peer = place(ref(channel), "", "")
	}
	p.add(normalize.Event{Key: normalize.MessageKey(m.ID), Type: normalize.EventMessage, Peer: peer, At: clock(at), Message: m})
}

// choice is what was chosen.
func (a *pressed) choice() *normalize.Choice {
	c := &normalize.Choice{Kind: normalize.ChoiceButton, ID: a.Value, Title: plain(string(a.Text))}
	options := a.Options
	if a.Option != nil {
		options = append([]option{*a.Option}, options...)
	}
	if len(options) > 0 {
		var ids, titles []string
		for _, o := range options {
			ids = append(ids, o.Value)
			if o.Text != "" {
				titles = append(titles, plain(string(o.Text)))
			}
		}
		c.Kind, c.ID, c.Title = normalize.ChoiceList, strings.Join(ids, ","), strings.Join(titles, ", ")
		return c
	}
	for _, picked := range []string{a.Date, a.Time, a.User, a.Channel, a.Someplace} {
		if picked != "" {
			c.Kind, c.ID, c.Title = normalize.ChoiceList, picked, picked
		}
	}
	if at := unix(a.DateTime); !at.IsZero() {
		c.Kind, c.ID, c.Title = normalize.ChoiceList, strconv.FormatInt(a.DateTime, 10), at.Format("2006-01-02 15:04 MST")
	}
	if c.ID == "" {
		// A button without a value is known by its name.
		c.ID = a.ActionID
		if c.ID == "" {
			c.ID = a.Name
		}
	}
	return c
}

// submitted reads a form that was filled in.
func (p *parser) submitted(it *interaction) {
	if it.View == nil || it.View.ID == "" {
		p.unknown(errIncomplete.Error())
		return
	}
	p.said(it, &normalize.Message{
		ID:    normalize.PlatformID("view:" + it.View.ID + ":" + it.View.Hash),
		Type:  normalize.TypeReply,
		Reply: &normalize.Choice{Kind: normalize.ChoiceForm, ID: it.View.CallbackID, Data: string(it.View.State.Values)},
	}, "", "", "")
}

// shortcut reads that an entry of the app's in Slack's menus was chosen, for a
// message or for none.
func (p *parser) shortcut(it *interaction) {
	name := it.TriggerID
	if name == "" {
		name = it.ActionTS
	}
	if name == "" || it.CallbackID == "" {
		p.unknown(errIncomplete.Error())
		return
	}
	m := &normalize.Message{
		ID: normalize.PlatformID("cut:" + name), Type: normalize.TypeReply,
		Reply: &normalize.Choice{Kind: normalize.ChoicePostback, ID: it.CallbackID},
	}
	channel, ts, thread := it.where()
	if channel != "" && ts != "" {
		m.ReplyTo = &normalize.Quote{ID: messageID(channel, ts)}
		if it.Message != nil {
			m.ReplyTo.Text = plain(it.Message.Text)
		}
	}
	p.said(it, m, channel, thread, it.ActionTS)
}

// command reads a slash command as words that the person says to the bot,
// wherever they typed it: the others there do not see it.
func (p *parser) command(form url.Values) {
	if form.Get("ssl_check") != "" {
		p.kind = "ssl_check"
		p.unknown("Slack tries the address's certificate")
		return
	}
	user, trigger := form.Get("user_id"), form.Get("trigger_id")
	if user == "" || trigger == "" {
		p.unknown(errIncomplete.Error())
		return
	}
	m := &normalize.Message{
		ID: normalize.PlatformID("cmd:" + trigger), Type: normalize.TypeText,
		Text: strings.TrimSpace(form.Get("command") + " " + plain(form.Get("text"))),
	}
	if channel := form.Get("channel_id"); direct(ref(channel), "") {
		m.Context = map[string]string{contextChannel: channel}
	}
	p.add(normalize.Event{
		Key: normalize.MessageKey(m.ID), Type: normalize.EventMessage,
		Peer: normalize.Peer{ID: normalize.PeerID(user), Username: form.Get("user_name")}, Message: m,
	})
}
