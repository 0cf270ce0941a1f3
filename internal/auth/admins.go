package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// ErrLastAdmin refuses to take away the last admin who can sign in. Admins that
// never could are not missed: whoever removes them came in by a token.
var ErrLastAdmin = errors.New("no admin would be left who can sign in")

const (
	// adminsID is the one record of its kind.
	adminsID = "all"
	// leaving is how long somebody who is being removed or demoted is not
	// taken for an admin who was forgotten.
	leaving = time.Minute
)

// adminsRecord lists the admins who can sign in. It is what two removals at the
// same time meet at, on stores where a change is of one record. Who is in it is
// an admin; who is not may still be one for a moment, or after a crash.
type adminsRecord struct {
	Members map[threads.AgentID]bool      `json:"members"`
	Leaving map[threads.AgentID]time.Time `json:"leaving,omitempty"`
}

// spares tells whether the hub can do without the admin.
func (r adminsRecord) spares(id threads.AgentID) bool { return !r.Members[id] || len(r.Members) > 1 }

// changeAdmins applies a change to the list as it now is.
func (s *Service) changeAdmins(ctx context.Context, change func(*adminsRecord) error) error {
	for {
		item, err := s.admins.Get(ctx, adminsID)
		fresh := errors.Is(err, directory.ErrNotFound)
		if err != nil && !fresh {
			return err
		}
		if item.Value.Members == nil {
			item.Value.Members = map[threads.AgentID]bool{}
		}
		if err := change(&item.Value); err != nil {
			return err
		}
		if fresh {
			_, err = s.admins.Create(ctx, adminsID, item.Value)
		} else {
			_, err = s.admins.Update(ctx, item)
		}
		if !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}

// enrol notes that an agent is an admin who can sign in.
func (s *Service) enrol(ctx context.Context, id threads.AgentID) error {
	return s.changeAdmins(ctx, func(r *adminsRecord) error {
		r.Members[id] = true
		delete(r.Leaving, id)
		return nil
	})
}

// release is asked before an agent is removed or demoted. ErrLastAdmin when the
// hub cannot do without it.
func (s *Service) release(ctx context.Context, id threads.AgentID) error {
	err := s.tryRelease(ctx, id)
	if !errors.Is(err, ErrLastAdmin) {
		return err
	}
	// The list may lack somebody after a crash.
	if err := s.enrolAll(ctx); err != nil {
		return err
	}
	return s.tryRelease(ctx, id)
}

func (s *Service) tryRelease(ctx context.Context, id threads.AgentID) error {
	return s.changeAdmins(ctx, func(r *adminsRecord) error {
		if !r.spares(id) {
			return ErrLastAdmin
		}
		if !r.Members[id] {
			return nil
		}
		delete(r.Members, id)
		if r.Leaving == nil {
			r.Leaving = map[threads.AgentID]time.Time{}
		}
		for other, at := range r.Leaving {
			if s.now().Sub(at) > leaving {
				delete(r.Leaving, other)
			}
		}
		r.Leaving[id] = s.now()
		return nil
	})
}

// enrolAll adds the admins that the list lacks.
func (s *Service) enrolAll(ctx context.Context) error {
	after := threads.AgentID("")
	for {
		agents, err := s.Agents(ctx, after, page)
		if err != nil {
			return err
		}
		for _, a := range agents {
			after = a.ID
			if a.Role != RoleAdmin {
				continue
			}
			if err := s.enrolForgotten(ctx, a.ID); err != nil {
				return err
			}
		}
		if len(agents) < page {
			return nil
		}
	}
}

func (s *Service) enrolForgotten(ctx context.Context, id threads.AgentID) error {
	if enters, err := s.enters(ctx, id); err != nil || !enters {
		return err
	}
	return s.changeAdmins(ctx, func(r *adminsRecord) error {
		if at, going := r.Leaving[id]; !going || s.now().Sub(at) > leaving {
			r.Members[id] = true
		}
		return nil
	})
}

// Admins answers every agent that is an admin.
func (s *Service) Admins(ctx context.Context) ([]Agent, error) {
	var list []Agent
	after := threads.AgentID("")
	for {
		agents, err := s.Agents(ctx, after, page)
		if err != nil {
			return nil, fmt.Errorf("admins: %w", err)
		}
		for _, a := range agents {
			after = a.ID
			if a.Role == RoleAdmin {
				list = append(list, a)
			}
		}
		if len(agents) < page {
			return list, nil
		}
	}
}
