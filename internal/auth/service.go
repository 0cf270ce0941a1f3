package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/directory"
)

// page is how many records one read of a whole list takes.
const page = 200

// Options are what a Service works with. Store and Now are required.
type Options struct {
	Store directory.Store
	// Now is the clock.
	Now func() time.Time
	// AdminToken, when set, always works as an admin's: the way in before
	// there is any other token.
	AdminToken string
	// Fresh is how long an authenticated token is believed without looking
	// whether another process revoked it; 0 stands for 5 s. A revocation by
	// this process holds at once.
	Fresh time.Duration
}

// BootstrapID is the token id of whoever uses Options.AdminToken.
const BootstrapID = "tok_bootstrap"

const freshDefault = 5 * time.Second

// Service keeps tokens, agents and groups and says who a caller is. It is safe
// for concurrent use.
type Service struct {
	clock     func() time.Time
	bootstrap [sha256.Size]byte
	hasBoot   bool
	tokens    directory.Collection[tokenRecord]
	agents    directory.Collection[agentRecord]
	groups    directory.Collection[groupRecord]
	cache     cache
}

// New returns a service over the given parts.
func New(o Options) *Service {
	if o.Fresh == 0 {
		o.Fresh = freshDefault
	}
	return &Service{
		clock:     o.Now,
		bootstrap: sha256.Sum256([]byte(o.AdminToken)),
		hasBoot:   o.AdminToken != "",
		tokens:    directory.NewCollection(o.Store, "token", func(t tokenRecord) string { return t.Hash }),
		agents:    directory.NewCollection(o.Store, "agent", func(a agentRecord) string { return canonical(a.Email) }),
		groups:    directory.NewCollection(o.Store, "group", func(g groupRecord) string { return canonical(g.Name) }),
		cache:     cache{fresh: o.Fresh},
	}
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// Authenticate answers whose token it is; ErrUnauthenticated when it is
// nobody's. Any other error means that the store cannot be read.
func (s *Service) Authenticate(ctx context.Context, token string) (Principal, error) {
	sum := sha256.Sum256([]byte(token))
	if s.hasBoot && subtle.ConstantTimeCompare(sum[:], s.bootstrap[:]) == 1 {
		return Principal{TokenID: BootstrapID, Name: "admin", Role: RoleAdmin}, nil
	}
	if !wellFormed(token) {
		return Principal{}, ErrUnauthenticated
	}
	now := s.now()
	p, generation, ok := s.cache.get(sum, now)
	if !ok {
		var err error
		if p, err = s.lookUp(ctx, token); err != nil {
			return Principal{}, err
		}
		s.cache.put(sum, p, generation, now)
	}
	if !p.ExpiresAt.IsZero() && !now.Before(p.ExpiresAt) {
		return Principal{}, ErrUnauthenticated
	}
	return p, nil
}

func (s *Service) lookUp(ctx context.Context, token string) (Principal, error) {
	item, err := s.tokens.Find(ctx, hashOf(token))
	if errors.Is(err, directory.ErrNotFound) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("authenticate: %w", err)
	}
	t := tokenOf(item)
	p := Principal{
		TokenID: t.ID, Name: t.Name, Role: t.Role, AgentID: t.AgentID, Scopes: t.Scopes,
		Channels: t.Channels, Groups: t.Groups, ExpiresAt: t.ExpiresAt,
	}
	if t.AgentID == "" {
		return p, nil
	}
	agent, err := s.agents.Get(ctx, string(t.AgentID))
	if errors.Is(err, directory.ErrNotFound) {
		// The agent was removed while this token was being made.
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("authenticate: %w", err)
	}
	p.Name = agent.Value.Name
	return p, nil
}
