package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"threadhub/connectors"
)

// Errors of a [Keyring], wrapped. None of them holds a key or a value.
var (
	// ErrUnknownKey: the value was sealed with a key that the ring lacks.
	ErrUnknownKey = errors.New("sealed with a key that is not configured")
	// ErrOpen: the value was changed, or sealed for another place.
	ErrOpen = errors.New("sealed value does not open")
	// ErrWrongKey: the store was written under another master key.
	ErrWrongKey = errors.New("wrong master key")
)

// version starts every sealed value, so that another form can follow.
const version = "v1"

// Place is where a value is kept. What is sealed for one place does not open at
// another.
type Place struct {
	Channel string // the id of the channel
	Field   string // the name of the credential
}

// aad writes the place so that no two places are written alike.
func (p Place) aad() []byte {
	b := binary.AppendUvarint(nil, uint64(len(p.Channel)))
	b = append(b, p.Channel...)
	return append(b, p.Field...)
}

// Keyring seals with its active key and opens with any. It is safe for
// concurrent use.
type Keyring struct {
	active string // id
	checks map[string]string
	aeads  map[string]cipher.AEAD
}

// NewKeyring makes a ring. The others open what was sealed before active
// became the key.
func NewKeyring(active Key, others ...Key) (*Keyring, error) {
	r := &Keyring{active: active.id, checks: map[string]string{}, aeads: map[string]cipher.AEAD{}}
	for _, k := range append([]Key{active}, others...) {
		if k.id == "" {
			return nil, fmt.Errorf("make keyring: %w: it is empty", ErrKey)
		}
		block, err := aes.NewCipher(k.bytes[:])
		if err != nil {
			return nil, fmt.Errorf("make keyring: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("make keyring: %w", err)
		}
		r.aeads[k.id] = aead
		r.checks[k.id] = check(k)
	}
	return r, nil
}

// check is what proves a key without revealing it.
func check(k Key) string {
	return version + "." + k.id + "." + hex.EncodeToString(k.derive("threadhub seal key check")[:16])
}

// ActiveID names the key that seals.
func (r *Keyring) ActiveID() string { return r.active }

// Check answers a value to keep in the store. [Keyring.Verify] tells by it
// whether a later process has the right key. It does not reveal the key.
func (r *Keyring) Check() string { return r.checks[r.active] }

// Verify compares a stored check value with the ring: nil when one of its keys
// made it, an error that wraps ErrWrongKey otherwise. A hub must not start with
// a wrong key: it would fail at every channel and seal new credentials with a
// key that is soon replaced again.
func (r *Keyring) Verify(stored string) error {
	for _, c := range r.checks {
		if hmac.Equal([]byte(c), []byte(stored)) {
			return nil
		}
	}
	id := "?"
	if parts := strings.Split(stored, "."); len(parts) == 3 {
		id = parts[1]
	}
	return fmt.Errorf("%w: the stored credentials were sealed with key %q, this process has %s; set THREADHUB_MASTER_KEY, or restore the key file in the data directory, to the key they were sealed with",
		ErrWrongKey, id, r.ids())
}

func (r *Keyring) ids() string {
	ids := []string{r.active}
	for id := range r.aeads {
		if id != r.active {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ", ")
}

// Seal encrypts a value for a place: "v1.<key id>.<base64>". The same value
// sealed twice differs.
func (r *Keyring) Seal(at Place, value connectors.Secret) (string, error) {
	sealed := r.aeads[r.active].Seal(nil, nil, []byte(value.Reveal()), at.aad())
	return version + "." + r.active + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made for the same place. Its error wraps
// ErrUnknownKey or ErrOpen.
func (r *Keyring) Open(at Place, sealed string) (connectors.Secret, error) {
	id, box, err := split(sealed)
	if err != nil {
		return connectors.Secret{}, fmt.Errorf("open credential %q: %w", at.Field, err)
	}
	aead, ok := r.aeads[id]
	if !ok {
		return connectors.Secret{}, fmt.Errorf("open credential %q: %w (key %q): add the key, or enter the credential anew", at.Field, ErrUnknownKey, id)
	}
	plain, err := aead.Open(nil, nil, box, at.aad())
	if err != nil {
		return connectors.Secret{}, fmt.Errorf("open credential %q: %w: enter the credential anew", at.Field, ErrOpen)
	}
	return connectors.NewSecret(string(plain)), nil
}

// NeedsReseal tells whether a value was sealed with another key than the
// active one: open it and seal it again. It is false for what Open would not
// even recognise as sealed.
func (r *Keyring) NeedsReseal(sealed string) bool {
	id, _, err := split(sealed)
	return err == nil && id != r.active
}

// split takes a sealed value apart, without opening it.
func split(sealed string) (id string, box []byte, err error) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != version {
		return "", nil, fmt.Errorf("%w: it is not a sealed value of this version", ErrOpen)
	}
	box, err = base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return "", nil, fmt.Errorf("%w: it is damaged", ErrOpen)
	}
	return parts[1], box, nil
}
