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
	"sync"

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
	mu     sync.RWMutex
	active string // id
	checks map[string]string
	aeads  map[string]cipher.AEAD
}

// NewKeyring makes a ring. The others open what was sealed before active
// became the key.
func NewKeyring(active Key, others ...Key) (*Keyring, error) {
	r := &Keyring{active: active.id, checks: map[string]string{}, aeads: map[string]cipher.AEAD{}}
	for _, k := range append([]Key{active}, others...) {
		if err := r.add(k); err != nil {
			return nil, fmt.Errorf("make keyring: %w", err)
		}
	}
	return r, nil
}

func (r *Keyring) add(k Key) error {
	if k.id == "" {
		return fmt.Errorf("%w: it is empty", ErrKey)
	}
	block, err := aes.NewCipher(k.bytes[:])
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	r.aeads[k.id] = aead
	r.checks[k.id] = check(k)
	return nil
}

// Rotate makes another key the active one; those before still open.
func (r *Keyring) Rotate(k Key) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.add(k); err != nil {
		return fmt.Errorf("rotate key: %w", err)
	}
	r.active = k.id
	return nil
}

// Forget drops every key but the active one: what they sealed opens no more.
func (r *Keyring) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.aeads {
		if id != r.active {
			delete(r.aeads, id)
			delete(r.checks, id)
		}
	}
}

// Reseal answers a sealed value as the active key seals it. It answers the value
// itself, and false, when it is sealed with that key already. The error wraps
// ErrUnknownKey or ErrOpen.
func (r *Keyring) Reseal(at Place, sealed string) (string, bool, error) {
	id, _, err := split(sealed)
	if err == nil && id == r.ActiveID() {
		return sealed, false, nil
	}
	value, err := r.Open(at, sealed)
	if err != nil {
		return sealed, false, err
	}
	again, err := r.Seal(at, value)
	return again, err == nil, err
}

// check is what proves a key without revealing it.
func check(k Key) string {
	return version + "." + k.id + "." + hex.EncodeToString(k.derive("threadhub seal key check")[:16])
}

// ActiveID names the key that seals.
func (r *Keyring) ActiveID() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.active
}

// Check answers a value to keep in the store. [Keyring.Verify] tells by it
// whether a later process has the right key. It does not reveal the key.
func (r *Keyring) Check() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.checks[r.active]
}

// Verify compares a stored check value with the ring: nil when one of its keys
// made it, an error that wraps ErrWrongKey otherwise. A hub must not start with
// a wrong key: it would fail at every channel and seal new credentials with a
// key that is soon replaced again.
func (r *Keyring) Verify(stored string) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
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
	r.mu.RLock()
	id, aead := r.active, r.aeads[r.active]
	r.mu.RUnlock()
	sealed := aead.Seal(nil, nil, []byte(value.Reveal()), at.aad())
	return version + "." + id + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made for the same place. Its error wraps
// ErrUnknownKey or ErrOpen.
func (r *Keyring) Open(at Place, sealed string) (connectors.Secret, error) {
	id, box, err := split(sealed)
	if err != nil {
		return connectors.Secret{}, fmt.Errorf("open credential %q: %w", at.Field, err)
	}
	r.mu.RLock()
	aead, ok := r.aeads[id]
	r.mu.RUnlock()
	if !ok {
		return connectors.Secret{}, fmt.Errorf("open credential %q: %w (key %q): add the key, or enter the credential anew", at.Field, ErrUnknownKey, id)
	}
	plain, err := aead.Open(nil, nil, box, at.aad())
	if err != nil {
		return connectors.Secret{}, fmt.Errorf("open credential %q: %w: enter the credential anew", at.Field, ErrOpen)
	}
	return connectors.NewSecret(string(plain)), nil
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
