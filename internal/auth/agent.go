package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// Availability says whether an agent is there.
type Availability string

// Availabilities.
const (
	Online  Availability = "online"
	Away    Availability = "away"
	Offline Availability = "offline"
)

// Capacity is how many conversations an agent may hold at once.
type Capacity struct {
	Messaging int `json:"messaging"`
}

// DefaultCapacity is that of an agent for whom none was given.
const DefaultCapacity = 5

// Agent is a person who answers customers.
type Agent struct {
	ID           threads.AgentID
	Name         string
	Email        string // unique, ignoring case
	Role         Role   // RoleAdmin or RoleAgent
	Skills       []string
	Groups       []threads.GroupID
	Capacity     Capacity
	Availability Availability // as they or an admin said
	Limits       Limits
	// Left are groups the agent has left, for routing to take back what is open
	// with them (see HandedBack).
	Left []threads.GroupID
	// StatusAt is when Availability was said, and SeenAt the last sign of the
	// agent's browser since, which only [Service.Roster] answers.
	StatusAt, SeenAt time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
	Version          int64
}

// Limits are what somebody may see: things of some channels, and of some
// groups. An empty list is no limit.
type Limits struct {
	Channels []threads.ChannelID `json:"channels,omitempty"`
	Groups   []threads.GroupID   `json:"groups,omitempty"`
}

// AgentDraft is an agent to add.
type AgentDraft struct {
	Name, Email string
	Role        Role // empty: RoleAgent
	Skills      []string
	Groups      []threads.GroupID
	Capacity    *Capacity // nil: DefaultCapacity
	Limits      Limits
}

// AgentChange is what to change of an agent; nil fields stay.
type AgentChange struct {
	IfVersion   *int64
	Name, Email *string
	Role        *Role
	Skills      *[]string
	Groups      *[]threads.GroupID
	Capacity    *Capacity
	Limits      *Limits
}

// agentRecord is how an agent is stored.
type agentRecord struct {
	Name         string            `json:"name"`
	Email        string            `json:"email"`
	Role         Role              `json:"role"`
	Skills       []string          `json:"skills,omitempty"`
	Groups       []threads.GroupID `json:"groups,omitempty"`
	Capacity     Capacity          `json:"capacity"`
	Availability Availability      `json:"availability"`
	Limits       Limits            `json:"limits,omitzero"`
	Left         []threads.GroupID `json:"left,omitempty"`
	StatusAt     time.Time         `json:"status_at,omitzero"`
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    time.Time         `json:"updated_at"`
}

func agentOf(i directory.Item[agentRecord]) Agent {
	v := i.Value
	return Agent{
		ID: threads.AgentID(i.ID), Name: v.Name, Email: v.Email, Role: v.Role, Skills: v.Skills, Groups: v.Groups,
		Capacity: v.Capacity, Availability: v.Availability, Limits: v.Limits, Left: v.Left, StatusAt: v.StatusAt,
		CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: i.Version,
	}
}

// canonical is the form in which names that must be unique are compared.
func canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// CreateAgent adds an agent, offline. directory.ErrTaken when the e-mail
// address is another agent's.
func (s *Service) CreateAgent(ctx context.Context, d AgentDraft) (Agent, error) {
	agent, err := s.createAgent(ctx, threads.AgentID(ident.New("ag")), d)
	if err != nil {
		return Agent{}, fmt.Errorf("create agent: %w", err)
	}
	return agent, nil
}

func (s *Service) createAgent(ctx context.Context, id threads.AgentID, d AgentDraft) (Agent, error) {
	if err := s.groupsExist(ctx, d.Groups); err != nil {
		return Agent{}, err
	}
	if err := s.limitsExist(ctx, &d.Limits); err != nil {
		return Agent{}, err
	}
	now := s.now()
	r := agentRecord{
		Name: d.Name, Email: strings.TrimSpace(d.Email), Role: RoleAgent, Skills: d.Skills, Groups: d.Groups,
		Capacity: Capacity{Messaging: DefaultCapacity}, Availability: Offline, Limits: d.Limits, StatusAt: now,
		CreatedAt: now, UpdatedAt: now,
	}
	if d.Role != "" {
		r.Role = d.Role
	}
	if d.Capacity != nil {
		r.Capacity = *d.Capacity
	}
	item, err := s.agents.Create(ctx, string(id), r)
	if err == nil {
		s.rosterChanged()
	}
	return agentOf(item), err
}

// Agent answers an agent; directory.ErrNotFound for an unknown one.
func (s *Service) Agent(ctx context.Context, id threads.AgentID) (Agent, error) {
	item, err := s.agents.Get(ctx, string(id))
	if err != nil {
		return Agent{}, fmt.Errorf("agent: %w", err)
	}
	return agentOf(item), nil
}

// ErrNoAgent: nobody has the e-mail address.
var ErrNoAgent = errors.New("no agent")

// AgentByEmail answers the agent with an e-mail address, ignoring case, or
// ErrNoAgent.
func (s *Service) AgentByEmail(ctx context.Context, email string) (Agent, error) {
	item, err := s.agents.Find(ctx, canonical(email))
	if errors.Is(err, directory.ErrNotFound) {
		return Agent{}, ErrNoAgent
	}
	if err != nil {
		return Agent{}, fmt.Errorf("agent: %w", err)
	}
	return agentOf(item), nil
}

// Agents answers up to limit agents in the order of their creation, after the
// given one.
func (s *Service) Agents(ctx context.Context, after threads.AgentID, limit int) ([]Agent, error) {
	items, err := s.agents.List(ctx, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("agents: %w", err)
	}
	out := make([]Agent, len(items))
	for i, item := range items {
		out[i] = agentOf(item)
	}
	return out, nil
}

// UpdateAgent changes an agent. directory.ErrConflict when its version is not
// the expected one, directory.ErrTaken when the e-mail address is another's,
// ErrLastAdmin when the hub would be left without an admin.
func (s *Service) UpdateAgent(ctx context.Context, id threads.AgentID, c AgentChange) (Agent, error) {
	if c.Groups != nil {
		if err := s.groupsExist(ctx, *c.Groups); err != nil {
			return Agent{}, err
		}
	}
	if err := s.limitsExist(ctx, c.Limits); err != nil {
		return Agent{}, err
	}
	if c.Role == nil {
		return s.changeAgent(ctx, id, c.IfVersion, c.apply)
	}
	if *c.Role != RoleAdmin {
		if err := s.demotable(ctx, id, c.IfVersion); err != nil {
			return Agent{}, fmt.Errorf("update agent: %w", err)
		}
	}
	a, err := s.changeAgent(ctx, id, c.IfVersion, c.apply)
	// Also when the change failed: who was to be demoted is still an admin.
	if e := s.reenrol(ctx, id); err == nil {
		err = e
	}
	return a, err
}

// reenrol notes an agent that is an admin and can sign in.
func (s *Service) reenrol(ctx context.Context, id threads.AgentID) error {
	a, err := s.Agent(ctx, id)
	if errors.Is(err, directory.ErrNotFound) || err == nil && a.Role != RoleAdmin {
		return nil
	}
	if err != nil {
		return err
	}
	enters, err := s.enters(ctx, id)
	if err == nil && enters {
		err = s.enrol(ctx, id)
	}
	return err
}

// demotable releases an admin, if the change can be made at all.
func (s *Service) demotable(ctx context.Context, id threads.AgentID, expected *int64) error {
	a, err := s.Agent(ctx, id)
	if err != nil || a.Role != RoleAdmin {
		return err
	}
	if expected != nil && *expected != a.Version {
		return fmt.Errorf("version is %d: %w", a.Version, directory.ErrConflict)
	}
	return s.release(ctx, id)
}

func (c AgentChange) apply(r *agentRecord) {
	if c.Name != nil {
		r.Name = *c.Name
	}
	if c.Email != nil {
		r.Email = strings.TrimSpace(*c.Email)
	}
	if c.Role != nil {
		r.Role = *c.Role
	}
	if c.Skills != nil {
		r.Skills = *c.Skills
	}
	if c.Groups != nil {
		r.regroup(*c.Groups)
	}
	if c.Capacity != nil {
		r.Capacity = *c.Capacity
	}
	if c.Limits != nil {
		r.Limits = *c.Limits
	}
}

// limitsExist refuses limits to groups that are not there. Channels are looked
// up by whoever knows them.
func (s *Service) limitsExist(ctx context.Context, l *Limits) error {
	if l == nil {
		return nil
	}
	err := s.groupsExist(ctx, l.Groups)
	var invalid *InvalidError
	if errors.As(err, &invalid) {
		invalid.Field = "limits.groups"
	}
	return err
}

// changeAgent applies a change to the agent as it now is, again when somebody
// else was faster.
func (s *Service) changeAgent(ctx context.Context, id threads.AgentID, expected *int64, apply func(*agentRecord)) (Agent, error) {
	for {
		item, err := s.agents.Get(ctx, string(id))
		if err != nil {
			return Agent{}, fmt.Errorf("update agent: %w", err)
		}
		if expected != nil && *expected != item.Version {
			return Agent{}, fmt.Errorf("update agent: version is %d: %w", item.Version, directory.ErrConflict)
		}
		apply(&item.Value)
		item.Value.UpdatedAt = s.now()
		item, err = s.agents.Update(ctx, item)
		if errors.Is(err, directory.ErrConflict) && expected == nil {
			continue
		}
		if err != nil {
			return Agent{}, fmt.Errorf("update agent: %w", err)
		}
		s.cache.clear() // names of principals
		s.rosterChanged()
		return agentOf(item), nil
	}
}

// regroup puts the agent into other groups, and remembers those they leave.
func (r *agentRecord) regroup(groups []threads.GroupID) {
	for _, g := range r.Groups {
		if !slices.Contains(groups, g) && !slices.Contains(r.Left, g) {
			r.Left = append(slices.Clone(r.Left), g)
		}
	}
	r.Left = slices.DeleteFunc(slices.Clone(r.Left), func(g threads.GroupID) bool { return slices.Contains(groups, g) })
	r.Groups = groups
}

// SetAvailability says whether the agent is there. It counts from now on,
// whatever was seen of their browser before.
func (s *Service) SetAvailability(ctx context.Context, id threads.AgentID, a Availability) (Agent, error) {
	return s.changeAgent(ctx, id, nil, func(r *agentRecord) {
		r.Availability, r.StatusAt = a, s.now()
	})
}

// Available tells whether the agent may get a conversation back: one that is
// online. An agent that does not exist is not available.
func (s *Service) Available(ctx context.Context, id threads.AgentID) (bool, error) {
	a, err := s.Agent(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return a.Availability == Online, err
}

// DeleteAgent removes an agent, the tokens that act as it, its password and its
// sessions. ErrLastAdmin when the hub would be left without an admin.
func (s *Service) DeleteAgent(ctx context.Context, id threads.AgentID) error {
	defer s.cache.clear()
	a, err := s.Agent(ctx, id)
	if err == nil && a.Role == RoleAdmin {
		err = s.release(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("delete agent: %w", err)
	}
	// Ways in first: a crash in between leaves an agent who has none.
	if err := s.shutOut(ctx, id); err != nil {
		return fmt.Errorf("delete agent: %w", err)
	}
	if err := s.agents.Delete(ctx, string(id)); err != nil {
		return fmt.Errorf("delete agent: %w", err)
	}
	s.rosterChanged()
	if err := s.seen.Delete(ctx, string(id)); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("delete agent: %w", err)
	}
	return nil
}

// shutOut takes every way in from an agent.
func (s *Service) shutOut(ctx context.Context, id threads.AgentID) error {
	if err := s.deleteTokensOf(ctx, id); err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	for _, remove := range []func(context.Context, string) error{s.links.Delete, s.passwords.Delete, s.identities.Delete} {
		if err := remove(ctx, string(id)); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	return s.EndSessions(ctx, id, "")
}

// leaveGroup takes every agent out of the group.
func (s *Service) leaveGroup(ctx context.Context, group threads.GroupID) error {
	after := threads.AgentID("")
	for {
		agents, err := s.Agents(ctx, after, page)
		if err != nil {
			return err
		}
		for _, a := range agents {
			after = a.ID
			if !slices.Contains(a.Groups, group) {
				continue
			}
			_, err := s.changeAgent(ctx, a.ID, nil, func(r *agentRecord) {
				r.regroup(slices.DeleteFunc(slices.Clone(r.Groups), func(g threads.GroupID) bool { return g == group }))
			})
			if err != nil && !errors.Is(err, directory.ErrNotFound) {
				return err
			}
		}
		if len(agents) < page {
			return nil
		}
	}
}
