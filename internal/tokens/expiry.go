package tokens

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/directory"
)

// Expiry is how a channel's access token does.
type Expiry struct {
	EndsAt  time.Time // zero: not said
	Warning string    // why it could not be renewed the last time
}

// Expiry answers how the channel's access token does; false for a channel that
// has none of its own.
func (k *Keeper) Expiry(ctx context.Context, channel string) (Expiry, bool, error) {
	item, err := k.records.Get(ctx, channel)
	if errors.Is(err, directory.ErrNotFound) {
		return Expiry{}, false, nil
	}
	if err != nil {
		return Expiry{}, false, fmt.Errorf("access token: %w", err)
	}
	e := Expiry{EndsAt: item.Value.EndsAt}
	if item.Value.Failures > 0 {
		e.Warning = item.Value.Why
	}
	return e, true, nil
}
