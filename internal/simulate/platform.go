package simulate

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Platform is one simulated platform with one business account on it. It is
// safe for concurrent use, does no I/O and reads no clock but the times it is
// handed. What a platform has beyond this it tells by the interfaces
// [Handshaker], [Housed], [Wired] and [Carrier].
type Platform interface {
	// Account is what a hub needs to be told to work with this account.
	Account() Account

	// Person is what the platform calls a customer: a contact's external_id.
	Person(who Customer) string

	// Serve answers one API call of the hub.
	Serve(call Call) Answer

	// Webhook writes and signs what the platform posts when act happens. ok is
	// false where the platform has no such event. id is the platform's id of
	// the message that act created, empty for other acts.
	Webhook(act Act) (hook Webhook, id string, ok bool)

	// Retries is how the platform repeats a webhook that was not answered 2xx.
	Retries() Retries
}

// Handshaker is a platform that asks whether a webhook's address is the
// business's before it posts anything there.
type Handshaker interface {
	// Handshake is what it asks. right tells whether the answer satisfies it.
	Handshake() (ask Webhook, right func(status int, body []byte) bool)
}

// Housed is a platform that has to know where it is: because it tells
// addresses of its own, or because messages reach its customers otherwise than
// by calls. [Server.Listen] calls House before it serves.
type Housed interface {
	House(base string, sent func(Sent))
}

// Wired is a platform that also talks over connections that the hub opens.
// Wire serves such a request to its end; false leaves it to Serve.
type Wired interface {
	Wire(w http.ResponseWriter, r *http.Request, path string) bool
}

// Carrier is a platform that brings some acts to the hub in another way than by
// a webhook: over a connection, or by calls of the hub's own API. It alone may
// do I/O, and stops when it is closed.
type Carrier interface {
	// Carry brings an act to the hub at address (the channel's), and answers
	// its id as Webhook does. ok is false for an act that goes by a webhook, or
	// that the platform does not have. After an error the hub may or may not
	// have it: carrying the same act again does not double it.
	Carry(ctx context.Context, client *http.Client, address string, act Act) (id string, ok bool, err error)
	Close() error
}

// Account is the hub's view of a business account: the body of a channel.
type Account struct {
	Kind string
	// Name is what the simulator calls the platform, where one kind is played
	// in several ways ("twilio_whatsapp"); empty: Kind.
	Name        string
	Title       string
	Credentials map[string]string
	Settings    map[string]any // without api_base_url
	// Own is set when nothing is called at the platform, so that there is no
	// api_base_url, and customers reach the channel below this path of the hub.
	Own string
}

// name is what the simulator knows the account's platform by.
func (a Account) name() string { return cmp.Or(a.Name, a.Kind) }

// Config opens a platform. Credentials and settings that are not given are
// made up.
type Config struct {
	Credentials map[string]string
	Settings    map[string]string
	Cast        []Customer
	// Seed is where ids start. The same seed mints the same ids, a later
	// time in milliseconds new ones.
	Seed uint64
}

// secret is the configured credential or a made-up one.
func (c Config) secret(key, prefix string) string { return credential(c.Credentials, key, prefix) }

// setting is the configured setting or another value.
func (c Config) setting(key, other string) string { return cmp.Or(c.Settings[key], other) }

// playable is a platform that can be opened.
type playable struct {
	name string
	open func(Config) Platform
}

// playables are the platforms there are, one line each.
func playables() []playable {
	return []playable{
		{kindTelegram, func(c Config) Platform { return newTelegram(c) }},
		{kindWhatsApp, func(c Config) Platform { return newWhatsApp(c) }},
		{kindMessenger, func(c Config) Platform { return newMessenger(c) }},
		{kindInstagram, func(c Config) Platform { return newInstagram(c) }},
		{kindLINE, func(c Config) Platform { return newLINE(c) }},
		{kindViber, func(c Config) Platform { return newViber(c) }},
		{kindTwilio, func(c Config) Platform { return newTwilio(c, kindTwilio) }},
		{kindTwilioWhatsApp, func(c Config) Platform { return newTwilio(c, kindTwilioWhatsApp) }},
		{kindSlack, func(c Config) Platform { return newSlack(c) }},
		{kindDiscord, func(c Config) Platform { return newDiscord(c) }},
		{kindWeChat, func(c Config) Platform { return newWeChat(c) }},
		{kindZalo, func(c Config) Platform { return newZalo(c) }},
		{kindVK, func(c Config) Platform { return newVK(c) }},
		{kindX, func(c Config) Platform { return newX(c) }},
		{kindTikTok, func(c Config) Platform { return newTikTok(c) }},
		{kindRCS, func(c Config) Platform { return newRCS(c) }},
		{kindWebchat, func(c Config) Platform { return newWebchat(c) }},
		{kindCustom, func(c Config) Platform { return newCustom(c) }},
	}
}

// Open opens a simulated platform by its name, which is its kind but where one
// kind is played in several ways.
func Open(name string, cfg Config) (Platform, error) {
	for _, p := range playables() {
		if p.name == name {
			return p.open(cfg), nil
		}
	}
	return nil, fmt.Errorf("simulate: no platform %q: take one of %s", name, strings.Join(Kinds(), ", "))
}

// Kinds lists what [Open] knows.
func Kinds() []string {
	var names []string
	for _, p := range playables() {
		names = append(names, p.name)
	}
	return names
}

// Call is an API call as the server received it. Path is relative to the
// platform's base address.
type Call struct {
	Kind   string // the platform's name, as [Open] knows it
	At     time.Time
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	Body   []byte
	// Base is the platform's own address as the caller wrote it, for links.
	Base string
}

// Answer is what to answer a call.
type Answer struct {
	Status int
	Type   string // media type, empty for JSON
	Header http.Header
	Body   []byte
	// Sent is what the call showed to a customer, message by message.
	Sent []Sent
}

// Sent is a message of the business that the platform has accepted.
type Sent struct {
	Kind string // the platform's name, as [Open] knows it
	// Customer is the index in the cast, -1 for somebody who is not in it.
	Customer int
	To       string // as the call addressed them
	ID       string // the platform's id
	Ref      string // what the hub asked to be given back
	Type     string // the platform's name of the content
	Text     string
	Buttons  []Button
	At       time.Time
}

// Button is a choice the business offered.
type Button struct{ ID, Title string }

// ActKind is what a customer, or the platform on the way to them, does.
type ActKind string

// Acts.
const (
	Say     ActKind = "say"
	Photo   ActKind = "photo"
	Place   ActKind = "place"
	Press   ActKind = "press"   // a button of Target
	Edit    ActKind = "edit"    // Target becomes Text
	React   ActKind = "react"   // Text is the emoji set on Target
	Receipt ActKind = "receipt" // Target has reached Status
)

// Act is one thing that happens on the platform.
type Act struct {
	Kind   ActKind
	By     Customer
	At     time.Time
	Text   string
	Target string
	// Written is when an Edit's Target was.
	Written time.Time
	Button  Button
	// Latitude and Longitude of a Place, in degrees.
	Latitude, Longitude float64
	// Status and Ref of a Receipt.
	Status, Ref string
}

// Webhook is a request to the hub with these headers and bytes.
type Webhook struct {
	Method string     // empty: POST
	Query  url.Values // beside what the address has
	Header http.Header
	Body   []byte
	// As is the address as it was entered at the platform, where the hub is
	// reached at another; empty: the one that is posted to.
	As string
	// Seal proves the origin of one try, for platforms that sign when it was
	// made or the address as it was entered; nil: Header and Body hold the
	// proof.
	Seal func(r *http.Request, as string, at time.Time)
}

// Request is one try at the webhook, made at a time.
func (h Webhook) Request(ctx context.Context, address string, at time.Time) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, cmp.Or(h.Method, http.MethodPost), address, bytes.NewReader(h.Body))
	if err != nil {
		return nil, fmt.Errorf("simulate: webhook: %w", err)
	}
	if len(h.Query) > 0 {
		query := r.URL.Query()
		maps.Copy(query, h.Query)
		r.URL.RawQuery = query.Encode()
	}
	if h.Header != nil {
		r.Header = h.Header.Clone()
	}
	if h.Seal != nil {
		h.Seal(r, cmp.Or(h.As, r.URL.String()), at)
	}
	return r, nil
}

// Retries is how a platform repeats a webhook.
type Retries struct {
	// First pause, doubled each time up to Max. A zero First repeats once at
	// once, then after a second.
	First, Max time.Duration
	// GiveUp is the age at which the webhook is dropped.
	GiveUp time.Duration
	// Ordered holds back what follows from the same customer meanwhile.
	Ordered bool
	// Obeys is set when the platform obeys Retry-After, up to an hour.
	Obeys bool
}

// credential returns the configured value or makes one up.
func credential(given map[string]string, key, prefix string) string {
	if v := given[key]; v != "" {
		return v
	}
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return prefix + hex.EncodeToString(b)
}
