package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// Purpose is what a link is for.
type Purpose string

// Purposes.
const (
	Invitation Purpose = "invitation" // the agent's first password
	Reset      Purpose = "reset"      // another one
)

// How long links are good for.
const (
	invitationLife = 7 * 24 * time.Hour
	resetLife      = 24 * time.Hour
)

// Link lets an agent set a password, once.
type Link struct {
	AgentID   threads.AgentID
	Purpose   Purpose
	ExpiresAt time.Time
}

// linkRecord is how a link is stored, under the agent's id: there is one at
// most.
type linkRecord struct {
	Hash      string    `json:"hash"` // hex SHA-256 of the secret
	Purpose   Purpose   `json:"purpose"`
	ExpiresAt time.Time `json:"expires_at"`
}

func linkOf(i directory.Item[linkRecord]) Link {
	return Link{AgentID: threads.AgentID(i.ID), Purpose: i.Value.Purpose, ExpiresAt: i.Value.ExpiresAt}
}

// linkPrefix begins every link's secret.
const linkPrefix = "inv_"

// ErrNoLink is answered for a link that is unknown, used, replaced or over.
var ErrNoLink = errors.New("no such link")

// CreateLink makes a link for an agent in place of the one it may have, and
// answers it with its secret, which is not kept. directory.ErrNotFound for an
// unknown agent.
func (s *Service) CreateLink(ctx context.Context, id threads.AgentID) (Link, string, error) {
	if _, err := s.agents.Get(ctx, string(id)); err != nil {
		return Link{}, "", fmt.Errorf("create link: %w", err)
	}
	has, err := s.HasPassword(ctx, id)
	if err != nil {
		return Link{}, "", fmt.Errorf("create link: %w", err)
	}
	secret := newSecret(linkPrefix)
	r := linkRecord{Hash: hashOf(secret), Purpose: Invitation, ExpiresAt: s.now().Add(invitationLife)}
	if has {
		r.Purpose, r.ExpiresAt = Reset, s.now().Add(resetLife)
	}
	for {
		item, err := s.links.Get(ctx, string(id))
		switch {
		case errors.Is(err, directory.ErrNotFound):
			item, err = s.links.Create(ctx, string(id), r)
		case err == nil:
			item.Value = r
			item, err = s.links.Update(ctx, item)
		}
		if errors.Is(err, directory.ErrConflict) {
			continue
		}
		if err != nil {
			return Link{}, "", fmt.Errorf("create link: %w", err)
		}
		return linkOf(item), secret, nil
	}
}

// DeleteLink makes the agent's link useless; directory.ErrNotFound when there
// is none.
func (s *Service) DeleteLink(ctx context.Context, id threads.AgentID) error {
	if err := s.links.Delete(ctx, string(id)); err != nil {
		return fmt.Errorf("delete link: %w", err)
	}
	return nil
}

// CheckLink answers a link and whom it is for, or ErrNoLink. It stays good.
func (s *Service) CheckLink(ctx context.Context, secret string) (Link, Agent, error) {
	if !shaped(secret, linkPrefix) {
		return Link{}, Agent{}, ErrNoLink
	}
	item, err := s.links.Find(ctx, hashOf(secret))
	if errors.Is(err, directory.ErrNotFound) || err == nil && !s.now().Before(item.Value.ExpiresAt) {
		return Link{}, Agent{}, ErrNoLink
	}
	if err != nil {
		return Link{}, Agent{}, fmt.Errorf("check link: %w", err)
	}
	link := linkOf(item)
	agent, err := s.Agent(ctx, link.AgentID)
	if errors.Is(err, directory.ErrNotFound) {
		return Link{}, Agent{}, ErrNoLink
	}
	if err != nil {
		return Link{}, Agent{}, fmt.Errorf("check link: %w", err)
	}
	return link, agent, nil
}

// AcceptLink sets a password by a link, ends all of the agent's sessions and
// signs it in. Errors: ErrNoLink, *InvalidError for the password; the link
// stays good after the latter.
func (s *Service) AcceptLink(ctx context.Context, secret, password string, from From) (Session, string, error) {
	link, agent, err := s.CheckLink(ctx, secret)
	if err != nil {
		return Session{}, "", err
	}
	if err := checkPassword("password", password, agent.Email); err != nil {
		return Session{}, "", err
	}
	// Of several who use it at once, the one that removes it has it. Who
	// crashes after this needs another link.
	err = s.links.Delete(ctx, string(link.AgentID))
	if errors.Is(err, directory.ErrNotFound) {
		return Session{}, "", ErrNoLink
	}
	if err != nil {
		return Session{}, "", fmt.Errorf("accept link: %w", err)
	}
	if err := s.setPassword(ctx, agent, password); err != nil {
		return Session{}, "", fmt.Errorf("accept link: %w", err)
	}
	return s.begin(ctx, agent.ID, MethodLink, from)
}
