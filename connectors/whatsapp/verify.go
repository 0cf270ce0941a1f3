package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"time"

	"threadhub/connectors"
)

const (
	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// Verify checks the HMAC-SHA256 of the raw body, keyed with the app secret.
// Meta signs the body as it was sent, with non-ASCII escaped, so nothing may
// decode it first. It signs no time: a replay is known by its ids alone.
func (c *connector) Verify(req *connectors.Request, _ time.Time) error {
	given := []byte(req.Header.Get(signatureHeader))
	ok := 0
	for _, secret := range c.appSecrets {
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
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	var sum [sha256.Size]byte
	return hex.AppendEncode([]byte(signaturePrefix), mac.Sum(sum[:0]))
}

// Handshake answers the GET that Meta makes whenever the address or the verify
// token of a webhook is edited: the challenge, byte for byte, or 403.
func (c *connector) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	if req.Method != http.MethodGet || !req.Query.Has("hub.mode") {
		return connectors.Reply{}, false
	}
	right := c.verifyToken.Equal(req.Query.Get("hub.verify_token")) && !c.verifyToken.Empty()
	if !right || req.Query.Get("hub.mode") != "subscribe" {
		return connectors.Reply{Status: http.StatusForbidden, ContentType: "text/plain", Body: []byte("verify token does not match")}, true
	}
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte(req.Query.Get("hub.challenge"))}, true
}
