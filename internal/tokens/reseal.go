package tokens

import (
	"context"
	"errors"
	"fmt"

	"threadhub/internal/directory"
	"threadhub/internal/seal"
)

// page is how many records one read of the list takes.
const page = 200

// Reseal seals every token with the active key that is sealed with another, and
// answers how many there were. It may be repeated, and go on while tokens are
// used: one that is renewed meanwhile is sealed with the active key anyway.
func (k *Keeper) Reseal(ctx context.Context) (int, error) {
	n, after := 0, ""
	for {
		items, err := k.records.List(ctx, after, page)
		if err != nil {
			return n, fmt.Errorf("reseal tokens: %w", err)
		}
		for _, item := range items {
			after = item.ID
			changed, err := k.resealOne(ctx, item)
			if err != nil {
				return n, fmt.Errorf("reseal the token of channel %s: %w", item.ID, err)
			}
			if changed {
				n++
			}
		}
		if len(items) < page {
			return n, nil
		}
	}
}

func (k *Keeper) resealOne(ctx context.Context, item directory.Item[record]) (bool, error) {
	for item.Value.Access != "" {
		again, changed, err := k.Keys.Reseal(seal.Place{Channel: item.ID, Field: accessField}, item.Value.Access)
		if err != nil || !changed {
			return false, err
		}
		item.Value.Access = again
		_, err = k.records.Update(ctx, item)
		if err == nil {
			return true, nil
		}
		if errors.Is(err, directory.ErrConflict) {
			item, err = k.records.Get(ctx, item.ID)
		}
		if errors.Is(err, directory.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}
