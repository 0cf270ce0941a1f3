package rulebook

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"threadhub/internal/directory"
)

// Reseal seals every secret with the active key that is sealed with another,
// and answers how many there were. It may be repeated, and go on while rules
// are used and changed.
func (r *Registry) Reseal(ctx context.Context) (int, error) {
	for {
		item, err := r.load(ctx)
		if err != nil {
			return 0, fmt.Errorf("reseal rules: %w", err)
		}
		n, err := r.resealIn(&item.Value)
		if err != nil {
			return 0, fmt.Errorf("reseal rules: %w", err)
		}
		if n == 0 {
			return 0, nil
		}
		_, err = r.records.Update(ctx, item)
		if errors.Is(err, directory.ErrConflict) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("reseal rules: %w", err)
		}
		return n, nil
	}
}

func (r *Registry) resealIn(v *record) (n int, err error) {
	for i := range v.Rules {
		e := &v.Rules[i]
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
}
