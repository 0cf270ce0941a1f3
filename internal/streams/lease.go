package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/directory"
)

// record is a channel's lease, with what the stream needs to go on.
type record struct {
	Owner string          `json:"owner,omitempty"` // empty: free
	State json.RawMessage `json:"state,omitempty"` // as the stream gave it
}

// watched is somebody else's lease: the version it had, and since when.
type watched struct {
	version int64
	since   time.Time
}

// lease is one that is held. One goroutine uses it.
type lease struct {
	keeper  *Keeper
	item    directory.Item[record]
	renewed time.Time
}

// errLost: another process has the lease.
var errLost = errors.New("another process has taken the stream over")

// take takes a channel's lease if it is free, ours, or has stood still for too
// long; false if it is somebody's.
func (k *Keeper) take(ctx context.Context, id string) (*lease, bool, error) {
	item, err := k.leases.Get(ctx, id)
	switch {
	case errors.Is(err, directory.ErrNotFound):
		item, err = k.leases.Create(ctx, id, record{Owner: k.Owner})
	case err != nil:
		return nil, false, fmt.Errorf("take a lease: %w", err)
	case k.held(item):
		return nil, false, nil
	default:
		item.Value.Owner = k.Owner
		item, err = k.leases.Update(ctx, item)
	}
	if errors.Is(err, directory.ErrConflict) {
		return nil, false, nil // somebody was faster
	}
	if err != nil {
		return nil, false, fmt.Errorf("take a lease: %w", err)
	}
	delete(k.watched, id)
	return &lease{keeper: k, item: item, renewed: time.Now()}, true, nil
}

// held tells whether another process keeps the lease up. It is watched for that
// from the first time it is seen.
func (k *Keeper) held(item directory.Item[record]) bool {
	if owner := item.Value.Owner; k.Alone || owner == "" || owner == k.Owner {
		return false
	}
	w, ok := k.watched[item.ID]
	if !ok || w.version != item.Version {
		k.watched[item.ID] = watched{item.Version, time.Now()}
		return true
	}
	return time.Since(w.since) < silence
}

// renew keeps the lease up, with the stream's state. It fails with errLost when
// the lease is another's, or may be by now; after any other error it can be
// tried again.
func (l *lease) renew(ctx context.Context, state []byte) error {
	if l.keeper.Alone && string(state) == string(l.item.Value.State) {
		return nil
	}
	err := l.write(ctx, record{l.keeper.Owner, state})
	if err == nil || errors.Is(err, errLost) {
		return err
	}
	if !l.keeper.Alone && time.Since(l.renewed) >= giveUp {
		return fmt.Errorf("%w, or may have: %w", errLost, err)
	}
	return err
}

// release gives the lease back for others to take at once.
func (l *lease) release(ctx context.Context, state []byte) error {
	return l.write(ctx, record{"", state})
}

func (l *lease) write(ctx context.Context, r record) error {
	next := l.item
	next.Value = r
	item, err := l.keeper.leases.Update(ctx, next)
	if errors.Is(err, directory.ErrConflict) {
		// By ourselves, when the answer to a write was lost.
		if next, err = l.keeper.leases.Get(ctx, l.item.ID); err == nil && next.Value.Owner == l.keeper.Owner {
			next.Value = r
			item, err = l.keeper.leases.Update(ctx, next)
		} else if err == nil {
			return errLost
		}
	}
	switch {
	case errors.Is(err, directory.ErrConflict), errors.Is(err, directory.ErrNotFound):
		return errLost
	case err != nil:
		return fmt.Errorf("renew a lease: %w", err)
	}
	l.item, l.renewed = item, time.Now()
	return nil
}
