package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"threadhub/connectors"
	"threadhub/internal/callout"
	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/internal/seal"
	"threadhub/internal/spool"
	"threadhub/threads"
)

// record is how a subscription is stored, its secrets sealed.
type record struct {
	Name           string              `json:"name"`
	URL            string              `json:"url"`
	Events         []string            `json:"events"`
	Channels       []threads.ChannelID `json:"channels,omitempty"`
	Enabled        bool                `json:"enabled"`
	EnabledAt      time.Time           `json:"enabled_at"`
	DisabledReason string              `json:"disabled_reason,omitempty"`
	DisabledAt     time.Time           `json:"disabled_at,omitzero"`
	Secret         string              `json:"secret"`
	Former         string              `json:"former,omitempty"` // the secret before
	FormerUntil    time.Time           `json:"former_until,omitzero"`
	CreatedBy      string              `json:"created_by,omitempty"`
	CreatedAt      time.Time           `json:"created_at"`
	UpdatedAt      time.Time           `json:"updated_at"`
}

// Options are what a Registry works with. All are required but Fresh.
type Options struct {
	Store directory.Store
	Spool spool.Store
	Keys  *seal.Keyring
	Now   func() time.Time
	// CheckURL refuses addresses that calls must not go to.
	CheckURL func(url string) error
	// ChannelExists tells whether there is such a channel.
	ChannelExists func(ctx context.Context, id threads.ChannelID) (bool, error)
	// Fresh is how long the list is used without looking whether another
	// process changed it; 0 on a store that only this process writes.
	Fresh time.Duration
}

// Registry is the list of subscriptions. It is safe for concurrent use.
type Registry struct {
	Options
	records directory.Collection[record]
	health  directory.Collection[Health]

	mu     sync.RWMutex
	active []Subscription
	readAt time.Time // zero: not read
	edits  int       // counts forgettings, so that an older reading is not kept
}

// NewRegistry returns a registry over the given parts.
func NewRegistry(o Options) *Registry {
	return &Registry{
		Options: o, records: directory.NewCollection[record](o.Store, "subscription", nil),
		health: directory.NewCollection[Health](o.Store, "subscription_health", nil),
	}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

func subscriptionOf(i directory.Item[record]) Subscription {
	v := i.Value
	return Subscription{
		ID: i.ID, Name: v.Name, URL: v.URL, Events: v.Events, Channels: v.Channels, Enabled: v.Enabled, EnabledAt: v.EnabledAt,
		DisabledReason: v.DisabledReason, DisabledAt: v.DisabledAt, CreatedBy: v.CreatedBy, CreatedAt: v.CreatedAt,
		UpdatedAt: v.UpdatedAt, FormerUntil: v.FormerUntil, Version: i.Version,
	}
}

// Active answers the subscriptions that are enabled, from memory as long as
// that is fresh. It must not be changed.
func (r *Registry) Active(ctx context.Context) ([]Subscription, error) {
	now := r.Now()
	r.mu.RLock()
	active, readAt, edits := r.active, r.readAt, r.edits
	r.mu.RUnlock()
	if !readAt.IsZero() && (r.Fresh == 0 || now.Sub(readAt) < r.Fresh) {
		return active, nil
	}
	all, err := r.List(ctx, "", Max)
	if err != nil {
		return nil, err
	}
	active = slices.DeleteFunc(all, func(s Subscription) bool { return !s.Enabled })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.edits == edits {
		r.active, r.readAt = active, now
	}
	return active, nil
}

// find answers an enabled subscription; false when it is not (any more).
func (r *Registry) find(ctx context.Context, id string) (Subscription, bool, error) {
	active, err := r.Active(ctx)
	if err != nil {
		return Subscription{}, false, err
	}
	i := slices.IndexFunc(active, func(s Subscription) bool { return s.ID == id })
	if i < 0 {
		return Subscription{}, false, nil
	}
	return active[i], true, nil
}

func (r *Registry) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readAt = time.Time{}
	r.edits++
}

// List answers subscriptions in the order of their creation, after the given
// one.
func (r *Registry) List(ctx context.Context, after string, limit int) ([]Subscription, error) {
	items, err := r.records.List(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Subscription, len(items))
	for i, item := range items {
		out[i] = subscriptionOf(item)
	}
	return out, nil
}

// Get answers a subscription; directory.ErrNotFound for an unknown one.
func (r *Registry) Get(ctx context.Context, id string) (Subscription, error) {
	item, err := r.records.Get(ctx, id)
	if err != nil {
		return Subscription{}, err
	}
	return subscriptionOf(item), nil
}

// Draft is a subscription to create. Without a secret one is made.
type Draft struct {
	Name      string
	URL       string
	Events    []string
	Channels  []threads.ChannelID
	Enabled   bool
	Secret    string
	CreatedBy string
}

// Create adds a subscription and answers its secret, this once. What is wrong
// with the draft is answered by field (*InvalidError) and nothing is stored.
func (r *Registry) Create(ctx context.Context, d Draft) (Subscription, error) {
	now := r.now()
	v := record{
		Name: d.Name, URL: d.URL, Events: d.Events, Channels: d.Channels, Enabled: d.Enabled, EnabledAt: now,
		CreatedBy: d.CreatedBy, CreatedAt: now, UpdatedAt: now,
	}
	if err := r.validate(ctx, v, d.Secret); err != nil {
		return Subscription{}, err
	}
	there, err := r.records.List(ctx, "", Max)
	if err != nil {
		return Subscription{}, err
	}
	if len(there) >= Max {
		return Subscription{}, wrong("", fmt.Sprintf("there are %d subscriptions already, the most there can be: delete one that is not needed", Max))
	}
	id, secret := ident.New("sub"), d.Secret
	if secret == "" {
		secret = callout.MakeSecret()
	}
	if v.Secret, err = r.seal(id, secret); err != nil {
		return Subscription{}, err
	}
	defer r.forget()
	item, err := r.records.Create(ctx, id, v)
	if err != nil {
		return Subscription{}, err
	}
	s := subscriptionOf(item)
	s.Secret = secret
	return s, nil
}

func place(id string) seal.Place { return seal.Place{Channel: id, Field: "subscription secret"} }

func (r *Registry) seal(id, secret string) (string, error) {
	sealed, err := r.Keys.Seal(place(id), connectors.NewSecret(secret))
	if err != nil {
		return "", fmt.Errorf("seal the secret of a subscription: %w", err)
	}
	return sealed, nil
}

// secrets answers what calls are signed with: the secret, and while it takes
// the former one's place that as well.
func (r *Registry) secrets(ctx context.Context, id string) ([]connectors.Secret, error) {
	item, err := r.records.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	sealed := []string{item.Value.Secret}
	if item.Value.Former != "" && r.now().Before(item.Value.FormerUntil) {
		sealed = append(sealed, item.Value.Former)
	}
	out := make([]connectors.Secret, len(sealed))
	for i, s := range sealed {
		if out[i], err = r.Keys.Open(place(id), s); err != nil {
			return nil, fmt.Errorf("open the secret of a subscription: %w", err)
		}
	}
	return out, nil
}

// Change is what to change of a subscription; nil fields stay.
type Change struct {
	IfVersion *int64
	Name      *string
	URL       *string
	Events    *[]string
	Channels  *[]threads.ChannelID
	Enabled   *bool
}

// Update changes a subscription; what is wrong is answered by field. One that
// is enabled again, or has another address, is tried at once.
func (r *Registry) Update(ctx context.Context, id string, c Change) (Subscription, error) {
	return r.edit(ctx, id, func(item *directory.Item[record]) error {
		v := &item.Value
		if c.IfVersion != nil && *c.IfVersion != item.Version {
			return fmt.Errorf("version is %d, not %d: %w", item.Version, *c.IfVersion, directory.ErrConflict)
		}
		if c.Name != nil {
			v.Name = *c.Name
		}
		if c.URL != nil {
			v.URL = *c.URL
		}
		if c.Events != nil {
			v.Events = *c.Events
		}
		if c.Channels != nil {
			v.Channels = *c.Channels
		}
		if c.Enabled != nil {
			if *c.Enabled && !v.Enabled {
				v.EnabledAt, v.DisabledReason, v.DisabledAt = r.now(), "", time.Time{}
			}
			v.Enabled = *c.Enabled
		}
		return r.validate(ctx, *v, "")
	})
}

// edit changes the record, again if somebody else was faster, and has what
// waits looked at.
func (r *Registry) edit(ctx context.Context, id string, change func(*directory.Item[record]) error) (Subscription, error) {
	for {
		item, err := r.records.Get(ctx, id)
		if err != nil {
			return Subscription{}, err
		}
		was := item.Value
		if err := change(&item); err != nil {
			return Subscription{}, err
		}
		item.Value.UpdatedAt = r.now()
		item, err = r.records.Update(ctx, item)
		r.forget()
		if errors.Is(err, directory.ErrConflict) {
			continue
		}
		if err == nil && item.Value.Enabled && (!was.Enabled || was.URL != item.Value.URL) {
			err = r.Spool.WakeLanes(ctx, id, r.now())
		}
		return subscriptionOf(item), err
	}
}

// Rotate gives a subscription another secret, the given one or a new one, and
// answers it this once. Until overlap has passed calls are signed with the
// former secret as well.
func (r *Registry) Rotate(ctx context.Context, id, secret string, overlap time.Duration) (Subscription, error) {
	if secret == "" {
		secret = callout.MakeSecret()
	} else if _, err := callout.SecretKey(secret); err != nil {
		return Subscription{}, wrong("secret", err.Error())
	}
	if overlap < 0 || overlap > maxKept {
		return Subscription{}, wrong("overlap", "is a time such as \"24h\", from 0s to 168h")
	}
	sealed, err := r.seal(id, secret)
	if err != nil {
		return Subscription{}, err
	}
	s, err := r.edit(ctx, id, func(item *directory.Item[record]) error {
		v := &item.Value
		v.Former, v.FormerUntil, v.Secret = v.Secret, r.now().Add(overlap), sealed
		if overlap == 0 {
			v.Former, v.FormerUntil = "", time.Time{}
		}
		return nil
	})
	s.Secret = secret
	return s, err
}

// disable ends a subscription, for a reason; false when somebody else did, or
// an admin has changed it since it was enabled at the given time.
func (r *Registry) disable(ctx context.Context, s Subscription, reason string) (bool, error) {
	done := false
	_, err := r.edit(ctx, s.ID, func(item *directory.Item[record]) error {
		v := &item.Value
		done = v.Enabled && v.EnabledAt.Equal(s.EnabledAt) && v.URL == s.URL
		if done {
			v.Enabled, v.DisabledReason, v.DisabledAt = false, reason, r.now()
		}
		return nil
	})
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return done, err
}

// dropBatch is how many events are taken away at a time.
const dropBatch = 500

// Delete removes a subscription and what is kept for it.
func (r *Registry) Delete(ctx context.Context, id string) error {
	defer r.forget()
	if err := r.records.Delete(ctx, id); err != nil {
		return err
	}
	if err := r.health.Delete(ctx, id); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	for {
		n, err := r.Spool.Drop(ctx, id, dropBatch)
		if err != nil {
			return fmt.Errorf("events of a subscription: %w", err)
		}
		if n < dropBatch {
			return nil
		}
	}
}
