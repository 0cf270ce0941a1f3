package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"threadhub/connectors"
)

const (
	signatureHeader = "X-Slack-Signature"
	timeHeader      = "X-Slack-Request-Timestamp"
)

// tolerance is how far from now a webhook may have been signed, either way.
const tolerance = 5 * time.Minute

// Verify checks the HMAC-SHA256 over the time and the raw body, and that the
// time is about now (platforms/slack: Signature). The verification token in the
// body is deprecated and counts for nothing.
func (b *bot) Verify(req *connectors.Request, now time.Time) error {
	signed, err := b.proved(req)
	if err != nil {
		return err
	}
	if age := now.Sub(signed); age > tolerance || age < -tolerance {
		return fmt.Errorf("slack: signed too long ago or ahead of time: %w", connectors.ErrSignature)
	}
	return nil
}

// proved checks the signature and answers the time it is of.
func (b *bot) proved(req *connectors.Request) (time.Time, error) {
	given, stamps := req.Header.Values(signatureHeader), req.Header.Values(timeHeader)
	if len(given) != 1 || len(stamps) != 1 {
		return time.Time{}, fmt.Errorf("slack: one %s and one %s header are needed: %w", signatureHeader, timeHeader, connectors.ErrSignature)
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("slack: %s is not a time: %w", timeHeader, connectors.ErrSignature)
	}
	right := 0
	for _, secret := range b.secrets {
		if !secret.Empty() {
			right |= subtle.ConstantTimeCompare([]byte(given[0]), signature(secret, stamps[0], req.Body))
		}
	}
	if right != 1 {
		return time.Time{}, fmt.Errorf("slack: %w", connectors.ErrSignature)
	}
	return time.Unix(seconds, 0), nil
}

// signature is the header Slack sends.
func signature(secret connectors.Secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	var sum [sha256.Size]byte
	return hex.AppendEncode([]byte("v0="), mac.Sum(sum[:0]))
}

// Handshake answers url_verification with its challenge. It is signed as any
// event; its time is not looked at, since there is nothing in it to repeat.
func (b *bot) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	if req.Method != http.MethodPost || len(req.Body) == 0 || req.Body[0] != '{' && !isSpace(req.Body[0]) {
		return connectors.Reply{}, false
	}
	var asked struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(req.Body, &asked) != nil || asked.Type != "url_verification" || asked.Challenge == "" {
		return connectors.Reply{}, false
	}
	if _, err := b.proved(req); err != nil {
		return connectors.Reply{}, false
	}
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte(asked.Challenge)}, true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
