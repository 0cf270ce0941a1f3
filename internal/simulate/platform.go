package simulate

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Platform is one simulated platform with one business account on it. It is
// safe for concurrent use, does no I/O and reads no clock but the times it is
// handed.
type Platform interface {
	// Account is what a hub needs to be told to work with this account.
	Account() Account

	// Serve answers one API call of the hub.
	Serve(call Call) Answer

	// Webhook writes and signs what the platform posts when act happens. ok is
	// false where the platform has no such event. id is the platform's id of
	// the message that act created, empty for other acts.
	Webhook(act Act) (hook Webhook, id string, ok bool)

	// Retries is how the platform repeats a webhook that was not answered 2xx.
	Retries() Retries
}

// Account is the hub's view of a business account: the body of a channel.
type Account struct {
	Kind        string
	Title       string
	Credentials map[string]string
	Settings    map[string]string // without api_base_url
}

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

// Open opens a simulated platform by its kind.
func Open(kind string, cfg Config) (Platform, error) {
	switch kind {
	case kindTelegram:
		return newTelegram(cfg), nil
	case kindWhatsApp:
		return newWhatsApp(cfg), nil
	}
	return nil, fmt.Errorf("simulate: no platform of kind %q", kind)
}

// Kinds lists what [Open] knows.
func Kinds() []string { return []string{kindTelegram, kindWhatsApp} }

// Call is an API call as the server received it. Path is relative to the
// platform's base address.
type Call struct {
	Kind   string
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
	// Sent is set when the call showed something to a customer.
	Sent *Sent
}

// Sent is a message of the business that the platform has accepted.
type Sent struct {
	Kind string
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

// Webhook is a request to the hub: POST with these headers and bytes.
type Webhook struct {
	Header http.Header
	Body   []byte
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
