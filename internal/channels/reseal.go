package channels

import (
	"context"
	"fmt"
	"maps"

	"threadhub/internal/directory"
)

// Reseal seals every credential with the active key that is sealed with
// another, and answers how many there were. It may be repeated, and go on while
// channels are used and changed. The values stay what they are, and so does
// their revision: nobody opens a connection anew for it.
func (r *Registry) Reseal(ctx context.Context) (int, error) {
	n, err := r.records.Rewrite(ctx, func(item *directory.Item[record]) (int, error) {
		v := &item.Value
		v.Revision = v.revision()
		v.Credentials = maps.Clone(v.Credentials)
		n, err := r.resealAll(item.ID, v.Credentials, func(name string) string { return name })
		if err != nil || v.Former == nil {
			return n, err
		}
		before := *v.Former
		before.Credentials = maps.Clone(before.Credentials)
		v.Former = &before
		more, err := r.resealAll(item.ID, before.Credentials, formerField)
		return n + more, err
	})
	if err != nil {
		return n, fmt.Errorf("reseal channels: %w", err)
	}
	return n, nil
}

// resealAll does so for the values of a map, in it.
func (r *Registry) resealAll(id string, sealed map[string]string, field func(string) string) (n int, err error) {
	for name, value := range sealed {
		again, changed, err := r.Keys.Reseal(place(id, field(name)), value)
		if err != nil {
			return n, err
		}
		if changed {
			sealed[name] = again
			n++
		}
	}
	return n, nil
}
