package backup

import (
	"errors"
	"fmt"

	"filippo.io/age"

	"threadhub/connectors"
	"threadhub/internal/seal"
)

// stanza names the master key's way of sealing in the header of a file.
const stanza = "threadhub-master-key"

// place is where the file key is sealed for: nothing else opens there.
var place = seal.Place{Field: "backup"}

// lockbox lets a master key stand in for age's own keys.
type lockbox struct{ keys *seal.Keyring }

var (
	_ age.Recipient = lockbox{}
	_ age.Identity  = lockbox{}
)

// Wrap implements [age.Recipient].
func (b lockbox) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	sealed, err := b.keys.Seal(place, connectors.NewSecret(string(fileKey)))
	if err != nil {
		return nil, fmt.Errorf("seal the backup's key: %w", err)
	}
	return []*age.Stanza{{Type: stanza, Body: []byte(sealed)}}, nil
}

// Unwrap implements [age.Identity].
func (b lockbox) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != stanza {
			continue
		}
		key, err := b.keys.Open(place, string(s.Body))
		if errors.Is(err, seal.ErrUnknownKey) {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		if err != nil {
			return nil, err
		}
		return []byte(key.Reveal()), nil
	}
	return nil, age.ErrIncorrectIdentity
}
