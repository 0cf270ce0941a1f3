package webchat

import (
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// publicKey is one that a site signs identity tokens with. Its algorithm is
// settled by its type, never by a token.
type publicKey struct {
	kid, alg string
	key      any
}

const minRSA = 2048 // bits

// readKeys reads a JSON Web Key Set (RFC 7517) of RSA and Ed25519 keys; keys
// that are for encryption or of other types are left out.
func readKeys(text string) ([]publicKey, error) {
	if text == "" {
		return nil, nil
	}
	var set struct {
		Keys []struct {
			Kty, Kid, Use, Crv, N, E, X string
		} `json:"keys"`
	}
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		return nil, errors.New("not a JSON Web Key Set: want {\"keys\": [...]}")
	}
	var keys []publicKey
	for i, k := range set.Keys {
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		switch {
		case k.Kty == "RSA":
			key, err := rsaKey(k.N, k.E)
			if err != nil {
				return nil, fmt.Errorf("key %d: %w", i, err)
			}
			keys = append(keys, publicKey{k.Kid, "RS256", key})
		case k.Kty == "OKP" && k.Crv == "Ed25519":
			x, err := base64.RawURLEncoding.DecodeString(k.X)
			if err != nil || len(x) != ed25519.PublicKeySize {
				return nil, fmt.Errorf("key %d: x is not a key of Ed25519", i)
			}
			keys = append(keys, publicKey{k.Kid, "EdDSA", ed25519.PublicKey(x)})
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("holds no RSA or Ed25519 key for signatures")
	}
	return keys, nil
}

func rsaKey(n, e string) (*rsa.PublicKey, error) {
	modulus, err1 := base64.RawURLEncoding.DecodeString(n)
	exponent, err2 := base64.RawURLEncoding.DecodeString(e)
	if err1 != nil || err2 != nil || len(exponent) == 0 || len(exponent) > 4 {
		return nil, errors.New("n and e are not those of an RSA key")
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}
	if key.N.BitLen() < minRSA {
		return nil, fmt.Errorf("an RSA key needs %d bits", minRSA)
	}
	return key, nil
}
