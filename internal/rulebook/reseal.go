package rulebook

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"threadhub/internal/directory"
)

// Reseal seals every secret with the active key that is sealed with another,
// and answers how many there were. It may be repeated, and go on while rules
// are used and changed.
func (r *Registry) Reseal(ctx context.Context) (int, error) {
	n, err := r.list.Rewrite(ctx, func(item *directory.Item[record]) (n int, err error) {
		item.Value.Rules = slices.Clone(item.Value.Rules)
		for i := range item.Value.Rules {
			e := &item.Value.Rules[i]
			e.Secrets = maps.Clone(e.Secrets)
			for url, sealed := range e.Secrets {
				again, changed, err := r.Keys.Reseal(place(e.ID, url), sealed)
				if err != nil {
					return 0, err
				}
				if changed {
					e.Secrets[url] = again
					n++
				}
			}
		}
		return n, nil
	})
	if err != nil {
		return n, fmt.Errorf("reseal rules: %w", err)
	}
	return n, nil
}
