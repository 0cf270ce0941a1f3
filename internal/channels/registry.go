package channels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/ident"
	"threadhub/internal/retention"
	"threadhub/internal/seal"
	"threadhub/normalize"
	"threadhub/threads"
)

// record is how a channel is stored: credentials sealed, each bound to its
// channel and name.
type record struct {
	Kind        string            `json:"kind"`
	Name        string            `json:"name"`
	Settings    json.RawMessage   `json:"settings"`
	Credentials map[string]string `json:"credentials"` // sealed
	// Revision stands for the credentials, whatever key they are sealed with.
	Revision  string           `json:"revision,omitempty"`
	Former    *former          `json:"former,omitempty"`
	Style     threads.Style    `json:"style"`
	GroupID   threads.GroupID  `json:"group_id,omitempty"`
	Enabled   bool             `json:"enabled"`
	Weight    int              `json:"weight,omitempty"`
	SendFor   time.Duration    `json:"send_for,omitempty"`
	Retention retention.Policy `json:"retention,omitzero"`
	Health    Health           `json:"health"`
	Warnings  []string         `json:"warnings,omitempty"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
}

// Caller carries a connector's calls to its platform (tokens.Keeper).
type Caller interface {
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
}

// Options are what a Registry works with.
type Options struct {
	Store  directory.Store
	Kinds  connectors.Set
	Keys   *seal.Keyring
	Caller Caller
	Logger *slog.Logger
	Now    func() time.Time
	// PublicURL is the hub's address as platforms call it, without a slash at
	// its end; empty where it is not known.
	PublicURL string
	// CheckURL refuses an address the hub must not call (see egress).
	CheckURL func(string) error
	// DefaultStyle is the style of channels that name none.
	DefaultStyle func(ctx context.Context) (threads.Style, error)
	// OpenConversations counts a channel's conversations that are not closed.
	OpenConversations func(ctx context.Context, id threads.ChannelID) (int, error)
	// CloseConversations closes those that are not.
	CloseConversations func(ctx context.Context, id threads.ChannelID) error
	// Deleted, when set, is told of a channel that is no more.
	Deleted func(ctx context.Context, id threads.ChannelID) error
	// Changed, when set, is told of a channel that was changed; health tells
	// whether its health is another state than before. It must not block.
	Changed func(ctx context.Context, ch Channel, health bool)
	// Fresh is how long an opened channel is used without looking whether
	// another process changed it; 0 on a store that only this process writes.
	Fresh time.Duration
}

// Registry is the list of channels. It is safe for concurrent use.
type Registry struct {
	Options
	records directory.Collection[record]
	schemas map[string]schemas

	mu     sync.RWMutex
	opened map[threads.ChannelID]*Opened
}

// Opened is a channel ready for use.
type Opened struct {
	Channel
	Connector connectors.Connector
	Caps      normalize.Capabilities
	Headers   []string // that Parse reads
	// Target is on whose behalf the channel's calls are made; Peer is empty.
	Target egress.Target
	// Fingerprint changes when the channel's credentials or settings do.
	Fingerprint string
	readAt      time.Time
	// former is the connector with the credentials before, nil when they hold
	// no more.
	former      connectors.Connector
	formerUntil time.Time
	// credentials and revision are for package tokens.
	credentials map[string]connectors.Secret
	revision    string
}

// NewRegistry returns a registry over the given parts. It fails when a kind's
// schemas cannot be compiled.
func NewRegistry(o Options) (*Registry, error) {
	r := &Registry{
		Options: o, records: directory.NewCollection[record](o.Store, "channel", nil),
		schemas: map[string]schemas{}, opened: map[threads.ChannelID]*Opened{},
	}
	for _, k := range o.Kinds {
		s, err := compileSchemas(k)
		if err != nil {
			return nil, fmt.Errorf("connector %s: %w", k.Name, err)
		}
		r.schemas[k.Name] = s
	}
	return r, nil
}

// Create registers a channel. What is wrong with the draft is answered by
// field (*InvalidError) and nothing is stored.
func (r *Registry) Create(ctx context.Context, d Draft) (Channel, error) {
	kind, ok := r.Kinds.Lookup(d.Kind)
	if !ok {
		return Channel{}, directory.Invalid("kind", fmt.Sprintf("unknown connector %q: use one of %s", d.Kind, r.kindNames()))
	}
	if len(d.Settings) == 0 {
		d.Settings = json.RawMessage("{}")
	}
	warnings, err := r.validate(kind, d.Name, d.Credentials, d.Settings)
	if err != nil {
		return Channel{}, err
	}
	style, err := r.DefaultStyle(ctx)
	if err != nil {
		return Channel{}, err
	}
	if d.Style != nil {
		style = *d.Style
	}
	var weighed record
	if err := errors.Join(weighed.weigh(d.Weight), validSendFor(d.SendFor), validRetention(d.Retention)); err != nil {
		return Channel{}, err
	}
	now := r.now()
	id := ident.New("ch")
	sealed, err := r.seal(id, d.Credentials)
	if err != nil {
		return Channel{}, err
	}
	item, err := r.records.Create(ctx, id, record{
		Kind: kind.Name, Name: d.Name, Settings: d.Settings, Credentials: sealed, Revision: revisionOf(sealed), Style: style, GroupID: d.GroupID,
		Weight: weighed.Weight, SendFor: d.SendFor, Enabled: d.Enabled == nil || *d.Enabled, Health: Health{State: HealthUnchecked}, CreatedAt: now, UpdatedAt: now,
		Warnings: warnings, Retention: d.Retention,
	})
	if err != nil {
		return Channel{}, err
	}
	return channelOf(item), nil
}

func (r *Registry) kindNames() string {
	names := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		names[i] = k.Name
	}
	return strings.Join(names, ", ")
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// place is where a credential of a channel is sealed for.
func place(id, name string) seal.Place { return seal.Place{Channel: id, Field: name} }

func (r *Registry) seal(id string, credentials map[string]string) (map[string]string, error) {
	sealed := make(map[string]string, len(credentials))
	for name, value := range credentials {
		s, err := r.Keys.Seal(place(id, name), connectors.NewSecret(value))
		if err != nil {
			return nil, fmt.Errorf("seal credentials: %w", err)
		}
		sealed[name] = s
	}
	return sealed, nil
}

func (r *Registry) unseal(id string, sealed map[string]string) (map[string]connectors.Secret, error) {
	out := make(map[string]connectors.Secret, len(sealed))
	for name, s := range sealed {
		v, err := r.Keys.Open(place(id, name), s)
		if err != nil {
			return nil, fmt.Errorf("open credential %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

func channelOf(i directory.Item[record]) Channel {
	keys := make([]string, 0, len(i.Value.Credentials))
	for k := range i.Value.Credentials {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	v := i.Value
	var until time.Time
	if v.Former != nil {
		until = v.Former.Until
	}
	return Channel{
		FormerUntil: until,
		ID:          threads.ChannelID(i.ID), Kind: v.Kind, Name: v.Name, Settings: v.Settings, Style: v.Style, GroupID: v.GroupID,
		Enabled: v.Enabled, Weight: v.Weight, SendFor: v.SendFor, Retention: v.Retention, CredentialKeys: keys, Health: v.Health, Warnings: v.Warnings, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: i.Version,
	}
}

// Get answers a channel; directory.ErrNotFound for an unknown one.
func (r *Registry) Get(ctx context.Context, id threads.ChannelID) (Channel, error) {
	item, err := r.records.Get(ctx, string(id))
	if err != nil {
		return Channel{}, err
	}
	return channelOf(item), nil
}

// List answers channels in the order of their creation, after the given one.
func (r *Registry) List(ctx context.Context, after threads.ChannelID, limit int) ([]Channel, error) {
	items, err := r.records.List(ctx, string(after), limit)
	if err != nil {
		return nil, err
	}
	out := make([]Channel, len(items))
	for i, item := range items {
		out[i] = channelOf(item)
	}
	return out, nil
}

// Update changes a channel; what is wrong is answered by field.
func (r *Registry) Update(ctx context.Context, id threads.ChannelID, c Change) (Channel, error) {
	item, err := r.records.Get(ctx, string(id))
	if err != nil {
		return Channel{}, err
	}
	if c.IfVersion != nil && *c.IfVersion != item.Version {
		return Channel{}, fmt.Errorf("version is %d, not %d: %w", item.Version, *c.IfVersion, directory.ErrConflict)
	}
	was := item.Value.Health.State
	if err := r.change(&item, c); err != nil {
		return Channel{}, err
	}
	ch, err := r.save(ctx, item)
	if err == nil {
		r.changed(ctx, ch, was)
	}
	return ch, err
}

func (r *Registry) changed(ctx context.Context, ch Channel, was HealthState) {
	if r.Changed != nil {
		r.Changed(ctx, ch, ch.Health.State != was)
	}
}

func (r *Registry) change(item *directory.Item[record], c Change) error {
	v := &item.Value
	kind, ok := r.Kinds.Lookup(v.Kind)
	if !ok {
		return directory.Invalid("kind", "this hub has no connector "+v.Kind)
	}
	if c.Name != nil {
		v.Name = *c.Name
	}
	if len(c.Settings) > 0 {
		v.Settings = c.Settings
	}
	if c.Style != nil {
		v.Style = *c.Style
	}
	if c.GroupID != nil {
		v.GroupID = *c.GroupID
	}
	if c.Enabled != nil {
		v.Enabled = *c.Enabled
	}
	if err := v.weigh(c.Weight); err != nil {
		return err
	}
	if c.SendFor != nil {
		if err := validSendFor(*c.SendFor); err != nil {
			return err
		}
		v.SendFor = *c.SendFor
	}
	if err := v.retain(c.Retention); err != nil {
		return err
	}
	plain, err := r.unseal(item.ID, v.Credentials)
	if err != nil {
		return err
	}
	credentials := map[string]string{}
	for name, secret := range plain {
		credentials[name] = secret.Reveal()
	}
	for name, value := range c.Credentials {
		credentials[name] = value
		if value == "" {
			delete(credentials, name)
		}
	}
	if v.Warnings, err = r.validate(kind, v.Name, credentials, v.Settings); err != nil {
		return err
	}
	if err := r.overlap(item, c, plain); err != nil {
		return err
	}
	if len(c.Credentials) == 0 {
		return nil
	}
	v.Health = Health{State: HealthUnchecked, Since: r.now()}
	v.Credentials, err = r.seal(item.ID, credentials)
	v.Revision = revisionOf(v.Credentials)
	return err
}

func (r *Registry) save(ctx context.Context, item directory.Item[record]) (Channel, error) {
	item.Value.UpdatedAt = r.now()
	item, err := r.records.Update(ctx, item)
	if err != nil {
		return Channel{}, err
	}
	r.forget(threads.ChannelID(item.ID))
	return channelOf(item), nil
}

func (r *Registry) forget(id threads.ChannelID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.opened, id)
}

// setHealth notes how a channel does, if that is news.
func (r *Registry) setHealth(ctx context.Context, id threads.ChannelID, h Health) error {
	for {
		item, err := r.records.Get(ctx, string(id))
		if err != nil {
			return err
		}
		old := item.Value.Health
		if old.State == h.State && (old.Detail == h.Detail || h.State == HealthSuspended) && h.CheckedAt.IsZero() {
			return nil
		}
		if h.Since = old.Since; old.State != h.State || old.Since.IsZero() {
			h.Since = r.now()
		}
		item.Value.Health = h
		ch, err := r.save(ctx, item)
		if err == nil && old.State != h.State {
			r.changed(ctx, ch, old.State)
		}
		if !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}

// Report notes how a channel's own connection to its platform does
// (connectors.Streamed).
func (r *Registry) Report(ctx context.Context, id threads.ChannelID, state HealthState, detail string) error {
	return r.setHealth(ctx, id, Health{State: state, Detail: detail})
}

// Suspend notes that the channel's credentials are dead: nothing is sent on it
// until a check passes or an admin changes the credentials.
func (r *Registry) Suspend(ctx context.Context, id threads.ChannelID, detail string) error {
	return r.setHealth(ctx, id, Health{State: HealthSuspended, Detail: detail})
}
