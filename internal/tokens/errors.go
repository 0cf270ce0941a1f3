package tokens

import (
	"context"
	"errors"
	"time"

	"threadhub/connectors"
	"threadhub/internal/egress"
	"threadhub/normalize"
)

// Error is a call that was not made since there was no token for it. It
// matches egress.ErrNotSent. Its text holds no secret.
type Error struct {
	// Outcome is what it means for the call: Wait (After is when to come back)
	// or Suspend. Its failure is for people.
	Outcome connectors.Outcome

	cause error
}

// Error says why there is no token.
func (e *Error) Error() string { return "no access token: " + e.Outcome.Failure.Message }

// Is matches egress.ErrNotSent.
func (e *Error) Is(target error) bool { return target == egress.ErrNotSent }

// Unwrap answers the trouble of the store, if that is what it was.
func (e *Error) Unwrap() error { return e.cause }

func unavailable(why string) connectors.Outcome {
	return connectors.Outcome{
		Verdict: connectors.Wait, After: time.Second,
		Failure: &normalize.Failure{Reason: normalize.ReasonUnavailable, Message: why, Retryable: true},
	}
}

// suspend suspends the channel and answers the error for its calls.
func (k *Keeper) suspend(ctx context.Context, channel, why string) *Error {
	k.Logger.ErrorContext(ctx, "channel suspended: it gets no access token", "channel", channel, "reason", why)
	if err := k.Suspend(context.WithoutCancel(ctx), channel, why); err != nil {
		k.Logger.ErrorContext(ctx, "suspending a channel failed", "channel", channel, "error", err)
	}
	return &Error{Outcome: connectors.Outcome{
		Verdict: connectors.Suspend, Failure: &normalize.Failure{Reason: normalize.ReasonAuth, Message: why},
	}}
}

// refused turns what came of asking for a token into what it means.
func refused(account Account, call *connectors.Call, resp *connectors.Response, err error) connectors.Outcome {
	var e *egress.Error
	if errors.As(err, &e) {
		o := unavailable("the platform could not be asked for a token: " + e.Error())
		o.After = e.RetryAfter
		return o
	}
	o := account.Connector.Classify(call, resp)
	why := "the platform gave no token: " + err.Error()
	if o.Failure != nil && o.Failure.Message != "" {
		why = "the platform gave no token: " + o.Failure.Message
	}
	why = account.Target.Redactor.String(why)
	if o.Verdict == connectors.Suspend {
		return connectors.Outcome{Verdict: connectors.Suspend, Failure: &normalize.Failure{Reason: normalize.ReasonAuth, Message: why}}
	}
	again := unavailable(why)
	again.After = o.After
	return again
}
