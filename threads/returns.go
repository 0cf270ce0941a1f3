package threads

import (
	"context"
	"fmt"
)

// Returning says how conversations come back to an agent.
type Returning struct {
	// Available: the agent may get back what is theirs.
	Available bool
	// Max is how many places they have.
	Max int
	// IfRoom: only with a free place. Otherwise they come back anyway, and
	// those beyond Max are counted.
	IfRoom bool
}

// Returns knows who gets conversations back.
type Returns interface {
	// Counted tells whether anybody counts what agents hold. Where nobody does,
	// no conversation that comes back is held to a Max.
	Counted(ctx context.Context) (bool, error)
	// Returning says how a conversation of the group comes back to the agent.
	Returning(ctx context.Context, agent AgentID, group GroupID) (Returning, error)
}

// byRoster lets conversations come back to whoever is there, uncounted.
type byRoster struct{ Roster }

func (byRoster) Counted(context.Context) (bool, error) { return false, nil }

func (r byRoster) Returning(ctx context.Context, agent AgentID, _ GroupID) (Returning, error) {
	there, err := r.Available(ctx, agent)
	return Returning{Available: there}, err
}

// rooms is what agents hold to whom conversations of a batch may come back. The
// zero value is where nobody counts.
type rooms struct {
	loads map[AgentID]int
	full  map[AgentID]int // the store had not so many places left
}

// learn reads what the agents hold to whom one of the conversations may come
// back. Conversations that take a place of their agent's already need nothing:
// a batch of those reads nothing.
func (r *rooms) learn(ctx context.Context, s *Service, current map[Slot]Conversation) error {
	r.loads = nil
	counted, err := s.Returns.Counted(ctx)
	if err != nil || !counted {
		return err
	}
	hub, err := s.Hub.Defaults(ctx)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	var agents []AgentID
	asked := map[AgentID]bool{}
	for _, c := range current {
		if a := c.State.Assignee; a != "" && !asked[a] && c.State.Status != StatusClosed && !c.State.UsesCapacity(hub.CountInactive) {
			agents, asked[a] = append(agents, a), true
		}
	}
	if len(agents) == 0 {
		return nil
	}
	tallies, err := s.Store.Tallies(ctx, agents)
	if err != nil {
		return fmt.Errorf("loads of agents: %w", err)
	}
	r.loads = make(map[AgentID]int, len(agents))
	for _, a := range agents {
		r.loads[a] = tallies[a].Load(hub.CountInactive)
	}
	return nil
}

// of puts what is known of the assignee's room into the policy, and answers the
// seat that a conversation which comes back depends on.
func (r *rooms) of(ctx context.Context, s *Service, p *Policy, st State) (*Seat, error) {
	load, known := r.loads[st.Assignee]
	if !known || st.UsesCapacity(p.CountInactive) {
		return nil, nil
	}
	back, err := s.Returns.Returning(ctx, st.Assignee, st.Group)
	if err != nil {
		return nil, fmt.Errorf("availability of %s: %w", st.Assignee, err)
	}
	p.AssigneeRoom = Room{Load: load, Max: back.Max}
	if !back.IfRoom || !(st.Status == StatusSolved || st.Status == StatusClosed) {
		return nil, nil
	}
	least, full := r.full[st.Assignee]
	if load+st.Places() > back.Max || full && st.Places() >= least {
		p.AssigneeAvailable = false
		return nil, nil
	}
	return &Seat{Agent: st.Assignee, Max: back.Max, CountInactive: p.CountInactive}, nil
}

// took notes that a conversation came back to its agent.
func (r *rooms) took(before, after State, p Policy) {
	if _, known := r.loads[after.Assignee]; known && !before.UsesCapacity(p.CountInactive) && after.UsesCapacity(p.CountInactive) {
		r.loads[after.Assignee] += after.Places()
	}
}

// isFull notes that the store had not so many places for what came back.
func (r *rooms) isFull(agent AgentID, places int) {
	if r.full == nil {
		r.full = map[AgentID]int{}
	}
	if least, known := r.full[agent]; !known || places < least {
		r.full[agent] = places
	}
}
