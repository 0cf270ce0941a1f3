package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/crashpoint"
	"threadhub/internal/egress"
	"threadhub/internal/queue"
	"threadhub/internal/tracing"
	"threadhub/normalize"
	"threadhub/threads"
)

// Carrier carries calls to platforms (tokens.Keeper).
type Carrier interface {
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
	CoolDown(channel, peer string, until time.Time)
	Delay(t egress.Target, call string) time.Duration
	Held() map[string]time.Time
}

// Conversations is what deliveries tell threading (threads.Service).
type Conversations interface {
	MessageChanged(ctx context.Context, m threads.Message, was threads.MessageStatus) error
	ApplyParked(ctx context.Context, targets map[threads.ChannelID][]normalize.PlatformID) error
	MayLeave(ctx context.Context, d threads.Delivery) (threads.Delivery, *normalize.Failure, error)
}

// Outbound delivers queued messages: one at a time per contact, many contacts
// at once, and no channel may take all the places.
type Outbound struct {
	Outbox   Outbox
	Channels Channels
	Threads  Conversations
	Carrier  Carrier
	Bell     Doorbell
	Owner    string
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics
	// Trace records how messages leave; nil records nothing.
	Trace *tracing.Tracer

	drain drain
	rests rests
	bell  wake
}

const (
	// places is how many calls are out at once, and mostBegun how many of them
	// begin together: while their commit is on its way, others come back.
	places    = 128
	mostBegun = places / 2
	// crowd is how many calls must be out for it to pay to let answers come
	// together before they are recorded.
	crowd      = 8
	crowdPause = 2 * time.Millisecond
	// renewEvery is how often the leases of calls that are out are prolonged.
	renewEvery = lease / 4
	// Retries wait 1 s, 2 s, 4 s … up to maxPause.
	maxPause = 5 * time.Minute
)

// Drain delivers until nothing is due. When ctx ends, or the queue shuts down,
// it takes up nothing new, and returns when the calls that are out have come
// back and are recorded: a call that is cut off leaves its message unknown.
func (w *Outbound) Drain(ctx context.Context) error {
	w.Wake()
	return w.drain.run(ctx, func(ctx context.Context) error {
		r := &run{
			Outbound: w, out: map[threads.MessageID]calling{}, busy: map[threads.ChannelID]*share{},
			done: make(chan ended, places), renew: time.NewTicker(renewEvery),
			stopping: func() bool { return ctx.Err() != nil || queue.Draining(ctx) },
		}
		defer r.renew.Stop()
		err := r.loop(context.WithoutCancel(ctx))
		if r.stopping() {
			w.Bell.Ring(RingOutbound) // for what is left
		} else if next := w.next(ctx); !next.IsZero() {
			w.Bell.RingAt(RingOutbound, next)
		}
		if err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		return nil
	})
}

// next is when there may be something to do again, zero for when somebody rings:
// the time of the next delivery or, when one is due that is held back, the end
// of the first of the channels' pauses.
func (w *Outbound) next(ctx context.Context) time.Time {
	next, err := w.Outbox.NextDelivery(ctx)
	if err != nil || next.IsZero() || next.After(w.now()) {
		return next
	}
	next = time.Time{}
	for _, until := range w.Carrier.Held() {
		if next.IsZero() || until.Before(next) {
			next = until
		}
	}
	return next
}

// Resume looks at a channel again that was paused or suspended: it was changed.
func (w *Outbound) Resume(id threads.ChannelID) {
	w.rests.end(id)
	w.Bell.Ring(RingOutbound)
}

// Wake has a run that waits for calls to come back look for what is new.
func (w *Outbound) Wake() { w.bell.ring() }

func (w *Outbound) now() time.Time { return w.Now().UTC().Truncate(time.Millisecond) }

// run is one drain: what is out, by channel, and what came back. One goroutine
// has it.
type run struct {
	*Outbound
	out   map[threads.MessageID]calling
	busy  map[threads.ChannelID]*share
	done  chan ended
	renew *time.Ticker
	// settling is the write of what came back.
	settling pending
	// stopping tells that nothing new is to be taken up.
	stopping func() bool
}

// ended is a delivery attempt that came back.
type ended struct {
	was    threads.MessageStatus
	result DeliveryResult
}

// loop starts deliveries while there is room and records those that came back,
// all that came back meanwhile in one write, beside which others go on.
func (r *run) loop(ctx context.Context) error {
	for {
		started, err := r.start(ctx)
		if err != nil {
			return r.abandon(ctx, err, nil)
		}
		if started > 0 && r.room() > 0 && len(r.done) == 0 {
			continue
		}
		if len(r.out) == 0 {
			if !r.settling.begun() {
				return nil
			}
			if err := r.settling.wait(); err != nil {
				return r.abandon(ctx, err, nil)
			}
			continue // what waited behind them can go now
		}
		if len(r.out) >= crowd {
			time.Sleep(crowdPause) // what comes back meanwhile shares a write
		}
		if back := r.collect(ctx); len(back) > 0 {
			if err := r.settling.wait(); err != nil {
				return r.abandon(ctx, err, back)
			}
			r.settling.start(func() error {
				defer r.Wake()
				return r.settle(ctx, back)
			})
		}
	}
}

// abandon waits for the calls that are out and records them, and those that are
// back, as far as the store lets it: what cannot be recorded stays in flight and
// is settled as of unknown outcome by whoever claims it next.
func (r *run) abandon(ctx context.Context, cause error, back []ended) error {
	cause = errors.Join(cause, r.settling.wait())
	for {
		if err := r.settle(ctx, back); err != nil {
			r.Logger.ErrorContext(ctx, "ends of deliveries could not be recorded", "error", err)
		}
		if len(r.out) == 0 {
			return cause
		}
		back = r.collect(ctx)
	}
}

// collect waits for one attempt to end and takes all that have, or answers none
// when somebody rings: calls that hang must not keep others waiting. Meanwhile it
// keeps the leases of those that are out, which are short so that a crash does
// not hold contacts up for long.
func (r *run) collect(ctx context.Context) []ended {
	var back []ended
	for len(back) == 0 {
		select {
		case e := <-r.done:
			back = append(back, e)
		case <-r.bell.rung():
			return nil // there may be something new to take up
		case <-r.renew.C:
			err := r.Outbox.Extend(ctx, r.Owner, slices.Collect(maps.Keys(r.out)), r.now().Add(lease))
			if err != nil {
				r.Logger.WarnContext(ctx, "leases of deliveries could not be prolonged", "error", err)
			}
		}
	}
	for more := true; more; {
		select {
		case e := <-r.done:
			back = append(back, e)
		default:
			more = false
		}
	}
	for _, e := range back {
		delete(r.out, e.result.Delivery.MessageID)
		r.busy[e.result.Delivery.ChannelID].out--
	}
	return back
}

// start claims what is due, as far as there are places, and sends it on its
// way. It answers how many.
func (r *run) start(ctx context.Context) (int, error) {
	if r.stopping() {
		return 0, nil
	}
	room := r.room()
	if room <= 0 {
		return 0, nil
	}
	began := time.Now()
	claimed, err := r.Outbox.ClaimDeliveries(ctx, r.Owner, r.now(), lease, r.claimable(min(room, mostBegun)))
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	crashpoint.At(crashpoint.DeliveriesClaimed)
	ready, held := r.prepare(ctx, claimed)
	if err := r.settle(ctx, held); err != nil {
		return 0, err
	}
	if overslept(began) {
		return 0, errOverslept
	}
	messages, err := r.begin(ctx, ready)
	if err != nil {
		return 0, err
	}
	if overslept(began) {
		// They are marked in flight and end as of unknown outcome: sending
		// them now could send them twice.
		return 0, errOverslept
	}
	if len(ready) > 0 {
		crashpoint.At(crashpoint.CallsBegun)
	}
	for _, a := range ready {
		r.take(a, began)
		go a.run(ctx, r.Outbound, messages[a.delivery.MessageID], r.done)
	}
	return len(claimed), nil
}

// errOverslept is a claim that took so long to act on that its leases may be
// somebody else's by now: a stalled machine, a store that hung.
var errOverslept = errors.New("claimed deliveries were not begun in time")

func overslept(claimed time.Time) bool { return time.Since(claimed) > lease*2/3 }

// prepare opens the channels of claimed deliveries. Those that cannot or must
// not go out now are answered as ended, without a call.
func (r *run) prepare(ctx context.Context, claimed []threads.Delivery) (ready []*attempt, held []ended) {
	now, places := r.now(), r.channelRoom()
	for _, d := range claimed {
		ch, err := r.Channels.Open(ctx, d.ChannelID)
		a := &attempt{delivery: d, channel: ch}
		switch {
		case isNotFound(err):
			held = append(held, a.fail(now, normalize.Failure{Reason: normalize.ReasonGone, Message: "the channel was deleted"}))
		case err != nil:
			held = append(held, a.later(now, retryPause(d.Attempts)))
		case d.InFlight && !ch.Caps.Idempotent:
			// A call was out when its process died. Nobody knows.
			held = append(held, a.unknown(now, "the hub stopped while the message was being sent"))
		case now.Sub(d.CreatedAt) > ch.SendingFor():
			held = append(held, a.overdue(now))
		case !ch.Enabled, ch.Health.State == channels.HealthSuspended:
			r.rests.begin(d.ChannelID, now)
			held = append(held, a.later(now, 0))
		default:
			if !places.take(ch.ID, ch.Kind) {
				held = append(held, a.later(now, stuckPause))
				continue
			}
			if e, hindered := r.hindered(ctx, a, now); hindered {
				held = append(held, e)
				continue
			}
			a.target = ch.Target
			a.target.Peer = string(d.To.ID)
			if wait := r.Carrier.Delay(a.target, ""); wait > 0 {
				held = append(held, a.later(now, wait))
				continue
			}
			ready = append(ready, a)
		}
	}
	return ready, held
}

// hindered looks again at a delivery that had to wait for long, and answers its
// end if it must not leave any more.
func (r *run) hindered(ctx context.Context, a *attempt, now time.Time) (ended, bool) {
	over := !a.delivery.NotAfter.IsZero() && !now.Before(a.delivery.NotAfter)
	if !over && !a.delivery.Scheduled {
		return ended{}, false
	}
	d, failure, err := r.Threads.MayLeave(ctx, a.delivery)
	switch {
	case err != nil:
		r.Logger.WarnContext(ctx, "a message could not be looked at again before it leaves", "message", d.MessageID, "error", err)
		return a.later(now, retryPause(a.delivery.Attempts)), true
	case failure != nil:
		return a.fail(now, *failure), true
	}
	a.delivery = d
	return ended{}, false
}

func (r *run) begin(ctx context.Context, ready []*attempt) (map[threads.MessageID]threads.Message, error) {
	if len(ready) == 0 {
		return nil, nil
	}
	ids := make([]threads.MessageID, len(ready))
	for i, a := range ready {
		ids[i] = a.delivery.MessageID
	}
	list, err := r.Outbox.BeginCalls(ctx, ids)
	if err != nil {
		return nil, err
	}
	messages := make(map[threads.MessageID]threads.Message, len(list))
	for _, m := range list {
		messages[m.ID] = m
	}
	return messages, nil
}
