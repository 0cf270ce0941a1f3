package workers

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"threadhub/internal/journal"
)

const (
	// A channel that has crowdShare of a batch, and crowdLeast of it, crowds:
	// the others do not wait for it.
	crowdShare = 1. / 8
	crowdLeast = 64
	// expressBatch is how many webhooks of the others are worked together, and
	// expressPause how many times as long as looking for them takes nobody
	// looks again.
	expressBatch = 256
	expressPause = 4
)

// crowds are the channels that crowd the latest batch or the one before, which
// may still be in hand. One goroutine splits; anybody may ask.
type crowds struct {
	before []string
	both   atomic.Pointer[[]string]
}

// split tells which of a batch of the oldest entries are of channels that crowd.
// Where nobody does, everybody waits for everybody. The entries' own array is
// used again.
func (c *crowds) split(entries []journal.Entry) (crowding, others []journal.Entry) {
	count := map[string]int{}
	for i := range entries {
		count[entries[i].ChannelID]++
	}
	names := slices.Clone(c.before)
	c.before = nil
	for name, n := range count {
		if n >= crowdLeast && float64(n) >= crowdShare*float64(len(entries)) {
			c.before = append(c.before, name)
		}
	}
	names = append(names, c.before...)
	c.both.Store(&names)
	if len(names) == 0 {
		return entries, nil
	}
	// In place: those that crowd move to the front.
	crowding = entries[:0]
	for _, e := range entries {
		if slices.Contains(names, e.ChannelID) {
			crowding = append(crowding, e)
		} else {
			others = append(others, e)
		}
	}
	return crowding, others
}

func (c *crowds) channels() []string {
	if names := c.both.Load(); names != nil {
		return *names
	}
	return nil
}

// express works the webhooks of channels that do not crowd, while others do,
// until it is stopped. What it claims would otherwise wait behind the backlog of
// the others, and behind the batch that is being worked.
func (w *Inbound) express(ctx context.Context, stop <-chan struct{}) {
	pause := batchEvery
	for {
		select {
		case <-stop:
			return
		case <-time.After(pause):
		}
		pause = batchEvery
		crowd := w.crowds.channels()
		if len(crowd) == 0 {
			continue
		}
		began := time.Now()
		entries, err := w.Journal.Claim(ctx, w.Owner, w.now(), lease, expressBatch, crowd...)
		pause = max(pause, expressPause*time.Since(began))
		if err != nil || len(entries) == 0 {
			continue // the others will have the same trouble, and tell
		}
		w.workAtOnce(ctx, entries)
	}
}

// workAtOnce works webhooks beside the batch that is in hand.
func (w *Inbound) workAtOnce(ctx context.Context, entries []journal.Entry) {
	if len(entries) == 0 {
		return
	}
	batch := w.openAll(ctx, entries)
	w.thread(ctx, batch)
	if err := w.note(ctx, batch); err != nil {
		w.Logger.ErrorContext(ctx, "what became of webhooks could not be noted, they will be worked again", "error", err)
	}
}
