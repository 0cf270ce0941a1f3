package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

// ErrKey is wrapped by every error about the form of a master key. Such errors
// never repeat what was given.
var ErrKey = errors.New("not a master key")

// Key is a master key. Like a connectors.Secret it cannot print itself. The
// zero value is not a key.
type Key struct {
	bytes [KeySize]byte
	id    string
}

// GenerateKey makes a new random key.
func GenerateKey() Key {
	var b [KeySize]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return newKey(b)
}

// ParseKey reads a key of 32 bytes written in hexadecimal or in base64, either
// alphabet, padded or not. Surrounding white space is ignored.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	raw, ok := decode(text)
	if !ok {
		return Key{}, fmt.Errorf("%w: want 32 bytes in hexadecimal (64 digits) or base64, as made by: openssl rand -base64 32", ErrKey)
	}
	if len(raw) != KeySize {
		return Key{}, fmt.Errorf("%w: it has %d bytes, want %d, as made by: openssl rand -base64 32", ErrKey, len(raw), KeySize)
	}
	key := [KeySize]byte(raw)
	if key == [KeySize]byte{} {
		return Key{}, fmt.Errorf("%w: it is all zeros; make one with: openssl rand -base64 32", ErrKey)
	}
	return newKey(key), nil
}

// decode reads text that is hexadecimal or base64. 64 hexadecimal digits would
// be base64 as well, of 48 bytes: hexadecimal goes first.
func decode(text string) ([]byte, bool) {
	if raw, err := hex.DecodeString(text); err == nil && len(raw) > 0 {
		return raw, true
	}
	text = strings.TrimRight(text, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if raw, err := enc.DecodeString(text); err == nil && len(raw) > 0 {
			return raw, true
		}
	}
	return nil, false
}

// ParseKeys reads keys that are separated by commas or line breaks: the first
// seals, all open. There has to be one.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, err := ParseKey(part)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		_, err := ParseKey("")
		return nil, err
	}
	return keys, nil
}

func newKey(b [KeySize]byte) Key {
	k := Key{bytes: b}
	k.id = hex.EncodeToString(k.derive("threadhub seal key id")[:4])
	return k
}

// derive answers a value that depends on the key and does not reveal it.
func (k Key) derive(purpose string) []byte {
	mac := hmac.New(sha256.New, k.bytes[:])
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

// ID names the key in what it sealed and in messages to people: eight
// hexadecimal digits that do not reveal it.
func (k Key) ID() string { return k.id }

// text is the form in which a key file holds the key.
func (k Key) text() string { return base64.StdEncoding.EncodeToString(k.bytes[:]) }

const hidden = "[master key]"

// String returns a placeholder.
func (Key) String() string { return hidden }

// GoString returns a placeholder.
func (Key) GoString() string { return hidden }

// Format writes a placeholder, whatever the verb.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue returns a placeholder.
func (Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText returns a placeholder.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }
