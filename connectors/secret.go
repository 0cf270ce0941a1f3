package connectors

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[secret]"

// Secret is a string that cannot print itself: every formatting verb, slog and
// every encoder writes a placeholder. Reveal is the only way to the value.
type Secret struct{ value string }

// NewSecret hides value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value, for a header or a signature and nothing else.
func (s Secret) Reveal() string { return s.value }

// Empty tells whether there is no value.
func (s Secret) Empty() bool { return s.value == "" }

// Equal compares in constant time, whatever the lengths.
func (s Secret) Equal(other string) bool {
	a, b := sha256.Sum256([]byte(s.value)), sha256.Sum256([]byte(other))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String returns a placeholder.
func (Secret) String() string { return hidden }

// GoString returns a placeholder.
func (Secret) GoString() string { return hidden }

// Format writes a placeholder, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue returns a placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText returns a placeholder.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
