package rulebook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/internal/seal"
	"threadhub/threads"
	"threadhub/threads/rules"
)

// MaxRules bounds the list: all of it may be gone through for every change of
// a conversation.
const MaxRules = 100

// Options are what a Registry works with. All are required but Fresh.
type Options struct {
	Store directory.Store
	Keys  *seal.Keyring
	Now   func() time.Time
	// These tell whether there is such a record.
	ChannelExists  func(ctx context.Context, id threads.ChannelID) (bool, error)
	ScheduleExists func(ctx context.Context, id string) (bool, error)
	AgentExists    func(ctx context.Context, id threads.AgentID) (bool, error)
	GroupExists    func(ctx context.Context, id threads.GroupID) (bool, error)
	// CheckURL refuses addresses that calls must not go to.
	CheckURL func(url string) error
	// Fresh is how long the list is used without looking whether another
	// process changed it; 0 on a store that only this process writes.
	Fresh time.Duration
}

// Registry is the list of rules. It is safe for concurrent use.
type Registry struct {
	Options
	list *directory.Sheet[record, *rules.Set]
}

// NewRegistry returns a registry over the given parts.
func NewRegistry(o Options) *Registry {
	return &Registry{Options: o, list: directory.NewSheet(directory.SheetOptions[record, *rules.Set]{
		Store: o.Store, Kind: "rule", What: "rules", Now: o.Now, Fresh: o.Fresh, View: setOf,
	})}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// Rules implements [threads.RuleBook]: the admin's rules from memory, as long
// as they are fresh.
func (r *Registry) Rules(ctx context.Context) (*rules.Set, error) { return r.list.Held(ctx) }

// setOf is the list, ready to be gone through.
func setOf(item directory.Item[record]) *rules.Set {
	list := make([]rules.Rule, len(item.Value.Rules))
	for i, e := range item.Value.Rules {
		list[i] = e.Rule
	}
	return rules.NewSet(list, item.Version, item.Value.UpdatedAt)
}

// Stands implements [threads.RuleBook].
func (r *Registry) Stands(ctx context.Context, a rules.Action) (bool, error) {
	switch {
	case a.Value == "":
		return true, nil
	case a.Type == rules.SetAssignee:
		return r.AgentExists(ctx, threads.AgentID(a.Value))
	case a.Type == rules.SetGroup:
		return r.GroupExists(ctx, threads.GroupID(a.Value))
	}
	return true, nil
}

// system answers the rules that are shipped with the hub.
func system() []Rule {
	shipped := threads.SystemRules()
	list := make([]Rule, len(shipped))
	for i, s := range shipped {
		list[i] = Rule{Rule: s, Version: 1}
	}
	return list
}

// List answers all rules in the order in which they act: those of the styles,
// which nothing comes before, and then the admin's.
func (r *Registry) List(ctx context.Context) ([]Rule, error) {
	item, err := r.list.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := system()
	for i := range item.Value.Rules {
		out = append(out, item.Value.rule(i))
	}
	return out, nil
}

// Get answers a rule; directory.ErrNotFound for an unknown one.
func (r *Registry) Get(ctx context.Context, rule rules.ID) (Rule, error) {
	list, err := r.List(ctx)
	if err != nil {
		return Rule{}, err
	}
	if i := slices.IndexFunc(list, func(have Rule) bool { return have.ID == rule }); i >= 0 {
		return list[i], nil
	}
	return Rule{}, unknown(rule)
}

func unknown(rule rules.ID) error { return fmt.Errorf("rule %s: %w", rule, directory.ErrNotFound) }

func changeable(rule rules.ID) error {
	if slices.ContainsFunc(system(), func(s Rule) bool { return s.ID == rule }) {
		return &SystemError{rule}
	}
	return nil
}

// edit changes the list. change answers the rule it was about.
func (r *Registry) edit(ctx context.Context, change func(*record) (rules.ID, error)) (Rule, error) {
	var about rules.ID
	item, err := r.list.Edit(ctx, func(list *record) (err error) {
		about, err = change(list)
		list.UpdatedAt = r.now()
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
	d.Rule.System, d.Rule.Description = false, ""
	if err := r.Validate(ctx, d.Rule, d.Position, d.Secrets); err != nil {
		return Rule{}, err
	}
	e := entry{Rule: d.Rule, Version: 1}
	e.ID = rules.ID(ident.New("rl"))
	made, err := r.sealSecrets(&e, d.Secrets)
	if err != nil {
		return Rule{}, err
	}
	rule, err := r.edit(ctx, func(list *record) (rules.ID, error) {
		if len(list.Rules) >= MaxRules {
			return "", &InvalidError{[]rules.Problem{{Field: "", Message: fmt.Sprintf("there are %d rules already, the most there can be: delete one that is not needed", MaxRules)}}}
		}
		e.CreatedAt = r.now()
		e.UpdatedAt = e.CreatedAt
		list.Rules = directory.InsertAt(list.Rules, d.Position, e)
		return e.ID, nil
	})
	rule.Secrets = made
	return rule, err
}

// Update changes a rule; what is wrong is answered by field, and a system rule
// by *SystemError. A rule that is moved makes the others close the gap.
func (r *Registry) Update(ctx context.Context, rule rules.ID, c Change) (Rule, error) {
	if err := changeable(rule); err != nil {
		return Rule{}, err
	}
	var made map[string]string
	changed, err := r.edit(ctx, func(list *record) (rules.ID, error) {
		i := list.index(rule)
		if i < 0 {
			return "", unknown(rule)
		}
		e := list.Rules[i]
		if c.IfVersion != nil && *c.IfVersion != e.Version {
			return "", fmt.Errorf("rule %s: version is %d, not %d: %w", rule, e.Version, *c.IfVersion, directory.ErrConflict)
		}
		c.apply(&e.Rule)
		if err := r.Validate(ctx, e.Rule, c.Position, c.Secrets); err != nil {
			return "", err
		}
		var err error
		if made, err = r.sealSecrets(&e, c.Secrets); err != nil {
			return "", err
		}
		e.UpdatedAt = r.now()
		e.Version++
		list.Rules = directory.ReplaceAt(list.Rules, i, c.Position, e)
		return rule, nil
	})
	changed.Secrets = made
	return changed, err
}

func (c Change) apply(r *rules.Rule) {
	if c.Name != nil {
		r.Name = *c.Name
	}
	if c.Enabled != nil {
		r.Enabled = *c.Enabled
	}
	if c.On != nil {
		r.On = *c.On
	}
	if c.All != nil {
		r.All = *c.All
	}
	if c.Any != nil {
		r.Any = *c.Any
	}
	if c.Actions != nil {
		r.Actions = *c.Actions
	}
}

// Delete removes a rule. What it did stays, and so does the log of its runs.
func (r *Registry) Delete(ctx context.Context, rule rules.ID) error {
	if err := changeable(rule); err != nil {
		return err
	}
	_, err := r.edit(ctx, func(list *record) (rules.ID, error) {
		i := list.index(rule)
		if i < 0 {
			return "", unknown(rule)
		}
		list.Rules = slices.Delete(list.Rules, i, i+1)
		return "", nil
	})
	return err
}
