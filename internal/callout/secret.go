package callout

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

// Secrets of webhooks are written as Standard Webhooks has them.
const (
	secretPrefix = "whsec_"
	secretBytes  = 32 // of those that are made here
	minSecret    = 24
	maxSecret    = 64
)

// MakeSecret makes a new secret.
func MakeSecret() string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// SecretKey answers the bytes that a secret stands for. The error is for
// people and does not repeat the secret.
func SecretKey(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) < minSecret || len(key) > maxSecret {
		return nil, fmt.Errorf("is not a secret: use whsec_ and %d to %d bytes in base64, or leave it out and one is made", minSecret, maxSecret)
	}
	return key, nil
}
