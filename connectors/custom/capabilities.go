package custom

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"threadhub/normalize"
)

// capabilitiesDef is what the platform carries, as an admin writes it.
type capabilitiesDef struct {
	Text           *normalize.TextLimit  `json:"text"`
	Media          mediaKinds            `json:"media"`
	MaxAttachments int                   `json:"max_attachments"`
	Buttons        *normalize.ButtonSpec `json:"buttons"`
	List           *normalize.ListSpec   `json:"list"`
	Location       bool                  `json:"location"`
	Contacts       bool                  `json:"contacts"`
	Templates      bool                  `json:"templates"`
	ReplyTo        bool                  `json:"reply_to"`
	ReplyWindow    string                `json:"reply_window"`
	AfterWindow    []string              `json:"after_window"`
	Idempotent     bool                  `json:"idempotent"`
}

// mediaKinds is a list of types, or what is said of each.
type mediaKinds map[normalize.MessageType]*normalize.MediaSpec

// UnmarshalJSON reads a list of names or an object.
func (m *mediaKinds) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		var names []normalize.MessageType
		if err := json.Unmarshal(raw, &names); err != nil {
			return err
		}
		*m = mediaKinds{}
		for _, name := range names {
			(*m)[name] = nil
		}
		return nil
	}
	var specs map[normalize.MessageType]*normalize.MediaSpec
	if err := strict(raw, &specs); err != nil {
		return err
	}
	for name, s := range specs {
		if s == nil {
			specs[name] = &normalize.MediaSpec{}
		}
	}
	*m = specs
	return nil
}

// defaultText is how long a text may be when nothing is said.
const defaultText = 4000

// capabilities works out what the channel carries: what the definition says, and
// what follows from its calls and rules.
func (c *compiler) capabilities(d *definition) {
	const path = "settings.capabilities"
	def, caps := d.Capabilities, &c.out.caps
	*caps = normalize.Capabilities{
		MaxAttachments: def.MaxAttachments, Buttons: def.Buttons, List: def.List, Location: def.Location, Contacts: def.Contacts,
		Templates: def.Templates, ReplyTo: def.ReplyTo, Idempotent: def.Idempotent,
		Typing: c.out.outbound.typing != nil, ReadMarks: c.out.outbound.read != nil, Reactions: c.out.outbound.react != nil,
	}
	has := func(op string) bool { return len(c.out.outbound.content[op]) > 0 }
	if has("text") {
		caps.Text = normalize.TextLimit{Max: defaultText}
	}
	if def.Text != nil {
		caps.Text = *def.Text
		c.oneOf(path+".text.unit", string(def.Text.Unit), "", "runes", "utf16", "bytes")
	}
	c.media(path, def.Media, has)
	c.backed(path, has)
	if open := c.duration(path+".reply_window", def.ReplyWindow); open > 0 {
		caps.Window = &normalize.Window{Open: open}
		for _, t := range def.AfterWindow {
			c.oneOf(path+".after_window", t, "text", "image", "audio", "video", "file", "location", "template")
			caps.Window.After = append(caps.Window.After, normalize.MessageType(t))
		}
	} else if len(def.AfterWindow) > 0 {
		c.fault(path+".after_window", "this goes with reply_window")
	}
	c.rate(d.Rate)
	c.reports(d.Receipts)
}

// media says which types of media there are. A caption may be as long as a text
// where the call mentions message.text.
func (c *compiler) media(path string, kinds mediaKinds, has func(string) bool) {
	caps := &c.out.caps
	if len(kinds) == 0 {
		return
	}
	if caps.MaxAttachments == 0 {
		caps.MaxAttachments = 1
	}
	if caps.MaxAttachments > 1 && !c.mentions("message.attachments") {
		c.fault(path+".max_attachments", "no call uses message.attachments: all but the first would be lost")
	}
	caps.Media = map[normalize.MessageType]normalize.MediaSpec{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		at := path + ".media." + string(kind)
		c.oneOf(at, string(kind), "image", "audio", "video", "file", "sticker")
		if !has("media") && !has(string(kind)) {
			c.fault(at, "there is no call that sends it: add outbound.media or outbound.%s", kind)
		}
		spec := normalize.MediaSpec{}
		if kinds[kind] != nil {
			spec = *kinds[kind]
		} else if c.mentions("message.text") && kind != normalize.TypeSticker {
			spec.Caption = caps.Text.Max
		}
		caps.Media[kind] = spec
	}
}

// mentions tells whether an expression of an outgoing call names a value.
func (c *compiler) mentions(name string) bool {
	text := c.mentioned.String()
	return strings.Contains(text, name) || strings.Contains(text, strings.Replace(name, ".", ".?", 1))
}

// backed checks that each ability has the call it takes.
func (c *compiler) backed(path string, has func(string) bool) {
	caps := &c.out.caps
	for _, p := range []struct {
		says bool
		name string
		op   string
	}{
		{caps.Text.Max > 0, "text", "text"},
		{caps.Buttons != nil, "buttons", "buttons"},
		{caps.List != nil, "list", "list"},
		{caps.Location, "location", "location"},
		{caps.Contacts, "contacts", "contact"},
		{caps.Templates, "templates", "template"},
	} {
		if p.says && !has(p.op) {
			c.fault(path+"."+p.name, "there is no call that sends it: add outbound.%s", p.op)
		}
	}
	if caps.ReplyTo && !c.mentions("message.reply_to") {
		c.fault(path+".reply_to", "no call uses message.reply_to: the answer would look like any message")
	}
	if caps.Idempotent && !c.mentions("message.id") {
		c.fault(path+".idempotent", "no call uses message.id: the platform cannot recognise a repetition by anything else")
	}
}

func (c *compiler) rate(d rateDef) {
	if d.PerSecond < 0 || d.Burst < 0 || d.PeerBurst < 0 {
		c.fault("settings.rate", "figures cannot be negative")
	}
	c.out.caps.Rate = normalize.Rate{
		PerSecond: d.PerSecond, Burst: d.Burst, PeerEvery: c.duration("settings.rate.peer_every", d.PeerEvery), PeerBurst: d.PeerBurst,
	}
}

// reports lists what the platform reports: the events that rules emit, and the
// statuses they name.
func (c *compiler) reports(receipts []string) {
	types := map[string]normalize.EventType{
		emitEcho: normalize.EventEcho, emitStatus: normalize.EventReceipt, emitReaction: normalize.EventReaction,
		emitEdit: normalize.EventEdit, emitDelete: normalize.EventDeletion, emitConsent: normalize.EventConsent, emitTyping: normalize.EventTyping,
	}
	caps := &c.out.caps
	named := map[normalize.Status]bool{}
	for _, r := range c.out.inbound.rules {
		if t, ok := types[r.emit]; ok && !slices.Contains(caps.Inbound, t) {
			caps.Inbound = append(caps.Inbound, t)
		}
		if r.emit != emitStatus {
			continue
		}
		names := slices.Collect(maps.Values(r.fields["status"].names))
		if len(names) == 0 {
			names = statuses
		}
		for _, name := range names {
			named[normalize.Status(name)] = true
		}
	}
	for i, name := range receipts {
		c.oneOf("settings.receipts", name, statuses...)
		if i == 0 {
			clear(named)
		}
		named[normalize.Status(name)] = true
	}
	for _, s := range statuses {
		if named[normalize.Status(s)] {
			caps.Receipts = append(caps.Receipts, normalize.Status(s))
		}
	}
}
