package rulebook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
	records directory.Collection[record]

	mu   sync.RWMutex
	held *held
}

// held is the list as it was read, ready to be gone through.
type held struct {
	set    *rules.Set
	readAt time.Time
}

// id of the only record.
const id = "list"

// NewRegistry returns a registry over the given parts.
func NewRegistry(o Options) *Registry {
	return &Registry{Options: o, records: directory.NewCollection[record](o.Store, "rule", nil)}
}

func (r *Registry) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// load reads the list; its version is 0 before the first rule.
func (r *Registry) load(ctx context.Context) (directory.Item[record], error) {
	item, err := r.records.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Item[record]{ID: id}, nil
	}
	if err != nil {
		return item, fmt.Errorf("rules: %w", err)
	}
	return item, nil
}

// Rules implements [threads.RuleBook]: the admin's rules from memory, as long
// as they are fresh.
func (r *Registry) Rules(ctx context.Context) (*rules.Set, error) {
	r.mu.RLock()
	h := r.held
	r.mu.RUnlock()
	if h != nil && (r.Fresh == 0 || r.Now().Sub(h.readAt) < r.Fresh) {
		return h.set, nil
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
func (r *Registry) hold(item directory.Item[record], readAt time.Time) *rules.Set {
	list := make([]rules.Rule, len(item.Value.Rules))
	for i, e := range item.Value.Rules {
		list[i] = e.Rule
	}
	set := rules.NewSet(list, item.Version, item.Value.UpdatedAt)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil || r.held.set.Revision <= item.Version {
		r.held = &held{set: set, readAt: readAt}
	}
	return r.held.set
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
	item, err := r.load(ctx)
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

// edit changes the list, again if somebody else was faster. change answers the
// rule it was about.
func (r *Registry) edit(ctx context.Context, change func(*record) (rules.ID, error)) (Rule, error) {
	for {
		item, err := r.load(ctx)
		if err != nil {
			return Rule{}, err
		}
		about, err := change(&item.Value)
		if err != nil {
			return Rule{}, err
		}
		item.Value.UpdatedAt = r.now()
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
			return Rule{}, fmt.Errorf("rules: %w", err)
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
		at := len(list.Rules)
		if d.Position != nil {
			at = min(*d.Position-1, at)
		}
		e.CreatedAt = r.now()
		e.UpdatedAt = e.CreatedAt
		list.Rules = slices.Insert(list.Rules, at, e)
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
		list.Rules = slices.Delete(list.Rules, i, i+1)
		if c.Position != nil {
			i = min(*c.Position-1, len(list.Rules))
		}
		list.Rules = slices.Insert(list.Rules, i, e)
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
