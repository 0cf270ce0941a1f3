package subscriptions

import (
	"context"
	"fmt"

	"threadhub/internal/directory"
)

// Reseal seals every secret with the active key that is sealed with another,
// and answers how many there were. It may be repeated, and go on while events
// are delivered.
func (r *Registry) Reseal(ctx context.Context) (int, error) {
	n, err := r.records.Rewrite(ctx, func(item *directory.Item[record]) (n int, err error) {
		for _, sealed := range []*string{&item.Value.Secret, &item.Value.Former} {
			if *sealed == "" {
				continue
			}
			again, changed, err := r.Keys.Reseal(place(item.ID), *sealed)
			if err != nil {
				return 0, err
			}
			if changed {
				*sealed = again
				n++
			}
		}
		return n, nil
	})
	if err != nil {
		return n, fmt.Errorf("reseal subscriptions: %w", err)
	}
	return n, nil
}
