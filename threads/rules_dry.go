package threads

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/threads/rules"
)

// DryRun asks what rules make of a conversation as it is now.
type DryRun struct {
	Conversation ConversationID
	// Rules to hold to it, in their order; those that are not enabled too.
	Rules []rules.Rule
	// Event is what triggers are told has happened; "" asks for their
	// conditions alone.
	Event rules.Event
	// Message is the one that triggers look at; "" is the latest.
	Message MessageID
}

// DryResult is what one rule makes of a conversation.
type DryResult struct {
	Rule rules.Rule
	// Matches tells whether the rule would act now.
	Matches  bool
	All, Any []bool // by condition
	// EventMatches tells whether a trigger acts on the event.
	EventMatches bool
	// ActedAt is the moment for which an automation has acted already, so that
	// it does not act again.
	ActedAt time.Time
	// DueAt is when the rule will hold if nothing changes but the time; zero
	// when it will not. It may have passed.
	DueAt time.Time
	// Actions is what the rule would do, after what those before it would.
	Actions []RuleAction
}

// DryRunRules tells which rules match a conversation and what they would do,
// each after what those before it did. Nothing is changed.
func (s *Service) DryRunRules(ctx context.Context, d DryRun) ([]DryResult, Conversation, error) {
	conv, err := s.Store.Conversation(ctx, d.Conversation)
	if err != nil {
		return nil, conv, fmt.Errorf("conversation %s: %w", d.Conversation, err)
	}
	enabled := make([]rules.Rule, len(d.Rules))
	for i, r := range d.Rules {
		r.Enabled = true
		enabled[i] = r
	}
	set := rules.NewSet(enabled, 0, time.Time{})
	c := change(conv, conv, nil, Author{}, s.now())
	r, err := s.ruling(ctx, set, conv, &c)
	if err != nil {
		return nil, conv, fmt.Errorf("dry run: %w", err)
	}
	r.dry = true
	if r.facts.message, err = s.dryMessage(ctx, conv, d.Message); err != nil {
		return nil, conv, err
	}
	if r.facts.hours, err = s.countdownHours(ctx, conv.State); err != nil {
		return nil, conv, err
	}
	if d.Event == rules.Created {
		r.was = Conversation{}
	}
	out := make([]DryResult, len(d.Rules))
	for i, rule := range set.Rules() {
		out[i] = r.dryRun(rule, d.Event)
		if r.err != nil {
			return nil, conv, fmt.Errorf("dry run: %w", r.err)
		}
	}
	return out, conv, nil
}

// dryRun holds one rule to the conversation and lets it act on the copy.
func (r *ruling) dryRun(rule rules.Rule, event rules.Event) DryResult {
	f := r.Facts()
	d := DryResult{Rule: rule, EventMatches: event == "" || rule.Acts(event), Actions: []RuleAction{}}
	for _, c := range rule.All {
		d.All = append(d.All, c.Holds(f, r.now))
	}
	for _, c := range rule.Any {
		d.Any = append(d.Any, c.Holds(f, r.now))
	}
	d.Matches = d.EventMatches && rule.Holds(f, r.now)
	if rule.Kind == rules.Automation {
		d.Matches = d.Matches && r.c.Conversation.State.Status != StatusClosed
		d.DueAt, _ = rule.Due(f)
		if fired := r.Fired(rule.ID); !fired.IsZero() && !d.DueAt.After(fired) {
			d.ActedAt, d.Matches = fired, false
		}
	}
	if !d.Matches {
		return d
	}
	if before := len(r.c.RuleRuns); r.Fire(rule, d.DueAt) || len(r.c.RuleRuns) > before {
		d.Actions = r.c.RuleRuns[len(r.c.RuleRuns)-1].Actions
	}
	return d
}

// dryMessage is the message that triggers look at: the one that is named, or
// the latest; nil when there is none.
func (s *Service) dryMessage(ctx context.Context, conv Conversation, id MessageID) (*Message, error) {
	named := id != ""
	if !named && conv.LastMessage != nil {
		id = conv.LastMessage.ID
	}
	if id == "" {
		return nil, nil
	}
	m, err := s.Store.Message(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound) && !named:
		return nil, nil
	case err == nil && m.ConversationID != conv.ID:
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", id, err)
	}
	return &m, nil
}

// countdownHours are the business hours that the conversation's countdown
// counts in, nil for elapsed time.
func (s *Service) countdownHours(ctx context.Context, st State) (*Calendar, error) {
	if st.Close.Clock != ClockBusiness {
		return nil, nil
	}
	calendar, err := s.Schedules.Calendar(ctx, st.Close.ScheduleID)
	var unusable *HoursError
	switch {
	case err == nil:
		return &calendar, nil
	case errors.Is(err, ErrNotFound), errors.As(err, &unusable):
		return nil, nil
	}
	return nil, fmt.Errorf("schedule %s: %w", st.Close.ScheduleID, err)
}
