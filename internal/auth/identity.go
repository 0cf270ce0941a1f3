package auth

import (
	"context"
	"errors"
	"fmt"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// ErrNoAccount is answered to somebody whom an identity provider vouches for
// and who is no agent of the hub, or another one than before.
var ErrNoAccount = errors.New("there is no account for this identity")

// identityRecord is who an agent is for an identity provider, under the agent's
// id.
type identityRecord struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

func identityName(issuer, subject string) string { return issuer + " " + subject }

// Vouched is what an identity provider says of somebody.
type Vouched struct {
	Issuer, Subject string
	Email           string
	Verified        bool // the e-mail address is theirs
}

// SignInVouched signs in whom an identity provider vouches for: the agent that
// signed in as this subject before, or else the agent of the verified e-mail
// address, who is bound to the subject from then on. ErrNoAccount when there is
// none, or it is bound to another.
func (s *Service) SignInVouched(ctx context.Context, v Vouched, from From) (Session, string, error) {
	id, err := s.vouchedFor(ctx, v)
	if err != nil {
		return Session{}, "", err
	}
	if err := s.reenrol(ctx, id); err != nil {
		return Session{}, "", fmt.Errorf("sign in: %w", err)
	}
	return s.begin(ctx, id, MethodOIDC, from)
}

func (s *Service) vouchedFor(ctx context.Context, v Vouched) (threads.AgentID, error) {
	item, err := s.identities.Find(ctx, identityName(v.Issuer, v.Subject))
	if err == nil {
		return threads.AgentID(item.ID), nil
	}
	if !errors.Is(err, directory.ErrNotFound) {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if !v.Verified || v.Email == "" || v.Subject == "" {
		return "", ErrNoAccount
	}
	agent, err := s.AgentByEmail(ctx, v.Email)
	if errors.Is(err, ErrNoAgent) {
		return "", ErrNoAccount
	}
	if err != nil {
		return "", err
	}
	_, err = s.identities.Create(ctx, string(agent.ID), identityRecord{Issuer: v.Issuer, Subject: v.Subject})
	if errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrTaken) {
		return "", ErrNoAccount // bound to another subject, or somebody was faster
	}
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	return agent.ID, nil
}

// enters tells whether the agent can sign in.
func (s *Service) enters(ctx context.Context, id threads.AgentID) (bool, error) {
	has, err := s.HasPassword(ctx, id)
	if err != nil || has {
		return has, err
	}
	_, err = s.identities.Get(ctx, string(id))
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
