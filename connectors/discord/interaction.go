package discord

import (
	"encoding/json"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Keys of Message.Context.
const (
	contextToken       = "interaction_token"
	contextInteraction = "interaction_id"
	contextApplication = "application_id"
	contextServer      = "server" // set when it was made in a server
	// contextOver is set for an interaction that came over the Gateway and so
	// has not been answered yet; its value is the interaction's type.
	contextOver = "over_gateway"
)

// interactionPrefix begins the PlatformID of an interaction, which is no
// message that could be quoted.
const interactionPrefix = "in:"

// ownCommand is the command that Subscribe registers, and ownOption its text.
const (
	ownCommand = "message"
	ownOption  = "text"
	ownFile    = "file"
)

// interacted reads a command, the use of a component or a form.
func (p *parser) interacted() string {
	o := p.o
	who := o.User
	if o.Member != nil && o.Member.User != nil {
		who = o.Member.User
	}
	peer := who.peer()
	switch {
	case !snowflake(o.ID) || o.Type == nil || o.Data == nil || o.Token == "":
		return "it is no interaction that can be answered"
	case peer.ID == "":
		return "it names nobody"
	}
	var out *normalize.Message
	switch *o.Type {
	case interactionCommand:
		out = o.command()
	case interactionComponent:
		out = o.press()
	case interactionForm:
		out = o.form()
	}
	if out == nil {
		return "it says nothing that could be answered"
	}
	peer.Locale = o.Locale
	if o.Context != nil && *o.Context == contextBotDM {
		peer = inDM(peer, o.ChannelID)
	}
	out.ID = normalize.PlatformID(interactionPrefix + o.ID)
	out.Context = p.context()
	p.add(normalize.Event{
		Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: peer, At: minted(o.ID), Message: out,
	})
	return ""
}

// context is what answering takes. The press of a button in direct messages is
// answered like any message, which can be repeated without harm.
func (p *parser) context() map[string]string {
	o := p.o
	c := map[string]string{}
	if o.GuildID != "" || *o.Type != interactionComponent {
		c[contextToken], c[contextInteraction] = o.Token, o.ID
		if snowflake(o.ApplicationID) {
			c[contextApplication] = o.ApplicationID
		}
		if o.GuildID != "" {
			c[contextServer] = "true"
		}
	}
	if p.session != "" {
		c[contextToken], c[contextInteraction] = o.Token, o.ID
		c[contextOver] = strconv.Itoa(*o.Type)
	}
	if len(c) == 0 {
		return nil
	}
	return c
}

// command reads a slash command: what was given to the one of ours is a plain
// message, any other a choice with what was given to it.
func (o *object) command() *normalize.Message {
	d := o.Data
	if d.Name == "" {
		return nil
	}
	out := &normalize.Message{Type: normalize.TypeText}
	o.files(out)
	if d.Name == ownCommand {
		for _, opt := range d.Options {
			if opt.Name == ownOption {
				out.Text = typed(opt.Value)
			}
		}
		if len(out.Attachments) > 0 {
			out.Type = out.Attachments[0].Type
			return out
		}
		if out.Text != "" {
			return out
		}
	}
	out.Type = normalize.TypeReply
	out.Text = strings.TrimSpace("/" + d.Name + " " + written(d.Options))
	out.Reply = &normalize.Choice{Kind: normalize.ChoicePostback, ID: d.Name, Title: "/" + d.Name, Data: given(d.Options)}
	if snowflake(d.TargetID) && d.Resolved != nil {
		if m, ok := d.Resolved.Messages[d.TargetID]; ok { // a command of a message's menu
			out.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(d.TargetID), Text: m.Content}
		}
	}
	return out
}

// files adds what was attached to a command, in the order of its options.
func (o *object) files(out *normalize.Message) {
	if o.Data.Resolved == nil {
		return
	}
	for _, opt := range o.Data.Options {
		if file, ok := o.Data.Resolved.Attachments[typed(opt.Value)]; ok {
			out.Attachments = file.add(out.Attachments, false)
		}
	}
}

// typed is a value as it was typed: texts without their quotes.
func typed(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// written is how somebody would type the options.
func written(options []option) string {
	var all []string
	for i := range options {
		o := &options[i]
		if len(o.Value) > 0 {
			all = append(all, o.Name+": "+typed(o.Value))
		} else {
			all = append(all, strings.TrimSpace(o.Name+" "+written(o.Options)))
		}
	}
	return strings.Join(all, " ")
}

// given is the options as a JSON object, "" when there are none.
func given(options []option) string {
	values := map[string]json.RawMessage{}
	collect(values, options)
	return jsonOf(values)
}

// collect takes in the options and those of the subcommands among them.
func collect(values map[string]json.RawMessage, options []option) {
	for _, o := range options {
		if len(o.Value) > 0 {
			values[o.Name] = o.Value
		}
		collect(values, o.Options)
	}
}

func jsonOf[T any](values map[string]T) string {
	if len(values) == 0 {
		return ""
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return ""
	}
	return string(raw)
}

// press reads the use of a button or menu under one of our messages.
func (o *object) press() *normalize.Message {
	d := o.Data
	if d.CustomID == "" {
		return nil
	}
	out := &normalize.Message{Type: normalize.TypeReply, Reply: &normalize.Choice{Kind: normalize.ChoiceButton, ID: d.CustomID}}
	var components []component
	if m := o.Message; m != nil {
		components = m.Components
		if snowflake(m.ID) {
			out.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(m.ID), Text: m.Content}
		}
	}
	if d.Component != componentButton && len(d.Values) > 0 {
		out.Reply.Kind, out.Reply.ID = normalize.ChoiceList, d.Values[0]
		if len(d.Values) > 1 {
			out.Reply.Data = jsonOf(map[string][]string{d.CustomID: d.Values})
		}
	}
	out.Reply.Title = label(components, d.CustomID, out.Reply)
	out.Text = out.Reply.Title
	return out
}

// label is the title of what was chosen.
func label(components []component, customID string, choice *normalize.Choice) string {
	for i := range components {
		c := &components[i]
		switch {
		case c.CustomID == customID && choice.Kind == normalize.ChoiceButton:
			return c.Label
		case c.CustomID == customID:
			for _, o := range c.Options {
				if o.Value == choice.ID {
					return o.Label
				}
			}
		}
		if title := label(c.Components, customID, choice); title != "" {
			return title
		}
	}
	return ""
}

// form reads a form that was filled in.
func (o *object) form() *normalize.Message {
	d := o.Data
	if d.CustomID == "" {
		return nil
	}
	values := map[string]string{}
	lines := fields(values, d.Components, 0)
	return &normalize.Message{
		Type: normalize.TypeReply, Text: strings.Join(lines, "\n"),
		Reply: &normalize.Choice{Kind: normalize.ChoiceForm, ID: d.CustomID, Data: jsonOf(values)},
	}
}

// maxNesting bounds how deep a form's parts may stand in each other; Discord
// allows a row or label with a field in it.
const maxNesting = 4

// fields takes in what was entered and answers it line by line.
func fields(values map[string]string, components []component, depth int) (lines []string) {
	if depth > maxNesting {
		return nil
	}
	for i := range components {
		c := &components[i]
		if value := joined(append([]string{typed(c.Value)}, c.Values...)...); c.CustomID != "" && value != "" {
			values[c.CustomID] = value
			lines = append(lines, value)
		}
		inner := c.Components
		if c.Component != nil {
			inner = append(inner, *c.Component)
		}
		lines = append(lines, fields(values, inner, depth+1)...)
	}
	return lines
}

// Follow answers an interaction that came over the Gateway, as Acknowledge does
// those over HTTP.
func (a *account) Follow(ev *normalize.Event) *connectors.Call {
	if ev.Type != normalize.EventMessage || ev.Message.Context[contextOver] == "" {
		return nil
	}
	c := ev.Message.Context
	kind, err := strconv.Atoi(c[contextOver])
	if err != nil {
		return nil
	}
	return a.raw(opCallback, "/interactions/"+c[contextInteraction]+"/"+segment(c[contextToken])+"/callback",
		[]byte(firstAnswer(kind, c[contextServer] != "")))
}
