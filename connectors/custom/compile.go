package custom

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// compiled is a definition ready for use. It holds no secret and is read only:
// any number of channels may share it.
type compiled struct {
	base      string
	proofs    []proof
	addition  []proof // every one of these has to pass as well
	handshake *handshake
	ack       *reply
	inbound   inbound
	outbound  outbound
	media     mediaSource
	token     *token
	check     *call
	webhook   []*call
	calls     map[string]*call // by the name that Classify sees
	caps      normalize.Capabilities
	headers   []string // that Parse reads
	warnings  []string
	addresses []connectors.Address
	// secrets are the credentials named, each with the field that names it.
	secrets map[string]string
}

// Bounds of the expressions of a definition, all together: how many there are,
// and what it takes to compile them.
const (
	maxExpressions = 500
	maxWeight      = 6000
)

// compiler turns a definition into what runs, and collects what is wrong.
type compiler struct {
	*engine
	out         *compiled
	faults      []connectors.ConfigFault
	expressions int
	weight      int
	full        bool
	// mentioned are texts of all expressions of outgoing calls.
	mentioned strings.Builder
}

// compile answers what is wrong as a *connectors.ConfigError.
func (e *engine) compile(d *definition) (*compiled, error) {
	c := &compiler{engine: e, out: &compiled{calls: map[string]*call{}, secrets: map[string]string{}}}
	c.address(d.APIBaseURL)
	c.verify(d.Verify)
	c.shake(d.Handshake)
	if d.Acknowledge != nil {
		c.out.ack = c.reply(scopeHook, "settings.acknowledge", d.Acknowledge)
	}
	c.receive(d.Inbound)
	c.send(d.Outbound)
	c.fetch(d.Media)
	c.getToken(d.Token)
	if d.Check != nil {
		c.out.check = c.call(scopeSetup, "settings.check", opCheck, *d.Check)
	}
	for i, def := range d.Webhook {
		c.out.webhook = append(c.out.webhook, c.call(scopeSetup, fmt.Sprintf("settings.webhook.%d", i), opSubscribe, def))
	}
	c.capabilities(d)
	if len(c.faults) > 0 {
		return nil, &connectors.ConfigError{Faults: c.faults}
	}
	return c.out, nil
}

// maxFaults is how many faults are told at once.
const maxFaults = 50

func (c *compiler) fault(field, format string, args ...any) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, connectors.ConfigFault{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// expr compiles an expression; what is wrong with it is noted.
func (c *compiler) expr(scope scopeName, path, source string, want expression.Want) *expression.Program {
	return c.exprAt(scope, path, source, want, 0)
}

// optional is expr for one that may be left out.
func (c *compiler) optional(scope scopeName, path, source string, want expression.Want) *expression.Program {
	if source == "" {
		return nil
	}
	return c.expr(scope, path, source, want)
}

// exprAt compiles an expression that begins after so many characters of its
// field.
func (c *compiler) exprAt(scope scopeName, path, source string, want expression.Want, offset int) *expression.Program {
	if c.expressions++; c.expressions > maxExpressions || c.weight > maxWeight {
		if !c.full {
			c.fault("settings", "there are too many expressions (%d are allowed), or too many loops in them: make it simpler", maxExpressions)
		}
		c.full = true
		return nil
	}
	p, err := c.scopes[scope].Compile(source, want)
	if err != nil {
		var e *expression.Error
		if errors.As(err, &e) && e.Column > 0 && e.Line <= 1 {
			e.Column += offset
		}
		c.fault(path, "%s", err.Error())
		return nil
	}
	c.weight += p.Weight()
	for _, name := range p.Uses(varSecrets) {
		c.secret(path, name)
	}
	if scope == scopeSend {
		c.mentioned.WriteString(source + "\n")
	}
	return p
}

// secret notes that a credential is needed.
func (c *compiler) secret(path, name string) {
	if !credentialName(name) {
		c.fault(path, "%q is no name of a credential: use lower-case letters, digits and _, beginning with a letter", name)
		return
	}
	if _, ok := c.out.secrets[name]; !ok {
		c.out.secrets[name] = path
	}
}

// needs reports the credentials that a definition names and that are not there.
func (c *compiled) needs(credentials map[string]connectors.Secret) error {
	var faults []connectors.ConfigFault
	for name, path := range c.secrets {
		if credentials[name].Empty() {
			faults = append(faults, connectors.ConfigFault{
				Field: path, Message: fmt.Sprintf("it names the credential %q, which is not set: enter it under credentials.%s", name, name),
				Credential: name,
			})
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.SortFunc(faults, func(a, b connectors.ConfigFault) int { return strings.Compare(a.Field+a.Message, b.Field+b.Message) })
	return &connectors.ConfigError{Faults: faults}
}

func credentialName(name string) bool {
	if len(name) == 0 || len(name) > 64 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// oneOf reports a value that is none of those allowed.
func (c *compiler) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.fault(path, "%q is not known: use one of %s", value, strings.Join(allowed, ", "))
	}
}
