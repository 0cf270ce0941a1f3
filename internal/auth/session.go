package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// Method is how somebody signed in.
type Method string

// Methods.
const (
	MethodPassword Method = "password"
	MethodLink     Method = "link"  // by an invitation or a reset
	MethodSetup    Method = "setup" // by the bootstrap token
	MethodOIDC     Method = "oidc"
)

// From is where a request comes from.
type From struct {
	Address string // of the client
	Client  string // what its browser calls itself
}

// Session is somebody signed in, without its secret.
type Session struct {
	ID        string
	AgentID   threads.AgentID
	Method    Method
	From      From
	CreatedAt time.Time
	SeenAt    time.Time // when it was last used, to seenEvery
	ExpiresAt time.Time // unless it is used before, and not beyond its longest life
}

// Defaults of how long sessions last.
const (
	sessionIdle = 12 * time.Hour
	sessionLife = 7 * 24 * time.Hour
)

const (
	// seenEvery is how often the use of a session is written down.
	seenEvery = 5 * time.Minute
	// sessionsKept bounds the sessions of one agent: the oldest goes.
	sessionsKept = 50
	// clientKept bounds what is kept of a browser's name, in bytes.
	clientKept = 200
)

// sessionRecord is how a session is stored.
type sessionRecord struct {
	Hash      string          `json:"hash"` // hex SHA-256 of the secret
	AgentID   threads.AgentID `json:"agent_id"`
	Method    Method          `json:"method"`
	Address   string          `json:"address"`
	Client    string          `json:"client,omitempty"`
	CreatedAt time.Time       `json:"created_at"`
	SeenAt    time.Time       `json:"seen_at"`
}

// LongestSession is how long a session lasts at most.
func (s *Service) LongestSession() time.Duration { return s.life }

// sessionKey is where a session is stored: those of an agent are beside each
// other.
func sessionKey(agent threads.AgentID, id string) string { return string(agent) + "." + id }

func (s *Service) sessionOf(i directory.Item[sessionRecord]) Session {
	v := i.Value
	_, id, _ := strings.Cut(i.ID, ".")
	expires := v.SeenAt.Add(s.idle)
	if end := v.CreatedAt.Add(s.life); end.Before(expires) {
		expires = end
	}
	return Session{
		ID: id, AgentID: v.AgentID, Method: v.Method, From: From{v.Address, v.Client},
		CreatedAt: v.CreatedAt, SeenAt: v.SeenAt, ExpiresAt: expires,
	}
}

// sessionPrefix begins every session's secret, so that it is never taken for a
// token.
const sessionPrefix = "ses_"

func newSecret(prefix string) string {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(secret)
}

// shaped tells whether a text can be a secret of that kind.
func shaped(secret, prefix string) bool {
	rest, ok := strings.CutPrefix(secret, prefix)
	return ok && len(rest) == base64.RawURLEncoding.EncodedLen(secretBytes)
}

// CSRFToken is what a page shows to prove that it could read the answer to the
// sign-in. It tells nothing of the session's secret.
func CSRFToken(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("threadhub csrf"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// begin signs an agent in and answers the session with its secret, which is
// not kept.
func (s *Service) begin(ctx context.Context, agent threads.AgentID, how Method, from From) (Session, string, error) {
	if err := s.tidySessions(ctx, agent); err != nil {
		return Session{}, "", fmt.Errorf("sign in: %w", err)
	}
	now, secret := s.now(), newSecret(sessionPrefix)
	item, err := s.sessions.Create(ctx, sessionKey(agent, ident.New("se")), sessionRecord{
		Hash: hashOf(secret), AgentID: agent, Method: how, Address: from.Address, Client: shorten(from.Client),
		CreatedAt: now, SeenAt: now,
	})
	if err != nil {
		return Session{}, "", fmt.Errorf("sign in: %w", err)
	}
	return s.sessionOf(item), secret, nil
}

func shorten(client string) string {
	client = strings.ToValidUTF8(client, "")
	if len(client) > clientKept {
		client = strings.ToValidUTF8(client[:clientKept], "")
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, client)
}

// Sessions answers where the agent is signed in, the oldest first.
func (s *Service) Sessions(ctx context.Context, agent threads.AgentID) ([]Session, error) {
	items, err := s.sessionItems(ctx, agent)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	var list []Session
	for _, item := range items {
		if session := s.sessionOf(item); s.now().Before(session.ExpiresAt) {
			list = append(list, session)
		}
	}
	return list, nil
}

func (s *Service) sessionItems(ctx context.Context, agent threads.AgentID) ([]directory.Item[sessionRecord], error) {
	prefix := sessionKey(agent, "")
	items, err := s.sessions.List(ctx, prefix, 2*sessionsKept)
	return slices.DeleteFunc(items, func(i directory.Item[sessionRecord]) bool { return !strings.HasPrefix(i.ID, prefix) }), err
}

// tidySessions makes room for one more session of the agent.
func (s *Service) tidySessions(ctx context.Context, agent threads.AgentID) error {
	items, err := s.sessionItems(ctx, agent)
	if err != nil {
		return err
	}
	left := len(items)
	for _, item := range items { // the oldest first
		if s.now().Before(s.sessionOf(item).ExpiresAt) && left < sessionsKept {
			continue
		}
		if err := s.sessions.Delete(ctx, item.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
		left--
	}
	return nil
}

// EndSession ends one session of the agent: at once in this process, within the
// cache's time in others. directory.ErrNotFound when there is none.
func (s *Service) EndSession(ctx context.Context, agent threads.AgentID, id string) error {
	defer s.cache.clear()
	if err := s.sessions.Delete(ctx, sessionKey(agent, id)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndSessions ends every session of the agent, except the one named, if any.
func (s *Service) EndSessions(ctx context.Context, agent threads.AgentID, except string) error {
	defer s.cache.clear()
	for {
		items, err := s.sessionItems(ctx, agent)
		if err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		items = slices.DeleteFunc(items, func(i directory.Item[sessionRecord]) bool { return except != "" && i.ID == sessionKey(agent, except) })
		if len(items) == 0 {
			return nil
		}
		for _, item := range items {
			if err := s.sessions.Delete(ctx, item.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
				return fmt.Errorf("end sessions: %w", err)
			}
		}
	}
}

// AuthenticateSession answers whose session it is; ErrUnauthenticated when it
// is nobody's or over. Any other error means that the store cannot be read.
func (s *Service) AuthenticateSession(ctx context.Context, secret string) (Principal, error) {
	if !shaped(secret, sessionPrefix) {
		return Principal{}, ErrUnauthenticated
	}
	return s.remembered(ctx, secret, s.lookUpSession)
}

func (s *Service) lookUpSession(ctx context.Context, secret string) (Principal, error) {
	item, err := s.sessions.Find(ctx, hashOf(secret))
	if errors.Is(err, directory.ErrNotFound) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("authenticate: %w", err)
	}
	now := s.now()
	if !now.Before(s.sessionOf(item).ExpiresAt) {
		return Principal{}, ErrUnauthenticated
	}
	agent, err := s.agents.Get(ctx, string(item.Value.AgentID))
	if errors.Is(err, directory.ErrNotFound) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("authenticate: %w", err)
	}
	if now.Sub(item.Value.SeenAt) >= min(seenEvery, s.idle/10) {
		item.Value.SeenAt = now
		// Somebody else may be noting the same, and a store that cannot be
		// written shuts nobody out.
		_, _ = s.sessions.Update(ctx, item)
	}
	session := s.sessionOf(item)
	p := Principal{TokenID: session.ID, Session: session.ID, Role: agent.Value.Role, AgentID: session.AgentID, ExpiresAt: session.ExpiresAt}
	return p.narrowed(agent.Value), nil
}
