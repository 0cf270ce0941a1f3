package workers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/crashpoint"
	"threadhub/internal/egress"
	"threadhub/internal/tokens"
	"threadhub/internal/tracing"
	"threadhub/normalize"
	"threadhub/threads"
)

// pausedPause is how long a channel that was found paused or suspended is left
// alone before a look whether it works again.
const pausedPause = 15 * time.Second

// attempt is one go at a delivery: the calls up to and including the next one
// that shows something to the contact.
type attempt struct {
	delivery threads.Delivery
	channel  *channels.Opened
	target   egress.Target
}

// run makes the calls and reports how it ended. A panic of a connector ends the
// message, not the worker.
func (a *attempt) run(ctx context.Context, w *Outbound, m threads.Message, done chan<- ended) {
	var e ended
	defer func() {
		if p := recover(); p != nil {
			w.Logger.ErrorContext(ctx, "connector panicked on a message", "message", a.delivery.MessageID, "kind", a.channel.Kind, "panic", a.channel.Target.Redactor.String(fmt.Sprint(p)))
			e = a.unknown(w.now(), "the connector failed while sending")
		}
		e.was = m.Status
		done <- e
	}()
	ctx, span := w.begin(ctx, a, m)
	e = a.deliver(ctx, w, m)
	span.End(failure(e))
}

// begin begins the step of a trace that carries a message to its platform, from
// when it was written on.
func (w *Outbound) begin(ctx context.Context, a *attempt, m threads.Message) (context.Context, tracing.Span) {
	if w.Trace == nil || m.Trace == "" {
		return ctx, tracing.Span{}
	}
	return w.Trace.Since(w.Trace.From(ctx, m.Trace), a.delivery.CreatedAt, "reply",
		"threadhub.channel", string(m.ChannelID), "threadhub.kind", a.channel.Kind, "threadhub.message", string(m.ID))
}

// failure is why an attempt did not deliver, for its trace.
func failure(e ended) string {
	switch f := e.result.Message.Error; {
	case f != nil:
		return string(f.Reason)
	case e.result.Again:
		return "again"
	}
	return ""
}

func (a *attempt) deliver(ctx context.Context, w *Outbound, m threads.Message) ended {
	if m.Status == threads.MessageFailed {
		// A receipt said so of a part that is out, or somebody cancelled it.
		return a.end(threads.MessagePatch{Status: m.Status})
	}
	parts, losses, err := normalize.Fit(m.Content, a.channel.Caps)
	if err != nil {
		return a.fail(w.now(), normalize.Failure{Reason: normalize.ReasonContent, Message: err.Error()})
	}
	out := &normalize.Outbound{
		ID: string(m.ID), To: a.delivery.To, Parts: parts, Context: a.delivery.Context, LastInbound: a.delivery.LastInbound,
		Now: w.now(),
	}
	if local, ok := a.channel.Connector.(connectors.Local); ok {
		return a.end(threads.MessagePatch{Status: threads.MessageSent, At: w.now(), IDs: local.Stored(out), Losses: losses})
	}
	for {
		call, err := a.channel.Connector.Next(out, a.delivery.Exchanges)
		if err != nil {
			return a.fail(w.now(), normalize.Failure{Reason: normalize.ReasonContent, Message: err.Error()})
		}
		if call == nil {
			return a.end(threads.MessagePatch{Status: threads.MessageSent, At: w.now(), IDs: a.ids(), Losses: losses})
		}
		began := w.now()
		if a.forgotten(call, began) {
			return a.unknown(began, "the platform's answer left open whether the message was sent, and it would no longer recognise it")
		}
		outcome, sent := a.carry(ctx, w, call)
		if outcome.Verdict == connectors.Unclear && call.Visible && a.delivery.UnclearSince.IsZero() {
			a.delivery.UnclearSince = began
		}
		if outcome.Verdict != connectors.Done {
			return a.verdict(ctx, w, call, outcome, sent)
		}
		a.delivery.UnclearSince = time.Time{}
		a.delivery.Exchanges = append(a.delivery.Exchanges, normalize.Exchange{Name: call.Name, Part: call.Part, IDs: outcome.IDs, Data: outcome.Data})
		if outcome.Alias != "" {
			a.delivery.To.Aliases = append(a.delivery.To.Aliases, outcome.Alias)
		}
		if !call.Visible {
			continue
		}
		if next, err := a.channel.Connector.Next(out, a.delivery.Exchanges); err == nil && next == nil {
			continue
		}
		// More parts to come: this one's id has to be durable first.
		e := a.later(w.now(), 0)
		e.result.Message.IDs = a.ids()
		return e
	}
}

// forgotten tells whether the call may have been carried out so long ago that
// the platform would carry it out once more.
func (a *attempt) forgotten(call *connectors.Call, now time.Time) bool {
	since := a.delivery.UnclearSince
	return call.Visible && call.KnownFor > 0 && !since.IsZero() && now.Sub(since) > call.KnownFor
}

// carry makes one call. sent tells whether the platform may have seen it.
func (a *attempt) carry(ctx context.Context, w *Outbound, call *connectors.Call) (connectors.Outcome, bool) {
	resp, err := w.Carrier.Do(ctx, a.target, call)
	crashpoint.At(crashpoint.CallAnswered)
	if err == nil {
		return a.channel.Connector.Classify(call, resp), true
	}
	var none *tokens.Error
	if errors.As(err, &none) {
		return none.Outcome, false
	}
	failure := &normalize.Failure{Reason: normalize.ReasonUnavailable, Message: err.Error(), Retryable: true}
	var e *egress.Error
	if !errors.As(err, &e) || e.Sent {
		return connectors.Outcome{Verdict: connectors.Unclear, Failure: failure}, true
	}
	if errors.Is(err, egress.ErrThrottled) || errors.Is(err, egress.ErrBreakerOpen) {
		return connectors.Outcome{Verdict: connectors.Wait, After: e.RetryAfter, Failure: failure}, false
	}
	if errors.Is(err, egress.ErrBlocked) || errors.Is(err, egress.ErrURL) || errors.Is(err, egress.ErrSource) {
		failure.Reason, failure.Retryable = normalize.ReasonContent, false
		if errors.Is(err, egress.ErrSource) {
			failure.Message = e.Detail()
		}
		return connectors.Outcome{Verdict: connectors.Refuse, Failure: failure}, false
	}
	return connectors.Outcome{Verdict: connectors.Retry, Failure: failure}, false
}

// verdict turns an outcome that is not done into the attempt's end.
func (a *attempt) verdict(ctx context.Context, w *Outbound, call *connectors.Call, o connectors.Outcome, sent bool) ended {
	now := w.now()
	a.delivery.LastError = o.Failure
	if o.Alias != "" {
		// The peer has another name now; it leads from here on.
		a.delivery.To.Aliases = append([]normalize.PeerID{a.delivery.To.ID}, a.delivery.To.Aliases...)
		a.delivery.To.ID = o.Alias
	}
	if o.Verdict == connectors.Unclear && call.Visible && !call.Idempotent {
		return a.unknown(now, detail(o.Failure, "the platform's answer leaves open whether the message was sent"))
	}
	switch o.Verdict {
	case connectors.Refuse:
		return a.fail(now, orFailure(o.Failure))
	case connectors.Suspend:
		w.suspend(ctx, a.channel, o.Failure)
		return a.later(now, 0)
	case connectors.Wait:
		wait := max(o.After, 100*time.Millisecond)
		if sent {
			peer := ""
			if o.PeerOnly {
				peer = a.target.Peer
			}
			w.Carrier.CoolDown(a.target.Channel, peer, now.Add(wait))
		}
		return a.later(now, wait)
	default:
		a.delivery.Attempts++
		return a.later(now, max(o.After, retryPause(a.delivery.Attempts-1)))
	}
}

func (w *Outbound) suspend(ctx context.Context, ch *channels.Opened, f *normalize.Failure) {
	w.rests.begin(ch.ID, w.now())
	why := detail(f, "the platform refuses the credentials")
	w.Logger.ErrorContext(ctx, "channel suspended: its credentials no longer work", "channel", ch.ID, "kind", ch.Kind, "reason", why)
	if err := w.Channels.Suspend(ctx, ch.ID, why); err != nil {
		w.Logger.ErrorContext(ctx, "suspending a channel failed", "channel", ch.ID, "error", err)
	}
}

// ids are the platform's ids of what was sent, without that of an earlier message
// that this one sends again.
func (a *attempt) ids() (ids []normalize.PlatformID) {
	for _, x := range a.delivery.Exchanges[a.delivery.Earlier:] {
		ids = append(ids, x.IDs...)
	}
	return ids
}

// end takes the delivery out of the outbox.
func (a *attempt) end(p threads.MessagePatch) ended {
	return ended{result: DeliveryResult{Delivery: a.delivery, Message: p}}
}

func (a *attempt) fail(now time.Time, f normalize.Failure) ended {
	return a.end(threads.MessagePatch{Status: threads.MessageFailed, At: now, IDs: a.ids(), Done: a.delivery.Exchanges, Error: &f})
}

func (a *attempt) unknown(now time.Time, why string) ended {
	return a.end(threads.MessagePatch{Status: threads.MessageUnknown, At: now, IDs: a.ids(), Done: a.delivery.Exchanges, Error: &normalize.Failure{
		Reason: normalize.ReasonUnknown, Message: why + ": check with the contact before sending again",
	}})
}

// later keeps the delivery for another attempt.
func (a *attempt) later(now time.Time, pause time.Duration) ended {
	d := a.delivery
	d.InFlight, d.NotBefore = false, now.Add(pause)
	return ended{result: DeliveryResult{
		Delivery: d, Again: true, Message: threads.MessagePatch{Requeue: len(d.Exchanges) == d.Earlier, Error: d.LastError},
	}}
}

// overdue ends a delivery that could not be made in the time that its channel
// sets.
func (a *attempt) overdue(now time.Time) ended {
	if !a.delivery.UnclearSince.IsZero() {
		return a.unknown(now, "the platform's answers left open whether the message was sent")
	}
	return a.fail(now, a.expired())
}

func (a *attempt) expired() normalize.Failure {
	f := normalize.Failure{Reason: normalize.ReasonExpired, Message: fmt.Sprintf("could not be sent within %s", a.channel.SendingFor())}
	if last := a.delivery.LastError; last != nil {
		f.Code, f.Message = last.Code, f.Message+": "+last.Message
	}
	return f
}

// retryPause grows with each attempt and is spread, so that what failed
// together does not come back together.
func retryPause(attempts int) time.Duration {
	pause := min(time.Second<<min(attempts, 16), maxPause)
	return pause/2 + rand.N(pause/2+1)
}

func orFailure(f *normalize.Failure) normalize.Failure {
	if f == nil {
		return normalize.Failure{Reason: normalize.ReasonUnknown, Message: "the platform refused the message"}
	}
	return *f
}

func detail(f *normalize.Failure, otherwise string) string {
	if f != nil && f.Message != "" {
		return f.Message
	}
	return otherwise
}

func isNotFound(err error) bool { return errors.Is(err, threads.ErrNotFound) }
