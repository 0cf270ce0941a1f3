package profiles

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/internal/tokens"
	"threadhub/normalize"
	"threadhub/threads"
)

// errand is a contact to see to.
type errand struct {
	threads.Meeting
	tries int
	waits bool // for a place among its channel's calls
}

const (
	// namelessAgain is when a contact of whom the platform told no name is looked
	// up again, should they write.
	namelessAgain = 24 * time.Hour
	// profileFresh is how long a profile holds; it is had again with the next
	// conversation.
	profileFresh = 30 * 24 * time.Hour
	// failedAgain is when a contact is tried again of whom nothing could be
	// learned, should they write.
	failedAgain = time.Hour

	// The pauses between tries: 5 s, 20 s, 80 s.
	lookupTries = 4
	lookupPause = 5 * time.Second
	// lookupTurn is when a contact asks again for a place among its channel's
	// calls.
	lookupTurn = 250 * time.Millisecond
	// refusedRest is how long a channel is left alone whose credentials do not
	// allow lookups.
	refusedRest = 10 * time.Minute
)

// Results of lookups, as the metric names them.
const (
	resultFound   = "found"
	resultNothing = "nothing" // the platform tells nothing of the contact
	resultRefused = "refused" // the channel may not ask
	resultFailed  = "failed"
)

// dueAt answers when the contact is to be looked up: the zero time for at once.
func (k *Keeper) dueAt(c *threads.Contact, m threads.Meeting) time.Time {
	due := time.Time{}
	switch last := c.Lookup.At; {
	case last.IsZero():
	case c.Name == "":
		due = last.Add(namelessAgain)
	default:
		due = last.Add(profileFresh)
	}
	if tried, ok := k.notYet.Get(m.Contact); ok && tried.After(due) {
		due = tried
	}
	return due
}

// lookUp asks the platform. It answers after which pause to try again, 0 for
// never.
func (k *Keeper) lookUp(ctx context.Context, e *errand, c *threads.Contact) (time.Duration, error) {
	ch, err := k.Channels.Open(ctx, e.Channel)
	if errors.Is(err, threads.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		e.tries++
		return lookupPause, err
	}
	call, err := profileCall(ch, e.Peer, c)
	if err != nil {
		k.Logger.ErrorContext(ctx, "connector panicked on a lookup", "channel", e.Channel, "kind", ch.Kind, "error", err)
	}
	if call == nil {
		k.notYet.Add(c.ID, k.Now().Add(failedAgain))
		return 0, nil
	}
	rest, busy := k.take(e.Channel)
	switch {
	case busy:
		e.waits = true
		return lookupTurn, nil
	case rest > 0:
		return k.again(e, rest), nil
	}
	peer, fail := k.ask(ctx, ch, call)
	if fail == nil {
		k.give(e.Channel, 0)
		k.lookups.WithLabelValues(ch.Kind, resultFound).Inc()
		return k.keep(ctx, e, &peer)
	}
	k.give(e.Channel, fail.rest)
	k.lookups.WithLabelValues(ch.Kind, fail.result).Inc()
	switch fail.result {
	case resultNothing:
		k.Logger.DebugContext(ctx, "a platform tells nothing of a contact", "contact", e.Contact, "channel", e.Channel, "why", fail.why)
		return k.keep(ctx, e, nil)
	case resultRefused:
		e.tries = lookupTries
	}
	pause := k.again(e, fail.rest)
	if pause == 0 {
		return 0, fail
	}
	return pause, nil
}

// again answers how long to wait before the next try; 0, and nothing for a
// while, when there have been enough or it would take too long.
func (k *Keeper) again(e *errand, atLeast time.Duration) time.Duration {
	e.tries++
	if e.tries >= lookupTries || atLeast > failedAgain {
		k.notYet.Add(e.Contact, k.Now().Add(max(failedAgain, atLeast)))
		return 0
	}
	return max(atLeast, lookupPause<<(2*(e.tries-1)))
}

func (k *Keeper) keep(ctx context.Context, e *errand, peer *normalize.Peer) (time.Duration, error) {
	err := k.Threads.Profiled(ctx, e.Contact, peer)
	k.notYet.Add(e.Contact, k.Now().Add(namelessAgain))
	if errors.Is(err, threads.ErrNotFound) {
		err = nil // erased meanwhile
	}
	return 0, err
}

// profileCall answers nil when there is nothing to ask, or the channel makes no
// calls now, or the connector fails. A picture alone is worth a call only where
// the platform has one.
func profileCall(ch *channels.Opened, peer normalize.PeerID, c *threads.Contact) (call *connectors.Call, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(ch.Target.Redactor.String(fmt.Sprint(p)))
		}
	}()
	profiler, ok := ch.Connector.(connectors.Profiler)
	if !ok || !ch.Enabled || ch.Health.State == channels.HealthSuspended {
		return nil, nil
	}
	if _, told := ch.Connector.(connectors.Introducer); c.Name != "" && (told || c.AvatarURL != "" && c.Lookup.At.IsZero()) {
		return nil, nil
	}
	return profiler.Profile(peer), nil
}

// failure is a lookup that brought nothing. Its text holds no secret.
type failure struct {
	result string
	rest   time.Duration // of the channel
	why    string
}

func (f *failure) Error() string { return f.why }

// ask makes the call and reads the answer.
func (k *Keeper) ask(ctx context.Context, ch *channels.Opened, call *connectors.Call) (peer normalize.Peer, fail *failure) {
	defer func() {
		if p := recover(); p != nil {
			fail = &failure{result: resultNothing, why: "the connector failed on the answer: " + ch.Target.Redactor.String(fmt.Sprint(p))}
		}
	}()
	resp, err := k.Carrier.Do(ctx, ch.Target, call)
	if err != nil {
		return peer, unanswered(err)
	}
	o := ch.Connector.Classify(call, resp)
	why := "the platform answered " + strconv.Itoa(resp.Status)
	if o.Failure != nil && o.Failure.Message != "" {
		why += ": " + ch.Target.Redactor.String(o.Failure.Message)
	}
	switch o.Verdict {
	case connectors.Done:
		if peer, err = ch.Connector.(connectors.Profiler).ReadProfile(resp); err != nil {
			return peer, &failure{result: resultNothing, why: ch.Target.Redactor.String(err.Error())}
		}
		return peer, nil
	case connectors.Refuse:
		return peer, &failure{result: resultNothing, why: why}
	case connectors.Suspend:
		// A channel that sends may lack the right to ask for profiles: what it
		// sends decides whether its credentials are dead.
		return peer, &failure{result: resultRefused, rest: refusedRest, why: why}
	case connectors.Wait:
		return peer, &failure{result: resultFailed, rest: cmp.Or(o.After, lookupPause), why: why}
	}
	return peer, &failure{result: resultFailed, rest: o.After, why: why}
}

// unanswered reads why a call brought no answer.
func unanswered(err error) *failure {
	f := &failure{result: resultFailed, why: err.Error()}
	var none *tokens.Error
	var e *egress.Error
	switch {
	case errors.As(err, &none):
		f.rest = cmp.Or(none.Outcome.After, time.Minute)
	case errors.Is(err, egress.ErrBlocked), errors.Is(err, egress.ErrURL):
		f.result, f.rest = resultRefused, refusedRest
	case errors.As(err, &e):
		f.rest = cmp.Or(e.RetryAfter, lookupPause)
	}
	return f
}
