package threads

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"threadhub/internal/ident"
	"threadhub/threads/rules"
)

// commit is the way every change goes to the store: with what the triggers add
// to it, so that a change and its consequences are one commit, done once or not
// at all. changes are altered in place; before are what they replace.
func (s *Service) commit(ctx context.Context, before []Conversation, changes []Change) []error {
	set, err := s.Rules.Rules(ctx)
	if err != nil {
		errs := make([]error, len(changes))
		for i := range errs {
			errs[i] = fmt.Errorf("rules: %w", err)
		}
		return errs
	}
	if set.Idle() {
		for i := range changes {
			changes[i].prepare(before[i])
		}
		return s.Store.Commit(ctx, changes)
	}
	errs := make([]error, len(changes))
	var ready []Change
	var at []int
	for i := range changes {
		if errs[i] = s.react(ctx, set, before[i], &changes[i]); errs[i] != nil {
			errs[i] = fmt.Errorf("rules: %w", errs[i])
			continue
		}
		changes[i].prepare(before[i])
		ready, at = append(ready, changes[i]), append(at, i)
	}
	if len(ready) == 0 {
		return errs
	}
	for n, err := range s.Store.Commit(ctx, ready) {
		errs[at[n]] = err
	}
	return errs
}

// react has the triggers act on a change, once for each of its messages, and
// works out when automations have to look.
func (s *Service) react(ctx context.Context, set *rules.Set, before Conversation, c *Change) error {
	r, err := s.ruling(ctx, set, before, c)
	if err != nil {
		return err
	}
	r.react(c.Messages)
	return r.end()
}

// ruling is a change on which rules act. It implements [rules.Host].
type ruling struct {
	ctx   context.Context // of the one decision it serves
	s     *Service
	set   *rules.Set
	c     *Change
	was   Conversation // what is now looked at as the state before
	facts ruleFacts
	now   time.Time
	// dry is set when nothing will be stored: calls are not asked for.
	dry bool
	err error // of the store, not of a rule
}

// ruling gathers what the rules ask for.
func (s *Service) ruling(ctx context.Context, set *rules.Set, before Conversation, c *Change) (*ruling, error) {
	ch, err := s.channelOf(ctx, c.Conversation.ChannelID)
	if err != nil {
		return nil, err
	}
	r := &ruling{ctx: ctx, s: s, set: set, c: c, was: before, now: s.now()}
	c.Conversation.Tags = slices.Clone(c.Conversation.Tags)
	c.Conversation.Rules.Fired = maps.Clone(c.Conversation.Rules.Fired)
	c.Messages, c.Deliveries = slices.Clip(c.Messages), slices.Clip(c.Deliveries)
	r.facts = ruleFacts{now: &c.Conversation, was: &r.was, channel: ch}
	if set.AsksContact() {
		person, err := PersonOf(ctx, s.Store, c.Conversation.Contact.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("contact %s: %w", c.Conversation.Contact.ID, err)
		}
		contact := person.Whole()
		r.facts.contact = &contact
	}
	for _, schedule := range set.Schedules() {
		if r.facts.open == nil {
			r.facts.open = map[string]bool{}
		}
		if err := s.learnHours(ctx, r.facts.open, schedule, r.now); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// react has the triggers act. A change with several messages is looked at
// message by message: what else changed belongs to the first.
func (r *ruling) react(messages []Message) {
	if len(messages) == 0 {
		r.set.React(r, r.now)
		return
	}
	for i := range messages {
		if r.err != nil {
			return
		}
		r.facts.message = &messages[i]
		r.set.React(r, r.now)
		r.was = r.c.Conversation
		r.was.Tags = slices.Clone(r.was.Tags)
	}
	r.facts.message = nil
}

// end closes the books: when automations look next.
func (r *ruling) end() error {
	if r.err != nil {
		return r.err
	}
	if !r.set.Timed() {
		return nil
	}
	var at time.Time
	if r.c.Conversation.State.Status != StatusClosed {
		at, _ = r.set.Next(r, r.now)
	}
	if r.c.Conversation.Rules.Stopped {
		at = time.Time{}
	}
	r.c.RuleAlarm = &at
	return nil
}

// Facts implements [rules.Host].
func (r *ruling) Facts() rules.Facts { return &r.facts }

// Events implements [rules.Host].
func (r *ruling) Events() []rules.Event { return r.facts.events() }

// Fired implements [rules.Host].
func (r *ruling) Fired(rule rules.ID) time.Time {
	ms, ok := r.c.Conversation.Rules.Fired[string(rule)]
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Fire implements [rules.Host]: the actions of the rule, in their order, each
// by itself; what is refused is logged and hinders no other.
func (r *ruling) Fire(rule rules.Rule, due time.Time) bool {
	conv := &r.c.Conversation
	if conv.Rules.Stopped {
		return false
	}
	run := RuleRun{
		ID: RuleRunID(ident.New("rr")), Rule: rule.ID, RuleName: rule.Name, Kind: rule.Kind,
		ConversationID: conv.ID, ChannelID: conv.ChannelID, ConversationVersion: conv.Version,
		At: r.now, DueAt: due, Version: 1,
	}
	if rule.Kind == rules.Trigger {
		run.Events = r.Events()
	}
	if r.facts.message != nil {
		run.MessageID = r.facts.message.ID
	}
	if conv.Rules.Updates >= MaxRuleUpdates {
		conv.Rules.Stopped, run.Limited = true, true
		run.Actions = []RuleAction{}
		r.c.RuleRuns = append(r.c.RuleRuns, run)
		return false
	}
	if !due.IsZero() {
		r.noteFired(rule.ID, due)
	}
	updated := false
	for i, a := range rule.Actions {
		result, err := r.act(rule, i, a, &run)
		if err != nil {
			r.err = err
			return false
		}
		updated = updated || (result.Outcome == RuleDone && a.Type != rules.CallWebhook)
		run.Actions = append(run.Actions, result)
	}
	if updated {
		conv.Rules.Updates++
	}
	if err := r.address(&run); err != nil {
		r.err = err
		return false
	}
	r.c.RuleRuns = append(r.c.RuleRuns, run)
	return true
}

// noteFired notes for which moment the automation acted, and forgets rules that
// are gone.
func (r *ruling) noteFired(id rules.ID, due time.Time) {
	known := map[string]int64{string(id): due.UnixMilli()}
	for _, rule := range r.set.Rules() {
		if at, ok := r.c.Conversation.Rules.Fired[string(rule.ID)]; ok && rule.ID != id {
			known[string(rule.ID)] = at
		}
	}
	r.c.Conversation.Rules.Fired = known
}
