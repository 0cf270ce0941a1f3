package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// seenRecord is the last sign of an agent's browser. It is a record of its own:
// it changes often, and is nobody's change of the agent.
type seenRecord struct {
	At time.Time `json:"at"`
}

const (
	// signEvery is how often a sign of a browser is worth a write.
	signEvery = 20 * time.Second
	// seenGap is a silence after which a sign is news to routing.
	seenGap = 40 * time.Second
)

// roster is all agents, as they were read just now.
type roster struct {
	mu         sync.Mutex
	agents     []Agent // never changed in place: others read it
	readAt     time.Time
	generation uint64
	wrote      map[threads.AgentID]time.Time // signs stored by this process
}

// Presence is how the agent is there at the moment: as they said, unless their
// browser was seen since and has been gone for longer than the grace (0: for
// ever). since is when that began.
func (a Agent) Presence(now time.Time, grace time.Duration) (is Availability, since time.Time) {
	if a.Availability == Offline || a.SeenAt.IsZero() || grace <= 0 || now.Before(a.SeenAt.Add(grace)) {
		return a.Availability, a.StatusAt
	}
	return Offline, a.SeenAt.Add(grace)
}

// Roster answers all agents in the order of their creation. It reads them only
// when one may have changed since it last did; the answer is shared and must not
// be changed.
func (s *Service) Roster(ctx context.Context) ([]Agent, error) {
	r := &s.roster
	r.mu.Lock()
	agents, generation := r.agents, r.generation
	fresh := agents != nil && (s.rosterFresh == 0 || s.now().Sub(r.readAt) < s.rosterFresh)
	r.mu.Unlock()
	if fresh {
		return agents, nil
	}
	readAt := s.now()
	agents, err := s.readRoster(ctx)
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generation == generation {
		r.agents, r.readAt = agents, readAt
	}
	return agents, nil
}

// readRoster reads signs first: an agent's own word, which makes an earlier sign
// void, is then never older than the sign.
func (s *Service) readRoster(ctx context.Context) ([]Agent, error) {
	seen := map[string]time.Time{}
	for after := ""; ; {
		items, err := s.seen.List(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			after = i.ID
			seen[i.ID] = i.Value.At
		}
		if len(items) < page {
			break
		}
	}
	agents := []Agent{}
	for after := threads.AgentID(""); ; {
		list, err := s.Agents(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			after = a.ID
			if at := seen[string(a.ID)]; at.After(a.StatusAt) {
				a.SeenAt = at
			}
			agents = append(agents, a)
		}
		if len(list) < page {
			return agents, nil
		}
	}
}

// ForgetRoster has the next Roster read the agents again, because another
// process changed one.
func (s *Service) ForgetRoster() {
	s.roster.mu.Lock()
	defer s.roster.mu.Unlock()
	s.roster.generation++
	s.roster.agents = nil
}

// rosterChanged forgets the roster and tells routing.
func (s *Service) rosterChanged() {
	s.ForgetRoster()
	s.changed()
}

// Heartbeat notes a sign of the agent's browser. Most signs cost nothing: one
// is stored now and then, and always when it is to be exact.
func (s *Service) Heartbeat(ctx context.Context, id threads.AgentID, exact bool) error {
	now := s.now()
	r := &s.roster
	r.mu.Lock()
	last, known := r.wrote[id]
	if known && !exact && now.Sub(last) < signEvery {
		r.mu.Unlock()
		return nil
	}
	if r.wrote == nil {
		r.wrote = map[threads.AgentID]time.Time{}
	}
	r.wrote[id] = now
	r.mu.Unlock()
	if err := s.storeSeen(ctx, id, now); err != nil {
		return fmt.Errorf("heartbeat of %s: %w", id, err)
	}
	if s.noteSeen(id, now) {
		s.changed()
	}
	return nil
}

// storeSeen keeps the sign. Of two at once either will do.
func (s *Service) storeSeen(ctx context.Context, id threads.AgentID, at time.Time) error {
	item, err := s.seen.Get(ctx, string(id))
	switch {
	case errors.Is(err, directory.ErrNotFound):
		_, err = s.seen.Create(ctx, string(id), seenRecord{At: at})
	case err == nil:
		item.Value.At = at
		_, err = s.seen.Update(ctx, item)
	}
	if errors.Is(err, directory.ErrConflict) {
		return nil
	}
	return err
}

// noteSeen brings the roster in memory up to the sign, and tells whether it is
// news: the agent may have been taken for gone.
func (s *Service) noteSeen(id threads.AgentID, at time.Time) bool {
	r := &s.roster
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.agents, func(a Agent) bool { return a.ID == id })
	if i < 0 || !at.After(r.agents[i].StatusAt) {
		return false
	}
	news := !r.agents[i].SeenAt.IsZero() && at.Sub(r.agents[i].SeenAt) > seenGap
	r.agents = slices.Clone(r.agents)
	r.agents[i].SeenAt = at
	return news
}

// HandedBack notes that nothing of groups the agent has left is open with them
// any more.
func (s *Service) HandedBack(ctx context.Context, id threads.AgentID, groups []threads.GroupID) error {
	_, err := s.changeAgent(ctx, id, nil, func(r *agentRecord) {
		r.Left = slices.DeleteFunc(slices.Clone(r.Left), func(g threads.GroupID) bool { return slices.Contains(groups, g) })
	})
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	return err
}
