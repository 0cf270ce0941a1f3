package channels

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/internal/tokens"
	"threadhub/threads"
)

// Account answers a channel as package tokens needs it, with fresh set as the
// store has it now. threads.ErrNotFound for an unknown channel.
func (r *Registry) Account(ctx context.Context, id string, fresh bool) (tokens.Account, error) {
	open := r.Open
	if fresh {
		open = r.reopen
	}
	o, err := open(ctx, threads.ChannelID(id))
	if err != nil {
		return tokens.Account{}, err
	}
	return tokens.Account{
		Connector: o.Connector, Target: o.Target, Credentials: o.credentials, Revision: o.revision,
		Idle: !o.Enabled || o.Health.State == HealthSuspended,
	}, nil
}

// Rotate keeps credentials that the platform gave out in place of others, if
// those stored under their names are still the ones in was; otherwise the
// answer is tokens.ErrSuperseded. It may be repeated after an error.
func (r *Registry) Rotate(ctx context.Context, id string, was, rotated map[string]connectors.Secret) (string, error) {
	for {
		item, err := r.records.Get(ctx, id)
		if err != nil {
			return "", err
		}
		stored, err := r.unseal(id, item.Value.Credentials)
		if err != nil {
			return "", err
		}
		kept := maps.Clone(item.Value.Credentials)
		for name, value := range rotated {
			if stored[name] == value {
				continue // by an attempt whose answer was lost
			}
			if stored[name] != was[name] {
				return "", fmt.Errorf("channel %s: %s: %w", id, name, tokens.ErrSuperseded)
			}
			if kept[name], err = r.Keys.Seal(place(id, name), value); err != nil {
				return "", fmt.Errorf("seal credentials: %w", err)
			}
		}
		item.Value.Credentials, item.Value.Revision = kept, revisionOf(kept)
		if _, err = r.save(ctx, item); err == nil {
			return item.Value.Revision, nil
		}
		if !errors.Is(err, directory.ErrConflict) {
			return "", err
		}
	}
}

// revision stands for the credentials.
func (r record) revision() string {
	if r.Revision != "" {
		return r.Revision
	}
	return revisionOf(r.Credentials)
}

// revisionOf changes whenever a credential is stored anew. It is made of sealed
// values only.
func revisionOf(sealed map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sealed)) {
		fmt.Fprintf(h, "%q=%q;", name, sealed[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
