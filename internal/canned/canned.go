// Package canned keeps the hub's canned replies: texts that agents send often,
// with places for what differs.
package canned

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
)

// Reply is a canned reply.
type Reply struct {
	ID        string
	Name      string // unique, ignoring case
	Text      string
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Change is what to change of a reply; nil fields stay.
type Change struct {
	IfVersion  *int64
	Name, Text *string
}

// InvalidError names the field that is wrong: nothing was stored.
type InvalidError struct{ Field, Message string }

// Error names the field and what is wrong with it.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }

type record struct {
	Name      string    `json:"name"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Registry is the list of canned replies. It is safe for concurrent use.
type Registry struct {
	now     func() time.Time
	records directory.Collection[record]
}

// New returns a registry over the store.
func New(store directory.Store, now func() time.Time) *Registry {
	return &Registry{
		now:     func() time.Time { return now().UTC().Truncate(time.Millisecond) },
		records: directory.NewCollection(store, "canned_reply", func(r record) string { return strings.ToLower(r.Name) }),
	}
}

func replyOf(i directory.Item[record]) Reply {
	v := i.Value
	return Reply{ID: i.ID, Name: v.Name, Text: v.Text, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: i.Version}
}

func check(v record) error {
	if v.Name == "" {
		return &InvalidError{"name", "is empty: give the reply a name to find it by"}
	}
	if strings.TrimSpace(v.Text) == "" {
		return &InvalidError{"text", "is empty"}
	}
	return checkText(v.Text)
}

// Create adds a reply: an *InvalidError says what is wrong with it,
// directory.ErrTaken that another has the name.
func (r *Registry) Create(ctx context.Context, name, text string) (Reply, error) {
	now := r.now()
	v := record{Name: strings.TrimSpace(name), Text: text, CreatedAt: now, UpdatedAt: now}
	if err := check(v); err != nil {
		return Reply{}, err
	}
	item, err := r.records.Create(ctx, ident.New("cr"), v)
	if err != nil {
		return Reply{}, fmt.Errorf("create canned reply: %w", err)
	}
	return replyOf(item), nil
}

// Get answers a reply; directory.ErrNotFound for an unknown one.
func (r *Registry) Get(ctx context.Context, id string) (Reply, error) {
	item, err := r.records.Get(ctx, id)
	if err != nil {
		return Reply{}, fmt.Errorf("canned reply: %w", err)
	}
	return replyOf(item), nil
}

// List answers up to limit replies in the order of their creation, after the
// given one.
func (r *Registry) List(ctx context.Context, after string, limit int) ([]Reply, error) {
	items, err := r.records.List(ctx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("canned replies: %w", err)
	}
	out := make([]Reply, len(items))
	for i, item := range items {
		out[i] = replyOf(item)
	}
	return out, nil
}

// Update changes a reply; errors are those of Create, and directory.ErrConflict
// when its version is not the expected one.
func (r *Registry) Update(ctx context.Context, id string, c Change) (Reply, error) {
	for {
		item, err := r.records.Get(ctx, id)
		if err != nil {
			return Reply{}, fmt.Errorf("update canned reply: %w", err)
		}
		if c.IfVersion != nil && *c.IfVersion != item.Version {
			return Reply{}, fmt.Errorf("update canned reply: version is %d: %w", item.Version, directory.ErrConflict)
		}
		if c.Name != nil {
			item.Value.Name = strings.TrimSpace(*c.Name)
		}
		if c.Text != nil {
			item.Value.Text = *c.Text
		}
		item.Value.UpdatedAt = r.now()
		if err := check(item.Value); err != nil {
			return Reply{}, err
		}
		item, err = r.records.Update(ctx, item)
		if errors.Is(err, directory.ErrConflict) && c.IfVersion == nil {
			continue
		}
		if err != nil {
			return Reply{}, fmt.Errorf("update canned reply: %w", err)
		}
		return replyOf(item), nil
	}
}

// Delete removes a reply. Messages made of it stay as they are.
func (r *Registry) Delete(ctx context.Context, id string) error {
	if err := r.records.Delete(ctx, id); err != nil {
		return fmt.Errorf("delete canned reply: %w", err)
	}
	return nil
}
