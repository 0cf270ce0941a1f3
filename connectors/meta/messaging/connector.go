package messaging

import (
	"time"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// Dialect is what sets one of the platforms apart from the other.
type Dialect struct {
	// Name is the Kind's, Platform that for people, Object that of webhooks.
	Name, Platform, Object string
	// Metadata is set when a message can carry a text that comes back in its
	// echo, which so finds its message when the answer to the call was lost.
	Metadata bool
	// Typed is set when every message has to say how it relates to the reply
	// window.
	Typed bool
	// Subscription are the fields an account is subscribed to.
	Subscription []string
	// CheckFields are asked for by the check of the credentials, ProfileFields
	// about a person.
	CheckFields, ProfileFields string
	// Heart is how a reaction with a heart is named.
	Heart string
	// Page gives the web address of a post by its id, empty if there is none.
	Page func(id string) string
}

// Options are a channel's configuration. Those that are secret stay so.
type Options struct {
	Dialect Dialect
	// Caps are the Kind's, with a window.
	Caps  normalize.Capabilities
	Graph meta.Graph
	// AppSecrets sign webhooks: the current one and, while it is being changed,
	// the one before. VerifyToken answers the handshake.
	AppSecrets  []connectors.Secret
	VerifyToken connectors.Secret
	// Secrets are all credentials, for striking them out of texts.
	Secrets []connectors.Secret
	// Account is the Page's or Instagram account's id in webhooks. The others
	// are what calls name it by: to send, to ask whose token it is, and to
	// subscribe it.
	Account, Node, CheckNode, SubscribeNode string
	// AppID tells our own echoes from those of other apps; empty if not known.
	AppID string
	// Registration makes the app call a webhook's address, where the platform's
	// API allows; nil where an admin has to enter it in the dashboard.
	Registration func(webhookURL string) (*connectors.Call, error)
	// HumanAgent is set when answers are written by people and the app has the
	// feature of answering for seven days.
	HumanAgent bool
}

// Connector is one Page or Instagram account. It is immutable and safe for
// concurrent use.
type Connector struct {
	o     Options
	judge meta.Judge
}

var (
	_ connectors.Connector     = (*Connector)(nil)
	_ connectors.Handshaker    = (*Connector)(nil)
	_ connectors.Skimmer       = (*Connector)(nil)
	_ connectors.Accounted     = (*Connector)(nil)
	_ connectors.Capable       = (*Connector)(nil)
	_ connectors.Checker       = (*Connector)(nil)
	_ connectors.Subscriber    = (*Connector)(nil)
	_ connectors.Reader        = (*Connector)(nil)
	_ connectors.Typist        = (*Connector)(nil)
	_ connectors.Reactor       = (*Connector)(nil)
	_ connectors.MediaResolver = (*Connector)(nil)
	_ connectors.Profiler      = (*Connector)(nil)
	_ connectors.Redactor      = (*Connector)(nil)
)

// New makes a connector of a configuration that its Kind has checked.
func New(o Options) *Connector {
	return &Connector{o: o, judge: meta.Judge{Platform: o.Dialect.Platform, Secrets: o.Secrets}}
}

// Account implements [connectors.Accounted].
func (c *Connector) Account() string { return c.o.Account }

// Verify checks Meta's signature over the raw body.
func (c *Connector) Verify(req *connectors.Request, _ time.Time) error {
	return meta.Verify(req, c.o.AppSecrets)
}

// Handshake answers Meta's proof that the webhook's address is ours.
func (c *Connector) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	return meta.Handshake(req, c.o.VerifyToken)
}

// Redactions implements [connectors.Redactor].
func (c *Connector) Redactions() []string {
	if proof := c.o.Graph.Proof(); proof != "" {
		return []string{proof}
	}
	return nil
}

// How long after a person's latest message it may be answered, and by people
// with the tag HUMAN_AGENT (platforms/messenger: section 6).
const (
	openFor  = 24 * time.Hour
	agentFor = 7 * 24 * time.Hour
)

// Capabilities are the Kind's, save that how long a person can be answered
// depends on who writes the answers.
func (c *Connector) Capabilities() normalize.Capabilities {
	caps := c.o.Caps
	if c.o.HumanAgent {
		caps.Window = &normalize.Window{Open: openFor, Human: agentFor, After: caps.Window.After}
	}
	return caps
}

// Window is the reply window of a channel that says nothing about its agents.
func Window(after ...normalize.MessageType) *normalize.Window {
	return &normalize.Window{Open: openFor, After: after}
}
