package viber

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"time"

	"threadhub/connectors"
)

// signatureHeader holds the HMAC-SHA256 of the raw body in lower-case hex,
// keyed with the authentication token (platforms/viber: section 1).
const signatureHeader = "X-Viber-Content-Signature"

// Verify compares the signature with that of the current and the previous
// token. Viber signs no time: a replay is known by its ids alone.
func (b *bot) Verify(req *connectors.Request, _ time.Time) error {
	given := req.Header.Values(signatureHeader)
	if len(given) != 1 || given[0] == "" {
		return fmt.Errorf("viber: one %s header is needed: %w", signatureHeader, connectors.ErrSignature)
	}
	ok := 0
	for _, token := range b.tokens {
		if token.Empty() {
			continue
		}
		ok |= subtle.ConstantTimeCompare([]byte(given[0]), sign(token, req.Body))
	}
	if ok != 1 {
		return fmt.Errorf("viber: %w", connectors.ErrSignature)
	}
	return nil
}

// sign is the header that Viber sends with body.
func sign(token connectors.Secret, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(token.Reveal()))
	mac.Write(body)
	var sum [sha256.Size]byte
	return hex.AppendEncode(nil, mac.Sum(sum[:0]))
}
