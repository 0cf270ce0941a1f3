// Package streams holds the connections over which platforms deliver that send
// no webhooks (connectors.Streamed): one for each enabled channel, in one of the
// processes that share a store.
//
// A lease in the store says whose connection it is. Whoever holds it renews it;
// the others watch the record and take it over when it has stood still for a
// time by their own clock, so that no two machines need to agree on the time.
// With the lease goes what the next holder needs to go on where the last one
// was. Two that hold a connection for a moment do no harm: what comes twice is
// recognised by its key.
package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/threads"
)

// Times of leases. A process that dies is followed by another after at most
// silence + sweepEvery.
const (
	sweepEvery = 2 * time.Second
	renewEvery = 3 * time.Second
	// giveUp is when a holder that cannot renew lets go: before another can
	// take over.
	giveUp = 7 * time.Second
	// silence is how long a lease has to stand still to be taken over.
	silence = 9 * time.Second
)

const (
	// downFor is how long a connection may be broken before the channel counts
	// as failing: platforms break them every now and then.
	downFor = 30 * time.Second
	// faultPause is how long a stream that failed in a way of its own is left
	// alone.
	faultPause = 30 * time.Second
	// tidyEvery is how often leases of deleted channels are removed.
	tidyEvery = time.Hour
	// writeTimeout bounds what is written after a stream has ended.
	writeTimeout = 5 * time.Second
	// page is how many records one read of a list takes.
	page = 200
)

// Channels are the registered channels (channels.Registry).
type Channels interface {
	List(ctx context.Context, after threads.ChannelID, limit int) ([]channels.Channel, error)
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
	Report(ctx context.Context, id threads.ChannelID, state channels.HealthState, detail string) error
	Suspend(ctx context.Context, id threads.ChannelID, detail string) error
}

// Desk makes durable what comes in (accept.Desk).
type Desk interface {
	Deliver(ctx context.Context, id threads.ChannelID, req *connectors.Request) error
}

// Carrier reaches platforms (egress.Client).
type Carrier interface {
	Dial(ctx context.Context, t egress.Target, address string) (connectors.Socket, error)
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
}

// Options are what a Keeper works with. All are required but Alone.
type Options struct {
	Store    directory.Store
	Channels Channels
	Desk     Desk
	Carrier  Carrier
	Owner    string // names this process in leases
	// Alone is set when no other process can use the store: leases are taken
	// without waiting.
	Alone      bool
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Keeper keeps the connections while Run runs.
type Keeper struct {
	Options
	metrics *metrics
	leases  directory.Collection[record]
	watched map[string]watched
	streams map[threads.ChannelID]*stream
	pauses  map[threads.ChannelID]time.Time
	kinds   map[string]bool // whether channels of the kind have a connection
	tidied  time.Time
}

// NewKeeper returns a keeper over the given parts.
func NewKeeper(o Options) *Keeper {
	return &Keeper{
		Options: o, metrics: newMetrics(o.Registerer),
		leases:  directory.NewCollection[record](o.Store, "stream", nil),
		watched: map[string]watched{}, streams: map[threads.ChannelID]*stream{},
		pauses: map[threads.ChannelID]time.Time{}, kinds: map[string]bool{},
	}
}

// Run keeps the connections until ctx ends; then it closes them and gives
// their leases back, for others to take over at once.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	defer k.stopAll()
	for {
		if err := k.sweep(ctx); err != nil && ctx.Err() == nil {
			k.Logger.WarnContext(ctx, "streams could not be looked after, it will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (k *Keeper) stopAll() {
	for _, s := range k.streams {
		s.cancel()
	}
	for _, s := range k.streams {
		<-s.done
	}
}

// sweep stops what is not wanted any more, as it was, and begins what is.
func (k *Keeper) sweep(ctx context.Context) error {
	wanted, err := k.wanted(ctx)
	if err != nil {
		return err
	}
	k.count(wanted)
	for id, s := range k.streams {
		if o := wanted[id]; o == nil || o.Fingerprint != s.channel.Fingerprint {
			s.cancel()
		}
		select {
		case <-s.done:
			delete(k.streams, id)
			if s.fault {
				k.pauses[id] = time.Now().Add(faultPause)
			}
		default: // still closing: the next sweep begins it anew
		}
	}
	var errs []error
	for id, o := range wanted {
		if k.streams[id] == nil && time.Now().After(k.pauses[id]) {
			errs = append(errs, k.begin(ctx, o))
		}
	}
	if time.Since(k.tidied) >= tidyEvery {
		errs = append(errs, k.tidy(ctx))
		k.tidied = time.Now()
	}
	return errors.Join(errs...)
}

// wanted answers the channels that are to have a connection. One that cannot be
// opened is left as it is.
func (k *Keeper) wanted(ctx context.Context) (map[threads.ChannelID]*channels.Opened, error) {
	wanted := map[threads.ChannelID]*channels.Opened{}
	after := threads.ChannelID("")
	for {
		list, err := k.Channels.List(ctx, after, page)
		if err != nil {
			return nil, fmt.Errorf("list channels: %w", err)
		}
		for _, ch := range list {
			after = ch.ID
			streams, known := k.kinds[ch.Kind]
			if !ch.Enabled || ch.Health.State == channels.HealthSuspended || known && !streams {
				continue
			}
			o, err := k.Channels.Open(ctx, ch.ID)
			if err != nil {
				if s := k.streams[ch.ID]; s != nil {
					wanted[ch.ID] = s.channel
				}
				continue
			}
			_, streams = o.Connector.(connectors.Streamed)
			k.kinds[ch.Kind] = streams
			if streams {
				wanted[ch.ID] = o
			}
		}
		if len(list) < page {
			return wanted, nil
		}
	}
}

// count shows how many connections of each kind there are to be.
func (k *Keeper) count(wanted map[threads.ChannelID]*channels.Opened) {
	of := map[string]int{}
	for _, o := range wanted {
		of[o.Kind]++
	}
	for kind, streams := range k.kinds {
		if streams {
			k.metrics.want(kind, of[kind])
		}
	}
}

// begin runs a channel's stream if its lease can be had.
func (k *Keeper) begin(ctx context.Context, o *channels.Opened) error {
	l, ok, err := k.take(ctx, string(o.ID))
	if err != nil || !ok {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	s := &stream{
		keeper: k, channel: o, lease: l, cancel: cancel, done: make(chan struct{}), news: make(chan struct{}, 1),
		state: l.item.Value.State, reported: o.Health.State, since: time.Now(),
	}
	k.streams[o.ID] = s
	go s.run(running)
	return nil
}

// tidy removes leases of channels that are no more.
func (k *Keeper) tidy(ctx context.Context) error {
	after := ""
	for {
		list, err := k.leases.List(ctx, after, page)
		if err != nil {
			return fmt.Errorf("list leases: %w", err)
		}
		for _, item := range list {
			after = item.ID
			if _, err := k.Channels.Open(ctx, threads.ChannelID(item.ID)); !errors.Is(err, threads.ErrNotFound) {
				continue
			}
			if err := k.leases.Delete(ctx, item.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
				return fmt.Errorf("remove a lease: %w", err)
			}
		}
		if len(list) < page {
			return nil
		}
	}
}
