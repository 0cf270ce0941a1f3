// Package oidc lets people sign in with the identity provider of their
// organisation: the authorization code flow of OpenID Connect, with PKCE.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"threadhub/connectors"
	"threadhub/internal/egress"
)

// ErrRefused is wrapped by errors that are the sign-in's fault: a flow that was
// not begun here or is over, a code or a token that is not valid. Others mean
// that the provider cannot be reached or is set up wrongly.
var ErrRefused = errors.New("the identity provider's answer is not valid")

// Options of a [Provider]. All are required.
type Options struct {
	Issuer       string
	ClientID     string
	ClientSecret connectors.Secret
	// RedirectURL is where the provider sends people back to.
	RedirectURL string
	// Client calls the provider.
	Client *egress.Operator
	// Now is the clock.
	Now func() time.Time
}

// Provider is an identity provider. It is asked for its addresses and keys when
// they are first needed, so that a hub starts while it is away. It is safe for
// concurrent use.
type Provider struct {
	Options

	mu    sync.Mutex
	found *discovered
}

type discovered struct {
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// New makes a provider; nothing is called.
func New(o Options) *Provider { return &Provider{Options: o} }

// Flow is one sign-in under way. The browser keeps it until the provider sends
// it back.
type Flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
}

// Identity is whom the provider vouches for.
type Identity struct {
	Issuer, Subject string
	Email           string
	Verified        bool // the provider says that the address is theirs
}

// within makes the libraries use our client.
func (p *Provider) within(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.Client)
}

// discover reads the provider's addresses, once.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The library keeps this context for fetching keys later on.
	provider, err := oidc.NewProvider(p.within(context.WithoutCancel(ctx)), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("identity provider %s: %w", p.Issuer, err)
	}
	p.found = &discovered{
		config: oauth2.Config{
			ClientID: p.ClientID, ClientSecret: p.ClientSecret.Reveal(), RedirectURL: p.RedirectURL,
			Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
		},
		verifier: provider.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.Now}),
	}
	return p.found, nil
}

// Begin answers where to send the browser, and what it has to keep.
func (p *Provider) Begin(ctx context.Context) (string, Flow, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	f := Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return d.config.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), f, nil
}

// Finish answers whom the provider vouches for with the code that the browser
// brought, in the flow that it kept.
func (p *Provider) Finish(ctx context.Context, f Flow, state, code string) (Identity, error) {
	if f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 {
		return Identity{}, fmt.Errorf("%w: it belongs to another sign-in", ErrRefused)
	}
	d, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	token, err := d.config.Exchange(p.within(ctx), code, oauth2.VerifierOption(f.Verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return Identity{}, fmt.Errorf("%w: the code is refused (%s)", ErrRefused, refused.ErrorCode)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("identity provider: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := d.verifier.Verify(p.within(ctx), raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return Identity{}, fmt.Errorf("%w: the token is of another sign-in", ErrRefused)
	}
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	if err := id.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return Identity{Issuer: id.Issuer, Subject: id.Subject, Email: claims.Email, Verified: claims.Verified}, nil
}
