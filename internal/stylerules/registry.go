package stylerules

import (
	"context"
	"fmt"
	"slices"
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
	list *directory.Sheet[record, []threads.StyleRule]
}

// NewRegistry returns a registry over the given parts.
func NewRegistry(o Options) *Registry {
	return &Registry{Options: o, list: directory.NewSheet(directory.SheetOptions[record, []threads.StyleRule]{
		Store: o.Store, Kind: "style_rule", What: "style rules", Now: o.Now, Fresh: o.Fresh, View: prepared,
	})}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// Rules implements [threads.StyleRules]: the list from memory, as long as it is
// fresh.
func (r *Registry) Rules(ctx context.Context) ([]threads.StyleRule, error) { return r.list.Held(ctx) }

// prepared is the list, ready to be gone through.
func prepared(item directory.Item[record]) []threads.StyleRule {
	rules := make([]threads.StyleRule, len(item.Value.Rules))
	for i, e := range item.Value.Rules {
		rules[i] = e.Prepare()
	}
	return rules
}

// List answers all rules in their order.
func (r *Registry) List(ctx context.Context) ([]Rule, error) {
	item, err := r.list.Read(ctx)
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
	item, err := r.list.Read(ctx)
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

// edit changes the list. change answers the rule it was about.
func (r *Registry) edit(ctx context.Context, change func(*record) (threads.StyleRuleID, error)) (Rule, error) {
	var about threads.StyleRuleID
	item, err := r.list.Edit(ctx, func(list *record) (err error) {
		about, err = change(list)
		return err
	})
	if err != nil {
		return Rule{}, err
	}
	if i := item.Value.index(about); i >= 0 {
		return item.Value.rule(i), nil
	}
	return Rule{}, nil
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
			return "", directory.Invalid("", fmt.Sprintf("there are %d style rules already, the most there can be", MaxRules))
		}
		now := r.now()
		list.Rules = directory.InsertAt(list.Rules, d.Position, entry{
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
		list.Rules = directory.ReplaceAt(list.Rules, i, c.Position, e)
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
