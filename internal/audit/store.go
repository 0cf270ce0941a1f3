package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"threadhub/internal/directory"
)

// kind is that of the log's own records.
const kind = "audit"

// silent are the kinds of records that the hub keeps for itself.
var silent = map[string]bool{
	kind: true, "admins": true, "setup": true, "bootstrap": true, "master_key": true,
	"stream": true, "access_token": true, "rule_pass": true, "pulse": true, "seen": true,
	"webchat_key": true, "webchat_spent": true, "templates": true, "subscription_health": true, "erasure_work": true,
	"retention_sweep": true, "brief_refresh": true,
}

// Store is a directory.Store that logs what is changed on behalf of a trail. It
// is safe for concurrent use.
type Store struct {
	directory.Store
	log    directory.Collection[Entry]
	now    func() time.Time
	logger *slog.Logger
}

// NewStore returns a store over another one, which keeps the log too.
func NewStore(inner directory.Store, now func() time.Time, logger *slog.Logger) *Store {
	return &Store{Store: inner, log: directory.NewCollection[Entry](inner, kind, nil), now: now, logger: logger}
}

// Put is directory.Store.Put.
func (s *Store) Put(ctx context.Context, d directory.Document) error {
	t := Of(ctx)
	if t == nil || silent[d.Kind] {
		return s.Store.Put(ctx, d)
	}
	verb, old := Created, []byte(nil)
	if d.Version > 1 {
		before, err := s.Store.Get(ctx, d.Kind, d.ID)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return fmt.Errorf("audit: %w", err)
		}
		verb, old = Updated, before.Body
	}
	c := Change{Kind: d.Kind, ID: d.ID, Verb: verb}
	if c.Before, c.After = differ(old, d.Body); len(c.Before)+len(c.After) == 0 {
		return s.Store.Put(ctx, d)
	}
	return s.note(ctx, t, c, func() error { return s.Store.Put(ctx, d) })
}

// Delete is directory.Store.Delete.
func (s *Store) Delete(ctx context.Context, kind, id string) error {
	t := Of(ctx)
	if t == nil || silent[kind] {
		return s.Store.Delete(ctx, kind, id)
	}
	before, err := s.Store.Get(ctx, kind, id)
	if err != nil {
		return err // there is nothing to remove
	}
	c := Change{Kind: kind, ID: id, Verb: Deleted}
	c.Before, _ = differ(before.Body, nil)
	return s.note(ctx, t, c, func() error { return s.Store.Delete(ctx, kind, id) })
}

// note writes a change into the log and makes it.
func (s *Store) note(ctx context.Context, t *Trail, c Change, do func() error) error {
	if err := t.begin(ctx, s.log, s.now(), c); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	err := do()
	nothing := errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrTaken) || errors.Is(err, directory.ErrNotFound)
	if err != nil && !nothing {
		return err // it may have been made: the log says that nobody knows
	}
	// The change is made, whether or not its client waits.
	if e := t.end(context.WithoutCancel(ctx), s.log, s.now(), err == nil); e != nil {
		s.logger.WarnContext(ctx, "the audit log does not show the outcome of a change", "kind", c.Kind, "id", c.ID, "error", e)
	}
	return err
}

// Note writes a line for a trail that changed no record, so that the log shows
// what was done. A trail that has a line is left alone.
func (s *Store) Note(ctx context.Context, t *Trail) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun {
		return nil
	}
	if err := t.save(ctx, s.log, s.now()); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
