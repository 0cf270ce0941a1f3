package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"threadhub/internal/auth"
	"threadhub/internal/config"
	"threadhub/internal/directory"
	"threadhub/internal/seal"
)

// masterKeyFile holds the generated key of an embedded hub.
const masterKeyFile = "master.key"

// openKeyring finds the master key and proves that it is the one the stored
// credentials were sealed with. A hub with another key does not start.
func openKeyring(ctx context.Context, cfg config.Server, records directory.Store) (*seal.Keyring, error) {
	key, err := masterKey(cfg)
	if err != nil {
		return nil, err
	}
	ring, err := seal.NewKeyring(key)
	if err != nil {
		return nil, err
	}
	checks := directory.NewCollection[string](records, "master_key", nil)
	item, err := checks.Create(ctx, "check", ring.Check())
	if errors.Is(err, directory.ErrConflict) {
		item, err = checks.Get(ctx, "check")
	}
	if err != nil {
		return nil, fmt.Errorf("check the master key: %w", err)
	}
	if err := ring.Verify(item.Value); err != nil {
		return nil, fmt.Errorf("%w: set THREADHUB_MASTER_KEY to the key this hub was set up with", err)
	}
	return ring, nil
}

func masterKey(cfg config.Server) (seal.Key, error) {
	switch {
	case !cfg.MasterKey.Empty():
		return seal.ParseKey(cfg.MasterKey.Reveal())
	case cfg.MasterKeyFile != "":
		return seal.Load(cfg.MasterKeyFile)
	case !cfg.MongoDBURI.Empty():
		return seal.Key{}, errors.New("a hub on MongoDB needs THREADHUB_MASTER_KEY, the same for every process: make one with openssl rand -base64 32")
	}
	key, _, err := seal.LoadOrCreate(filepath.Join(cfg.DataDir, masterKeyFile))
	return key, err
}

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
