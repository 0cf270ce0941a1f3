package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/rulebook"
	"threadhub/threads"
	"threadhub/threads/rules"
)

// Automating is what rules ask of threading (threads.Service).
type Automating interface {
	RunAutomations(ctx context.Context, accepted time.Time, limit int) (int, error)
	SetAlarms(ctx context.Context, p threads.RulePass, limit int) (threads.RulePass, error)
}

// RuleBook knows the rules (rulebook.Registry).
type RuleBook interface {
	Rules(ctx context.Context) (*rules.Set, error)
	Webhook(ctx context.Context, rule rules.ID, url string) (rulebook.Webhook, bool, error)
}

// Backlog tells the receive time of the oldest webhook that is not worked in,
// zero when there is none (journal.Store).
type Backlog interface {
	Oldest(ctx context.Context) (time.Time, error)
}

// Rules has automations act when their time has come, works alarms out anew
// when the rules were changed, and calls the webhooks that rules ask for.
// Triggers are no work of its: they act within the commit of the change. Any
// number of processes may do it on one store.
type Rules struct {
	Threads Automating
	Store   threads.RuleStore
	Records directory.Store // of how far alarms were worked out anew
	Book    RuleBook
	Journal Backlog
	Carrier Carrier
	// Settled is how long after a change of the rules every process knows of
	// it; 0 where there is only one.
	Settled time.Duration
	Now     func() time.Time
	Logger  *slog.Logger

	work, calls drain
	stuck       time.Time // since when alarms wait for the backlog
}

const (
	ruleTick  = time.Second
	ruleBatch = 200
	// rulePages is how many pages of conversations are gone through before
	// alarms that ring are looked at again.
	rulePages = 5
)

func (r *Rules) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// Drain has the automations act whose time has come.
func (r *Rules) Drain(ctx context.Context) error { return r.work.run(ctx, r.sweep) }

func (r *Rules) sweep(ctx context.Context) error {
	return errors.Join(r.alarms(ctx), r.pass(ctx))
}

// alarms has automations look wherever an alarm rang. Webhooks accepted before
// go first, for yieldFor at most.
func (r *Rules) alarms(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := r.Store.RuleAlarms(ctx, r.now(), 1)
		if err != nil {
			return fmt.Errorf("alarms of automations: %w", err)
		}
		if len(due) == 0 {
			r.stuck = time.Time{}
			return nil
		}
		accepted, err := r.Journal.Oldest(ctx)
		if err != nil {
			return fmt.Errorf("oldest webhook: %w", err)
		}
		if r.stuck.IsZero() {
			r.stuck = r.now()
		}
		if r.now().Sub(r.stuck) > yieldFor {
			accepted = time.Time{}
		}
		n, err := r.Threads.RunAutomations(ctx, accepted, ruleBatch)
		if err != nil || n == 0 {
			return err
		}
		r.stuck = time.Time{}
	}
	return ctx.Err()
}

// pass works alarms out anew after a change of the rules, some pages at a time.
// It waits until every process goes by the new rules: a commit made by the old
// ones would leave an alarm of theirs behind it.
func (r *Rules) pass(ctx context.Context) error {
	set, err := r.Book.Rules(ctx)
	if err != nil || set == nil || r.now().Sub(set.ChangedAt) < r.Settled {
		return err
	}
	records := directory.NewCollection[threads.RulePass](r.Records, "rule_pass", nil)
	const id = "list"
	item, err := records.Get(ctx, id)
	fresh := errors.Is(err, directory.ErrNotFound)
	if err != nil && !fresh {
		return fmt.Errorf("alarms anew: %w", err)
	}
	switch {
	case fresh && set.Revision == 0, !fresh && item.Value.Revision > set.Revision:
		return nil // never any rules; or another process knows newer ones
	case fresh:
		if item, err = records.Create(ctx, id, threads.RulePass{Revision: set.Revision}); err != nil {
			return exceptRaces(err)
		}
	case item.Value.Revision == set.Revision && item.Value.Done:
		return nil
	case item.Value.Revision < set.Revision:
		item.Value = threads.RulePass{Revision: set.Revision}
	}
	for page := 0; page < rulePages && !item.Value.Done && ctx.Err() == nil; page++ {
		if item.Value, err = r.Threads.SetAlarms(ctx, item.Value, ruleBatch); err != nil {
			return fmt.Errorf("alarms anew: %w", err)
		}
		if item, err = records.Update(ctx, item); err != nil {
			return exceptRaces(err)
		}
	}
	if !item.Value.Done {
		r.work.asked.Store(true) // go on, after the alarms that ring meanwhile
	}
	return nil
}

// exceptRaces is nil where another process was faster: it goes on.
func exceptRaces(err error) error {
	if errors.Is(err, directory.ErrConflict) {
		return nil
	}
	return fmt.Errorf("alarms anew: %w", err)
}
