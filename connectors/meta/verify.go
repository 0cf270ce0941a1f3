package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"

	"threadhub/connectors"
)

const (
	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// Verify checks the HMAC-SHA256 of the raw body, keyed with one of the app
// secrets (the current one and, while it is being changed, the one before).
// Meta signs the body as it was sent, with non-ASCII escaped, so nothing may
// decode it first. It signs no time: a replay is known by its ids alone.
func Verify(req *connectors.Request, appSecrets []connectors.Secret) error {
	given := []byte(req.Header.Get(signatureHeader))
	ok := 0
	for _, secret := range appSecrets {
		if secret.Empty() {
			continue
		}
		// The lower-case text is compared, not the bytes it stands for, so
		// that there is one right spelling only.
		ok |= subtle.ConstantTimeCompare(given, sign(secret, req.Body))
	}
	if ok != 1 {
		return connectors.ErrSignature
	}
	return nil
}

// sign is the header Meta sends with body.
func sign(secret connectors.Secret, body []byte) []byte {
	sum := digest(secret, body)
	return hex.AppendEncode([]byte(signaturePrefix), sum[:])
}

func digest(secret connectors.Secret, data []byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(data)
	mac.Sum(sum[:0])
	return sum
}

// Handshake answers the GET that Meta makes whenever the address or the verify
// token of a webhook is edited: the challenge, byte for byte, or 403. ok is
// false for any other request.
func Handshake(req *connectors.Request, verifyToken connectors.Secret) (reply connectors.Reply, ok bool) {
	if req.Method != http.MethodGet || !req.Query.Has("hub.mode") {
		return connectors.Reply{}, false
	}
	right := verifyToken.Equal(req.Query.Get("hub.verify_token")) && !verifyToken.Empty()
	if !right || req.Query.Get("hub.mode") != "subscribe" {
		return connectors.Reply{Status: http.StatusForbidden, ContentType: "text/plain", Body: []byte("verify token does not match")}, true
	}
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte(req.Query.Get("hub.challenge"))}, true
}
