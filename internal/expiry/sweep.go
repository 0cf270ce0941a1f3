// Package expiry removes what was kept for long enough, as package retention has
// it.
//
// What was said goes through package privacy, as when a contact is erased: the
// conversation stays, with whom it was, its life and its figures, so that
// reports stay true. Raw webhooks, the event log, quarantine and the list of
// dead letters are trimmed.
package expiry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/internal/journal"
	"threadhub/internal/privacy"
	"threadhub/internal/retention"
	"threadhub/threads"
)

// Eraser takes what was said out of conversations (privacy.Eraser).
type Eraser interface {
	Purge(ctx context.Context, ids []threads.ConversationID) (privacy.Purged, error)
}

// Options are what a Keeper works with. All are required.
type Options struct {
	Records directory.Store
	Store   threads.RetentionStore
	Journal journal.Retention
	Eraser  Eraser
	// Hub answers the hub's policy, in which webhooks and quarantine have an
	// end; Channel that of a channel, an empty one for a channel that is not
	// registered any more.
	Hub     func(ctx context.Context) (retention.Policy, error)
	Channel func(ctx context.Context, id threads.ChannelID) (retention.Policy, error)
	// Registered answers up to limit ids of registered channels, in their order
	// and after the given one.
	Registered func(ctx context.Context, after threads.ChannelID, limit int) ([]threads.ChannelID, error)
	Owner      string // names this process in the lease
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Keeper removes what was kept for long enough. It is safe for concurrent use;
// of many processes one at a time does it.
type Keeper struct {
	Options
	lease   directory.Collection[lease]
	removed *prometheus.CounterVec
}

// lease is the one record of who sweeps, and how far it got.
type lease struct {
	Owner string    `json:"owner,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Blanked is up to which entry the webhooks of a channel are redacted.
	Blanked map[string]string `json:"blanked,omitempty"`
}

// leaseID is that of the only lease.
const leaseID = "hub"

// Kinds of what is removed.
const (
	conversations = "conversations"
	messages      = "messages"
	payloads      = "payloads"
	events        = "events"
	quarantine    = "quarantine"
	deadLetters   = "dead_letters"
)

func kinds() []string {
	return []string{conversations, messages, payloads, events, quarantine, deadLetters}
}

// NewKeeper returns a keeper over the given parts.
func NewKeeper(o Options) *Keeper {
	k := &Keeper{
		Options: o, lease: directory.NewCollection[lease](o.Records, "retention_sweep", nil),
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "threadhub_retention_removed_total", Help: "Records removed because they were kept for long enough, by kind.",
		}, []string{"kind"}),
	}
	for _, kind := range kinds() {
		k.removed.WithLabelValues(kind)
	}
	o.Registerer.MustRegister(k.removed)
	return k
}

const (
	// every is how often it is looked for what is to go.
	every = 10 * time.Minute
	// term is how long a process may sweep without a sign; each batch is one.
	term = 2 * time.Minute

	// talkBatch, entryBatch and letterBatch are how much is removed before
	// others are let in.
	talkBatch   = 50
	entryBatch  = 500
	letterBatch = 200

	// Each batch is followed by a rest as long as it took, within these bounds:
	// at least half of the store is for others.
	shortRest = 10 * time.Millisecond
	longRest  = time.Second
)

// Run sweeps until ctx ends, and once right away.
func (k *Keeper) Run(ctx context.Context) {
	t := time.NewTicker(every)
	defer t.Stop()
	for ctx.Err() == nil {
		if err := k.Sweep(ctx); err != nil && ctx.Err() == nil {
			k.Logger.WarnContext(ctx, "not everything that was kept for long enough is removed, it goes on in ten minutes", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
}

func (k *Keeper) now() time.Time { return k.Now().UTC().Truncate(time.Millisecond) }

// errElsewhere: another process sweeps.
var errElsewhere = errors.New("another process removes what is to go")

// Sweep removes what is to go by now, unless another process does so already.
// What it did when it ends with an error, or the process dies, is not done
// again.
func (k *Keeper) Sweep(ctx context.Context) error {
	w := &sweep{Keeper: k, did: map[string]int{}}
	err := w.take(ctx)
	if errors.Is(err, errElsewhere) {
		return nil
	}
	if err == nil {
		err = w.channels(ctx)
	}
	if len(w.did) > 0 {
		args := []any{}
		for _, kind := range kinds() {
			args = append(args, kind, w.did[kind])
		}
		k.Logger.InfoContext(ctx, "what was kept for long enough was removed", args...)
	}
	if errors.Is(err, errElsewhere) {
		return nil
	}
	return errors.Join(err, w.release(context.WithoutCancel(ctx)))
}

// sweep is one of them.
type sweep struct {
	*Keeper
	item directory.Item[lease]
	did  map[string]int
}

func (w *sweep) take(ctx context.Context) error {
	item, err := w.lease.Get(ctx, leaseID)
	if errors.Is(err, directory.ErrNotFound) {
		if item, err = w.lease.Create(ctx, leaseID, lease{}); errors.Is(err, directory.ErrConflict) {
			return errElsewhere
		}
	}
	if err != nil {
		return fmt.Errorf("expiry: %w", err)
	}
	if l := item.Value; l.Owner != "" && l.Owner != w.Owner && l.Until.After(w.now()) && !l.Until.After(w.now().Add(2*term)) {
		return errElsewhere
	}
	w.item = item
	return w.renew(ctx)
}

// renew keeps the lease up, with how far the sweep got.
func (w *sweep) renew(ctx context.Context) error {
	w.item.Value.Owner, w.item.Value.Until = w.Owner, w.now().Add(term)
	return w.write(ctx)
}

func (w *sweep) release(ctx context.Context) error {
	w.item.Value.Owner, w.item.Value.Until = "", time.Time{}
	if err := w.write(ctx); !errors.Is(err, errElsewhere) {
		return err
	}
	return nil
}

func (w *sweep) write(ctx context.Context) error {
	item, err := w.lease.Update(ctx, w.item)
	if errors.Is(err, directory.ErrConflict) {
		return errElsewhere
	}
	if err != nil {
		return fmt.Errorf("expiry: %w", err)
	}
	w.item = item
	return nil
}

// batches does something again as long as there is more of it, with rests. A
// batch that did some of it is no reason to stop.
func (w *sweep) batches(ctx context.Context, kind string, fn func() (n int, more bool, err error)) error {
	var errs []error
	for {
		began := time.Now()
		n, more, err := fn()
		w.count(kind, n)
		if err != nil {
			errs = append(errs[:0], fmt.Errorf("%s: %w", kind, err))
		}
		if !more || n == 0 {
			return errors.Join(errs...)
		}
		if err := w.renew(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(max(time.Since(began), shortRest), longRest)):
		}
	}
}

// upTo is a batch that removes at most limit records.
func upTo(limit int, fn func(limit int) (int, error)) func() (int, bool, error) {
	return func() (int, bool, error) {
		n, err := fn(limit)
		return n, n == limit && err == nil, err
	}
}

func (w *sweep) count(kind string, n int) {
	if n == 0 {
		return
	}
	w.did[kind] += n
	w.removed.WithLabelValues(kind).Add(float64(n))
}

// channel removes what is to go of one channel.
func (w *sweep) channel(ctx context.Context, id threads.ChannelID, p retention.Policy) error {
	errs := []error{w.webhooks(ctx, id, p)}
	for _, style := range threads.StyleNames {
		errs = append(errs, w.talks(ctx, id, style, p.Talk(style)))
	}
	if before, ok := w.before(p.DeadLetters); ok {
		first := threads.MessageID(ident.Earliest("msg", before))
		errs = append(errs, w.batches(ctx, deadLetters, upTo(letterBatch, func(limit int) (int, error) {
			return w.Store.DropDeadLetters(ctx, id, first, limit)
		})))
	}
	return errors.Join(errs...)
}

// before is what is to go: all of before that time. Nothing is where nothing is
// said, or for ever.
func (w *sweep) before(k retention.Keep) (time.Time, bool) {
	if k == 0 || k == retention.Forever {
		return time.Time{}, false
	}
	return w.now().Add(-time.Duration(k)), true
}

// talks takes what was said out of conversations that were closed for long
// enough.
func (w *sweep) talks(ctx context.Context, ch threads.ChannelID, style threads.StyleName, k retention.Keep) error {
	before, ok := w.before(k)
	if !ok {
		return nil
	}
	return w.batches(ctx, conversations, func() (int, bool, error) {
		list, err := w.Store.Spent(ctx, threads.Share{Channel: ch, Style: style, Before: before}, talkBatch)
		if err != nil || len(list) == 0 {
			return 0, false, err
		}
		ids := make([]threads.ConversationID, len(list))
		for i, c := range list {
			ids[i] = c.ID
		}
		done, err := w.Eraser.Purge(ctx, ids)
		w.count(messages, done.Messages)
		return done.Conversations, len(list) == talkBatch, err
	})
}

// webhooks removes what is to go of the journal and the quarantine.
func (w *sweep) webhooks(ctx context.Context, ch threads.ChannelID, p retention.Policy) error {
	id := string(ch)
	var errs []error
	if before, ok := w.before(p.EventLog); ok {
		errs = append(errs, w.batches(ctx, events, upTo(entryBatch, func(limit int) (int, error) {
			return w.Journal.Trim(ctx, id, before, limit)
		})))
	}
	if before, ok := w.before(p.Webhooks()); ok && p.Webhooks() < p.EventLog {
		errs = append(errs, w.batches(ctx, payloads, upTo(entryBatch, func(limit int) (int, error) {
			n, last, err := w.Journal.Blank(ctx, id, w.item.Value.Blanked[id], before, limit)
			if err == nil {
				w.blanked(id, last)
			}
			return n, err
		})))
	}
	if before, ok := w.before(p.Quarantine); ok {
		errs = append(errs, w.batches(ctx, quarantine, upTo(entryBatch, func(limit int) (int, error) {
			return w.Journal.TrimItems(ctx, id, before, limit)
		})))
	}
	return errors.Join(errs...)
}

// blanked notes up to where a channel's webhooks are redacted. It is stored with
// the lease: what was not is looked at again.
func (w *sweep) blanked(channel, last string) {
	if w.item.Value.Blanked == nil {
		w.item.Value.Blanked = map[string]string{}
	}
	w.item.Value.Blanked[channel] = last
}
