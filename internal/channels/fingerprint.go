package channels

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// fingerprint tells two configurations of a channel apart. It is made of sealed
// credentials.
func fingerprint(revision string, settings json.RawMessage) string {
	sum := sha256.Sum256(append([]byte(revision+"\n"), settings...))
	return hex.EncodeToString(sum[:16])
}
