package tokens

import (
	"context"
	"fmt"

	"threadhub/internal/directory"
	"threadhub/internal/seal"
)

// Reseal seals every token with the active key that is sealed with another, and
// answers how many there were. It may be repeated, and go on while tokens are
// used: one that is renewed meanwhile is sealed with the active key anyway.
func (k *Keeper) Reseal(ctx context.Context) (int, error) {
	n, err := k.records.Rewrite(ctx, func(item *directory.Item[record]) (int, error) {
		if item.Value.Access == "" {
			return 0, nil
		}
		again, changed, err := k.Keys.Reseal(seal.Place{Channel: item.ID, Field: accessField}, item.Value.Access)
		if err != nil || !changed {
			return 0, err
		}
		item.Value.Access = again
		return 1, nil
	})
	if err != nil {
		return n, fmt.Errorf("reseal tokens: %w", err)
	}
	return n, nil
}
