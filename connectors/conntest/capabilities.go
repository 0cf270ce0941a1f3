package conntest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

func checkInterfaces(b *bench) error {
	caps := b.Kind.Caps
	_, reactor := b.conn.(connectors.Reactor)
	_, typist := b.conn.(connectors.Typist)
	_, reader := b.conn.(connectors.Reader)
	for _, p := range []struct {
		name   string
		says   bool
		offers bool
	}{
		{"Reactions and Reactor", caps.Reactions, reactor},
		{"Typing and Typist", caps.Typing, typist},
		{"ReadMarks and Reader", caps.ReadMarks, reader},
	} {
		if p.says != p.offers {
			return fmt.Errorf("%s do not agree", p.name)
		}
	}
	return nil
}

// checkCoverage compares what the capabilities say can come in with what the
// cases show.
func checkCoverage(b *bench) error {
	types, statuses := map[normalize.EventType]bool{}, map[normalize.Status]bool{}
	err := b.eachWebhook(func(_ webhook, events []normalize.Event) error {
		for _, ev := range events {
			if ev.Type != normalize.EventMessage && ev.Type != normalize.EventNoted && ev.Type != normalize.EventUnknown {
				types[ev.Type] = true
			}
			if ev.Receipt != nil {
				statuses[ev.Receipt.Status] = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := agree("event type", b.Kind.Caps.Inbound, types); err != nil {
		return err
	}
	return agree("receipt", b.Kind.Caps.Receipts, statuses)
}

func agree[T ~string](what string, listed []T, seen map[T]bool) error {
	for _, v := range listed {
		if !seen[v] {
			return fmt.Errorf("%s %q is listed, but no case shows it", what, v)
		}
	}
	for v := range seen {
		if !slices.Contains(listed, v) {
			return fmt.Errorf("%s %q comes up in a case, but is not listed", what, v)
		}
	}
	return nil
}

// base is a message to somebody a case writes to, without content.
func (b *bench) base() (normalize.Outbound, error) {
	for _, c := range b.out {
		op, _, err := c.operation()
		if err != nil {
			return normalize.Outbound{}, err
		}
		var out normalize.Outbound
		if op.name != "outbound" || decode(op.body, &out) != nil {
			continue
		}
		if call, err := b.conn.Next(&out, nil); err == nil && (call != nil || b.local() != nil) {
			out.Parts = nil
			return out, nil
		}
	}
	return normalize.Outbound{}, errors.New("no case sends a message")
}

// renders wants a call for a message of this one part.
func (b *bench) renders(what string, part normalize.Message) (*connectors.Call, error) {
	out, err := b.base()
	if err != nil {
		return nil, err
	}
	out.Parts = []normalize.Message{part}
	if local := b.local(); local != nil {
		return nil, stored(local, &out)
	}
	call, err := b.conn.Next(&out, nil)
	if err == nil && call == nil {
		err = errors.New("no call")
	}
	if err != nil {
		return nil, fmt.Errorf("%s, which the capabilities list: %w", what, err)
	}
	return call, nil
}

func checkRendering(b *bench) error {
	parts := map[string]normalize.Message{}
	caps := b.Kind.Caps
	if n := caps.Text.Max; n > 0 {
		parts["a text of the greatest length"] = normalize.Message{Type: normalize.TypeText, Text: strings.Repeat("x", n)}
	}
	for kind, spec := range caps.Media {
		parts["media of type "+string(kind)] = media(kind, spec)
	}
	addInteractive(parts, caps)
	for what, part := range parts {
		if _, err := b.renders(what, part); err != nil {
			return err
		}
	}
	return b.checkReplyTo()
}

func media(kind normalize.MessageType, spec normalize.MediaSpec) normalize.Message {
	att := normalize.Attachment{Type: kind, URL: "https://media.example/file", Name: "file", Size: 1000}
	if len(spec.MIMEs) > 0 {
		att.MIME = spec.MIMEs[0]
	}
	m := normalize.Message{Type: kind, Attachments: []normalize.Attachment{att}}
	if spec.Caption > 0 {
		m.Text = "a caption"
	}
	return m
}

func addInteractive(parts map[string]normalize.Message, caps normalize.Capabilities) {
	text := normalize.Message{Type: normalize.TypeText, Text: "Pick"}
	if caps.Buttons != nil {
		m := text
		m.Buttons = []normalize.Button{{ID: "a", Title: "A"}}
		parts["a reply button"] = m
	}
	if caps.Buttons != nil && caps.Buttons.URL {
		m := text
		m.Buttons = []normalize.Button{{Title: "A", URL: "https://shop.example/"}}
		parts["a link button"] = m
	}
	if caps.List != nil {
		m := text
		m.List = &normalize.List{Button: "Open", Sections: []normalize.Section{{Title: "S", Rows: []normalize.Row{{ID: "a", Title: "A"}}}}}
		parts["a list"] = m
	}
	if caps.Location {
		parts["a location"] = normalize.Message{Type: normalize.TypeLocation, Location: &normalize.Location{Latitude: 1.5, Longitude: 2.5}}
	}
	if caps.Contacts {
		parts["a contact"] = normalize.Message{Type: normalize.TypeContact, Contacts: []normalize.ContactCard{{Name: "A B", Phones: []string{"+15550100"}}}}
	}
	if caps.Templates {
		parts["a template"] = normalize.Message{Type: normalize.TypeTemplate, Template: &normalize.Template{Name: "hello", Language: "en"}}
	}
}

// checkReplyTo wants a reply to look different from a message that is none, if
// and only if the capabilities say that replies can be sent.
func (b *bench) checkReplyTo() error {
	if b.local() != nil {
		return nil // nothing is rendered
	}
	id, err := b.someMessage()
	if err != nil {
		return err
	}
	plain := normalize.Message{Type: normalize.TypeText, Text: "yes"}
	reply := plain
	reply.ReplyTo = &normalize.Quote{ID: id}
	first, err := b.renders("a text", plain)
	if err != nil {
		return err
	}
	second, err := b.renders("a reply", reply)
	if err != nil {
		return err
	}
	if differs := b.callText(first) != b.callText(second); differs != b.Kind.Caps.ReplyTo {
		return fmt.Errorf("ReplyTo is %v, but rendering a reply makes a difference: %v", b.Kind.Caps.ReplyTo, differs)
	}
	return nil
}

// someMessage is the id of a message that came in, if possible from whom the
// suite writes to.
func (b *bench) someMessage() (normalize.PlatformID, error) {
	to, err := b.base()
	if err != nil {
		return "", err
	}
	var best normalize.PlatformID
	matched := false
	err = b.eachWebhook(func(_ webhook, events []normalize.Event) error {
		for _, ev := range events {
			own := ev.Peer.ID == to.To.ID
			if ev.Type == normalize.EventMessage && ev.Message.Type == normalize.TypeText && (best == "" || own && !matched) {
				best, matched = ev.Message.ID, own
			}
		}
		return nil
	})
	if err == nil && best == "" {
		err = errors.New("no case shows an incoming text")
	}
	return best, err
}
