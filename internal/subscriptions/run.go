package subscriptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"threadhub/connectors"
	"threadhub/internal/callout"
	"threadhub/internal/crashpoint"
	"threadhub/internal/directory"
	"threadhub/internal/spool"
	"threadhub/threads"
)

// pauses are the waits after failed attempts; the last one stays.
func pauses() []time.Duration {
	return []time.Duration{
		5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
		10 * time.Minute, 20 * time.Minute, 30 * time.Minute, time.Hour,
	}
}

// pauseAfter is the wait after so many failures, within a tenth of it: lanes
// that failed together do not come back together. What the subscriber asks for
// is waited at least.
func pauseAfter(attempts int, asked time.Duration) time.Duration {
	list := pauses()
	p := list[min(max(attempts-1, 0), len(list)-1)]
	p += time.Duration((rand.Float64() - 0.5) / 5 * float64(p))
	return max(p, asked)
}

// run delivers the events of one lane, which it has leased.
type run struct {
	*Courier
	line *line
	lane spool.Lane
	me   string // the mark of the lease
	// grown tells that events may have been added since they were read.
	grown bool
	// ended are the events whose outcomes are to be recorded, since a time.
	ended []spool.Event
	since time.Time
	// secrets are what calls are signed with, as read at a time.
	secrets   []connectors.Secret
	secretsAt time.Time
}

// errLost: somebody else has the lane by now.
var errLost = errors.New("lane was taken over")

// save writes the lane as this run has it, over events that were added
// meanwhile, unless somebody else has taken it.
func (r *run) save(ctx context.Context) error {
	for {
		l := r.lane
		l.Version++
		err := r.spool.SaveLane(ctx, l)
		if !errors.Is(err, spool.ErrConflict) {
			r.lane = l
			return err
		}
		if err := r.reload(ctx); err != nil {
			return err
		}
	}
}

// gaveUp tells that the lane was given back at once: nothing more is delivered
// for the subscription right now.
func (r *run) gaveUp() bool { return r.lane.Owner == "" && !r.lane.NextAt.After(r.now()) }

// reload takes over the lane's version; errLost when it is somebody else's.
func (r *run) reload(ctx context.Context) error {
	now, err := r.spool.Lane(ctx, r.lane.Subscription, r.lane.Name)
	if errors.Is(err, spool.ErrNotFound) || (err == nil && now.Owner != r.me) {
		return errLost
	}
	r.lane.Version, r.grown = now.Version, true
	return err
}

// release records what was delivered and gives the lane back, to be taken at
// the time.
func (r *run) release(ctx context.Context, at time.Time) error {
	if err := r.record(ctx); err != nil {
		return err
	}
	r.lane.NextAt, r.lane.Owner = at, ""
	return r.save(ctx)
}

// end notes the outcome of an event, which is recorded with others.
func (r *run) end(ctx context.Context, e *spool.Event) error {
	if len(r.ended) == 0 {
		r.since = r.now()
	}
	r.ended = append(r.ended, *e)
	if r.now().Sub(r.since) < unsaved {
		return nil
	}
	return r.record(ctx)
}

// record writes the outcomes that were noted.
func (r *run) record(ctx context.Context) error {
	if len(r.ended) == 0 {
		return nil
	}
	if err := r.spool.SaveOutcomes(ctx, r.ended); err != nil {
		return err
	}
	r.ended = r.ended[:0]
	crashpoint.At(crashpoint.EventNoted)
	return nil
}

// deliver delivers what waits in the lane, until there is nothing, something
// fails or the hub stops. What came of it is recorded also while it stops.
func (r *run) deliver(ctx context.Context) error {
	for {
		more, err := r.batch(ctx)
		if err == nil && more {
			continue
		}
		// What was delivered is recorded whatever has happened to the lane.
		save, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
		recorded := r.record(save)
		if errors.Is(err, errLost) {
			err = nil
		}
		return errors.Join(err, recorded)
	}
}

// batch delivers some events; it tells whether to go on.
func (r *run) batch(ctx context.Context) (bool, error) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	r.grown = false
	events, held, err := r.spool.Waiting(last, r.lane.Subscription, r.lane.Name, laneBatch)
	switch {
	case err != nil:
		return false, errors.Join(err, r.release(last, r.now().Add(lookTick)))
	case len(events) == 0 && !held.IsZero():
		pause := min(max(r.now().Sub(held)/4, heldPause), heldMost)
		r.later(ctx, pause)
		return false, r.release(last, r.now().Add(pause))
	}
	for i := range events {
		on, err := r.turn(ctx, &events[i])
		if err != nil || !on {
			return false, err
		}
	}
	last, cancel = context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	if err := r.record(last); err != nil {
		return false, err
	}
	if len(events) == laneBatch || !held.IsZero() || r.grown {
		return true, nil
	}
	return r.drop(last)
}

// turn delivers one event; it tells whether the lane goes on.
func (r *run) turn(ctx context.Context, e *spool.Event) (bool, error) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	if ctx.Err() != nil {
		return false, r.release(last, r.now())
	}
	s, enabled, err := r.Book.find(last, r.lane.Subscription)
	if err != nil || !enabled {
		return false, errors.Join(err, r.release(last, r.now()))
	}
	if err := r.renew(last); err != nil {
		return false, err
	}
	crashpoint.At(crashpoint.LaneTaken)
	return r.one(ctx, &s, e)
}

// renew prolongs the lease, if that is due.
func (r *run) renew(ctx context.Context) error {
	was := r.lane.NextAt
	if was.Sub(r.now()) > lease-renewAfter {
		return nil
	}
	r.lane.NextAt = r.now().Add(lease)
	err := r.save(ctx)
	if err != nil {
		r.lane.NextAt = was // the next turn tries again before it calls
	}
	return err
}

// drop takes the lane away, which is empty unless it has changed since it was
// read; it tells to go on when something was added.
func (r *run) drop(ctx context.Context) (bool, error) {
	err := r.spool.DropLane(ctx, r.lane)
	if errors.Is(err, spool.ErrConflict) {
		return true, r.reload(ctx)
	}
	return false, err
}

// one delivers one event and records what came of it; it tells whether the
// lane goes on.
func (r *run) one(ctx context.Context, s *Subscription, e *spool.Event) (bool, error) {
	started := r.Now()
	was, err := r.hold(ctx, s, e)
	crashpoint.At(crashpoint.EventCalled)
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	now := r.now()
	if err != nil {
		return false, errors.Join(err, r.release(save, now.Add(pauses()[1])))
	}
	r.Metrics.Calls.WithLabelValues(s.ID, string(was.Verdict)).Inc()
	r.Metrics.Seconds.Observe(r.Now().Sub(started).Seconds())
	switch was.Verdict {
	case callout.Stopped:
		return false, r.release(save, now)
	case callout.Later:
		r.line.rest(now.Add(was.After))
		return false, r.release(save, now.Add(was.After))
	case callout.Done:
		return true, r.taken(save, s, e, was)
	}
	e.Attempts++
	e.Status, e.Error, e.TriedAt = was.Status, was.Detail, now
	if r.line.failed(now, was) {
		r.note(save, s.ID)
	}
	if was.Verdict == callout.Gone {
		e.NextAt = time.Time{}
		if err := r.end(save, e); err != nil {
			return false, err
		}
		return false, errors.Join(r.disable(save, s, causeGone, was.Detail), r.release(save, now))
	}
	return r.missed(save, s, e, was)
}

// hold makes the call and keeps the lane meanwhile: a lease may be shorter than
// a call.
func (r *run) hold(ctx context.Context, s *Subscription, e *spool.Event) (was callout.Result, err error) {
	called := make(chan struct{})
	go func() {
		defer close(called)
		was, err = r.call(ctx, s, e)
	}()
	tick := time.NewTicker(renewAfter)
	defer tick.Stop()
	for {
		select {
		case <-called:
			return was, err
		case <-tick.C:
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
			if lost := r.renew(last); lost != nil && !errors.Is(lost, errLost) {
				r.failed(ctx, "renew", lost)
			}
			cancel()
		}
	}
}

func (r *run) call(ctx context.Context, s *Subscription, e *spool.Event) (callout.Result, error) {
	var n News
	if err := json.Unmarshal(e.Doc, &n); err != nil {
		return callout.Result{}, fmt.Errorf("read event %s: %w", e.ID, err)
	}
	body, err := r.Render(ctx, e.ID, n, s.Sees)
	if err != nil {
		return callout.Result{}, fmt.Errorf("write event %s: %w", e.ID, err)
	}
	err = r.readSecrets(ctx, s.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return callout.Result{Verdict: callout.Stopped}, nil // deleted a moment ago
	}
	if err != nil {
		return callout.Result{}, err
	}
	return callout.Call(ctx, r.Carrier, hook(s, r.secrets), e.ID, r.now(), body), nil
}

// readSecrets reads what calls are signed with, unless it has just done so.
func (r *run) readSecrets(ctx context.Context, subscription string) error {
	now := r.now()
	if !r.secretsAt.IsZero() && now.Sub(r.secretsAt) < secretsFresh {
		return nil
	}
	secrets, err := r.Book.secrets(ctx, subscription)
	if err == nil {
		r.secrets, r.secretsAt = secrets, now
	}
	return err
}

func hook(s *Subscription, secrets []connectors.Secret) callout.Hook {
	return callout.Hook{Kind: callKind, Owner: s.ID, URL: s.URL, Secrets: secrets}
}

// taken notes that the subscriber has the event.
func (r *run) taken(ctx context.Context, s *Subscription, e *spool.Event, was callout.Result) error {
	now := r.now()
	e.Attempts++
	e.State, e.Status, e.Error, e.TriedAt, e.NextAt, e.DoneAt = spool.Delivered, was.Status, "", now, time.Time{}, now
	e.ExpiresAt = now.Add(Lifetime)
	r.lane.Attempts, r.lane.FailingSince = 0, time.Time{}
	if err := r.end(ctx, e); err != nil {
		return err
	}
	back, note := r.line.succeeded(now)
	if note {
		r.note(ctx, s.ID)
	}
	if back {
		// What failed while it was away need not wait any longer.
		return r.spool.WakeLanes(ctx, s.ID, now)
	}
	return nil
}

// missed notes a failed attempt: there will be another, unless there have been
// for long enough. Then the subscription ends; or, if it took other events
// meanwhile, this one does.
func (r *run) missed(ctx context.Context, s *Subscription, e *spool.Event, was callout.Result) (bool, error) {
	now := r.now()
	r.lane.Attempts++
	if r.lane.FailingSince.IsZero() || r.lane.FailingSince.Before(s.EnabledAt) {
		r.lane.FailingSince = now
	}
	if now.Sub(r.lane.FailingSince) < Lifetime {
		e.NextAt = now.Add(pauseAfter(r.lane.Attempts, was.After)).Truncate(time.Millisecond)
		if err := r.end(ctx, e); err != nil {
			return false, err
		}
		return false, r.release(ctx, e.NextAt)
	}
	health, err := r.Book.noteHealth(ctx, s.ID, r.line.seen(now))
	if err != nil {
		return false, err
	}
	if health.LastSuccessAt.After(r.lane.FailingSince) {
		e.State, e.NextAt, e.DoneAt, e.ExpiresAt = spool.Failed, time.Time{}, now, now.Add(Lifetime)
		r.lane.Attempts, r.lane.FailingSince = 0, time.Time{}
		r.Metrics.GivenUp.WithLabelValues(s.ID).Inc()
		r.Logger.ErrorContext(ctx, "an event was refused for 72 hours and is given up, it can be replayed", "subscription", s.ID, "event", e.ID, "type", e.Type, "error", was.Detail)
		return true, r.end(ctx, e)
	}
	e.NextAt = time.Time{}
	if err := r.end(ctx, e); err != nil {
		return false, err
	}
	return false, errors.Join(r.disable(ctx, s, causeUnreachable, "nothing was taken for 72 hours; lately: "+was.Detail), r.release(ctx, now))
}

// disable ends the subscription and says so: in the log, in a metric, in its
// record and to the other subscribers.
func (r *run) disable(ctx context.Context, s *Subscription, why, reason string) error {
	done, err := r.Book.disable(ctx, *s, reason)
	if err != nil || !done {
		return err
	}
	r.Metrics.Disabled.WithLabelValues(why).Inc()
	r.Logger.ErrorContext(ctx, "a subscription was disabled", "subscription", s.ID, "name", s.Name, "reason", reason)
	return r.Relay.Tell(ctx, []News{{
		Notice:       threads.Notice{Type: SubscriptionDisabled, At: r.now()},
		Subscription: &Brief{ID: s.ID, Name: s.Name, Reason: reason},
	}})
}

// note records how the subscriber does; that it failed is no reason to stop.
func (r *run) note(ctx context.Context, id string) {
	if _, err := r.Book.noteHealth(ctx, id, r.line.seen(r.now())); err != nil {
		r.Logger.WarnContext(ctx, "the health of a subscription was not recorded", "subscription", id, "error", err)
	}
}
