package stylerules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// MaxRules bounds the list: all of it may be gone through for every
// conversation that begins.
const MaxRules = 100

// Options are what a Registry works with. All are required but Fresh.
type Options struct {
	Store directory.Store
	Now   func() time.Time
	// ChannelExists and ScheduleExists tell whether there is such a record.
	ChannelExists  func(ctx context.Context, id threads.ChannelID) (bool, error)
	ScheduleExists func(ctx context.Context, id string) (bool, error)
	// Fresh is how long the list is used without looking whether another
	// process changed it; 0 on a store that only this process writes.
	Fresh time.Duration
}

// Registry is the list of style rules. It is safe for concurrent use.
type Registry struct {
	Options
	records directory.Collection[record]

	mu   sync.RWMutex
	held *held
}

// held is the list as it was read, ready to be gone through.
type held struct {
	version int64
	rules   []threads.StyleRule
	readAt  time.Time
}

// id of the only record.
const id = "list"

// NewRegistry returns a registry over the given parts.
func NewRegistry(o Options) *Registry {
	return &Registry{Options: o, records: directory.NewCollection[record](o.Store, "style_rule", nil)}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// load reads the list; its version is 0 before the first rule.
func (r *Registry) load(ctx context.Context) (directory.Item[record], error) {
	item, err := r.records.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Item[record]{ID: id}, nil
	}
	if err != nil {
		return item, fmt.Errorf("style rules: %w", err)
	}
	return item, nil
}

// Rules implements [threads.StyleRules]: the list from memory, as long as it is
// fresh.
func (r *Registry) Rules(ctx context.Context) ([]threads.StyleRule, error) {
	r.mu.RLock()
	h := r.held
	r.mu.RUnlock()
	if h != nil && (r.Fresh == 0 || r.Now().Sub(h.readAt) < r.Fresh) {
		return h.rules, nil
	}
	readAt := r.Now()
	item, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	return r.hold(item, readAt), nil
}

// hold keeps the list unless a newer one is held already, and answers the one
// that is.
func (r *Registry) hold(item directory.Item[record], readAt time.Time) []threads.StyleRule {
	rules := make([]threads.StyleRule, len(item.Value.Rules))
	for i, e := range item.Value.Rules {
		rules[i] = e.Prepare()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil || r.held.version <= item.Version {
		r.held = &held{version: item.Version, rules: rules, readAt: readAt}
	}
	return r.held.rules
}

// List answers all rules in their order.
func (r *Registry) List(ctx context.Context) ([]Rule, error) {
	item, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Rule, len(item.Value.Rules))
	for i := range out {
		out[i] = item.Value.rule(i)
	}
	return out, nil
}

// Get answers a rule; directory.ErrNotFound for an unknown one.
func (r *Registry) Get(ctx context.Context, rule threads.StyleRuleID) (Rule, error) {
	item, err := r.load(ctx)
	if err != nil {
		return Rule{}, err
	}
	i := item.Value.index(rule)
	if i < 0 {
		return Rule{}, unknown(rule)
	}
	return item.Value.rule(i), nil
}

func unknown(rule threads.StyleRuleID) error {
	return fmt.Errorf("style rule %s: %w", rule, directory.ErrNotFound)
}

// edit changes the list, again if somebody else was faster. change answers the
// rule it was about.
func (r *Registry) edit(ctx context.Context, change func(*record) (threads.StyleRuleID, error)) (Rule, error) {
	for {
		item, err := r.load(ctx)
		if err != nil {
			return Rule{}, err
		}
		about, err := change(&item.Value)
		if err != nil {
			return Rule{}, err
		}
		readAt := r.Now()
		if item.Version == 0 {
			item, err = r.records.Create(ctx, id, item.Value)
		} else {
			item, err = r.records.Update(ctx, item)
		}
		if errors.Is(err, directory.ErrConflict) {
			continue
		}
		if err != nil {
			return Rule{}, fmt.Errorf("style rules: %w", err)
		}
		r.hold(item, readAt)
		if i := item.Value.index(about); i >= 0 {
			return item.Value.rule(i), nil
		}
		return Rule{}, nil
	}
}

// Create adds a rule. What is wrong with the draft is answered by field
// (*InvalidError) and nothing is stored.
func (r *Registry) Create(ctx context.Context, d Draft) (Rule, error) {
	if err := r.validate(ctx, &d.Name, d.Position, &d.When, &d.Style); err != nil {
		return Rule{}, err
	}
	rule := threads.StyleRuleID(ident.New("sr"))
	return r.edit(ctx, func(list *record) (threads.StyleRuleID, error) {
		if len(list.Rules) >= MaxRules {
			return "", &InvalidError{[]FieldError{{"", fmt.Sprintf("there are %d style rules already, the most there can be", MaxRules)}}}
		}
		now := r.now()
		at := len(list.Rules)
		if d.Position != nil {
			at = min(*d.Position-1, at)
		}
		list.Rules = slices.Insert(list.Rules, at, entry{
			StyleRule: threads.StyleRule{
				ID: rule, Name: d.Name, Enabled: d.Enabled == nil || *d.Enabled, When: d.When, Style: d.Style,
			},
			CreatedAt: now, UpdatedAt: now, Version: 1,
		})
		return rule, nil
	})
}

// Update changes a rule; what is wrong is answered by field. A rule that is
// moved makes the others close the gap.
func (r *Registry) Update(ctx context.Context, rule threads.StyleRuleID, c Change) (Rule, error) {
	if err := r.validate(ctx, c.Name, c.Position, c.When, c.Style); err != nil {
		return Rule{}, err
	}
	return r.edit(ctx, func(list *record) (threads.StyleRuleID, error) {
		i := list.index(rule)
		if i < 0 {
			return "", unknown(rule)
		}
		e := list.Rules[i]
		if c.IfVersion != nil && *c.IfVersion != e.Version {
			return "", fmt.Errorf("style rule %s: version is %d, not %d: %w", rule, e.Version, *c.IfVersion, directory.ErrConflict)
		}
		c.apply(&e)
		e.UpdatedAt = r.now()
		e.Version++
		list.Rules = slices.Delete(list.Rules, i, i+1)
		if c.Position != nil {
			i = min(*c.Position-1, len(list.Rules))
		}
		list.Rules = slices.Insert(list.Rules, i, e)
		return rule, nil
	})
}

func (c Change) apply(e *entry) {
	if c.Name != nil {
		e.Name = *c.Name
	}
	if c.Enabled != nil {
		e.Enabled = *c.Enabled
	}
	if c.When != nil {
		e.When = *c.When
	}
	if c.Style != nil {
		e.Style = *c.Style
	}
}

// Delete removes a rule. Conversations it chose the style of keep their
// settings.
func (r *Registry) Delete(ctx context.Context, rule threads.StyleRuleID) error {
	_, err := r.edit(ctx, func(list *record) (threads.StyleRuleID, error) {
		i := list.index(rule)
		if i < 0 {
			return "", unknown(rule)
		}
		list.Rules = slices.Delete(list.Rules, i, i+1)
		return "", nil
	})
	return err
}
