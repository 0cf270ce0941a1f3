// Package pulse counts how the channels do: what was sent last, what failed and
// why, which webhooks were not proved. Processes count for themselves and add
// their figures up in the store every few seconds; what a process that dies had
// not added yet is lost, which figures for people can bear.
package pulse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"threadhub/internal/directory"
)

// Tally is how often something happened, and when last.
type Tally struct {
	Count int64     `json:"count"`
	Last  time.Time `json:"last"`
}

func (t Tally) plus(o Tally) Tally {
	t.Count += o.Count
	if o.Last.After(t.Last) {
		t.Last = o.Last
	}
	return t
}

// Figures are a channel's.
type Figures struct {
	Sent     Tally            `json:"sent"`
	Failed   map[string]Tally `json:"failed,omitempty"` // by reason
	Unproved Tally            `json:"unproved"`         // webhooks that were refused
}

func (f Figures) plus(o Figures) Figures {
	f.Sent, f.Unproved = f.Sent.plus(o.Sent), f.Unproved.plus(o.Unproved)
	failed := maps.Clone(f.Failed)
	for reason, t := range o.Failed {
		if failed == nil {
			failed = map[string]Tally{}
		}
		failed[reason] = failed[reason].plus(t)
	}
	f.Failed = failed
	return f
}

const (
	// every is how often figures are added up.
	every = 5 * time.Second
	// counted bounds the channels that are counted between two times.
	counted = 10_000
	// reasons bounds those of one channel.
	reasons = 32
)

// Board counts for one process. It is safe for concurrent use.
type Board struct {
	records directory.Collection[Figures]
	now     func() time.Time
	logger  *slog.Logger

	mu    sync.Mutex
	fresh map[string]Figures // since the latest addition
}

// NewBoard returns a board over a store.
func NewBoard(store directory.Store, now func() time.Time, logger *slog.Logger) *Board {
	return &Board{records: directory.NewCollection[Figures](store, "pulse", nil), now: now, logger: logger, fresh: map[string]Figures{}}
}

func (b *Board) count(channel string, add Figures) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.fresh[channel]; !known && len(b.fresh) >= counted {
		return
	}
	b.fresh[channel] = b.fresh[channel].plus(add)
}

func (b *Board) one() Tally { return Tally{Count: 1, Last: b.now().UTC().Truncate(time.Millisecond)} }

// Sent counts a message that the platform took.
func (b *Board) Sent(channel string) { b.count(channel, Figures{Sent: b.one()}) }

// Failed counts one that it did not take.
func (b *Board) Failed(channel, reason string) {
	b.count(channel, Figures{Failed: map[string]Tally{reason: b.one()}})
}

// Unproved counts a webhook that was refused for its signature.
func (b *Board) Unproved(channel string) { b.count(channel, Figures{Unproved: b.one()}) }

// Of answers a channel's figures, with what this process has not added yet.
func (b *Board) Of(ctx context.Context, channel string) (Figures, error) {
	b.mu.Lock()
	fresh := b.fresh[channel]
	b.mu.Unlock()
	item, err := b.records.Get(ctx, channel)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return Figures{}, fmt.Errorf("figures of a channel: %w", err)
	}
	return item.Value.plus(fresh), nil
}

// Forget drops the figures of a channel.
func (b *Board) Forget(ctx context.Context, channel string) error {
	b.mu.Lock()
	delete(b.fresh, channel)
	b.mu.Unlock()
	if err := b.records.Delete(ctx, channel); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("drop the figures of a channel: %w", err)
	}
	return nil
}

// Run adds figures up until ctx ends, and once more then.
func (b *Board) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			b.add(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), every)
			defer cancel()
			b.add(last)
			return
		}
	}
}

// add adds what was counted to the store. What cannot be added is kept.
func (b *Board) add(ctx context.Context) {
	b.mu.Lock()
	fresh := b.fresh
	b.fresh = map[string]Figures{}
	b.mu.Unlock()
	for channel, f := range fresh {
		if err := b.store(ctx, channel, f); err != nil {
			b.logger.WarnContext(ctx, "figures of a channel are not added up yet", "channel", channel, "error", err)
			b.count(channel, f)
		}
	}
}

func (b *Board) store(ctx context.Context, channel string, f Figures) error {
	for {
		item, err := b.records.Get(ctx, channel)
		switch {
		case errors.Is(err, directory.ErrNotFound):
			_, err = b.records.Create(ctx, channel, f)
		case err == nil:
			item.Value = item.Value.plus(f)
			for reason := range item.Value.Failed {
				if len(item.Value.Failed) > reasons {
					delete(item.Value.Failed, reason)
				}
			}
			_, err = b.records.Update(ctx, item)
		}
		if !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}
