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
	// SessionIdle is how long a session lasts that is not used, SessionLife how
	// long at most; 0 stands for 12 h and 7 days.
	SessionIdle, SessionLife time.Duration
	// Hashing is what hashing a password costs.
	Hashing Hashing
	// RosterFresh is how long the roster is used without looking whether
	// another process changed it; 0 on a store that only this process writes.
	RosterFresh time.Duration
	// Changed is called after a change that routing wants to know of: who is
	// there, and what they may have. It must not block. nil for nobody.
	Changed func()
}

// BootstrapID is the token id of whoever uses Options.AdminToken.
const BootstrapID = "tok_bootstrap"

const freshDefault = 5 * time.Second

// Service keeps tokens, agents and groups and says who a caller is. It is safe
// for concurrent use.
type Service struct {
	clock      func() time.Time
	bootstrap  [sha256.Size]byte
	hasBoot    bool
	tokens     directory.Collection[tokenRecord]
	agents     directory.Collection[agentRecord]
	groups     directory.Collection[groupRecord]
	passwords  directory.Collection[passwordRecord]
	sessions   directory.Collection[sessionRecord]
	links      directory.Collection[linkRecord]
	identities directory.Collection[identityRecord]
	admins     directory.Collection[adminsRecord]
	setups     directory.Collection[setupRecord]
	idle       time.Duration
	life       time.Duration
	hasher     *hasher
	throttle   *throttle
	cache      cache

	seen        directory.Collection[seenRecord]
	roster      roster
	rosterFresh time.Duration
	changed     func()
}

// New returns a service over the given parts.
func New(o Options) *Service {
	if o.Fresh == 0 {
		o.Fresh = freshDefault
	}
	if o.SessionIdle == 0 {
		o.SessionIdle = sessionIdle
	}
	if o.SessionLife == 0 {
		o.SessionLife = sessionLife
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	return &Service{
		clock:      o.Now,
		bootstrap:  sha256.Sum256([]byte(o.AdminToken)),
		hasBoot:    o.AdminToken != "",
		tokens:     directory.NewCollection(o.Store, "token", func(t tokenRecord) string { return t.Hash }),
		agents:     directory.NewCollection(o.Store, "agent", func(a agentRecord) string { return canonical(a.Email) }),
		groups:     directory.NewCollection(o.Store, "group", func(g groupRecord) string { return canonical(g.Name) }),
		passwords:  directory.NewCollection[passwordRecord](o.Store, "password", nil),
		sessions:   directory.NewCollection(o.Store, "session", func(r sessionRecord) string { return r.Hash }),
		links:      directory.NewCollection(o.Store, "link", func(r linkRecord) string { return r.Hash }),
		identities: directory.NewCollection(o.Store, "identity", func(r identityRecord) string { return identityName(r.Issuer, r.Subject) }),
		admins:     directory.NewCollection[adminsRecord](o.Store, "admins", nil),
		setups:     directory.NewCollection[setupRecord](o.Store, "setup", nil),
		idle:       o.SessionIdle,
		life:       o.SessionLife,
		hasher:     newHasher(o.Hashing),
		throttle:   newThrottle(),
		cache:      cache{fresh: o.Fresh},

		seen:        directory.NewCollection[seenRecord](o.Store, "seen", nil),
		rosterFresh: o.RosterFresh,
		changed:     o.Changed,
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
	return s.remembered(ctx, token, s.lookUp)
}

// remembered answers whose secret it is, by look unless that was asked a moment
// ago.
func (s *Service) remembered(ctx context.Context, secret string, look func(context.Context, string) (Principal, error)) (Principal, error) {
	sum, now := sha256.Sum256([]byte(secret)), s.now()
	p, generation, ok := s.cache.get(sum, now)
	if !ok {
		var err error
		if p, err = look(ctx, secret); err != nil {
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
	return p.narrowed(agent.Value), nil
}
