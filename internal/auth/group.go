package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// Group is a team of agents that conversations can be given to.
type Group struct {
	ID        threads.GroupID
	Name      string // unique, ignoring case
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// GroupChange is what to change of a group; nil fields stay.
type GroupChange struct {
	IfVersion *int64
	Name      *string
}

// groupRecord is how a group is stored.
type groupRecord struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func groupOf(i directory.Item[groupRecord]) Group {
	return Group{
		ID: threads.GroupID(i.ID), Name: i.Value.Name,
		CreatedAt: i.Value.CreatedAt, UpdatedAt: i.Value.UpdatedAt, Version: i.Version,
	}
}

// CreateGroup adds a group. directory.ErrTaken when the name is another's.
func (s *Service) CreateGroup(ctx context.Context, name string) (Group, error) {
	now := s.now()
	item, err := s.groups.Create(ctx, ident.New("gr"), groupRecord{Name: strings.TrimSpace(name), CreatedAt: now, UpdatedAt: now})
	if err != nil {
		return Group{}, fmt.Errorf("create group: %w", err)
	}
	return groupOf(item), nil
}

// Group answers a group; directory.ErrNotFound for an unknown one.
func (s *Service) Group(ctx context.Context, id threads.GroupID) (Group, error) {
	item, err := s.groups.Get(ctx, string(id))
	if err != nil {
		return Group{}, fmt.Errorf("group: %w", err)
	}
	return groupOf(item), nil
}

// Groups answers up to limit groups in the order of their creation, after the
// given one.
func (s *Service) Groups(ctx context.Context, after threads.GroupID, limit int) ([]Group, error) {
	items, err := s.groups.List(ctx, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("groups: %w", err)
	}
	out := make([]Group, len(items))
	for i, item := range items {
		out[i] = groupOf(item)
	}
	return out, nil
}

// UpdateGroup changes a group. directory.ErrConflict when its version is not
// the expected one, directory.ErrTaken when the name is another's.
func (s *Service) UpdateGroup(ctx context.Context, id threads.GroupID, c GroupChange) (Group, error) {
	for {
		item, err := s.groups.Get(ctx, string(id))
		if err != nil {
			return Group{}, fmt.Errorf("update group: %w", err)
		}
		if c.IfVersion != nil && *c.IfVersion != item.Version {
			return Group{}, fmt.Errorf("update group: version is %d: %w", item.Version, directory.ErrConflict)
		}
		if c.Name != nil {
			item.Value.Name = strings.TrimSpace(*c.Name)
		}
		item.Value.UpdatedAt = s.now()
		item, err = s.groups.Update(ctx, item)
		if errors.Is(err, directory.ErrConflict) && c.IfVersion == nil {
			continue
		}
		if err != nil {
			return Group{}, fmt.Errorf("update group: %w", err)
		}
		return groupOf(item), nil
	}
}

// DeleteGroup removes a group and takes its agents out of it.
func (s *Service) DeleteGroup(ctx context.Context, id threads.GroupID) error {
	if _, err := s.groups.Get(ctx, string(id)); err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	if err := s.leaveGroup(ctx, id); err != nil {
		return fmt.Errorf("delete group: take agents out: %w", err)
	}
	if err := s.groups.Delete(ctx, string(id)); err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	return nil
}

// groupsExist refuses ids that are no group's.
func (s *Service) groupsExist(ctx context.Context, ids []threads.GroupID) error {
	for _, id := range ids {
		_, err := s.groups.Get(ctx, string(id))
		if errors.Is(err, directory.ErrNotFound) {
			return &InvalidError{"groups", fmt.Sprintf("there is no group %q", id)}
		}
		if err != nil {
			return fmt.Errorf("look up group: %w", err)
		}
	}
	return nil
}
