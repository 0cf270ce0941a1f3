package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// Token is an API token without its secret.
type Token struct {
	ID        string
	Name      string
	Role      Role
	AgentID   threads.AgentID // the agent it acts as, if any
	Scopes    []Scope
	Channels  []threads.ChannelID // limited to these; empty for all
	Groups    []threads.GroupID   // limited to these; empty for all
	ExpiresAt time.Time           // zero: never
	CreatedAt time.Time
}

// TokenDraft is a token to make.
type TokenDraft struct {
	Name      string
	Role      Role
	AgentID   threads.AgentID
	Scopes    []Scope
	Channels  []threads.ChannelID
	Groups    []threads.GroupID
	ExpiresAt time.Time
}

// tokenRecord is how a token is stored.
type tokenRecord struct {
	Hash      string              `json:"hash"` // hex SHA-256 of the whole token
	Name      string              `json:"name"`
	Role      Role                `json:"role"`
	AgentID   threads.AgentID     `json:"agent_id,omitempty"`
	Scopes    []Scope             `json:"scopes,omitempty"`
	Channels  []threads.ChannelID `json:"channels,omitempty"`
	Groups    []threads.GroupID   `json:"groups,omitempty"`
	ExpiresAt time.Time           `json:"expires_at,omitzero"`
	CreatedAt time.Time           `json:"created_at"`
}

func tokenOf(i directory.Item[tokenRecord]) Token {
	v := i.Value
	return Token{
		ID: i.ID, Name: v.Name, Role: v.Role, AgentID: v.AgentID, Scopes: v.Scopes,
		Channels: v.Channels, Groups: v.Groups, ExpiresAt: v.ExpiresAt, CreatedAt: v.CreatedAt,
	}
}

// secretBytes of randomness are in a token.
const secretBytes = 32

// mint makes a token's id and the token: the id, a dot and the secret.
func mint() (id, token string) {
	secret := make([]byte, secretBytes)
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(secret)
	id = ident.New("tok")
	return id, id + "." + base64.RawURLEncoding.EncodeToString(secret)
}

// wellFormed sorts out what cannot be a token of ours before a look-up.
func wellFormed(token string) bool {
	id, secret, ok := strings.Cut(token, ".")
	return ok && strings.HasPrefix(id, "tok_") && len(secret) == base64.RawURLEncoding.EncodedLen(secretBytes)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CreateToken makes a token and answers it with its secret, which is not kept.
func (s *Service) CreateToken(ctx context.Context, d TokenDraft) (Token, string, error) {
	now := s.now()
	if !d.ExpiresAt.IsZero() && !d.ExpiresAt.After(now) {
		return Token{}, "", &InvalidError{"expires_at", "must lie in the future"}
	}
	if d.AgentID != "" {
		agent, err := s.agents.Get(ctx, string(d.AgentID))
		if errors.Is(err, directory.ErrNotFound) {
			return Token{}, "", &InvalidError{"agent_id", "there is no such agent"}
		}
		if err == nil && d.Role == RoleAdmin && agent.Value.Role != RoleAdmin {
			return Token{}, "", &InvalidError{"role", "the agent is no admin, and the token would act as it: make the agent an admin, or the token an agent's"}
		}
		if err != nil {
			return Token{}, "", fmt.Errorf("create token: %w", err)
		}
	}
	if err := s.groupsExist(ctx, d.Groups); err != nil {
		return Token{}, "", err
	}
	id, token := mint()
	item, err := s.tokens.Create(ctx, id, tokenRecord{
		Hash: hashOf(token), Name: d.Name, Role: d.Role, AgentID: d.AgentID, Scopes: d.Scopes,
		Channels: d.Channels, Groups: d.Groups, ExpiresAt: d.ExpiresAt, CreatedAt: now,
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("create token: %w", err)
	}
	return tokenOf(item), token, nil
}

// Tokens answers up to limit tokens in the order of their creation, after the
// given id.
func (s *Service) Tokens(ctx context.Context, after string, limit int) ([]Token, error) {
	items, err := s.tokens.List(ctx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	out := make([]Token, len(items))
	for i, item := range items {
		out[i] = tokenOf(item)
	}
	return out, nil
}

// DeleteToken revokes a token: at once in this process, within the cache's
// time in others. directory.ErrNotFound when there is none.
func (s *Service) DeleteToken(ctx context.Context, id string) error {
	defer s.cache.clear()
	if err := s.tokens.Delete(ctx, id); err != nil {
		return fmt.Errorf("delete token: %w", err)
	}
	return nil
}

// deleteTokensOf revokes every token that acts as the agent.
func (s *Service) deleteTokensOf(ctx context.Context, agent threads.AgentID) error {
	after := ""
	for {
		items, err := s.tokens.List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, item := range items {
			after = item.ID
			if item.Value.AgentID != agent {
				continue
			}
			if err := s.tokens.Delete(ctx, item.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
				return err
			}
		}
		if len(items) < page {
			return nil
		}
	}
}
