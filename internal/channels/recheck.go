package channels

import (
	"context"
	"time"
)

// A suspended channel is checked again by itself, ever more seldom: somebody may
// have lifted a block at the platform. A check is one call without effects.
const (
	recheckEvery = 15 * time.Second // how often channels are looked through
	recheckFirst = time.Minute
	recheckMost  = 30 * time.Minute
)

// Run checks suspended channels again until ctx ends. Every process may run it:
// what one found out is stored for all.
func (r *Registry) Run(ctx context.Context) {
	ticker := time.NewTicker(recheckEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := r.Recheck(ctx); err != nil && ctx.Err() == nil {
				r.Logger.WarnContext(ctx, "suspended channels could not be looked through, it will be tried again", "error", err)
			}
		}
	}
}

// Recheck checks the suspended channels whose turn it is.
func (r *Registry) Recheck(ctx context.Context) error {
	for after := ""; ; {
		list, err := r.records.List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, item := range list {
			after = item.ID
			ch := channelOf(item)
			if !ch.Enabled || ch.Health.State != HealthSuspended || r.now().Before(ch.Health.recheckAt()) {
				continue
			}
			if res, err := r.Check(ctx, ch.ID); err != nil {
				r.Logger.WarnContext(ctx, "a suspended channel could not be checked", "channel", ch.ID, "error", err)
			} else if res.OK {
				r.Logger.InfoContext(ctx, "the channel works again", "channel", ch.ID, "kind", ch.Kind)
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// recheckAt is when the channel is to be checked again: after half as long as it
// has been suspended already, within bounds.
func (h Health) recheckAt() time.Time {
	last := h.Since
	if h.CheckedAt.After(last) {
		last = h.CheckedAt
	}
	return last.Add(min(max(last.Sub(h.Since)/2, recheckFirst), recheckMost))
}
