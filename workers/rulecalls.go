package workers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"threadhub/connectors"
	"threadhub/internal/callout"
	"threadhub/threads"
)

const (
	// callPlaces is how many runs have their webhooks called at once.
	callPlaces = 16
	callKind   = "rule" // names the calls to breakers and metrics
)

// callPauses are the waits after failed attempts; then a call is given up.
func callPauses() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
	}
}

// DrainCalls calls webhooks until none is due. A call that was made and not
// recorded is made again: receivers know it by its webhook-id.
func (r *Rules) DrainCalls(ctx context.Context) error { return r.calls.run(ctx, r.callDue) }

func (r *Rules) callDue(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := r.Store.RuleCalls(ctx, r.now(), callPlaces)
		if err != nil {
			return fmt.Errorf("calls of rules: %w", err)
		}
		if len(due) == 0 {
			return nil
		}
		errs := make([]error, len(due))
		var all sync.WaitGroup
		for i, run := range due {
			all.Go(func() { errs[i] = r.callRun(ctx, run) })
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// callRun makes the calls of one run that are due, if no other process has
// taken them.
func (r *Rules) callRun(ctx context.Context, run threads.RuleRun) error {
	now := r.now()
	// Whoever finds it after that may take it: its process is gone.
	run.CallAt = now.Add(lease + time.Duration(len(run.Calls))*callout.Time)
	run.Version++
	if err := r.Store.SaveRuleRun(ctx, run); err != nil {
		if errors.Is(err, threads.ErrConflict) {
			return nil
		}
		return fmt.Errorf("take the calls of a rule: %w", err)
	}
	calls := make([]threads.RuleCall, len(run.Calls))
	copy(calls, run.Calls)
	run.Calls, run.CallAt = calls, time.Time{}
	for i := range run.Calls {
		c := &run.Calls[i]
		if c.State == threads.RuleCallPending && !c.NextAt.After(now) {
			r.call(ctx, run, c)
		}
		if c.State == threads.RuleCallPending && (run.CallAt.IsZero() || c.NextAt.Before(run.CallAt)) {
			run.CallAt = c.NextAt
		}
	}
	run.Version++
	// What came of the calls is recorded although the process may be stopping.
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
	defer cancel()
	if err := r.Store.SaveRuleRun(save, run); err != nil && !errors.Is(err, threads.ErrConflict) {
		return fmt.Errorf("record the calls of a rule: %w", err)
	}
	return nil
}

// call makes one call and notes in c what came of it.
func (r *Rules) call(ctx context.Context, run threads.RuleRun, c *threads.RuleCall) {
	hook, there, err := r.Book.Webhook(ctx, run.Rule, c.URL)
	switch {
	case err != nil:
		r.again(c, 0, "the secret of the webhook could not be read")
		r.Logger.ErrorContext(ctx, "a rule's webhook cannot be called", "rule", run.Rule, "error", err)
		return
	case !there:
		c.State, c.NextAt, c.Error = threads.RuleCallFailed, time.Time{}, "the rule is gone or calls this address no more"
		return
	}
	was := callout.Call(ctx, r.Carrier, callout.Hook{
		Kind: callKind, Owner: string(run.Rule), URL: hook.URL, Secrets: []connectors.Secret{hook.Secret},
	}, string(run.ID), r.now(), run.Payload)
	switch was.Verdict {
	case callout.Done:
		c.Attempts++
		c.State, c.Status, c.Error, c.NextAt = threads.RuleCallDone, was.Status, "", time.Time{}
	case callout.Stopped:
		c.NextAt = r.now() // nobody's fault
	case callout.Later:
		c.NextAt = r.now().Add(was.After) // uses up no attempt
	case callout.Never, callout.Gone:
		c.Attempts++
		c.State, c.Status, c.NextAt, c.Error = threads.RuleCallFailed, was.Status, time.Time{}, was.Detail
	case callout.Again:
		r.again(c, was.Status, was.Detail)
	}
}

// again notes a failed attempt: there will be another, or the call is given up.
func (r *Rules) again(c *threads.RuleCall, status int, why string) {
	c.Status, c.Error = status, why
	pauses := callPauses()
	if c.Attempts >= len(pauses) {
		c.State, c.NextAt = threads.RuleCallFailed, time.Time{}
	} else {
		c.NextAt = r.now().Add(pauses[c.Attempts])
	}
	c.Attempts++
}
