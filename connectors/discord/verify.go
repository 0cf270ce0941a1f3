package discord

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
)

// Headers of a signed request (platforms/discord: Signature).
const (
	signatureHeader = "X-Signature-Ed25519"   // 64 bytes in hexadecimal digits
	timestampHeader = "X-Signature-Timestamp" // Unix seconds
)

// tolerance is how far from now a signed time may lie. Discord names no bound.
const tolerance = 5 * time.Minute

var errUnsigned = errors.New("one " + signatureHeader + " and one " + timestampHeader + " header are needed")

// Verify proves that Discord signed the timestamp and the body, with the key of
// the application. What claims to come from the Gateway never comes over HTTP.
func (a *account) Verify(req *connectors.Request, now time.Time) error {
	if _, streamed := req.Header[connectors.StreamHeader]; streamed {
		return fmt.Errorf("discord: events of the Gateway do not come over HTTP: %w", connectors.ErrSignature)
	}
	signed, err := a.signed(req)
	if err != nil {
		return fmt.Errorf("discord: %w: %w", err, connectors.ErrSignature)
	}
	if off := now.Sub(signed); off > tolerance || off < -tolerance {
		return fmt.Errorf("discord: the request was signed too long ago or in the future: %w", connectors.ErrSignature)
	}
	return nil
}

// signed answers when Discord signed the request; an error if it did not.
func (a *account) signed(req *connectors.Request) (time.Time, error) {
	given, stamps := req.Header.Values(signatureHeader), req.Header.Values(timestampHeader)
	if len(given) != 1 || len(stamps) != 1 {
		return time.Time{}, errUnsigned
	}
	// Lower case alone, as Discord writes it: one signature has one spelling.
	signature, err := hex.DecodeString(given[0])
	if err != nil || len(signature) != ed25519.SignatureSize || strings.ToLower(given[0]) != given[0] {
		return time.Time{}, errUnsigned
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return time.Time{}, errUnsigned
	}
	message := make([]byte, 0, len(stamps[0])+len(req.Body))
	message = append(append(message, stamps[0]...), req.Body...)
	if !ed25519.Verify(a.key, message, signature) {
		return time.Time{}, errors.New("the signature is not that of the application's key")
	}
	return time.Unix(seconds, 0), nil
}
