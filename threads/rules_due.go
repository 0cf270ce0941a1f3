package threads

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/threads/rules"
)

// RunAutomations has automations act on conversations whose alarm has rung, at
// most limit of them, and tells how many it looked at. An alarm that rang after
// the hub accepted a webhook which nobody has looked at yet (accepted is the
// receive time of the oldest such, zero when there is none) is left for later:
// that webhook may change what the automation looks at.
func (s *Service) RunAutomations(ctx context.Context, accepted time.Time, limit int) (int, error) {
	alarms, err := s.Store.RuleAlarms(ctx, s.now(), limit)
	if err != nil {
		return 0, fmt.Errorf("alarms of automations: %w", err)
	}
	n := 0
	var errs []error
	for _, a := range alarms {
		if !accepted.IsZero() && accepted.Before(a.At) {
			break // they come in the order of their times
		}
		if err := s.elapse(ctx, a.Conversation); err != nil {
			// The others go on: their time has come as well.
			errs = append(errs, fmt.Errorf("automations on conversation %s: %w", a.Conversation, err))
			continue
		}
		n++
	}
	return n, errors.Join(errs...)
}

// elapse has the automations look at one conversation. Whatever they do is one
// commit, which also says when they look again: done once or not at all.
func (s *Service) elapse(ctx context.Context, id ConversationID) error {
	for range attempts {
		set, err := s.Rules.Rules(ctx)
		if err != nil {
			return err
		}
		before, err := s.Store.Conversation(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		c := change(before, before, nil, Author{}, s.now())
		r, err := s.ruling(ctx, set, before, &c)
		if err != nil {
			return err
		}
		if before.State.Status != StatusClosed {
			set.Elapse(r, r.now)
		}
		if r.err == nil && len(c.RuleRuns) > 0 {
			// What automations did is a change like any other to triggers.
			set.React(r, r.now)
		}
		if err := r.end(); err != nil {
			return err
		}
		if err := s.finishElapse(ctx, before, &c); !lostRace(err) {
			return err
		}
	}
	return errBusy
}

// finishElapse stores what the automations did, or only when they look again.
func (s *Service) finishElapse(ctx context.Context, before Conversation, c *Change) error {
	if len(c.RuleRuns) == 0 {
		alarm := RuleAlarm{Conversation: before.ID, Version: before.Version}
		if c.RuleAlarm != nil {
			alarm.At = *c.RuleAlarm
		}
		return s.Store.SetRuleAlarms(ctx, []RuleAlarm{alarm})
	}
	if c.RuleAlarm == nil {
		c.RuleAlarm = &time.Time{}
	}
	c.prepare(before)
	if err := s.Store.Commit(ctx, []Change{*c})[0]; err != nil {
		return err
	}
	s.announce(ctx, []committed{{&before, c}})
	return nil
}

// RulePass is how far alarms were worked out for the rules of a revision:
// conversations that stood before the rules changed have those of the old ones.
type RulePass struct {
	Revision int64  `json:"revision"`
	Status   Status `json:"status,omitempty"` // that is gone through
	Cursor   Cursor `json:"cursor,omitempty"`
	Done     bool   `json:"done,omitempty"`
}

// passed are the statuses that a pass goes through, each by the latest change
// first: a conversation that changes meanwhile moves to a place that is passed,
// and its commit has worked out its alarm.
var passed = []Status{StatusNew, StatusOpen, StatusPending, StatusOnHold, StatusSolved}

// SetAlarms goes on with a pass by one page and answers how far it is. It reads
// by an index and touches nothing that is closed.
func (s *Service) SetAlarms(ctx context.Context, p RulePass, limit int) (RulePass, error) {
	set, err := s.Rules.Rules(ctx)
	if err != nil {
		return p, fmt.Errorf("rules: %w", err)
	}
	if p.Status == "" {
		p.Status = passed[0]
	}
	if !set.Timed() {
		// Alarms that are left ring once and find nothing to do.
		return RulePass{Revision: p.Revision, Done: true}, nil
	}
	list, next, err := s.Store.Conversations(ctx, Filter{Statuses: []Status{p.Status}, Sort: SortUpdated}, Page{After: p.Cursor, Limit: limit})
	if err != nil {
		return p, fmt.Errorf("conversations: %w", err)
	}
	alarms := make([]RuleAlarm, len(list))
	for i, conv := range list {
		if alarms[i], err = s.alarm(ctx, set, conv); err != nil {
			return p, err
		}
	}
	if err := s.Store.SetRuleAlarms(ctx, alarms); err != nil {
		return p, err
	}
	p.Cursor = next
	if next == "" {
		p.Status = statusAfter(p.Status)
		p.Done = p.Status == ""
	}
	return p, nil
}

// alarm works out when automations look at the conversation as it is.
func (s *Service) alarm(ctx context.Context, set *rules.Set, conv Conversation) (RuleAlarm, error) {
	c := Change{Conversation: conv}
	r, err := s.ruling(ctx, set, conv, &c)
	if err == nil {
		err = r.end()
	}
	a := RuleAlarm{Conversation: conv.ID, Version: conv.Version}
	if err == nil && c.RuleAlarm != nil {
		a.At = *c.RuleAlarm
	}
	return a, err
}

// statusAfter is the status a pass goes through next, "" after the last.
func statusAfter(st Status) Status {
	for i, have := range passed[:len(passed)-1] {
		if have == st {
			return passed[i+1]
		}
	}
	return ""
}
