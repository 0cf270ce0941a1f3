package connectors

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"threadhub/normalize"
)

// ErrSignature is returned by Verify, alone or wrapped, for a webhook whose
// origin is not proved. It never says what would have been right.
var ErrSignature = errors.New("signature does not match")

// ErrMalformed is returned by Parse, alone or wrapped, for a body that is not
// the platform's format at all.
var ErrMalformed = errors.New("body is not in the platform's format")

// Kind describes one platform: a plain value in a list, no registration.
type Kind struct {
	Name  string // stable, lower case: "whatsapp"
	Title string // for people: "WhatsApp Cloud API"
	// Credentials and Settings are JSON Schemas (draft 2020-12). They draw the
	// form and check the input; every credential property is a secret.
	Credentials json.RawMessage
	Settings    json.RawMessage
	// Setup tells an admin in Markdown how to connect a channel.
	Setup string
	Caps  normalize.Capabilities
	// Headers are the request headers Parse reads, kept with the raw body so
	// that a stored webhook can be parsed again. Never one that holds a secret.
	Headers []string
	// New checks the configuration and opens a connector. It does no I/O. What
	// is wrong with the configuration may be told by field (*ConfigError).
	New func(Config) (Connector, error)
	// Presets are settings to begin with, for kinds that are told by their
	// settings how to speak to a platform.
	Presets []Preset
}

// Preset is a channel's settings, ready but for the credentials.
type Preset struct {
	Name        string // stable, lower case
	Title       string // for people
	Description string // what it covers and what not, in Markdown
	// Credentials are those the settings need, with what each is.
	Credentials []PresetCredential
	Settings    json.RawMessage
}

// PresetCredential is a credential that a preset needs.
type PresetCredential struct{ Name, Title, Description string }

// ConfigError says what is wrong with a configuration, by field.
type ConfigError struct{ Faults []ConfigFault }

// ConfigFault is one thing that is wrong. Field is a path such as
// "settings.outbound.text.url"; Message says what is wrong and what to do. It
// holds no credential. Credential names one that is missing, if that is all.
type ConfigFault struct{ Field, Message, Credential string }

// Error lists the faults.
func (e *ConfigError) Error() string {
	parts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		parts[i] = f.Field + ": " + f.Message
	}
	return strings.Join(parts, "; ")
}

// Config is what a channel's admin entered, already valid against the Kind's
// schemas.
type Config struct {
	Credentials map[string]Secret
	Settings    json.RawMessage
	// WebhookURL is the address that platforms call for the channel, for those
	// that are told with each message where to report on it. Empty where it is
	// not known.
	WebhookURL string
}

// Connector speaks one channel's dialect. It is safe for concurrent use, does
// no I/O and reads no clock.
type Connector interface {
	// Verify proves the webhook's origin over its raw bytes: nil, or an error
	// that wraps ErrSignature. now is for signed timestamps.
	Verify(req *Request, now time.Time) error

	// Parse returns every event of the webhook, in the platform's order. What
	// it does not understand becomes an Unknown event; an error (wrapping
	// ErrMalformed) only if nothing at all can be read. Same bytes, same
	// events.
	Parse(req *Request) ([]normalize.Event, error)

	// Next returns the call to make after those done, nil when the message is
	// out. Only exchanges whose outcome was Done are in done, so a message of
	// three parts that crashed after one resumes at the second.
	Next(out *normalize.Outbound, done []normalize.Exchange) (*Call, error)

	// Classify reads the platform's answer to a call.
	Classify(call *Call, resp *Response) Outcome
}

// Request is a webhook as received. Body is the raw bytes.
type Request struct {
	Method string
	// URL is the public address the platform called, query included.
	URL    string
	Query  url.Values
	Header http.Header
	Body   []byte
	// RemoteIP is who called: the first address that no trusted proxy reported.
	// Verify alone may look at it; it is not kept.
	RemoteIP string
}

// Reply is what to answer a platform.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte
}

// Call is one HTTP request the hub is to carry out for a connector.
type Call struct {
	// Name is the operation ("sendMessage"): the class for breakers, logs and
	// metrics. Never the URL, which may hold a secret.
	Name   string
	Method string
	URL    string
	Header http.Header
	Body   []byte
	// Upload, when set, takes the place of Body.
	Upload *Upload
	// Part is the index in Outbound.Parts that the call serves.
	Part int
	// Visible is set when carrying the call out shows something to the peer.
	// A visible call whose outcome is not known is never repeated blindly,
	// unless Idempotent says that the platform recognises the repetition.
	Visible    bool
	Idempotent bool
	// KnownFor is how long after the first try the platform recognises the
	// repetition of an Idempotent call; 0: always.
	KnownFor time.Duration
}

// Response is a platform's answer. Body is bounded by the hub.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Verdict is what an answer means for the message.
type Verdict string

// Verdicts of Classify.
const (
	Done    Verdict = "done"    // carried out
	Retry   Verdict = "retry"   // not carried out, may work later
	Wait    Verdict = "wait"    // throttled: not before After, no attempt used up
	Refuse  Verdict = "refuse"  // this message will never go out
	Suspend Verdict = "suspend" // the channel's credentials are dead
	// Unclear is an answer that leaves open whether the call was carried out
	// (a 5xx after sending, a 200 that makes no sense).
	Unclear Verdict = "unclear"
)

// Outcome is a connector's reading of an answer.
type Outcome struct {
	Verdict Verdict
	// IDs are the platform's ids of what the call sent.
	IDs []normalize.PlatformID
	// After is the shortest pause before the next try, for Retry and Wait.
	After time.Duration
	// PeerOnly is set when a Wait concerns this peer alone, not the channel.
	PeerOnly bool
	Failure  *normalize.Failure
	// Alias is another name of the peer that the answer revealed.
	Alias normalize.PeerID
	// StaleToken is set, with Retry, when the answer says that the token the
	// call carried is no longer good ([Tokened]): the hub gets another and
	// makes the call once more, which uses up no attempt.
	StaleToken bool
	// Data is what the connector needs back in Next (an upload's id).
	Data map[string]string
}
