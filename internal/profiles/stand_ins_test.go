package profiles

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

// errStuck has contacts not be read before the caller gives up.
var errStuck = errors.New("stuck")

// secret is a credential of every channel.
const secret = "s3cret-t0ken"

// reply is how the platform answers a lookup.
type reply struct {
	Verdict connectors.Verdict
	After   time.Duration
	Words   string // of one that is no success
	Name    string
	Broken  string // why the connector cannot read the profile
	Panic   string // what the connector panics with when it reads the profile

	unheard error         // in place of an answer
	takes   time.Duration // before the answer
	hangs   bool          // until the caller gives up
}

var (
	noor    = reply{Verdict: connectors.Done, Name: "Noor Vask"}
	nothing = reply{Verdict: connectors.Refuse, Words: "there is no such person"}
	failing = reply{Verdict: connectors.Retry, Words: "try again later"}
	hanging = reply{hangs: true}
)

// lookup is a call that the platform got.
type lookup struct {
	channel, peer string
	at            time.Duration // since the desk began
}

// told is what threading was told a platform answered.
type told struct {
	contact threads.ContactID
	peer    *normalize.Peer
}

// page is one of the conversations of a contact.
type page struct {
	contact threads.ContactID
	threads.Page
}

// platform is the connector of one that tells who somebody is. What it is to
// read is the body of its answers.
type platform struct{ connectors.Connector }

const room = "room" // of which the platform tells nothing

func (platform) Profile(peer normalize.PeerID) *connectors.Call {
	if peer == room {
		return nil
	}
	return &connectors.Call{Name: "profile", URL: string(peer)}
}

func read(resp *connectors.Response) (r reply) {
	if err := json.Unmarshal(resp.Body, &r); err != nil {
		panic(err)
	}
	return r
}

func (platform) Classify(_ *connectors.Call, resp *connectors.Response) connectors.Outcome {
	r := read(resp)
	o := connectors.Outcome{Verdict: r.Verdict, After: r.After}
	if r.Verdict != connectors.Done {
		o.Failure = &normalize.Failure{Message: r.Words}
	}
	return o
}

func (platform) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	r := read(resp)
	switch {
	case r.Panic != "":
		panic(r.Panic)
	case r.Broken != "":
		return normalize.Peer{}, errors.New(r.Broken)
	}
	return normalize.Peer{Name: r.Name, Locale: "pt"}, nil
}

// introducing is one whose messages bring all that a profile holds.
type introducing struct{ platform }

func (introducing) Introduces() {}

// opened opens channels of the platform.
func (d *desk) opened(ids ...threads.ChannelID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	secrets := map[string]connectors.Secret{"token": connectors.NewSecret(secret)}
	for _, id := range ids {
		d.channels[id] = &channels.Opened{
			Channel:   channels.Channel{ID: id, Kind: "stub", Enabled: true, Health: channels.Health{State: channels.HealthOK}},
			Connector: platform{},
			Target:    egress.Target{Kind: "stub", Channel: string(id), Redactor: egress.NewRedactor(secrets)},
		}
	}
}

// closed deletes a channel.
func (d *desk) closed(id threads.ChannelID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.channels, id)
}

// change changes ch_1.
func (d *desk) change(fn func(o *channels.Opened)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := *d.channels["ch_1"]
	fn(&changed)
	d.channels["ch_1"] = &changed
}

// Open implements Channels.
func (d *desk) Open(_ context.Context, id threads.ChannelID) (*channels.Opened, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o, known := d.channels[id]; known {
		return o, d.broken["Open"]
	}
	return nil, fmt.Errorf("channel %s: %w", id, threads.ErrNotFound)
}

// Do implements Carrier.
func (d *desk) Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error) {
	r := d.called(t.Channel, call.URL)
	defer d.count(t.Channel, -1)
	switch {
	case r.hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	case r.unheard != nil:
		return nil, r.unheard
	}
	time.Sleep(r.takes)
	body, err := json.Marshal(r)
	return &connectors.Response{Status: 200, Body: body}, err
}

func (d *desk) called(channel, peer string) reply {
	d.count(channel, 1)
	d.mu.Lock()
	l := lookup{channel, peer, time.Since(d.began) + d.skipped}
	d.lookups = append(d.lookups, l)
	answer := d.answer
	d.mu.Unlock()
	return answer(l)
}

func (d *desk) count(channel string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, of := range []string{channel, ""} {
		d.out[of] += n
		d.most[of] = max(d.most[of], d.out[of])
	}
}

// Contact implements Contacts.
func (d *desk) Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error) {
	if errors.Is(d.fault("Contact"), errStuck) {
		<-ctx.Done()
		return threads.Contact{}, ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	if c, known := d.contacts[id]; known {
		return c, d.broken["Contact"]
	}
	return threads.Contact{}, fmt.Errorf("contact %s: %w", id, threads.ErrNotFound)
}

// Profiled implements Threads: as the service does it, for names alone.
func (d *desk) Profiled(_ context.Context, id threads.ContactID, p *normalize.Peer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, known := d.contacts[id]
	if !known {
		return fmt.Errorf("contact %s: %w", id, threads.ErrNotFound)
	}
	if err := d.broken["Profiled"]; err != nil {
		return err
	}
	d.told = append(d.told, told{id, p})
	c.Lookup = threads.ProfileLookup{At: time.Now().Add(d.skipped)}
	if p != nil && p.Name != "" {
		c.Name, c.Lookup.Name = p.Name, p.Name
	}
	d.contacts[id] = c
	return nil
}

// RefreshBrief implements Threads.
func (d *desk) RefreshBrief(_ context.Context, conversation threads.ConversationID, id threads.ContactID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mended = append(d.mended, string(conversation)+" "+string(id))
	return d.broken["RefreshBrief"]
}

// RefreshBriefs implements Threads.
func (d *desk) RefreshBriefs(ctx context.Context, id threads.ContactID, p threads.Page) (threads.Cursor, error) {
	d.mu.Lock()
	d.refreshed = append(d.refreshed, page{id, p})
	refresh := d.refresh
	d.mu.Unlock()
	return refresh(ctx, page{id, p})
}
