package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Hashing is what argon2id costs. The zero value stands for the default:
// 19 MiB and two passes, as OWASP's password storage sheet has it.
type Hashing struct {
	MemoryKiB uint32
	Passes    uint32
}

var defaultHashing = Hashing{MemoryKiB: 19 << 10, Passes: 2}

const (
	saltBytes = 16
	hashBytes = 32
	lanes     = 1
)

// hasher turns passwords into what is stored of them. Its work is bounded:
// every hash takes the memory for itself.
type hasher struct {
	cost Hashing
	// turns has a place for each hash that may be computed at a time.
	turns chan struct{}
}

func newHasher(cost Hashing) *hasher {
	if cost == (Hashing{}) {
		cost = defaultHashing
	}
	return &hasher{cost: cost, turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)))}
}

// encoded is a hash in the PHC form: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
type encoded struct {
	Hashing
	salt, hash []byte
}

func (e encoded) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, e.MemoryKiB, e.Passes, lanes, b.EncodeToString(e.salt), b.EncodeToString(e.hash))
}

var errHash = errors.New("stored password hash cannot be read")

func decodeHash(text string) (e encoded, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return e, errHash
	}
	var threads int
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &e.MemoryKiB, &e.Passes, &threads); err != nil || threads != lanes || e.Passes == 0 {
		return e, errHash
	}
	if e.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return e, errHash
	}
	if e.hash, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(e.hash) != hashBytes {
		return e, errHash
	}
	return e, nil
}

// nobody is a hash that no password has. Whoever asks for an account that is
// not there waits for as long as for one that is.
func (h *hasher) nobody() encoded {
	e := encoded{Hashing: h.cost, salt: make([]byte, saltBytes), hash: make([]byte, hashBytes)}
	_, _ = rand.Read(e.salt) // never fails
	_, _ = rand.Read(e.hash)
	return e
}

// compute takes its turn and hashes.
func (h *hasher) compute(ctx context.Context, e encoded, password string) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return nil, fmt.Errorf("hash password: %w", ctx.Err())
	}
	// People type the same letter in several ways.
	return argon2.IDKey([]byte(norm.NFKC.String(password)), e.salt, e.Passes, e.MemoryKiB, lanes, hashBytes), nil
}

// hash is what to store of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	e := h.nobody()
	sum, err := h.compute(ctx, e, password)
	e.hash = sum
	return e.String(), err
}

// verify tells whether the password has the hash. Its error is the context's.
func (h *hasher) verify(ctx context.Context, e encoded, password string) (bool, error) {
	sum, err := h.compute(ctx, e, password)
	return err == nil && subtle.ConstantTimeCompare(sum, e.hash) == 1, err
}

// Bounds of passwords, in letters.
const (
	passwordMin      = 12
	passwordMax      = 256
	passwordDistinct = 5
)

// checkPassword refuses a password that is easy to guess. field names it.
func checkPassword(field, password, email string) error {
	letters := []rune(norm.NFKC.String(password))
	distinct := map[rune]bool{}
	for _, r := range letters {
		distinct[r] = true
	}
	name, _, _ := strings.Cut(canonical(email), "@")
	switch low := strings.ToLower(string(letters)); {
	case len(letters) < passwordMin:
		return &InvalidError{field, fmt.Sprintf("has %d characters: use at least %d, for example four words", len(letters), passwordMin)}
	case len(letters) > passwordMax:
		return &InvalidError{field, fmt.Sprintf("has more than %d characters", passwordMax)}
	case len(distinct) < passwordDistinct:
		return &InvalidError{field, fmt.Sprintf("repeats itself: use at least %d different characters", passwordDistinct)}
	case low == canonical(email), len(name) >= passwordMin/2 && strings.Contains(low, name):
		return &InvalidError{field, "holds the e-mail address: use something that nobody knows"}
	}
	return nil
}
