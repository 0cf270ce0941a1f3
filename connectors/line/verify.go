package line

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"threadhub/connectors"
)

// signatureHeader holds the HMAC-SHA256 of the raw body in base64, keyed with
// the channel secret (platforms/line: section 1).
const signatureHeader = "X-Line-Signature"

// Verify compares the signature with that of the current and the previous
// secret. LINE signs no time: a replay is known by its ids alone.
func (a *account) Verify(req *connectors.Request, _ time.Time) error {
	given := req.Header.Values(signatureHeader)
	if len(given) != 1 || given[0] == "" {
		return fmt.Errorf("line: one %s header is needed: %w", signatureHeader, connectors.ErrSignature)
	}
	ok := 0
	for _, secret := range a.secrets {
		if secret.Empty() {
			continue
		}
		// The text is compared, not the bytes it stands for: base64 has more
		// than one spelling of the same bytes.
		ok |= subtle.ConstantTimeCompare([]byte(given[0]), sign(secret, req.Body))
	}
	if ok != 1 {
		return fmt.Errorf("line: %w", connectors.ErrSignature)
	}
	return nil
}

// sign is the header that LINE sends with body.
func sign(secret connectors.Secret, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	var sum [sha256.Size]byte
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(sum[:0]))
}
