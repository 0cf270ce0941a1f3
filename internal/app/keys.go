package app

import (
	"context"
	"errors"
	"fmt"

	"threadhub/internal/auth"
	"threadhub/internal/config"
	"threadhub/internal/directory"
)

// masterKeyFile holds the generated key of an embedded hub.
const masterKeyFile = "master.key"

// firstToken makes an admin token on the very first start of a hub that was
// given none, and answers it; "" on every later start.
func firstToken(ctx context.Context, cfg config.Server, records directory.Store, who *auth.Service) (string, error) {
	if !cfg.AdminToken.Empty() {
		return "", nil
	}
	marks := directory.NewCollection[bool](records, "bootstrap", nil)
	_, err := marks.Create(ctx, "admin_token", true)
	if errors.Is(err, directory.ErrConflict) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("make the first admin token: %w", err)
	}
	_, token, err := who.CreateToken(ctx, auth.TokenDraft{Name: "first admin", Role: auth.RoleAdmin})
	if err != nil {
		return "", fmt.Errorf("make the first admin token: %w", err)
	}
	return token, nil
}
