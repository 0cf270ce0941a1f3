// Package settings keeps what an admin sets for the whole hub.
package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/retention"
	"threadhub/threads"
	"threadhub/threads/routing"
)

// Settings of the hub.
type Settings struct {
	// DefaultStyle is the style of channels that name none.
	DefaultStyle threads.Style
	// Styles are the settings of each style: whoever names a style and leaves
	// settings out gets these.
	Styles map[threads.StyleName]threads.Style
	// InactiveAfter is for styles that have none of their own.
	InactiveAfter time.Duration
	// CountInactive tells whether inactive conversations use capacity.
	CountInactive bool
	// Routing is how agents come by conversations.
	Routing routing.Settings
	// Retention is for how long what the hub holds is kept, with an answer for
	// everything.
	Retention retention.Policy
	// Version grows by one with every change; 1 before the first.
	Version int64
}

// Change is what to change; nil fields stay.
type Change struct {
	IfVersion     *int64
	DefaultStyle  *threads.Style
	Styles        []threads.Style // of those named; the others stay
	InactiveAfter *time.Duration
	CountInactive *bool
	// Routing alters the settings of routing; those that it makes of them are
	// refused with a *threads.FieldError if they cannot be.
	Routing func(*routing.Settings)
	// Retention alters what was set of it; what it then says nothing about has
	// its default. Refused with a *retention.FieldError.
	Retention func(*retention.Policy)
}

// record is how the settings are stored. Absent fields have their defaults, so
// that a setting added later has its default on hubs that exist.
type record struct {
	DefaultStyle  *threads.Style                      `json:"default_style,omitempty"`
	Styles        map[threads.StyleName]threads.Style `json:"styles,omitempty"`
	InactiveAfter time.Duration                       `json:"inactive_after,omitempty"`
	CountInactive bool                                `json:"count_inactive,omitempty"`
	Routing       json.RawMessage                     `json:"routing,omitempty"`
	Retention     retention.Policy                    `json:"retention,omitzero"`
}

// routing answers the stored settings, over the defaults.
func (r record) routing() (routing.Settings, error) {
	s := routing.Defaults()
	if len(r.Routing) > 0 {
		if err := json.Unmarshal(r.Routing, &s); err != nil {
			return s, fmt.Errorf("settings of routing: %w", err)
		}
	}
	s.CountInactive = r.CountInactive
	return s, nil
}

// id of the only record.
const id = "hub"

// Service keeps the settings. It is safe for concurrent use.
type Service struct {
	// Keep is for how long what the hub holds is kept where nothing else is set.
	// It is not changed after the first use.
	Keep    retention.Policy
	records directory.Collection[record]
	recent  recent
}

// New returns a service over the store.
func New(store directory.Store) *Service {
	return &Service{records: directory.NewCollection[record](store, "settings", nil)}
}

// Get answers the settings, with defaults for what was never set.
func (s *Service) Get(ctx context.Context) (Settings, error) {
	item, _, err := s.load(ctx)
	if err != nil {
		return Settings{}, err
	}
	return s.settingsOf(item)
}

// load reads the record; stored tells whether there is one.
func (s *Service) load(ctx context.Context) (item directory.Item[record], stored bool, err error) {
	item, err = s.records.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Item[record]{ID: id, Version: 1}, false, nil
	}
	if err != nil {
		return item, false, fmt.Errorf("settings: %w", err)
	}
	return item, true, nil
}

func (s *Service) settingsOf(i directory.Item[record]) (Settings, error) {
	var err error
	out := Settings{
		Version: i.Version, Styles: map[threads.StyleName]threads.Style{},
		InactiveAfter: threads.DefaultInactiveAfter, CountInactive: i.Value.CountInactive,
	}
	for _, name := range threads.StyleNames {
		out.Styles[name], _ = threads.DefaultStyle(name)
	}
	maps.Copy(out.Styles, i.Value.Styles)
	if i.Value.InactiveAfter > 0 {
		out.InactiveAfter = i.Value.InactiveAfter
	}
	out.DefaultStyle = out.Styles[threads.SocialMessaging]
	if i.Value.DefaultStyle != nil {
		out.DefaultStyle = *i.Value.DefaultStyle
	}
	out.Routing, err = i.Value.routing()
	out.Retention = i.Value.Retention.Over(s.Keep)
	return out, err
}

// DefaultStyle answers the style of channels that name none.
func (s *Service) DefaultStyle(ctx context.Context) (threads.Style, error) {
	got, err := s.Get(ctx)
	return got.DefaultStyle, err
}

// Update changes the settings. directory.ErrConflict when their version is not
// the expected one.
func (s *Service) Update(ctx context.Context, c Change) (Settings, error) {
	for {
		item, stored, err := s.load(ctx)
		if err != nil {
			return Settings{}, err
		}
		if c.IfVersion != nil && *c.IfVersion != item.Version {
			return Settings{}, fmt.Errorf("settings: version is %d: %w", item.Version, directory.ErrConflict)
		}
		if err := c.apply(&item.Value); err != nil {
			return Settings{}, err
		}
		if !stored {
			// Version 1 stands for the defaults: the first change makes it 2.
			if _, err = s.records.Create(ctx, id, record{}); err != nil && !errors.Is(err, directory.ErrConflict) {
				return Settings{}, err
			}
		}
		item, err = s.records.Update(ctx, item)
		if errors.Is(err, directory.ErrConflict) && c.IfVersion == nil {
			continue
		}
		if err != nil {
			return Settings{}, fmt.Errorf("settings: %w", err)
		}
		changed, err := s.settingsOf(item)
		if err == nil {
			s.recent.put(changed)
		}
		return changed, err
	}
}

func (c Change) apply(r *record) error {
	if c.DefaultStyle != nil {
		r.DefaultStyle = c.DefaultStyle
	}
	if c.InactiveAfter != nil {
		r.InactiveAfter = *c.InactiveAfter
	}
	if c.CountInactive != nil {
		r.CountInactive = *c.CountInactive
	}
	if c.Retention != nil {
		c.Retention(&r.Retention)
		if err := r.Retention.Validate(); err != nil {
			return err
		}
	}
	if err := c.applyRouting(r); err != nil || len(c.Styles) == 0 {
		return err
	}
	styles := maps.Clone(r.Styles)
	if styles == nil {
		styles = map[threads.StyleName]threads.Style{}
	}
	for _, style := range c.Styles {
		styles[style.Name] = style
	}
	r.Styles = styles
	return nil
}

func (c Change) applyRouting(r *record) error {
	if c.Routing == nil {
		return nil
	}
	s, err := r.routing()
	if err != nil {
		return err
	}
	c.Routing(&s)
	if err := s.Validate(); err != nil {
		return err
	}
	if r.Routing, err = json.Marshal(s); err != nil {
		return fmt.Errorf("settings of routing: %w", err)
	}
	return nil
}
