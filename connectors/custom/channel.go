package custom

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

var (
	_ connectors.Connector     = (*channel)(nil)
	_ connectors.Handshaker    = (*channel)(nil)
	_ connectors.Acknowledger  = (*channel)(nil)
	_ connectors.Skimmer       = (*channel)(nil)
	_ connectors.Capable       = (*channel)(nil)
	_ connectors.Rated         = (*channel)(nil)
	_ connectors.HeaderReader  = (*channel)(nil)
	_ connectors.SecretQuery   = (*channel)(nil)
	_ connectors.Addressed     = (*channel)(nil)
	_ connectors.Warner        = (*channel)(nil)
	_ connectors.Subscriber    = (*channel)(nil)
	_ connectors.Checker       = (*channel)(nil)
	_ connectors.MediaResolver = (*channel)(nil)
	_ connectors.Perishable    = (*channel)(nil)
	_ connectors.Tokened       = (*channel)(nil)
	_ connectors.Rehearser     = (*channel)(nil)
)

// noTime stands for a time that is not to be looked at.
var noTime time.Time

// channel is the connector of one channel. It is read only after open.
type channel struct {
	def         *compiled
	credentials map[string]connectors.Secret
	// secrets are the credentials as expressions of outgoing calls see them.
	secrets    map[string]string
	webhookURL string
	cleaner    *strings.Replacer
}

// open compiles the settings, or takes them compiled already.
func open(engine func() (*engine, error), c connectors.Config) (connectors.Connector, error) {
	e, err := engine()
	if err != nil {
		return nil, err
	}
	settings := c.Settings
	if len(settings) == 0 {
		settings = json.RawMessage("{}")
	}
	def, err := e.definition(settings)
	if err != nil {
		return nil, err
	}
	if err := def.needs(c.Credentials); err != nil {
		return nil, err
	}
	ch := &channel{def: def, credentials: c.Credentials, secrets: map[string]string{}, webhookURL: c.WebhookURL}
	var values []string
	for name, s := range c.Credentials {
		ch.secrets[name] = s.Reveal()
		if !s.Empty() {
			values = append(values, s.Reveal())
		}
	}
	slices.SortFunc(values, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, "[secret]")
	}
	ch.cleaner = strings.NewReplacer(pairs...)
	return ch.able(), nil
}

// scrub takes credentials out of what the platform said.
func (ch *channel) scrub(text string) string { return ch.cleaner.Replace(text) }

func (ch *channel) scrubbed(err error) error { return errors.New(ch.scrub(err.Error())) }

// Capabilities are those the definition says.
func (ch *channel) Capabilities() normalize.Capabilities { return ch.def.caps }

// Rate is the one that the definition says.
func (ch *channel) Rate() normalize.Rate { return ch.def.caps.Rate }

// ReadHeaders are the headers that expressions may see.
func (ch *channel) ReadHeaders() []string { return ch.def.headers }

// SecretQuery are the parameters that prove webhooks.
func (ch *channel) SecretQuery() []string { return ch.def.inbound.hiddenQuery }

// Addresses are those the definition's calls go to.
func (ch *channel) Addresses() []connectors.Address { return ch.def.addresses }

// Warnings are what an admin has to be reminded of.
func (ch *channel) Warnings() []string { return ch.def.warnings }

// The abilities that a hub finds by their interfaces, and that not every
// definition has.
type (
	reacts struct{ *channel }
	types  struct{ *channel }
	reads  struct{ *channel }
)

// React sets our reaction.
func (r reacts) React(reaction connectors.Reacting) ([]*connectors.Call, error) {
	return r.react(reaction)
}

// Typing shows that an agent is typing.
func (t types) Typing(out *normalize.Outbound) *connectors.Call {
	return t.sign(t.def.outbound.typing, out)
}

// Read marks the peer's messages as read.
func (r reads) Read(out *normalize.Outbound) *connectors.Call {
	return r.sign(r.def.outbound.read, out)
}

// able answers the channel with the abilities that its definition has.
func (ch *channel) able() connectors.Connector {
	o := &ch.def.outbound
	r, t, d := reacts{ch}, types{ch}, reads{ch}
	switch has := [3]bool{o.react != nil, o.typing != nil, o.read != nil}; has {
	case [3]bool{true, true, true}:
		return struct {
			*channel
			connectors.Reactor
			connectors.Typist
			connectors.Reader
		}{ch, r, t, d}
	case [3]bool{true, true, false}:
		return struct {
			*channel
			connectors.Reactor
			connectors.Typist
		}{ch, r, t}
	case [3]bool{true, false, true}:
		return struct {
			*channel
			connectors.Reactor
			connectors.Reader
		}{ch, r, d}
	case [3]bool{false, true, true}:
		return struct {
			*channel
			connectors.Typist
			connectors.Reader
		}{ch, t, d}
	case [3]bool{true, false, false}:
		return struct {
			*channel
			connectors.Reactor
		}{ch, r}
	case [3]bool{false, true, false}:
		return struct {
			*channel
			connectors.Typist
		}{ch, t}
	case [3]bool{false, false, true}:
		return struct {
			*channel
			connectors.Reader
		}{ch, d}
	}
	return ch
}
