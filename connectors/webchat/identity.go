package webchat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// ErrIdentity is wrapped by what [Widget.Identify] refuses. Its text says what
// is wrong with the assertion and nothing of what would have been right.
var ErrIdentity = errors.New("the identity is not proved")

// Assertion is how a site vouches for a visitor: either JWT, or ExternalID with
// its Hash.
type Assertion struct {
	JWT        string
	ExternalID string
	Hash       string // hex HMAC-SHA256 of ExternalID under the identity secret
}

// Identity is a user of the site, proved.
type Identity struct {
	ExternalID string
	Name       string // as the site's token says; empty with a hash
}

// Bounds of an identity token (platforms/webchat: section "Recommended
// contract", security).
const (
	maxIdentityLife = time.Hour
	identitySkew    = time.Minute
	maxExternalID   = 255
	maxName         = 200
	maxJWT          = 8 << 10
)

// Identify proves who a visitor is. The error wraps ErrIdentity.
func (w *Widget) Identify(a Assertion, now time.Time) (Identity, error) {
	if len(w.secrets)+len(w.keys) == 0 {
		return Identity{}, fmt.Errorf("%w: the channel has neither an identity secret nor public keys", ErrIdentity)
	}
	var who Identity
	var err error
	if a.JWT != "" {
		who, err = w.byToken(a.JWT, now)
	} else {
		who, err = w.byHash(a)
	}
	if err == nil && (who.ExternalID == "" || len(who.ExternalID) > maxExternalID || !utf8.ValidString(who.ExternalID)) {
		err = fmt.Errorf("%w: the external_id must have 1 to %d bytes", ErrIdentity, maxExternalID)
	}
	if err != nil {
		return Identity{}, err
	}
	return who, nil
}

func (w *Widget) byHash(a Assertion) (Identity, error) {
	given, err := hex.DecodeString(a.Hash)
	if err != nil || len(given) != sha256.Size {
		return Identity{}, fmt.Errorf("%w: the hash is not the hexadecimal HMAC-SHA256 of the external_id", ErrIdentity)
	}
	for _, secret := range w.secrets {
		mac := hmac.New(sha256.New, []byte(secret.Reveal()))
		mac.Write([]byte(a.ExternalID))
		if hmac.Equal(given, mac.Sum(nil)) {
			return Identity{ExternalID: a.ExternalID}, nil
		}
	}
	return Identity{}, fmt.Errorf("%w: the hash does not belong to the external_id", ErrIdentity)
}

// claims of an identity token. The user is external_id, or what other chats
// call it.
type claims struct {
	jwt.RegisteredClaims
	Scope      string `json:"scope"`
	ExternalID string `json:"external_id"`
	UserID     string `json:"user_id"`
	Name       string `json:"name"`
}

// byToken checks a JWT: HS256 with the identity secret, or RS256 and EdDSA with
// a public key, each algorithm with its own kind of key only.
func (w *Widget) byToken(token string, now time.Time) (Identity, error) {
	if len(token) > maxJWT {
		return Identity{}, fmt.Errorf("%w: the token is longer than %d bytes", ErrIdentity, maxJWT)
	}
	c := claims{}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"HS256", "RS256", "EdDSA"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(identitySkew), jwt.WithTimeFunc(func() time.Time { return now }),
	)
	if _, err := parser.ParseWithClaims(token, &c, w.keyFor); err != nil {
		return Identity{}, fmt.Errorf("%w: %s", ErrIdentity, plainly(err))
	}
	began := now
	if c.IssuedAt != nil {
		began = c.IssuedAt.Time
	}
	if c.ExpiresAt.Sub(began) > maxIdentityLife || c.ExpiresAt.Sub(now) > maxIdentityLife+identitySkew {
		return Identity{}, fmt.Errorf("%w: the token is good for longer than %s", ErrIdentity, maxIdentityLife)
	}
	if c.Scope != "" && c.Scope != "user" && c.Scope != "appUser" {
		return Identity{}, fmt.Errorf("%w: the token's scope is not user", ErrIdentity)
	}
	who := Identity{ExternalID: c.ExternalID, Name: bounded(c.Name, maxName)}
	for _, other := range []string{c.UserID, c.Subject} {
		if who.ExternalID == "" {
			who.ExternalID = other
		}
	}
	return who, nil
}

// keyFor answers the keys that may have signed a token of this algorithm.
func (w *Widget) keyFor(t *jwt.Token) (any, error) {
	var set jwt.VerificationKeySet
	alg := t.Method.Alg()
	if alg == "HS256" {
		for _, secret := range w.secrets {
			set.Keys = append(set.Keys, []byte(secret.Reveal()))
		}
	}
	kid, _ := t.Header["kid"].(string)
	for _, k := range w.keys {
		if k.alg == alg && (k.kid == kid || kid == "" || k.kid == "") {
			set.Keys = append(set.Keys, k.key)
		}
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("no such key")
	}
	return set, nil
}

// plainly says what is wrong with a token without repeating any of it.
func plainly(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{jwt.ErrTokenExpired, "the token has expired"},
		{jwt.ErrTokenUsedBeforeIssued, "the token was issued in the future: check the clock of your server"},
		{jwt.ErrTokenNotValidYet, "the token is not valid yet"},
		{jwt.ErrTokenRequiredClaimMissing, "the token has no exp"},
		{jwt.ErrTokenUnverifiable, "the channel has no key for the token's algorithm and kid"},
		{jwt.ErrTokenMalformed, "the token is not a JWT"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	return "the token's signature does not match"
}

// bounded cuts a text to so many runes.
func bounded(s string, runes int) string {
	s = strings.ToValidUTF8(s, "")
	n := 0
	for i := range s {
		if n++; n > runes {
			return s[:i]
		}
	}
	return s
}
