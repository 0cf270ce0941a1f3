package connectors

import (
	"time"

	"threadhub/normalize"
)

// Handshaker answers a platform's proof-of-ownership request. ok is false when
// the request is not a handshake at all.
type Handshaker interface {
	Handshake(req *Request) (reply Reply, ok bool)
}

// Acknowledger shapes the 200 answer to an accepted webhook, for platforms
// that want more than an empty body.
type Acknowledger interface {
	Acknowledge(req *Request) Reply
}

// Skimmer reads a webhook just far enough to take it in: whether it is in the
// platform's format at all (ErrMalformed exactly when Parse says so) and which
// accounts its events are addressed to. It saves parsing twice what is parsed
// again from the journal anyway.
type Skimmer interface {
	Skim(req *Request) (accounts []string, err error)
}

// Accounted is implemented by connectors of platforms that deliver several
// accounts to one address; Account is this channel's own (see Event.Account).
type Accounted interface {
	Account() string
}

// Rated is implemented by connectors whose accounts differ in how fast they may
// send; Rate takes the place of the Kind's.
type Rated interface {
	Rate() normalize.Rate
}

// Local is implemented by connectors of channels whose peers read what is
// written to them at the hub itself. Nothing is called: Next answers nil, and a
// message is sent once it is stored.
type Local interface {
	// Stored answers the ids under which the peer knows the message.
	Stored(out *normalize.Outbound) []normalize.PlatformID
}

// Capable is implemented by connectors whose channels differ in what they carry
// (SMS and WhatsApp at one provider); Capabilities takes the place of the Kind's.
type Capable interface {
	Capabilities() normalize.Capabilities
}

// Subscriber registers the webhook at the platform.
type Subscriber interface {
	// Subscribe returns the calls that register webhookURL, in order.
	Subscribe(webhookURL string) ([]*Call, error)
}

// Checker proves that the credentials work.
type Checker interface {
	// Check returns a call without side effects; Classify reads its answer.
	Check() *Call
}

// Follower returns the calls that belong to an incoming event and show nothing
// to the peer (Telegram's answerCallbackQuery). They are made once, best effort.
type Follower interface {
	Follow(ev *normalize.Event) *Call
}

// Reactor sets our reaction to a message, in place of the one we had, or takes
// it back. Its calls change nothing when they are repeated. An error is what
// the platform does not have, for whoever wanted to react.
type Reactor interface {
	React(r Reacting) ([]*Call, error)
}

// Reacting is the reaction that is wanted.
type Reacting struct {
	To      normalize.Peer
	Message normalize.PlatformID
	Emoji   string // "" takes ours back
	Was     string // the emoji that is ours so far, "" for none
}

// Typist shows the peer that an agent is typing. nil when the platform needs
// something out does not hold (an inbound message to tie it to).
type Typist interface {
	Typing(out *normalize.Outbound) *Call
}

// Reader marks the peer's messages up to out.LastInbound as read.
type Reader interface {
	Read(out *normalize.Outbound) *Call
}

// MediaResolver says how to fetch an attachment. Platforms that take two steps
// answer a second call from the first one's response; a nil call means that
// the attachment's own URL can be fetched as it is.
type MediaResolver interface {
	Media(att *normalize.Attachment, done []Response) (*Call, error)
}

// Perishable is implemented by connectors of platforms that drop a customer's
// media after a time too short to wait for an agent. The hub then fetches it
// when it comes in.
type Perishable interface {
	// MediaKept is how long media can be fetched; 0 as for a connector without
	// this interface.
	MediaKept() time.Duration
}

// Profiler asks the platform who a peer is and reads the answer.
type Profiler interface {
	Profile(peer normalize.PeerID) *Call
	ReadProfile(resp *Response) (normalize.Peer, error)
}

// Introducer is implemented by Profilers of platforms whose messages bring all
// that a profile holds. Who came with a name is not looked up there.
type Introducer interface {
	Profiler
	Introduces()
}

// Templater lists the templates that the platform has for the channel.
type Templater interface {
	// Templates returns the call for the page after the cursor, "" for the first.
	// Its error says what the settings lack.
	Templates(cursor string) (*Call, error)
	// ReadTemplates reads its answer. next is "" on the last page.
	ReadTemplates(resp *Response) (list []normalize.TemplateInfo, next string, err error)
}

// Redactor names strings besides the credentials that must not be logged.
type Redactor interface {
	Redactions() []string
}

// HeaderReader is implemented by connectors whose channels differ in which
// request headers Parse reads; ReadHeaders takes the place of the Kind's
// Headers.
type HeaderReader interface {
	ReadHeaders() []string
}

// SecretQuery is implemented by connectors of platforms that prove their
// webhooks by a parameter of the address. The parameters it names are not kept
// with the webhook; Parse does not read them.
type SecretQuery interface {
	SecretQuery() []string
}

// Addressed is implemented by connectors whose settings name, in other places
// than settings that end in _url, addresses the hub is going to call. They are
// checked before the settings are stored.
type Addressed interface {
	Addresses() []Address
}

// Address is an address in a channel's settings.
type Address struct{ Field, URL string }

// Warner is implemented by connectors whose channels can be configured in ways
// that an admin has to be reminded of. Warnings are shown wherever the channel
// is.
type Warner interface {
	Warnings() []string
}

// Rehearser is implemented by connectors some of whose calls need what the
// answer to an earlier one held. Rehearse answers what such an answer might
// hold, so that a message can be tried without making calls.
type Rehearser interface {
	Rehearse(call *Call) map[string]string
}
