package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"threadhub/connectors/all"
	"threadhub/internal/channels"
	"threadhub/internal/config"
	"threadhub/internal/directory"
	"threadhub/internal/httpapi"
	"threadhub/internal/rulebook"
	"threadhub/internal/seal"
	"threadhub/internal/subscriptions"
	"threadhub/internal/tokens"
	"threadhub/internal/webchat"
)

// resealer seals what is sealed with another key than the active one, and
// answers how many values that were. It may be repeated.
type resealer func(ctx context.Context) (int, error)

// resealers are those of everything that the store holds sealed.
func resealers(s directory.Store, ring *seal.Keyring) ([]resealer, error) {
	registry, err := channels.NewRegistry(channels.Options{Store: s, Kinds: all.Kinds(), Keys: ring, Now: time.Now})
	if err != nil {
		return nil, err
	}
	return []resealer{
		registry.Reseal,
		rulebook.NewRegistry(rulebook.Options{Store: s, Keys: ring, Now: time.Now}).Reseal,
		tokens.NewKeeper(tokens.Options{Store: s, Keys: ring}).Reseal,
		subscriptions.NewRegistry(subscriptions.Options{Store: s, Keys: ring, Now: time.Now}).Reseal,
		func(ctx context.Context) (int, error) { return webchat.Reseal(ctx, s, ring) },
	}, nil
}

// keys is the hub's keyring, and what is to be done to replace its key.
type keys struct {
	*seal.Keyring
	// file holds the keys if this hub makes them itself; else they are given.
	file   string
	active seal.Key
	checks directory.Collection[string]
	logger *slog.Logger

	mu    sync.Mutex // one rotation at a time
	parts []resealer
}

// keyCheckKind and checkID are where the store says which key it was written
// with.
const (
	keyCheckKind = "master_key"
	checkID      = "check"
)

// openKeys finds the master keys and proves that one of them is what the stored
// credentials were sealed with. A hub with other keys does not start.
func openKeys(ctx context.Context, cfg config.Server, records directory.Store, logger *slog.Logger) (*keys, error) {
	checks := directory.NewCollection[string](records, keyCheckKind, nil)
	item, err := checks.Get(ctx, checkID)
	fresh := errors.Is(err, directory.ErrNotFound)
	if err != nil && !fresh {
		return nil, fmt.Errorf("check the master key: %w", err)
	}
	find := givenKeys
	if fresh {
		find = masterKeys
	}
	list, file, err := find(cfg)
	if err != nil {
		return nil, err
	}
	ring, err := seal.NewKeyring(list[0], list[1:]...)
	if err != nil {
		return nil, err
	}
	if fresh {
		item, err = checks.Create(ctx, checkID, ring.Check())
		if errors.Is(err, directory.ErrConflict) { // another process was first
			item, err = checks.Get(ctx, checkID)
		}
		if err != nil {
			return nil, fmt.Errorf("check the master key: %w", err)
		}
	}
	if err := ring.Verify(item.Value); err != nil {
		return nil, err
	}
	k := &keys{Keyring: ring, file: file, active: list[0], logger: logger, checks: checks}
	if item.Value != ring.Check() {
		logger.WarnContext(ctx, "stored credentials are still sealed with another master key than the first: POST /v1/rekey or threadhub rekey seals them anew, keep both keys until then",
			"active", ring.ActiveID())
	}
	return k, nil
}

// masterKeys finds the master keys, and makes one for an embedded hub that has
// none. file is where a hub keeps its own.
func masterKeys(cfg config.Server) (list []seal.Key, file string, err error) {
	return findKeys(cfg, func(file string) ([]seal.Key, error) {
		list, _, err := seal.LoadOrCreate(file)
		return list, err
	})
}

// givenKeys is masterKeys, and makes none.
func givenKeys(cfg config.Server) (list []seal.Key, file string, err error) {
	return findKeys(cfg, func(file string) ([]seal.Key, error) {
		list, err := seal.Load(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no master key: put %s there, or set THREADHUB_MASTER_KEY to the key of this hub", file)
		}
		return list, err
	})
}

func findKeys(cfg config.Server, own func(file string) ([]seal.Key, error)) (list []seal.Key, file string, err error) {
	switch {
	case !cfg.MasterKey.Empty():
		list, err = seal.ParseKeys(cfg.MasterKey.Reveal())
		return list, "", err
	case cfg.MasterKeyFile != "":
		list, err = seal.Load(cfg.MasterKeyFile)
		return list, "", err
	case !cfg.MongoDBURI.Empty():
		return nil, "", errors.New("a hub on MongoDB needs THREADHUB_MASTER_KEY, the same for every process: make one with openssl rand -base64 32")
	}
	file = filepath.Join(cfg.DataDir, masterKeyFile)
	list, err = own(file)
	return list, file, err
}

// Rekey makes the active key the only one that is needed: every sealed value is
// sealed anew that another key had sealed. With generate, a key that the hub
// made itself is replaced by a new one first. It may be repeated after any
// error, and goes on where it stopped; everything stays in use meanwhile.
func (k *keys) Rekey(ctx context.Context, generate bool) (httpapi.RekeyResult, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if generate {
		if err := k.replace(); err != nil {
			return httpapi.RekeyResult{}, err
		}
	}
	result := httpapi.RekeyResult{Key: k.ActiveID()}
	for _, part := range k.parts {
		n, err := part(ctx)
		result.Resealed += n
		if err != nil {
			return result, fmt.Errorf("rekey: %w", err)
		}
	}
	if err := k.noteCheck(ctx); err != nil {
		return result, fmt.Errorf("rekey: %w", err)
	}
	if k.file == "" {
		return result, nil
	}
	if err := seal.Save(k.file, k.active); err != nil {
		return result, fmt.Errorf("rekey: %w", err)
	}
	k.Forget()
	return result, nil
}

// replace puts a new key before the old one, in the file first: whatever it
// seals has to open after a crash.
func (k *keys) replace() error {
	if k.file == "" {
		return httpapi.ErrKeyGiven
	}
	before, err := seal.Load(k.file)
	if err != nil {
		return fmt.Errorf("rekey: %w", err)
	}
	// Backups that were made until now open with nothing else.
	if err := seal.Save(k.file+"."+k.ActiveID()+".old", before...); err != nil {
		return fmt.Errorf("rekey: keep the key before: %w", err)
	}
	key := seal.GenerateKey()
	if err := seal.Save(k.file, append([]seal.Key{key}, before...)...); err != nil {
		return fmt.Errorf("rekey: %w", err)
	}
	k.active = key
	return k.Rotate(key)
}

// noteCheck writes down which key everything is sealed with.
func (k *keys) noteCheck(ctx context.Context) error {
	for {
		item, err := k.checks.Get(ctx, checkID)
		if err != nil || item.Value == k.Check() {
			return err
		}
		item.Value = k.Check()
		if _, err = k.checks.Update(ctx, item); !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}

// Rekey does so straight in the store, for a hub that is stopped, or one on
// MongoDB whose processes all have both keys.
func Rekey(ctx context.Context, cfg config.Server, generate bool) (result httpapi.RekeyResult, err error) {
	s, err := openExisting(ctx, cfg.MongoDBURI.Reveal(), cfg.DataDir)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	k, err := openKeys(ctx, cfg, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return result, err
	}
	if k.parts, err = resealers(s, k.Keyring); err != nil {
		return result, err
	}
	return k.Rekey(ctx, generate)
}
