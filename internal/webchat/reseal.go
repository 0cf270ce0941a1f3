package webchat

import (
	"context"
	"fmt"

	"threadhub/internal/directory"
	"threadhub/internal/seal"
)

// Reseal seals the signing keys with the active master key that are sealed with
// another, and answers how many there were. It may be repeated, and go on while
// visitors write.
func Reseal(ctx context.Context, store directory.Store, ring *seal.Keyring) (int, error) {
	keys := newSigningKeys(store, ring)
	n, err := keys.records.Rewrite(ctx, func(item *directory.Item[sealedKey]) (int, error) {
		again, changed, err := ring.Reseal(seal.Place{Channel: item.ID, Field: keyField}, item.Value.Key)
		if err != nil || !changed {
			return 0, err
		}
		item.Value.Key = again
		return 1, nil
	})
	if err != nil {
		return n, fmt.Errorf("reseal signing keys: %w", err)
	}
	return n, nil
}
