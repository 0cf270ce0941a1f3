package threadtest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"threadhub/internal/ident"
	"threadhub/normalize"
	"threadhub/threads"
)

// desk is a service with one channel of its own on a store that others may use
// at the same time. It plays everything the service asks of its surroundings.
type desk struct {
	*threads.Service
	ctx     context.Context
	store   *window
	channel threads.ChannelID

	mu      sync.Mutex // for what many goroutines of a script use at once
	now     time.Time
	style   threads.Style // of the channel, today
	group   threads.GroupID
	away    map[threads.AgentID]bool
	hours   map[string]threads.Calendar
	reply   *normalize.Window // of the platform
	notices []threads.Notice
	minted  int

	reception reception
}

// newDesk opens a desk whose clock shows the given moment.
func newDesk(ctx context.Context, store threads.Store, now time.Time) *desk {
	d := &desk{
		ctx: ctx, channel: threads.ChannelID(ident.New("ch")), now: now,
		away: map[threads.AgentID]bool{}, hours: map[string]threads.Calendar{},
	}
	d.style, _ = threads.DefaultStyle(threads.SocialMessaging)
	d.store = &window{Store: store, channel: d.channel}
	d.restart()
	return d
}

// restart replaces the service, as a new process would.
func (d *desk) restart() {
	d.Service = threads.NewService(threads.Options{
		Store: d.store, Channels: d, Roster: d, Returns: d, Schedules: d, Announce: d, Logger: slog.New(slog.DiscardHandler), Now: d.clock,
	})
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) wait(pause time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(pause)
}

// ChannelInfo implements threads.Channels.
func (d *desk) ChannelInfo(_ context.Context, id threads.ChannelID) (threads.ChannelInfo, error) {
	if id != d.channel {
		return threads.ChannelInfo{}, threads.ErrNotFound
	}
	return threads.ChannelInfo{ID: id, Kind: "test", Style: d.style, Group: d.group, Enabled: true, Caps: normalize.Capabilities{
		Text: normalize.TextLimit{Max: 1000, Unit: normalize.Runes}, ReplyTo: true, Window: d.reply,
	}}, nil
}

// Available implements threads.Roster.
func (d *desk) Available(_ context.Context, id threads.AgentID) (bool, error) {
	return !d.away[id], nil
}

// Calendar implements threads.Schedules.
func (d *desk) Calendar(_ context.Context, id string) (threads.Calendar, error) {
	if c, ok := d.hours[id]; ok {
		return c, nil
	}
	return threads.Calendar{}, threads.ErrNotFound
}

// Announce implements threads.Announcer.
func (d *desk) Announce(_ context.Context, n []threads.Notice) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = append(d.notices, n...)
	return nil
}

// letter is a message on its way to the hub.
type letter struct {
	from    string // the contact
	id      string // the platform's; "": one of its own
	text    string
	written time.Time // zero: when it was accepted
	// accepted is when the hub had durably accepted the webhook; the worker
	// gets to it now. Zero: now.
	accepted time.Time
	external bool // typed by the business in the platform's own app
}

func (d *desk) arrival(l letter) threads.Arrival {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.minted++
	id := normalize.PlatformID(cmp.Or(l.id, fmt.Sprint("m", d.minted)))
	a := threads.Arrival{Channel: d.channel, ReceivedAt: l.accepted, Event: normalize.Event{
		Key: normalize.MessageKey(id), Type: normalize.EventMessage, Peer: normalize.Peer{ID: normalize.PeerID(l.from)}, At: l.written,
		Message: &normalize.Message{ID: id, Type: normalize.TypeText, Text: l.text},
	}}
	if l.accepted.IsZero() {
		a.ReceivedAt = d.now
	}
	if l.external {
		a.Event.Type = normalize.EventEcho
	}
	return a
}

// event is anything a platform tells besides messages.
func (d *desk) event(from string, fill func(*normalize.Event)) threads.Arrival {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.minted++
	a := threads.Arrival{Channel: d.channel, ReceivedAt: d.now, Event: normalize.Event{
		Key: fmt.Sprint("ev:", d.minted), Peer: normalize.Peer{ID: normalize.PeerID(from)}, At: d.now,
	}}
	fill(&a.Event)
	return a
}

// take works one event into its conversation.
func (d *desk) take(a threads.Arrival) error { return d.Ingest(d.ctx, []threads.Arrival{a})[0] }

// everything is what the store holds of the desk's channel, by contact and in
// the order of their conversations.
func (d *desk) everything() (map[string][]threads.Conversation, error) {
	list, _, err := d.store.Conversations(d.ctx, threads.Filter{Channels: []threads.ChannelID{d.channel}, Sort: threads.SortOldest}, threads.Page{Limit: 200})
	if err != nil {
		return nil, fmt.Errorf("conversations: %w", err)
	}
	all := map[string][]threads.Conversation{}
	for _, c := range list {
		all[string(c.Contact.ExternalID)] = append(all[string(c.Contact.ExternalID)], c)
	}
	for list := range maps.Values(all) {
		slices.SortFunc(list, func(a, b threads.Conversation) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	}
	return all, nil
}

func (d *desk) messages(id threads.ConversationID) ([]threads.Message, error) {
	list, _, err := d.store.Messages(d.ctx, id, threads.MessagePage{Limit: 200})
	return list, err
}

func (d *desk) log(id threads.ConversationID) ([]threads.Transition, error) {
	list, _, err := d.store.Transitions(d.ctx, id, threads.Page{Limit: 200})
	return list, err
}

// person is an agent by their short name, the author of what they do.
func person(name string) threads.Author {
	return threads.Author{Type: threads.AuthorAgent, ID: "ag_" + name, Name: name}
}

// window is the store as a desk sees it: countdowns of other channels, which
// run on other clocks, are out of its sight.
type window struct {
	threads.Store
	channel threads.ChannelID

	mu sync.Mutex
	// before is called once, when the next commit is decided and not yet made:
	// what it does is what somebody else was faster with.
	before func()
}

// many is how many countdowns of all channels are looked at.
const many = 5000

// Due implements threads.Store.
func (w *window) Due(ctx context.Context, now time.Time, limit int) ([]threads.Conversation, error) {
	due, err := w.Store.Due(ctx, now, many)
	due = slices.DeleteFunc(due, func(c threads.Conversation) bool { return c.ChannelID != w.channel })
	return due[:min(len(due), limit)], err
}

// Silent implements threads.Store.
func (w *window) Silent(ctx context.Context, now time.Time, limit int) ([]threads.Conversation, error) {
	due, err := w.Store.Silent(ctx, now, many)
	due = slices.DeleteFunc(due, func(c threads.Conversation) bool { return c.ChannelID != w.channel })
	return due[:min(len(due), limit)], err
}

// Commit implements threads.Store.
func (w *window) Commit(ctx context.Context, changes []threads.Change) []error {
	w.mu.Lock()
	before := w.before
	w.before = nil
	w.mu.Unlock()
	if before != nil {
		before()
	}
	return w.Store.Commit(ctx, changes)
}
