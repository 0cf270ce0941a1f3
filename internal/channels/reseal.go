package channels

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"threadhub/internal/directory"
)

// Reseal seals every credential with the active key that is sealed with
// another, and answers how many there were. It may be repeated, and go on while
// channels are used and changed.
func (r *Registry) Reseal(ctx context.Context) (int, error) {
	n, after := 0, ""
	for {
		items, err := r.records.List(ctx, after, page)
		if err != nil {
			return n, fmt.Errorf("reseal channels: %w", err)
		}
		for _, item := range items {
			after = item.ID
			changed, err := r.resealOne(ctx, item)
			if err != nil {
				return n, fmt.Errorf("reseal channel %s: %w", item.ID, err)
			}
			n += changed
		}
		if len(items) < page {
			return n, nil
		}
	}
}

// resealOne does so for one channel, again when somebody changes it meanwhile.
// The values stay what they are, and so does their revision: nobody opens a
// connection anew for it.
func (r *Registry) resealOne(ctx context.Context, item directory.Item[record]) (int, error) {
	for {
		v := &item.Value
		v.Revision = v.revision()
		v.Credentials = maps.Clone(v.Credentials)
		n, err := r.resealAll(item.ID, v.Credentials, func(name string) string { return name })
		if err == nil && v.Former != nil {
			before := *v.Former
			before.Credentials = maps.Clone(before.Credentials)
			v.Former = &before
			var more int
			more, err = r.resealAll(item.ID, before.Credentials, formerField)
			n += more
		}
		if err != nil || n == 0 {
			return 0, err
		}
		_, err = r.records.Update(ctx, item)
		if err == nil {
			return n, nil
		}
		if errors.Is(err, directory.ErrConflict) {
			item, err = r.records.Get(ctx, item.ID)
		}
		if errors.Is(err, directory.ErrNotFound) {
			return 0, nil // removed meanwhile
		}
		if err != nil {
			return 0, err
		}
	}
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
