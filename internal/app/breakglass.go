package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"threadhub/internal/audit"
	"threadhub/internal/auth"
	"threadhub/internal/config"
	"threadhub/internal/httpapi"
)

// BreakGlass changes who may come in, straight in the store: the way in for
// whoever has the machine but no account and no token. The embedded store is
// one process's: the hub has to be stopped for it.
type BreakGlass struct {
	store store
	auth  *auth.Service
	url   string
}

// OpenBreakGlass opens the store. Close it.
func OpenBreakGlass(ctx context.Context, cfg config.Server) (*BreakGlass, error) {
	plain, err := openExisting(ctx, cfg.MongoDBURI.Reveal(), cfg.DataDir)
	if err != nil {
		return nil, err
	}
	s := audited(plain, slog.New(slog.DiscardHandler))
	return &BreakGlass{store: s, auth: auth.New(auth.Options{Store: s, Now: time.Now}), url: cfg.BaseURL()}, nil
}

// onTheHost puts what is changed on the account of whoever has the machine.
func onTheHost(ctx context.Context, command string) context.Context {
	return audit.With(ctx, audit.NewTrail(audit.Entry{Actor: audit.Actor{Type: audit.ActorHost}, Action: command}))
}

// Close closes the store.
func (b *BreakGlass) Close() error { return b.store.Close() }

// Token makes an admin token.
func (b *BreakGlass) Token(ctx context.Context, name string) (string, error) {
	ctx = onTheHost(ctx, "threadhub admin token")
	_, token, err := b.auth.CreateToken(ctx, auth.TokenDraft{Name: name, Role: auth.RoleAdmin})
	return token, err
}

// Admins lists who is an admin, and whether they have a password.
func (b *BreakGlass) Admins(ctx context.Context) (string, error) {
	admins, err := b.auth.Admins(ctx)
	if err != nil {
		return "", err
	}
	var list strings.Builder
	for _, a := range admins {
		has, err := b.auth.HasPassword(ctx, a.ID)
		if err != nil {
			return "", err
		}
		state := "no password yet"
		if has {
			state = "can sign in"
		}
		fmt.Fprintf(&list, "%s\t%s\t%s\t%s\n", a.ID, a.Email, a.Name, state)
	}
	if list.Len() == 0 {
		return "there is no admin account yet: make one with threadhub admin link --create --email you@example.com\n", nil
	}
	return list.String(), nil
}

// Link makes a link with which the agent of the e-mail address sets a password,
// and signs them out everywhere. With create, an agent that is not there is
// made, and one that is no admin becomes one.
func (b *BreakGlass) Link(ctx context.Context, email, name string, create bool) (string, error) {
	ctx = onTheHost(ctx, "threadhub admin link")
	agent, err := b.auth.AgentByEmail(ctx, email)
	switch {
	case err == nil && create && agent.Role != auth.RoleAdmin:
		role := auth.RoleAdmin
		agent, err = b.auth.UpdateAgent(ctx, agent.ID, auth.AgentChange{Role: &role})
	case errors.Is(err, auth.ErrNoAgent) && create:
		if name == "" {
			name, _, _ = strings.Cut(email, "@")
		}
		agent, err = b.auth.CreateAgent(ctx, auth.AgentDraft{Name: name, Email: email, Role: auth.RoleAdmin})
	case errors.Is(err, auth.ErrNoAgent):
		err = fmt.Errorf("%w with the e-mail address %s: threadhub admin list shows the admins, --create makes one", err, email)
	}
	if err != nil {
		return "", err
	}
	if err := b.auth.EndSessions(ctx, agent.ID, ""); err != nil {
		return "", err
	}
	_, secret, err := b.auth.CreateLink(ctx, agent.ID)
	return b.url + httpapi.ConsoleLink + secret, err
}
