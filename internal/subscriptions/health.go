package subscriptions

import (
	"context"
	"errors"
	"time"

	"threadhub/internal/directory"
)

// Health is how deliveries to a subscriber have gone lately.
type Health struct {
	LastSuccessAt time.Time `json:"last_success_at,omitzero"`
	LastFailureAt time.Time `json:"last_failure_at,omitzero"`
	// FailingSince is the first failure since the last success, zero when the
	// last attempt succeeded.
	FailingSince time.Time `json:"failing_since,omitzero"`
	LastStatus   int       `json:"last_status,omitempty"`
	LastError    string    `json:"last_error,omitempty"`
}

// later is what two processes know together.
func (h Health) later(o Health) Health {
	if o.LastSuccessAt.After(h.LastSuccessAt) {
		h.LastSuccessAt = o.LastSuccessAt
	}
	if o.LastFailureAt.After(h.LastFailureAt) {
		h.LastFailureAt, h.LastStatus, h.LastError = o.LastFailureAt, o.LastStatus, o.LastError
	}
	switch {
	case !h.LastFailureAt.After(h.LastSuccessAt):
		h.FailingSince = time.Time{}
	case h.FailingSince.IsZero() || (o.FailingSince.Before(h.FailingSince) && o.FailingSince.After(h.LastSuccessAt)):
		h.FailingSince = o.FailingSince
	}
	if h.FailingSince.IsZero() {
		h.LastError = ""
	}
	return h
}

// Health answers how deliveries to the subscription have gone, zero before the
// first.
func (r *Registry) Health(ctx context.Context, id string) (Health, error) {
	item, err := r.health.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return Health{}, nil
	}
	return item.Value, err
}

// noteHealth adds what a process has seen to the record.
func (r *Registry) noteHealth(ctx context.Context, id string, seen Health) (Health, error) {
	for {
		item, err := r.health.Get(ctx, id)
		if errors.Is(err, directory.ErrNotFound) {
			item, err = r.health.Create(ctx, id, seen)
		} else if err == nil {
			item.Value = seen.later(item.Value)
			item, err = r.health.Update(ctx, item)
		}
		if !errors.Is(err, directory.ErrConflict) {
			return item.Value, err
		}
	}
}
